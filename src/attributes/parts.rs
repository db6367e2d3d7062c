//! Parts: what a message is made of, from any provider, in the GenAI conventions, and as text for AgentOps.

use serde_json::{Map, Value, json};

use super::value;

type Object = Map<String, Value>;

/// A part of text.
pub(super) fn text(text: &str) -> Value {
    json!({ "type": "text", "content": text })
}

/// Who speaks in a part that stands outside a message, if it is a part at all.
pub(super) fn author<'a>(part: &Object, role: &'a str) -> Option<&'a str> {
    match part.get("type")?.as_str()? {
        "tool_call" | "tool_use" | "function_call" | "reasoning" | "thinking" => Some("assistant"),
        "tool_call_response" | "tool_result" | "function_call_output" => Some("tool"),
        "text" | "input_text" | "output_text" | "refusal" | "blob" | "file" | "uri" | "image_url" | "input_image" => {
            Some(role)
        }
        _ => None,
    }
}

/// A part, or a provider's content block, as the conventions write it. What they do not know stays as it is.
pub(super) fn read(part: &Value) -> Value {
    let object = match part {
        Value::Object(object) => object,
        Value::String(content) => return text(content),
        other => return text(&other.to_string()),
    };
    match object.get("type").and_then(Value::as_str) {
        Some("text" | "input_text" | "output_text") => worded("text", object, &["content", "text"]),
        Some("refusal") => worded("text", object, &["refusal"]),
        Some("reasoning" | "thinking") => worded("reasoning", object, &["content", "thinking", "text", "summary"]),
        Some("tool_call" | "tool_use" | "function_call" | "function") => tool_call(object),
        Some("tool_call_response" | "tool_result" | "function_call_output") => response(object),
        Some("image_url" | "input_image") => image_url(object),
        Some(modality @ ("image" | "document")) => source(modality, object),
        Some(_) => part.clone(),
        None => untyped(object),
    }
}

/// A call of a tool, with the function beside or below its id.
pub(super) fn tool_call(call: &Object) -> Value {
    const CONSUMED: &[&str] = &[
        "type",
        "id",
        "call_id",
        "tool_use_id",
        "name",
        "arguments",
        "args",
        "input",
        "function",
    ];
    let function = call.get("function").and_then(Value::as_object).unwrap_or(call);
    let mut out = typed("tool_call");
    if let Some(id) = first(call, &["call_id", "id", "tool_use_id"]) {
        out.insert("id".to_owned(), id.clone());
    }
    out.insert(
        "name".to_owned(),
        first(function, &["name"]).cloned().unwrap_or_else(|| "".into()),
    );
    if let Some(arguments) = first(function, &["arguments", "args", "input"]) {
        out.insert("arguments".to_owned(), arguments.clone());
    }
    with_rest(out, call, CONSUMED)
}

/// What a tool answered. Libraries and an example of the conventions say `result` where the schema says `response`.
fn response(part: &Object) -> Value {
    const IDS: &[&str] = &["id", "call_id", "tool_use_id", "tool_call_id"];
    const ANSWERS: &[&str] = &["response", "result", "output", "content"];
    let mut out = typed("tool_call_response");
    if let Some(id) = first(part, IDS) {
        out.insert("id".to_owned(), id.clone());
    }
    out.insert("response".to_owned(), first(part, ANSWERS).cloned().unwrap_or_default());
    with_rest(out, part, &[&["type"], IDS, ANSWERS].concat())
}

/// A part of words: text or reasoning.
fn worded(kind: &str, part: &Object, names: &[&str]) -> Value {
    let mut out = typed(kind);
    let words = first(part, names).map(words).unwrap_or_default();
    out.insert("content".to_owned(), words.into());
    with_rest(out, part, &[&["type", "content"], names].concat())
}

fn image_url(part: &Object) -> Value {
    let url = part.get("image_url").map(|image| image.get("url").unwrap_or(image));
    match url {
        Some(Value::String(url)) => json!({ "type": "uri", "modality": "image", "uri": url }),
        _ => Value::Object(part.clone()),
    }
}

