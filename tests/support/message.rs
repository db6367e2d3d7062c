//! What the message view shows of a model call, and the tool view of a tool call.

use agentops::testing::Span;
use serde_json::{Map, Value as Json};

use super::nested::{at, nest, truthy};

/// A line of the message view. A tool call is a line of its own, with the role `tool`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) role: String,
    pub(crate) content: String,
    pub(crate) tool_calls: Vec<ToolCall>,
}

/// A tool call as the message view shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolCall {
    pub(crate) name: String,
    pub(crate) arguments: String,
}

impl Message {
    pub(crate) fn new(role: &str, content: &str) -> Self {
        Self {
            role: role.to_owned(),
            content: content.to_owned(),
            tool_calls: Vec::new(),
        }
    }

    pub(crate) fn call(name: &str, arguments: &str) -> Self {
        let call = ToolCall {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        };
        Self {
            role: "tool".to_owned(),
            content: String::new(),
            tool_calls: vec![call],
        }
    }
}

/// The lines of the message view: the prompts, then the completions.
pub(crate) fn messages(span: &Span) -> Vec<Message> {
    let nested = nest(&span.attributes);
    let list = |pointer| match nested.pointer(pointer) {
        Some(Json::Array(items)) => items.clone(),
        // One text is read as JSON; one that is none is not shown.
        Some(Json::String(text)) => match serde_json::from_str(text) {
            Ok(Json::Array(items)) => items,
            Ok(item) => vec![item],
            Err(_) => Vec::new(),
        },
        Some(item) if truthy(Some(item)) => vec![item.clone()],
        _ => Vec::new(),
    };
    let mut shown: Vec<_> = list("/gen_ai/prompt").iter().filter_map(prompt).collect();
    shown.extend(list("/gen_ai/completion").iter().flat_map(completion));
    shown
}

/// A prompt is shown if it has a content, its own or that of its first member; its tool calls are not.
fn prompt(item: &Json) -> Option<Message> {
    let shown = |map: &Map<String, Json>| {
        let content = map.get("content")?;
        let role = map.get("role").map_or_else(|| "user".to_owned(), plain);
        Some(Message {
            role,
            content: plain(content),
            tool_calls: Vec::new(),
        })
    };
    match item {
        Json::String(text) if !text.is_empty() => Some(Message::new("user", text)),
        Json::Object(map) => shown(map).or_else(|| shown(map.values().next()?.as_object()?)),
        _ => None,
    }
}

/// A completion with tool calls is shown by its content and its calls. One without is shown by its **first** member,
/// whatever that is: the view expects a message below a number. So `content` has to be the first key that is sent.
fn completion(item: &Json) -> Vec<Message> {
    let Some(map) = item.as_object() else { return Vec::new() };
    if let Some(calls) = map.get("tool_calls").and_then(Json::as_array) {
        let role = map
            .get("role")
            .filter(|role| truthy(Some(role)))
            .map_or_else(|| "assistant".to_owned(), plain);
        let content = map.get("content").map(plain).filter(|content| !content.is_empty());
        let said = content.map(|content| Message {
            role,
            content,
            tool_calls: Vec::new(),
        });
        return said.into_iter().chain(calls.iter().map(tool_call)).collect();
    }
    let first = map.values().next().unwrap_or(item);
    if !truthy(Some(first)) {
        return Vec::new();
    }
    let member = |key| first.get(key).filter(|member| truthy(Some(member))).map(plain);
    vec![Message {
        role: member("role").unwrap_or_else(|| "assistant".to_owned()),
        content: member("content").unwrap_or_else(|| plain(first)),
        tool_calls: Vec::new(),
    }]
}

fn tool_call(call: &Json) -> Message {
    match at(call, "/name") {
        Some(name) => Message::call(name, at(call, "/arguments").unwrap_or_default()),
        None => Message::new("tool", &plain(call)),
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// The tool view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolView {
    pub(crate) name: String,
    pub(crate) parameters: String,
    pub(crate) result: String,
    pub(crate) error: String,
}

/// What the tool view shows: the `tool` object if there is one, else the entity's input and output.
pub(crate) fn tool_view(span: &Span) -> ToolView {
    let nested = nest(&span.attributes);
    let field = |pointer| at(&nested, pointer).unwrap_or_default().to_owned();
    let named = |pointer| at(&nested, pointer).unwrap_or(&span.name).to_owned();
    if truthy(nested.get("tool")) {
        let error = at(&nested, "/error/message").unwrap_or(&span.status.message).to_owned();
        return ToolView {
            name: named("/tool/name"),
            parameters: field("/tool/parameters"),
            result: field("/tool/result"),
            error,
        };
    }
    ToolView {
        name: named("/operation/name"),
        parameters: field("/agentops/entity/input"),
        result: field("/agentops/entity/output"),
        error: span.status.message.clone(),
    }
}
