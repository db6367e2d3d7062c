//! Flat attributes as AgentOps' server nests them, with what it loses on the way.
//!
//! The server keeps every value as text and turns dotted keys into objects, a key's `.0.` into the beginning of a
//! list. It does so key by key in the order of the wire, and drops what does not fit what is already there.

use agentops::testing::{Attributes, Span, Value};
use serde_json::{Map, Value as Json};

/// A list this long is no list: nothing sends such an index on purpose.
const LONGEST_LIST: usize = 10_000;

/// The span's attributes as one JSON object whose leaves are texts.
pub(crate) fn nest(attributes: &Attributes) -> Json {
    let mut root = Json::Object(Map::new());
    for (key, value) in attributes {
        insert(&mut root, key, &text(value));
    }
    // A prompt that is one text is taken for what the user said.
    if let Some(prompt) = root.pointer_mut("/gen_ai/prompt")
        && let Some(said) = prompt.as_str()
    {
        *prompt = serde_json::json!([{ "content": said, "role": "user" }]);
    }
    root
}

/// The keys whose values the server does not keep.
pub(crate) fn lost_keys(span: &Span) -> Vec<String> {
    let mut root = Json::Object(Map::new());
    for (key, value) in &span.attributes {
        insert(&mut root, key, &text(value));
    }
    let kept = |key: &str, value: &Value| {
        let found = key.split('.').try_fold(&root, |at, part| match at {
            Json::Object(map) => map.get(part),
            Json::Array(list) => list.get(index(part)?),
            _ => None,
        });
        found.and_then(Json::as_str) == Some(text(value).as_str())
    };
    span.attributes
        .iter()
        .filter(|(key, value)| !kept(key, value))
        .map(|(key, _)| key.clone())
        .collect()
}

/// A value as the column of texts holds it.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => match json(other) {
            Json::Null => String::new(),
            json => json.to_string(),
        },
    }
}

/// A value as JSON.
pub(crate) fn json(value: &Value) -> Json {
    match value {
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Double(number) => (*number).into(),
        Value::String(text) => text.as_str().into(),
        Value::Array(values) => values.iter().map(json).collect(),
        Value::Map(map) => Json::Object(map.iter().map(|(key, value)| (key.clone(), json(value))).collect()),
        Value::Bytes(bytes) => bytes.iter().copied().map(Json::from).collect(),
        _ => Json::Null,
    }
}

fn index(part: &str) -> Option<usize> {
    let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| part.parse().unwrap_or(usize::MAX))
}

/// On an object, a number below ten is taken for a list's index in the wrong place.
fn is_misplaced_index(part: &str) -> bool {
    index(part).is_some_and(|index| index < 10)
}

fn insert(root: &mut Json, key: &str, value: &str) {
    let mut parts = key.split('.').peekable();
    let mut at = root;
    while let Some(part) = parts.next() {
        let next = parts.peek().copied();
        let Some(below) = step(at, part, next) else { return };
        if next.is_none() {
            *below = value.into();
            return;
        }
        // A text has nothing below it.
        if below.is_string() {
            return;
        }
        at = below;
    }
}

/// The place of `part` below `at`, made if it is not there; `None` if it has none.
fn step<'a>(at: &'a mut Json, part: &str, next: Option<&str>) -> Option<&'a mut Json> {
    match at {
        Json::Array(list) => {
            let index = index(part).filter(|index| *index < LONGEST_LIST)?;
            let filler = match next {
                None => Json::Null,
                Some(next) if self::index(next).is_some() => Json::Array(Vec::new()),
                Some(_) => Json::Object(Map::new()),
            };
            if list.len() <= index {
                list.resize(index + 1, filler);
            }
            list.get_mut(index)
        }
        Json::Object(map) => {
            if is_misplaced_index(part) {
                return None;
            }
            Some(map.entry(part).or_insert_with(|| match next {
                Some("0") => Json::Array(Vec::new()),
                _ => Json::Object(Map::new()),
            }))
        }
        _ => None,
    }
}

/// Whether JavaScript takes it for true.
pub(crate) fn truthy(value: Option<&Json>) -> bool {
    match value {
        None | Some(Json::Null | Json::Bool(false)) => false,
        Some(Json::String(text)) => !text.is_empty(),
        Some(_) => true,
    }
}

/// The text at a path such as `/gen_ai/system`, if there is one that is not empty.
pub(crate) fn at<'a>(nested: &'a Json, pointer: &str) -> Option<&'a str> {
    nested.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
}