/// An image or a document with its `source`, in line or by address.
fn source(modality: &str, part: &Object) -> Value {
    let member = |name| {
        part.get("source")
            .and_then(|source| source.get(name))
            .and_then(Value::as_str)
    };
    if let Some(data) = member("data") {
        let mut out = typed("blob");
        out.insert("modality".to_owned(), modality.into());
        if let Some(media) = member("media_type") {
            out.insert("mime_type".to_owned(), media.into());
        }
        out.insert("content".to_owned(), data.into());
        return Value::Object(out);
    }
    match member("url") {
        Some(url) => json!({ "type": "uri", "modality": modality, "uri": url }),
        None => Value::Object(part.clone()),
    }
}

/// A part in the manner of Gemini: what it is, is its one member.
fn untyped(part: &Object) -> Value {
    if let Some(Value::String(words)) = part.get("text") {
        return match part.get("thought") {
            Some(Value::Bool(true)) => json!({ "type": "reasoning", "content": words }),
            _ => text(words),
        };
    }
    if let Some(Value::Object(call)) = part.get("functionCall") {
        return tool_call(call);
    }
    if let Some(Value::Object(answer)) = part.get("functionResponse") {
        return response(answer);
    }
    if let Some(Value::Object(data)) = first(part, &["inlineData", "inline_data", "fileData", "file_data"]) {
        return medium_of_gemini(data);
    }
    let mut out = typed("generic");
    out.extend(part.iter().map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(out)
}

/// What is no text, in line or by address.
fn medium_of_gemini(data: &Object) -> Value {
    let media = first(data, &["mimeType", "mime_type"]).and_then(Value::as_str);
    let modality = media
        .and_then(|media| media.split('/').next())
        .filter(|modality| ["image", "video", "audio"].contains(modality))
        .unwrap_or("document");
    let (kind, name, value) = match first(data, &["data"]) {
        Some(content) => ("blob", "content", content),
        None => (
            "uri",
            "uri",
            first(data, &["fileUri", "file_uri"]).unwrap_or(&Value::Null),
        ),
    };
    let mut out = typed(kind);
    out.insert("modality".to_owned(), modality.into());
    if let Some(media) = media {
        out.insert("mime_type".to_owned(), media.into());
    }
    out.insert(name.to_owned(), value.clone());
    Value::Object(out)
}

fn typed(kind: &str) -> Object {
    Map::from_iter([("type".to_owned(), kind.into())])
}

/// The first of these members that is there and not null.
fn first<'a>(object: &'a Object, names: &[&str]) -> Option<&'a Value> {
    names
        .iter()
        .filter_map(|name| object.get(*name))
        .find(|value| !value.is_null())
}

/// Adds the members that were not used. The newest schema omits what is null.
fn with_rest(mut out: Object, part: &Object, used: &[&str]) -> Value {
    for (name, value) in part {
        if !used.contains(&name.as_str()) && !value.is_null() {
            out.insert(name.clone(), value.clone());
        }
    }
    Value::Object(out)
}

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
            Some("reasoning") => thoughts.extend(text("content")),
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
    match (
        text("uri")
            .filter(|uri| !uri.starts_with("data:"))
            .or_else(|| text("file_id")),
        text("content"),
    ) {
        (Some(place), _) => format!("[{what}: {place}]"),
        (None, Some(content)) => format!("[{what}, {} bytes of base64]", content.len()),
        (None, None) => format!("[{what}]"),
    }
}

/// The words in a value: of a string, or of a list of blocks that are all text; else its JSON.
fn words(value: &Value) -> String {
    let block = |block: &Value| Some(block.get("text").or_else(|| block.get("content"))?.as_str()?.to_owned());
    match value {
        Value::Array(blocks) if !blocks.is_empty() => match blocks.iter().map(block).collect::<Option<Vec<_>>>() {
            Some(words) => words.join("\n"),
            None => value.to_string(),
        },
        Value::Null => String::new(),
        other => value::plain(other),
    }
}
