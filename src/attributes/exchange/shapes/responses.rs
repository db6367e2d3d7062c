//! `OpenAI`'s responses.

use serde_json::{Map, Value};

use crate::attributes::{
    exchange::{
        answer::{Answer, CallPart, Fault, Part, Place},
        facts::Fact,
    },
    parts,
};

/// A response as a whole. It stands for whatever pieces of it came before.
pub(super) fn whole(answer: &mut Answer, response: &Map<String, Value>) {
    head(answer, response);
    answer.usage(response.get("usage"));
    if let Some(Value::Array(items)) = response.get("output")
        && !items.is_empty()
    {
        answer.forget();
        for one in items {
            item(answer, Place::Alone, one);
        }
    }
    if let Some(Value::String(tier)) = response.get("service_tier") {
        answer
            .others
            .say("openai.response.service_tier", Fact::Text(tier.clone()));
    }
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    match response.get("status").and_then(Value::as_str) {
        Some("completed") => answer.finish(0, "stop"),
        Some(status @ ("incomplete" | "cancelled")) => {
            let reason = response.get("incomplete_details").and_then(|why| text(why, "reason"));
            answer.finish(0, reason.as_deref().unwrap_or(status));
        }
        Some("failed") => answer.ended = true,
        _ => {}
    }
}

/// One event of a stream.
pub(super) fn event(answer: &mut Answer, event: &str, document: &Map<String, Value>) {
    let number = |name| document.get(name).and_then(Value::as_u64).unwrap_or_default();
    let place = Place::Block(number("output_index"));
    let delta = || {
        document
            .get("delta")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    match event {
        "response.completed" | "response.incomplete" | "response.failed" => {
            if let Some(Value::Object(response)) = document.get("response") {
                whole(answer, response);
                failed(answer, response);
            }
        }
        "response.created" | "response.in_progress" => {
            if let Some(Value::Object(response)) = document.get("response") {
                head(answer, response);
            }
        }
        "response.output_text.delta" | "response.refusal.delta" => answer.grow(0, place, Part::Text(delta())),
        "response.reasoning_text.delta" | "response.reasoning_summary_text.delta" => {
            answer.grow(0, place, Part::Thoughts(delta()));
        }
        "response.function_call_arguments.delta" => {
            let part = CallPart {
                arguments: delta(),
                ..CallPart::default()
            };
            answer.grow(0, place, Part::Call(part));
        }
        "response.output_item.added" => {
            if let Some(Value::Object(call)) = document.get("item")
                && call.get("type").and_then(Value::as_str) == Some("function_call")
            {
                let text = |name| call.get(name).and_then(Value::as_str).map(str::to_owned);
                let part = CallPart {
                    id: text("call_id"),
                    name: text("name").unwrap_or_default(),
                    arguments: String::new(),
                };
                answer.grow(0, place, Part::Call(part));
            }
        }
        _ => {}
    }
}

fn head(answer: &mut Answer, response: &Map<String, Value>) {
    answer.id(response, "id");
    answer.model(response, "model");
}

fn failed(answer: &mut Answer, response: &Map<String, Value>) {
    if let Some(Value::Object(error)) = response.get("error") {
        let text = |name| error.get(name).and_then(Value::as_str).map(str::to_owned);
        answer.error = Some(Fault {
            code: text("code"),
            message: text("message").unwrap_or_default(),
        });
    }
}

/// An item of the output: a message with its content, or a part of its own.
fn item(answer: &mut Answer, place: Place, item: &Value) {
    match item.get("content").and_then(Value::as_array) {
        Some(blocks) if item.get("type").and_then(Value::as_str) == Some("message") => {
            for block in blocks {
                answer.grow(0, place, Part::Whole(parts::read(block)));
            }
        }
        _ => answer.grow(0, place, Part::Whole(parts::read(item))),
    }
}
