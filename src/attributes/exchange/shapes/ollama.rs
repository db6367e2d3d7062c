//! Ollama's chats and completions: lines, of which the last one has the counts.

use serde_json::{Map, Value};

use super::arguments;
use crate::attributes::exchange::answer::{Answer, CallPart, Part, Place};

pub(super) fn is_one(document: &Map<String, Value>) -> bool {
    document.get("done").is_some_and(Value::is_boolean)
        && (document.contains_key("message") || document.contains_key("response"))
}

pub(super) fn take(answer: &mut Answer, document: &Map<String, Value>) {
    answer.model(document, "model");
    let message = document.get("message").and_then(Value::as_object).unwrap_or(document);
    for name in ["content", "response"] {
        if let Some(words) = words(message, name) {
            answer.grow(0, Place::Text, Part::Text(words));
        }
    }
    if let Some(words) = words(message, "thinking") {
        answer.grow(0, Place::Thoughts, Part::Thoughts(words));
    }
    let calls = message.get("tool_calls").and_then(Value::as_array);
    for call in calls.into_iter().flatten() {
        let function = call.get("function").unwrap_or(call);
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let part = CallPart {
            id: text(call.get("id")),
            name: text(function.get("name")).unwrap_or_default(),
            arguments: arguments(function.get("arguments")),
        };
        // They come whole.
        answer.grow(0, Place::Alone, Part::Call(part));
    }
    if document.get("done") == Some(&Value::Bool(true)) {
        answer.usage(Some(&Value::Object(document.clone())));
        let reason = document.get("done_reason").and_then(Value::as_str);
        answer.finish(0, reason.unwrap_or("stop"));
    }
}

fn words(message: &Map<String, Value>, name: &str) -> Option<String> {
    let words = message.get(name)?.as_str()?;
    (!words.is_empty()).then(|| words.to_owned())
}
