//! Bedrock's conversations, and the answers of Amazon's own models. The address names the model, not the answer.

use serde_json::{Map, Value};

use super::whole_message;
use crate::attributes::exchange::answer::Answer;

pub(super) fn is_one(document: &Map<String, Value>) -> bool {
    message(document).is_some()
}

pub(super) fn take(answer: &mut Answer, document: &Map<String, Value>) {
    answer.usage(document.get("usage"));
    if let Some(message) = message(document) {
        whole_message(answer, 0, message);
    }
    if let Some(Value::String(reason)) = document.get("stopReason") {
        answer.finish(0, reason);
    }
}

fn message(document: &Map<String, Value>) -> Option<&Map<String, Value>> {
    document.get("output")?.get("message")?.as_object()
}
