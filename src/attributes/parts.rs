//! Parts: what a message is made of, from any provider, in the GenAI conventions.

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
        "text" | "input_text" | "output_text" | "refusal" | "blob" | "file" | "uri" | "image_url" | "input_image"
        | "input_file" | "input_audio" => Some(role),
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
        Some("image_url") => image_url(object),
        Some("input_image") => match object.get("file_id") {
            Some(Value::String(id)) => json!({ "type": "file", "modality": "image", "file_id": id }),
            _ => image_url(object),
        },
        Some("input_audio") => inline("audio", object.get("input_audio"), object),
        Some("input_file") => file(object),
        Some("file") => match object.get("file").and_then(Value::as_object) {
            Some(inner) => file(inner),
            None => part.clone(),
        },
        Some(modality @ ("image" | "document" | "audio" | "video")) => source(modality, object),
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
        "toolUseId",
        "name",
        "arguments",
        "args",
        "input",
        "function",
    ];
    let function = call.get("function").and_then(Value::as_object).unwrap_or(call);
    let mut out = typed("tool_call");
    if let Some(id) = first(call, &["call_id", "id", "tool_use_id", "toolUseId"]) {
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
    const IDS: &[&str] = &["call_id", "id", "tool_use_id", "tool_call_id", "toolUseId"];
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
    let words = names.iter().filter_map(|name| part.get(*name)).map(words);
    let said = words.into_iter().find(|words| !words.is_empty()).unwrap_or_default();
    out.insert("content".to_owned(), said.into());
    with_rest(out, part, &[&["type", "content"], names].concat())
}

fn image_url(part: &Object) -> Value {
    let url = part.get("image_url").map(|image| image.get("url").unwrap_or(image));
    match url {
        Some(Value::String(url)) => json!({ "type": "uri", "modality": "image", "uri": url }),
        _ => Value::Object(part.clone()),
    }
}

/// A medium with its bytes in line, as the conventions write it; its type is all that is said of it.
fn inline(modality: &str, medium: Option<&Value>, part: &Object) -> Value {
    let text = |names: &[&str]| first(medium?.as_object()?, names)?.as_str();
    let Some(data) = text(&["data", "bytes"]) else {
        return Value::Object(part.clone());
    };
    let mut out = typed("blob");
    out.insert("modality".to_owned(), modality.into());
    if let Some(mime_type) = text(&["mime_type", "mimeType", "media_type"]) {
        out.insert("mime_type".to_owned(), mime_type.into());
    } else if let Some(format) = text(&["format"]) {
        out.insert("mime_type".to_owned(), format!("{modality}/{format}").into());
    }
    out.insert("content".to_owned(), data.into());
    Value::Object(out)
}

/// A file by its id, its address, or in line.
fn file(file: &Object) -> Value {
    let text = |name| file.get(name).and_then(Value::as_str);
    let mut out = match (text("file_id"), text("file_url"), text("file_data")) {
        (Some(id), _, _) => json!({ "type": "file", "modality": "document", "file_id": id }),
        (_, Some(url), _) => json!({ "type": "uri", "modality": "document", "uri": url }),
        (_, _, Some(data)) => json!({ "type": "blob", "modality": "document", "content": data }),
        _ => return Value::Object(file.clone()),
    };
    if let Some((out, name)) = out.as_object_mut().zip(text("filename")) {
        out.insert("filename".to_owned(), name.into());
    }
    out
}

/// An image or a document with its `source`, in line or by address; MCP's have their bytes beside the type.
fn source(modality: &str, part: &Object) -> Value {
    let member = |name| {
        part.get("source")
            .and_then(|source| source.get(name))
            .and_then(Value::as_str)
    };
    if member("data").is_some() {
        return inline(modality, part.get("source"), part);
    }
    if part.contains_key("data") {
        return inline(modality, Some(&Value::Object(part.clone())), part);
    }
    match member("url") {
        Some(url) => json!({ "type": "uri", "modality": modality, "uri": url }),
        None => Value::Object(part.clone()),
    }
}

/// A part in the manner of Gemini and Bedrock: what it is, is its one member.
fn untyped(part: &Object) -> Value {
    let inner = |names: &[&str]| first(part, names)?.as_object();
    if let Some(Value::String(words)) = part.get("text") {
        return match part.get("thought") {
            Some(Value::Bool(true)) => json!({ "type": "reasoning", "content": words }),
            _ => text(words),
        };
    }
    if let Some(call) = inner(&["functionCall", "function_call", "toolUse"]) {
        return tool_call(call);
    }
    if let Some(answer) = inner(&["functionResponse", "function_response", "toolResult"]) {
        return response(answer);
    }
    if let Some(data) = inner(&["inlineData", "inline_data", "fileData", "file_data"]) {
        return medium_of_gemini(data);
    }
    for modality in ["image", "document", "video", "audio"] {
        if let Some(medium) = inner(&[modality]) {
            let bytes = medium.get("source").and_then(|source| source.get("bytes")).cloned();
            let flat = Map::from_iter([
                ("data".to_owned(), bytes.unwrap_or_default()),
                ("format".to_owned(), medium.get("format").cloned().unwrap_or_default()),
            ]);
            return inline(modality, Some(&Value::Object(flat)), part);
        }
    }
    if let Some(thought) = part
        .get("reasoningContent")
        .and_then(|thought| thought.pointer("/reasoningText/text"))
    {
        return json!({ "type": "reasoning", "content": thought });
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

/// The words in a value: of a string, or of a list of blocks that are all text; else its JSON.
pub(super) fn words(value: &Value) -> String {
    let block = |block: &Value| Some(block.get("text").or_else(|| block.get("content"))?.as_str()?.to_owned());
    match value {
        Value::Array(blocks) if !blocks.is_empty() => match blocks.iter().map(block).collect::<Option<Vec<_>>>() {
            Some(words) => words.join("\n"),
            None => value.to_string(),
        },
        Value::Null => String::new(),
        Value::Array(blocks) if blocks.is_empty() => String::new(),
        other => value::plain(other),
    }
}
