//! [`Difference`]: what this crate does otherwise than the Python SDK, as a closed list.

use agentops::testing::{Attributes, OtelKind, Span, StatusCode, Value};
use serde_json::Value as Json;

use super::nested::json;

/// What this crate does otherwise than the Python SDK. Each has a predicate of its own; a difference for which none
/// holds is a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Difference {
    /// What ended well says so.
    OkInsteadOfUnset,
    /// An error is one event; ours has no `exception.escaped`.
    OneExceptionEvent,
    /// Inputs and outputs stand below the kind and below `agentops.entity`, with the same value.
    EntityKeys,
    /// Arguments have names: `kwargs` instead of `args`, and plain ones are attributes, too.
    NamedArguments,
    /// The host's name is hashed, and every session carries the host's keys.
    HostKeys,
    /// The resource names the service and this crate.
    ResourceKeys,
    /// A model call is named `<operation> <model>`.
    LlmNames,
    /// The provider is in lower case.
    ProviderCase,
    /// A model's wish to call a tool is no span.
    NoToolCallSpans,
    /// A long value is cut, not dropped.
    CutNotDropped,
    /// Dict tags stay on every kind of span.
    DictTags,
    /// An agent's span ends with its scope: it is always sent, and what comes after is not below it.
    AgentEndsWithScope,
    /// Requests' headers are not recorded.
    NoRequestHeaders,
    /// A session is the root of its own trace.
    SessionsAreRoots,
    /// An auto-session without a span is not sent.
    EmptyAutoSession,
    /// Keys that the contract adds in its sections on spans and on model calls, and that take nothing away.
    AddedKeys,
}

/// Values that no two runs or languages share: their types are compared, and that they are there.
pub(crate) fn differs_by_nature(key: &str) -> bool {
    key.starts_with("cpu.")
        || key.starts_with("memory.")
        || key.starts_with("host.")
        || key.starts_with("gen_ai.streaming.")
        || [
            "llm.openai.stream.total_duration",
            "time_elapsed",
            "duration",
            "exception.stacktrace",
        ]
        .contains(&key)
}

/// What may be missing on a session that ended before it was measured: it takes two looks.
const MEASURED: &str = "cpu.percent";

/// The dict tags that the Python program gave, and lost on everything but sessions.
const DICT_TAGS: [(&str, &str); 1] = [("team", "blue")];

fn is_host_key(key: &str) -> bool {
    let prefixed = ["host.", "cpu.", "memory.", "os.", "process."]
        .iter()
        .any(|prefix| key.starts_with(prefix));
    prefixed && key.len() <= "process.executable.name".len()
}

/// The status is another.
pub(crate) fn of_status(golden: &Span, ours: &Span) -> Option<Difference> {
    (golden.status.code == StatusCode::Unset && ours.status.code == StatusCode::Ok)
        .then_some(Difference::OkInsteadOfUnset)
}

/// The name is another.
pub(crate) fn of_name(golden: &Span, ours: &Span) -> Option<Difference> {
    let model = golden.text("gen_ai.request.model").filter(|_| is_model_call(golden))?;
    let operation = ours.text("gen_ai.operation.name")?;
    (ours.name == format!("{operation} {model}")).then_some(Difference::LlmNames)
}

/// The value of `key` is another, or has another type.
pub(crate) fn of_value(key: &str, golden: &Value, ours: &Value) -> Option<Difference> {
    let (golden, ours) = (golden.as_str()?, ours.as_str()?);
    if key == "gen_ai.system" {
        let lower = ours == golden.to_lowercase();
        return lower.then_some(Difference::ProviderCase);
    }
    if is_input(key) {
        return same_arguments(golden, ours).then_some(Difference::NamedArguments);
    }
    None
}

/// The host's name is a hash; what else is said of the host differs by nature.
pub(crate) fn of_host(key: &str, ours: &Value) -> Option<Difference> {
    let hash = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (["host.name", "host.node"].contains(&key) && ours.as_str().is_some_and(hash)).then_some(Difference::HostKeys)
}

