//! Lists that were written key by key, such as `llm.input_messages.0.message.role`: JSON again.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{keys, parts, value};
use crate::record::ValueRef;

/// Names deeper than this stay one name: no convention nests so far, and a key may be of any length.
const DEEPEST: usize = 16;

/// What stands below `prefix`; `None` where nothing does.
pub(super) fn below(fields: &[(&str, ValueRef<'_>)], prefix: &str) -> Option<Value> {
    let entries: Vec<(Vec<&str>, ValueRef<'_>)> = fields
        .iter()
        .filter_map(|(key, value)| {
            let rest = key.strip_prefix(prefix)?.strip_prefix('.')?;
            Some((rest.splitn(DEEPEST, '.').collect(), *value))
        })
        .collect();
    (!entries.is_empty()).then(|| nested(&entries, 0))
}

/// The messages of `OpenInference`, as a provider would write them; by `role` where they do not say by whom.
pub(super) fn openinference(fields: &[(&str, ValueRef<'_>)], prefix: &str, role: &str) -> Option<Value> {
    let Value::Array(entries) = below(fields, prefix)? else {
        return None;
    };
    Some(entries.into_iter().map(|entry| message(entry, role)).collect())
}

fn nested(entries: &[(Vec<&str>, ValueRef<'_>)], depth: usize) -> Value {
    let mut groups: BTreeMap<&str, Vec<(Vec<&str>, ValueRef<'_>)>> = BTreeMap::new();
    for (path, value) in entries {
        match path.get(depth) {
            Some(name) => groups.entry(name).or_default().push((path.clone(), *value)),
            // A key that is a value and a prefix at once: the value is what was said.
            None => return value::json(*value),
        }
    }
    let mut groups: Vec<(&str, Value)> = groups
        .into_iter()
        .map(|(name, entries)| (name, nested(&entries, depth + 1)))
        .collect();
    if groups.iter().all(|(name, _)| keys::is_index(name)) {
        groups.sort_by(|(a, _), (b, _)| keys::by_place(a, b));
        groups.into_iter().map(|(_, value)| value).collect()
    } else {
        Value::Object(
            groups
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }
}

fn message(entry: Value, role: &str) -> Value {
    let mut message = match unwrapped(entry, "message") {
        Value::Object(message) => message,
        other => Map::from_iter([("content".to_owned(), other)]),
    };
    if !matches!(message.get("role"), Some(Value::String(_))) {
        message.insert("role".to_owned(), role.into());
    }
    if let Some(Value::Array(contents)) = message.remove("contents") {
        let blocks = contents
            .into_iter()
            .map(|content| block(unwrapped(content, "message_content")));
        message.insert("parts".to_owned(), blocks.collect());
    }
    if let Some(Value::Array(calls)) = message.remove("tool_calls") {
        let calls: Vec<Value> = calls.into_iter().map(|call| unwrapped(call, "tool_call")).collect();
        // Beside parts, providers' calls would not be looked at.
        match message.get_mut("parts") {
            Some(Value::Array(parts)) => parts.extend(calls.iter().filter_map(Value::as_object).map(parts::tool_call)),
            _ => {
                message.insert("tool_calls".to_owned(), Value::Array(calls));
            }
        }
    }
    for (theirs, ours) in [
        ("function_call_name", "name"),
        ("function_call_arguments_json", "arguments"),
    ] {
        if let Some(said) = message.remove(theirs) {
            let call = message
                .entry("function_call")
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(call) = call {
                call.insert(ours.to_owned(), said);
            }
        }
    }
    Value::Object(message)
}

/// A part of text or a picture by its address.
fn block(content: Value) -> Value {
    match content
        .pointer("/image/image/url")
        .or_else(|| content.pointer("/image/url"))
    {
        Some(url) => json!({ "type": "image_url", "image_url": { "url": url } }),
        None => content,
    }
}

/// What is below the one member that each entry of a list has.
fn unwrapped(mut entry: Value, name: &str) -> Value {
    match entry.get_mut(name) {
        Some(inner) => inner.take(),
        None => entry,
    }
}
