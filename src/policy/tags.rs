//! Tags: parsing, and which keys a dict tag may have.

use serde_json::Value;

use super::is_at_or_below;

/// Roots whose keys are ours or the conventions' alone: a tag below one of them would shadow what we write, and a
/// tag of that very name would be a value where the server builds an object.
const OWN_NAMESPACES: &[&str] = &[
    "agent",
    "agentops",
    "cpu",
    "deployment",
    "error",
    "exception",
    "gen_ai",
    "host",
    "instrumentation",
    "memory",
    "operation",
    "os",
    "otel",
    "process",
    "service",
    "telemetry",
    "tool",
    "trace",
];

/// Names that are objects on the server's side: `session.id` is lost beside a value `session`.
const OBJECTS: &[&str] = &[
    "chain",
    "event",
    "guardrail",
    "http",
    "llm",
    "session",
    "task",
    "url",
    "user",
    "workflow",
];

/// Keys of ours outside [`OWN_NAMESPACES`]: neither they nor anything below them can be a tag.
const OWN_KEYS: &[&str] = &[
    "http.request.method",
    "http.response.status_code",
    "session.id",
    "url.full",
    "user.id",
];

/// Reads `"a,b"` or a JSON array. Blanks around a tag and empty tags are dropped; elements that are no strings are
/// written as JSON; what begins like an array and is none is read as `"a,b"`. `most` tags are read; how long one may be,
/// the limits of a span say.
pub(crate) fn parse_list(text: &str, most: usize) -> Vec<String> {
    let text = text.trim();
    if text.starts_with('[')
        && let Ok(items) = serde_json::from_str::<Vec<Value>>(text)
    {
        return items.into_iter().filter_map(tag).take(most).collect();
    }
    text.split(',')
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .take(most)
        .map(str::to_owned)
        .collect()
}

fn tag(item: Value) -> Option<String> {
    let text = match item {
        Value::Null => return None,
        Value::String(text) => text,
        other => other.to_string(),
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A dict tag of this key would break the server's nesting, which makes an object of every dotted key and loses data
/// where a key is both a value and the beginning of another; or it would shadow a key of ours.
pub(crate) fn is_refused(key: &str) -> bool {
    let root = key.split('.').next().unwrap_or_default();
    key.split('.').any(|segment| segment.trim().is_empty())
        || OWN_NAMESPACES.contains(&root)
        || OBJECTS.contains(&key)
        || OWN_KEYS
            .iter()
            .any(|own| is_at_or_below(key, own) || is_at_or_below(own, key))
}
