//! Anthropic's messages.

use serde_json::{Map, Value};

use super::whole_message;
use crate::attributes::{
    exchange::answer::{Answer, CallPart, Part, Place},
    parts,
};

/// The events of a stream that say something.
pub(super) const EVENTS: &[&str] = &[
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
];

/// A message as a whole.
pub(super) fn whole(answer: &mut Answer, message: &Map<String, Value>) {
    answer.id(message, "id");
    answer.model(message, "model");
    answer.usage(message.get("usage"));
    whole_message(answer, 0, message);
    finish(answer, message);
}

/// One event of a stream.
pub(super) fn event(answer: &mut Answer, event: &str, document: &Map<String, Value>) {
    let place = Place::Block(document.get("index").and_then(Value::as_u64).unwrap_or_default());
    match event {
        "message_start" => {
            if let Some(Value::Object(message)) = document.get("message") {
                whole(answer, message);
            }
        }
        "content_block_start" => {
            if let Some(block) = document.get("content_block") {
                begin(answer, place, block);
            }
        }
        "content_block_delta" => {
            if let Some(Value::Object(delta)) = document.get("delta") {
                piece(answer, place, delta);
            }
        }
        "message_delta" => {
            answer.usage(document.get("usage"));
            if let Some(Value::Object(delta)) = document.get("delta") {
                finish(answer, delta);
            }
        }
        "message_stop" => answer.ended = true,
        _ => {}
    }
}

fn finish(answer: &mut Answer, message: &Map<String, Value>) {
    if let Some(Value::String(reason)) = message.get("stop_reason") {
        answer.finish(0, reason);
    }
}

/// A block begins, empty but for the name of a tool.
fn begin(answer: &mut Answer, place: Place, block: &Value) {
    let text = |name| block.get(name).and_then(Value::as_str).map(str::to_owned);
    let part = match block.get("type").and_then(Value::as_str) {
        Some("text") => Part::Text(text("text").unwrap_or_default()),
        Some("thinking") => Part::Thoughts(text("thinking").unwrap_or_default()),
        Some("tool_use") => Part::Call(CallPart {
            id: text("id"),
            name: text("name").unwrap_or_default(),
            arguments: String::new(),
        }),
        _ => Part::Whole(parts::read(block)),
    };
    answer.grow(0, place, part);
}

fn piece(answer: &mut Answer, place: Place, delta: &Map<String, Value>) {
    let text = |name| delta.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let part = match delta.get("type").and_then(Value::as_str) {
        Some("text_delta") => Part::Text(text("text")),
        Some("thinking_delta") => Part::Thoughts(text("thinking")),
        Some("input_json_delta") => Part::Call(CallPart {
            arguments: text("partial_json"),
            ..CallPart::default()
        }),
        // Signatures and citations.
        _ => return,
    };
    answer.grow(0, place, part);
}