/// Ours lacks `key`.
pub(crate) fn of_missing(key: &str) -> Option<Difference> {
    match key {
        "gen_ai.request.headers" => Some(Difference::NoRequestHeaders),
        "exception.escaped" => Some(Difference::OneExceptionEvent),
        MEASURED => Some(Difference::HostKeys),
        _ => None,
    }
}

/// Ours has `key`, the golden span has not.
pub(crate) fn of_extra(key: &str, golden: &Span, ours: &Span) -> Option<Difference> {
    let value = ours.attribute(key)?;
    if let Some(twin) = twin_of_content(key, ours) {
        let same = ours.attribute(&twin) == Some(value);
        if same && golden.attribute(&twin).is_some() {
            return Some(Difference::EntityKeys);
        }
        // Neither of the two was sent: it had a million characters.
        let long = value.as_str().is_some_and(|text| text.chars().count() > 900_000);
        return (same && long).then_some(Difference::CutNotDropped);
    }
    if ours.kind() == Some("session") && is_host_key(key) {
        return Some(Difference::HostKeys);
    }
    if is_added(key, golden, ours) {
        return Some(Difference::AddedKeys);
    }
    if key.contains('.') {
        return None;
    }
    match arguments_of(ours).and_then(|kwargs| kwargs.get(key).cloned()) {
        Some(argument) => same_plain(&argument, value).then_some(Difference::NamedArguments),
        None => (DICT_TAGS.contains(&(key, value.as_str()?)) && ours.kind() != Some("session"))
            .then_some(Difference::DictTags),
    }
}

/// The resource is another.
pub(crate) fn of_resource(ours: &Attributes) -> Option<Difference> {
    let named = ours
        .get("service.name")
        .is_some_and(|name| name.as_str().is_some_and(|name| !name.is_empty()));
    let signed = ours
        .get("agentops.sdk.name")
        .is_some_and(|name| name == "agentops-rust");
    let python = ["agentops.project.id", "imported_libraries"]
        .iter()
        .any(|key| ours.contains_key(key));
    (named && signed && !python).then_some(Difference::ResourceKeys)
}

/// Whether the span is a call of a model, in the golden capture or in ours.
pub(crate) fn is_model_call(span: &Span) -> bool {
    span.otel_kind == OtelKind::Client && span.attributes.keys().any(|key| key.starts_with("gen_ai."))
}

fn is_input(key: &str) -> bool {
    key.starts_with("agentops.") && key.ends_with(".input")
}

/// The other key that has to carry the same input or output.
fn twin_of_content(key: &str, span: &Span) -> Option<String> {
    let kind = span.kind()?;
    let (stem, end) = key.strip_prefix("agentops.")?.rsplit_once('.')?;
    let twin = match stem {
        "entity" => kind,
        stem if stem == kind => "entity",
        _ => return None,
    };
    ["input", "output"]
        .contains(&end)
        .then(|| format!("agentops.{twin}.{end}"))
}

fn parsed(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok()
}

/// The arguments by name that a span's own input holds.
fn arguments_of(span: &Span) -> Option<Json> {
    parsed(span.text(&format!("agentops.{}.input", span.kind()?))?)?
        .get("kwargs")
        .cloned()
}

/// The same arguments, all of ours by name: those that Python has by name too have the same name and value, and the
/// others come in the same order.
fn same_arguments(golden: &str, ours: &str) -> bool {
    let split = |text: &str| {
        let input = parsed(text)?;
        Some((
            input.get("args")?.as_array()?.clone(),
            input.get("kwargs")?.as_object()?.clone(),
        ))
    };
    let (Some((golden_args, golden_kwargs)), Some((our_args, our_kwargs))) = (split(golden), split(ours)) else {
        return false;
    };
    let by_name = golden_kwargs
        .iter()
        .all(|(name, value)| our_kwargs.get(name) == Some(value));
    let others = our_kwargs
        .iter()
        .filter(|(name, _)| !golden_kwargs.contains_key(*name))
        .map(|(_, value)| value);
    our_args.is_empty() && by_name && others.eq(golden_args.iter())
}

