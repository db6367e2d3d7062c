//! Tags: parsing, and which keys a dict tag may have.

/// Reads `"a,b"` or a JSON array of strings.
pub(crate) fn parse_list(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.starts_with('[')
        && let Ok(items) = serde_json::from_str::<Vec<Value>>(text)
    {
        return items.into_iter().filter_map(tag).collect();
    }
    text.split(',')
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
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

/// The handle's tags, then the session's, each once.
pub(crate) fn merge(default: &[String], own: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    default
        .iter()
        .chain(own)
        .filter(|tag| seen.insert(tag.as_str()))
        .cloned()
        .collect()
}
