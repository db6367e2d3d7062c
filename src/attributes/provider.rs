//! Messages of any provider, read into those of the GenAI conventions.
//!
//! A message in the conventions is `{role, parts: [{type, ...}]}`. What providers take and return has `content`,
//! `tool_calls`, content blocks, `choices`.

use serde_json::{Map, Value, json};

use super::{messages::SYSTEM, parts, value};

type Object = Map<String, Value>;

/// The messages in a JSON value, if it is one of the known shapes: a message, a list of messages or parts, a request or
/// a response that holds such.
pub(super) fn read(value: &Value, role: &str) -> Option<Vec<Value>> {
    match value {
        Value::Array(items) => read_list(items, role),
        Value::Object(object) if is_message(object) => Some(vec![read_message(object, role)]),
        Value::Object(object) => read_envelope(object, role).filter(|messages| !messages.is_empty()),
        _ => None,
    }
}

fn read_list(items: &[Value], role: &str) -> Option<Vec<Value>> {
    let mut messages: Vec<Value> = Vec::new();
    // Whose parts stand loose at the end of the list so far.
    let mut loose: Option<&str> = None;
    for item in items {
        let object = item.as_object()?;
        if is_message(object) {
            messages.push(read_message(object, role));
            loose = None;
            continue;
        }
        let by = parts::author(object, role)?;
        let part = parts::read(item);
        match messages
            .last_mut()
            .and_then(|message| message.get_mut("parts"))
            .and_then(Value::as_array_mut)
        {
            Some(parts) if loose == Some(by) => parts.push(part),
            _ => messages.push(json!({ "role": by, "parts": [part] })),
        }
        loose = Some(by);
    }
    Some(messages)
}

/// A provider's whole request or response.
fn read_envelope(object: &Object, role: &str) -> Option<Vec<Value>> {
    read_request(object, role)
        .or_else(|| read_answers(object, role))
        .or_else(|| read_answer(object, role))
}

/// A request: its messages, with the system prompt first, wherever the provider has it.
fn read_request(object: &Object, role: &str) -> Option<Vec<Value>> {
    let messages = first(object, &["messages", "contents", "input"]);
    let mut messages = match messages {
        Some(Value::Array(items)) => read_list(items, role)?,
        Some(Value::String(text)) => vec![said_by(role, &parts::text(text))],
        // Completions and Ollama's `generate` take a text.
        _ => match object.get("prompt") {
            Some(Value::String(text)) => vec![said_by(role, &parts::text(text))],
            _ => return None,
        },
    };
    let system = first(
        object,
        &["system", "systemInstruction", "system_instruction", "instructions"],
    );
    if let Some(system) = system {
        let message = match system {
            Value::Object(message) => read_message(message, SYSTEM),
            other => read_message(&Map::from_iter([("content".to_owned(), other.clone())]), SYSTEM),
        };
        messages.insert(0, message);
    }
    Some(messages)
}

/// A response with several answers to choose from.
fn read_answers(object: &Object, role: &str) -> Option<Vec<Value>> {
    let Value::Array(answers) = first(object, &["choices", "candidates"])? else {
        return None;
    };
    answers
        .iter()
        .map(|answer| {
            let mut message = match first(answer.as_object()?, &["message", "content", "text"])? {
                Value::Object(message) => message.clone(),
                Value::String(text) => Map::from_iter([("content".to_owned(), text.clone().into())]),
                _ => return None,
            };
            for name in ["finish_reason", "finishReason"] {
                if let Some(reason) = answer.get(name) {
                    message.insert("finish_reason".to_owned(), reason.clone());
                }
            }
            Some(read_message(&message, role))
        })
        .collect()
}

