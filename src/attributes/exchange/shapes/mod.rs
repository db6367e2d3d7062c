//! The shapes in which providers answer, whole or in pieces. A shape is known by its members, not by who sent it: half of
//! the world answers like somebody else.

mod anthropic;
mod bedrock;
mod gemini;
mod ollama;
mod openai;
mod responses;

use serde_json::{Map, Value};

use super::answer::{Answer, Fault, Part, Place};
use crate::attributes::{parts, provider};

/// Takes what a document says.
pub(super) fn take(answer: &mut Answer, document: &Value) {
    let Value::Object(document) = document else { return };
    let text = |name| document.get(name).and_then(Value::as_str);
    if let Some(error) = fault(document) {
        answer.error = Some(error);
    }
    if let Some(message) = text("message").or_else(|| text("Message")) {
        answer.excuse = Some(excuse(message, document));
    }
    match text("type") {
        Some(event) if event.starts_with("response.") => responses::event(answer, event, document),
        Some(event) if anthropic::EVENTS.contains(&event) => anthropic::event(answer, event, document),
        Some("message") if document.contains_key("content") => anthropic::whole(answer, document),
        _ if text("object") == Some("response") => responses::whole(answer, document),
        _ if document.contains_key("choices") => openai::chat(answer, document),
        _ if gemini::is_one(document) => gemini::take(answer, document),
        _ if bedrock::is_one(document) => bedrock::take(answer, document),
        _ if ollama::is_one(document) => ollama::take(answer, document),
        _ if openai::is_embeddings(document) => openai::embeddings(answer, document),
        _ => counts(answer, document),
    }
}

/// Counts and names without an answer: what is left of one of which the middle is missing.
fn counts(answer: &mut Answer, document: &Map<String, Value>) {
    answer.model(document, "model");
    answer.model(document, "modelVersion");
    answer.usage(document.get("usage"));
    answer.usage(document.get("usageMetadata"));
    if document.contains_key("prompt_eval_count") || document.contains_key("eval_count") {
        answer.usage(Some(&Value::Object(document.clone())));
    }
    for name in ["stop_reason", "stopReason"] {
        if let Some(reason) = document.get(name).and_then(Value::as_str) {
            answer.finish(0, reason);
        }
    }
}

/// Bedrock, and some that answer like `OpenAI` otherwise (vLLM, Mistral), say what went wrong without an `error` around it.
fn excuse(message: &str, document: &Map<String, Value>) -> Fault {
    let code = ["code", "__type", "type"]
        .iter()
        .find_map(|name| document.get(*name)?.as_str());
    Fault {
        code: code.map(str::to_owned),
        message: message.to_owned(),
    }
}

/// What went wrong, as most providers say it.
fn fault(document: &Map<String, Value>) -> Option<Fault> {
    match document.get("error")? {
        Value::String(message) => Some(Fault {
            code: None,
            message: message.clone(),
        }),
        Value::Object(error) => {
            let text = |name| error.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            let message = text("message").map_or_else(|| Value::Object(error.clone()).to_string(), str::to_owned);
            Some(Fault {
                // OpenAI's code says more than its type; Gemini's code is a number, and its status the name of it.
                code: text("code")
                    .or_else(|| text("status"))
                    .or_else(|| text("type"))
                    .map(str::to_owned),
                message,
            })
        }
        _ => None,
    }
}

/// The parts of a message that is there as a whole.
fn whole_message(answer: &mut Answer, choice: u64, message: &Map<String, Value>) {
    let message = provider::read_message(message, "assistant");
    let parts = message.get("parts").and_then(Value::as_array);
    for part in parts.into_iter().flatten() {
        answer.grow(choice, Place::Alone, Part::Whole(part.clone()));
    }
}

/// A content block as a piece of text or thought; what is neither stands alone.
fn block(answer: &mut Answer, choice: u64, block: &Value) {
    let part = parts::read(block);
    let words = part.get("content").and_then(Value::as_str).map(str::to_owned);
    match (part.get("type").and_then(Value::as_str), words) {
        (Some("text"), Some(words)) => answer.grow(choice, Place::Text, Part::Text(words)),
        (Some("reasoning"), Some(words)) => answer.grow(choice, Place::Thoughts, Part::Thoughts(words)),
        _ => answer.grow(choice, Place::Alone, Part::Whole(part)),
    }
}

/// JSON that is a text already, or the text of it.
fn arguments(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(value) => crate::attributes::value::plain(value),
    }
}
