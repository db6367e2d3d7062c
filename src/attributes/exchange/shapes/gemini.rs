//! Gemini's generated content. Every piece of a stream is an answer of its own, with the counts so far.

use serde_json::{Map, Value};

use super::block;
use crate::attributes::exchange::answer::Answer;

pub(super) fn is_one(document: &Map<String, Value>) -> bool {
    ["candidates", "promptFeedback"]
        .iter()
        .any(|name| document.contains_key(*name))
        || document.contains_key("usageMetadata") && document.contains_key("responseId")
}

pub(super) fn take(answer: &mut Answer, document: &Map<String, Value>) {
    answer.id(document, "responseId");
    answer.model(document, "modelVersion");
    answer.usage(document.get("usageMetadata"));
    let candidates = document.get("candidates").and_then(Value::as_array);
    for (at, candidate) in (0..).zip(candidates.into_iter().flatten()) {
        let number = candidate.get("index").and_then(Value::as_u64).unwrap_or(at);
        let parts = candidate
            .get("content")
            .and_then(|content| content.get("parts"))
            .and_then(Value::as_array);
        for part in parts.into_iter().flatten() {
            block(answer, number, part);
        }
        if let Some(Value::String(reason)) = candidate.get("finishReason") {
            answer.finish(number, reason);
        }
    }
    // A prompt that was refused has no candidates.
    let refused = document
        .get("promptFeedback")
        .and_then(|feedback| feedback.get("blockReason"));
    if let Some(Value::String(reason)) = refused {
        answer.finish(0, reason);
    }
}