fn same_plain(argument: &Json, attribute: &Value) -> bool {
    *argument == json(attribute)
}

/// Keys that the contract adds, and where: what stands beside an older spelling has its value.
fn is_added(key: &str, golden: &Span, ours: &Span) -> bool {
    let kind = ours.kind().unwrap_or_default();
    let everywhere = match key {
        "agentops.span.kind" | "operation.name" | "operation.version" => is_model_call(ours),
        "agent.name" => ["agent", "llm", "tool", "task", "operation", "workflow"].contains(&kind),
        "error.type" | "error.message" => ours.is_error(),
        "user.id" | "session.id" => true,
        // A generator is a stream here, whose span says how many items it gave.
        "agentops.stream.items" => golden.attribute(&format!("agentops.{kind}.output")).is_none(),
        "agentops.tags" => golden.parent_span_id.is_some() || kind == "session",
        "instrumentation.name" | "instrumentation.version" => kind == "session" || ours.parent_span_id.is_none(),
        _ => false,
    };
    everywhere
        || match kind {
            "agent" => ADDED_TO_AGENTS.contains(&key) || key.starts_with("agentops.agent.usage."),
            "tool" => ADDED_TO_TOOLS.contains(&key),
            "llm" => is_added_to_a_model_call(key, ours),
            _ => false,
        }
}

const ADDED_TO_AGENTS: [&str; 3] = ["agent.id", "agent.role", "agent.models"];
const ADDED_TO_TOOLS: [&str; 7] = [
    "tool.name",
    "tool.description",
    "tool.parameters",
    "tool.result",
    "tool.status",
    "tool.call.id",
    "tool.call.type",
];
const ADDED_TO_MODEL_CALLS: [&str; 13] = [
    "gen_ai.system",
    "gen_ai.operation.name",
    "gen_ai.request.type",
    "gen_ai.request.streaming",
    "gen_ai.usage.total_tokens",
    "gen_ai.usage.completion_tokens",
    "gen_ai.usage.prompt_cost",
    "gen_ai.usage.completion_cost",
    "gen_ai.usage.total_cost",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "openai.response.system_fingerprint",
];
/// Today's spelling and the one that AgentOps reads.
const SPELLED_TWICE: [(&str, &str); 5] = [
    ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    ("gen_ai.provider.name", "gen_ai.system"),
    ("gen_ai.request.stream", "gen_ai.request.streaming"),
    (
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.streaming.time_to_first_token",
    ),
];

fn is_added_to_a_model_call(key: &str, ours: &Span) -> bool {
    if let Some((_, older)) = SPELLED_TWICE.iter().find(|(today, _)| *today == key) {
        return ours.attribute(key) == ours.attribute(older);
    }
    // Why the model stopped is said of the call and of its messages.
    if let Some(reasons) = ["gen_ai.response.finish_reason", "gen_ai.response.finish_reasons"]
        .iter()
        .find_map(|name| ours.attribute(name).filter(|_| *name == key))
    {
        let told = ours.text("gen_ai.completion.0.finish_reason");
        return told.is_some_and(|told| *reasons == told || *reasons == [told]);
    }
    let message = key
        .strip_prefix("gen_ai.prompt.")
        .or_else(|| key.strip_prefix("gen_ai.completion."));
    let Some((index, field)) = message.and_then(|message| message.split_once('.')) else {
        return ADDED_TO_MODEL_CALLS.contains(&key);
    };
    // A content is there even when it is empty, and a completion carries its tool calls.
    let empty_content = field == "content" && ours.text(key) == Some("");
    index.parse::<usize>().is_ok() && (empty_content || field.starts_with("tool_calls."))
}
