//! Messages that a program numbered itself, as AgentOps reads them: `gen_ai.prompt.0.content`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{keys, parts, provider, value};
use crate::record::ValueRef;

/// What AgentOps is told of an embedding in place of a message.
pub(super) const EMBEDDING_LENGTH: &str = "embedding_length";

/// The fields of one message, by what follows its number.
pub(super) type Numbered<'a> = Vec<(&'a str, ValueRef<'a>)>;

/// What stands below `prefix` under numbers, in the order of the numbers and with the content first; `None` where nothing
/// does.
pub(super) fn read<'a>(fields: &[(&'a str, ValueRef<'a>)], prefix: &str) -> Option<Vec<Numbered<'a>>> {
    let mut messages: BTreeMap<u64, Numbered<'a>> = BTreeMap::new();
    for (key, value) in fields {
        let Some(below) = key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.')) else {
            continue;
        };
        let (number, rest) = below.split_once('.').unwrap_or((below, "content"));
        if keys::is_index(number) {
            let number = number.parse().unwrap_or(u64::MAX);
            messages.entry(number).or_default().push((rest, *value));
        }
    }
    let mut messages: Vec<_> = messages.into_values().collect();
    for message in &mut messages {
        message.sort_by(|(a, _), (b, _)| is_content(b).cmp(&is_content(a)).then_with(|| keys::by_place(a, b)));
    }
    (!messages.is_empty()).then_some(messages)
}

pub(super) fn is_content(rest: &str) -> bool {
    rest.split('.').next() == Some("content")
}

/// No message: an embedding.
pub(super) fn is_embedding(message: &Numbered<'_>) -> bool {
    message.iter().all(|(rest, _)| *rest == EMBEDDING_LENGTH)
}

/// The message as the GenAI conventions write it.
pub(super) fn message(fields: &Numbered<'_>, role: &str) -> Value {
    let mut message = Map::new();
    let mut calls: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut contents: Vec<Value> = Vec::new();
    for (rest, field) in fields {
        let text = value::text(*field).into_owned();
        match rest.split_once('.') {
            None if *rest == "content" => contents.push(parts::text(&text)),
            Some(("tool_calls", call)) => {
                if let Some((place, name)) = call.split_once('.') {
                    calls.entry(place).or_default().insert(name.to_owned(), text.into());
                }
            }
            None => {
                message.insert((*rest).to_owned(), text.into());
            }
            // Something deeper, which AgentOps shows and the conventions have no place for.
            Some(_) => {}
        }
    }
    let mut calls: Vec<_> = calls.into_iter().collect();
    calls.sort_by(|(a, _), (b, _)| keys::by_place(a, b));
    contents.extend(calls.iter().map(|(_, call)| parts::tool_call(call)));
    message.insert("parts".to_owned(), Value::Array(contents));
    provider::read_message(&message, role)
}