/// A response that is one answer: `OpenAI`'s Responses, Bedrock's Converse, Ollama, Cohere.
fn read_answer(object: &Object, role: &str) -> Option<Vec<Value>> {
    let mut messages = match first(object, &["output", "message", "response"])? {
        Value::Array(items) => read_list(items, role)?,
        Value::Object(output) => {
            let message = output.get("message").and_then(Value::as_object).unwrap_or(output);
            is_message(message).then(|| vec![read_message(message, role)])?
        }
        Value::String(text) => vec![said_by(role, &parts::text(text))],
        _ => return None,
    };
    let reason = first(object, &["stopReason", "finish_reason", "done_reason"]);
    if let Some((Value::Object(message), reason)) = messages.last_mut().zip(reason) {
        message.entry("finish_reason").or_insert_with(|| reason.clone());
    }
    Some(messages)
}

fn said_by(role: &str, part: &Value) -> Value {
    json!({ "role": role, "parts": [part] })
}

/// The first of these members that is there and not null.
fn first<'a>(object: &'a Object, names: &[&str]) -> Option<&'a Value> {
    names
        .iter()
        .filter_map(|name| object.get(*name))
        .find(|value| !value.is_null())
}

pub(super) fn is_message(object: &Object) -> bool {
    matches!(object.get("role"), Some(Value::String(_))) || matches!(object.get("parts"), Some(Value::Array(_)))
}

/// A message of any provider as the GenAI conventions write it. Members that have no place there stay as they are.
pub(super) fn read_message(message: &Object, default_role: &str) -> Value {
    const CONSUMED: &[&str] = &[
        "role",
        "parts",
        "content",
        "tool_calls",
        "function_call",
        "tool_call_id",
        "refusal",
        "reasoning_content",
        "reasoning",
        "thinking",
        "images",
        "finish_reason",
        "stop_reason",
        "finishReason",
    ];
    let role = match message.get("role").and_then(Value::as_str).unwrap_or(default_role) {
        "model" | "ai" => "assistant",
        "human" => "user",
        "function" => "tool",
        role => role,
    };
    let parts = match message.get("parts") {
        Some(Value::Array(given)) if !given.is_empty() => given.iter().map(parts::read).collect(),
        _ => provider_parts(message, role),
    };
    let mut out = Map::new();
    out.insert("role".to_owned(), role.into());
    out.insert("parts".to_owned(), Value::Array(parts));
    for (name, value) in message {
        let is_type = name == "type" && value == "message";
        if !CONSUMED.contains(&name.as_str()) && !value.is_null() && !is_type {
            out.insert(name.clone(), value.clone());
        }
    }
    let reasons = ["finish_reason", "stop_reason", "finishReason"];
    if let Some(reason) = reasons
        .iter()
        .filter_map(|name| message.get(*name))
        .find(|reason| !reason.is_null())
    {
        out.insert("finish_reason".to_owned(), reason.clone());
    }
    Value::Object(out)
}

/// The parts of a message that has `content` and `tool_calls` instead.
fn provider_parts(message: &Object, role: &str) -> Vec<Value> {
    let mut parts = Vec::new();
    if let Some(Value::String(reasoning)) = first(message, &["reasoning_content", "reasoning", "thinking"])
        && !reasoning.is_empty()
    {
        parts.push(json!({ "type": "reasoning", "content": reasoning }));
    }
    match (message.get("content"), message.get("tool_call_id")) {
        (Some(content), Some(id)) if role == "tool" => {
            parts.push(json!({ "type": "tool_call_response", "id": id, "response": content }));
        }
        (Some(Value::Array(blocks)), _) => parts.extend(blocks.iter().map(parts::read)),
        (Some(Value::Null) | None, _) => {}
        (Some(content), _) => parts.push(parts::text(&value::plain(content))),
    }
    // Ollama puts pictures beside the text.
    if let Some(Value::Array(images)) = message.get("images") {
        let blob = |image: &Value| json!({ "type": "blob", "modality": "image", "content": image });
        parts.extend(images.iter().filter(|image| image.is_string()).map(blob));
    }
    if let Some(Value::String(refusal)) = message.get("refusal") {
        parts.push(parts::text(refusal));
    }
    if let Some(Value::Array(calls)) = message.get("tool_calls") {
        parts.extend(calls.iter().filter_map(Value::as_object).map(parts::tool_call));
    }
    if let Some(Value::Object(call)) = message.get("function_call") {
        parts.push(parts::tool_call(call));
    }
    parts
}
