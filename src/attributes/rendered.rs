//! Messages as AgentOps reads them: one text, the thoughts, the calls of tools.

use serde_json::Value;

use super::{parts::words, value};

/// What tools answered and nothing else, whoever says it: Anthropic and rig put it into the user's mouth.
pub(super) fn is_answer_of_a_tool(message: &Value) -> bool {
    let is_answer = |part: &Value| part.get("type").and_then(Value::as_str) == Some("tool_call_response");
    let parts = message.get("parts").and_then(Value::as_array);
    parts.is_some_and(|parts| !parts.is_empty() && parts.iter().all(is_answer))
}

/// A message as AgentOps reads it.
#[derive(Default)]
pub(super) struct Rendered {
    pub(super) content: String,
    pub(super) reasoning: Option<String>,
    pub(super) tool_call_id: Option<String>,
    pub(super) tool_calls: Vec<ToolCall>,
}

pub(super) struct ToolCall {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) arguments: Option<String>,
}

/// Renders a message of the conventions: its words and a tool's answers are the content, media are named in it.
pub(super) fn render(message: &Value) -> Rendered {
    let mut out = Rendered::default();
    let mut contents: Vec<String> = Vec::new();
    let mut thoughts: Vec<String> = Vec::new();
    for part in message.get("parts").and_then(Value::as_array).into_iter().flatten() {
        let text = |name| part.get(name).map(value::plain);
        match part.get("type").and_then(Value::as_str) {
            Some("text") => contents.extend(text("content")),
            Some("reasoning") => thoughts.extend(text("content").filter(|thought| !thought.is_empty())),
            Some("tool_call") => out.tool_calls.push(ToolCall {
                id: text("id"),
                name: text("name"),
                arguments: text("arguments"),
            }),
            Some("tool_call_response") => {
                contents.extend(part.get("response").map(words));
                out.tool_call_id = out.tool_call_id.or_else(|| text("id"));
            }
            Some("uri" | "file" | "blob") => contents.push(medium(part)),
            _ => contents.push(part.to_string()),
        }
    }
    out.content = contents.join("\n");
    out.reasoning = (!thoughts.is_empty()).then(|| thoughts.join("\n"));
    out
}

/// A name for what is no text.
fn medium(part: &Value) -> String {
    let text = |name| part.get(name).and_then(Value::as_str);
    let what = text("mime_type").or_else(|| text("modality")).unwrap_or("file");
    match (text("uri").or_else(|| text("file_id")), text("content")) {
        // What stands in for the bytes says all of it.
        (Some(instead), _) | (None, Some(instead)) if instead.starts_with('[') => instead.to_owned(),
        (Some(place), _) => format!("[{what}: {place}]"),
        (None, _) => format!("[{what}]"),
    }
}
