//! What a request asks for: model, parameters, messages and tools, as `OpenAI`, Anthropic, Gemini, Bedrock and Ollama
//! write them.

use serde_json::{Map, Value, json};

use super::facts::{Fact, Facts};
use crate::{
    attributes::{functions, parts},
    semconv::gen_ai,
};

/// Where each parameter stands: its key, how it is read, and its names, in the request, below `generationConfig` of Gemini,
/// `inferenceConfig` of Bedrock and `options` of Ollama.
const PARAMETERS: &[(&str, Kind, &[&str])] = &[
    ("gen_ai.request.temperature", Kind::Number, &["temperature"]),
    ("gen_ai.request.top_p", Kind::Number, &["top_p", "topP"]),
    ("gen_ai.request.top_k", Kind::Int, &["top_k", "topK"]),
    (
        "gen_ai.request.max_tokens",
        Kind::Int,
        &[
            "max_tokens",
            "max_completion_tokens",
            "max_output_tokens",
            "maxOutputTokens",
            "maxTokens",
            "num_predict",
        ],
    ),
    (
        "gen_ai.request.frequency_penalty",
        Kind::Number,
        &["frequency_penalty", "frequencyPenalty"],
    ),
    (
        "gen_ai.request.presence_penalty",
        Kind::Number,
        &["presence_penalty", "presencePenalty"],
    ),
    ("gen_ai.request.seed", Kind::Int, &["seed", "random_seed"]),
    ("gen_ai.request.choice.count", Kind::Int, &["n", "candidateCount"]),
    (
        "gen_ai.request.stop_sequences",
        Kind::Strings,
        &["stop", "stop_sequences", "stopSequences"],
    ),
    (
        "gen_ai.request.encoding_formats",
        Kind::Strings,
        &["encoding_format", "encoding_formats"],
    ),
    ("openai.request.service_tier", Kind::Text, &["service_tier"]),
];

#[derive(Clone, Copy)]
enum Kind {
    Number,
    Int,
    Text,
    Strings,
}

/// Reads a request; tells whether it asks for a stream.
pub(super) fn read(request: &Map<String, Value>, facts: &mut Facts) -> bool {
    let text = |name| request.get(name).and_then(Value::as_str);
    facts.text(gen_ai::REQUEST_MODEL, text("model"));
    facts.text("gen_ai.user", text("user"));
    let streams = request.get("stream").and_then(Value::as_bool).unwrap_or_default();
    parameters(request, facts);
    output_type(request, facts);
    // OpenAI's stored prompts.
    if let Some(prompt) = request.get("prompt").and_then(Value::as_object) {
        let text = |name| prompt.get(name).and_then(Value::as_str);
        facts.text("agentops.prompt.name", text("id"));
        facts.text("agentops.prompt.version", text("version"));
    }
    let conversation = request.get("conversation");
    let conversation = conversation.and_then(|told| told.get("id").unwrap_or(told).as_str());
    facts.text("gen_ai.conversation.id", conversation);

    let system = ["system", "systemInstruction", "system_instruction", "instructions"];
    facts.content(gen_ai::SYSTEM_INSTRUCTIONS, first(request, &system));
    if let Some(messages) = messages(request) {
        facts.content(gen_ai::INPUT_MESSAGES, Some(&messages));
    }
    let tools = tools(request);
    if !tools.is_empty() {
        facts.content(gen_ai::TOOL_DEFINITIONS, Some(&Value::Array(tools)));
    }
    streams
}

fn parameters(request: &Map<String, Value>, facts: &mut Facts) {
    let below = |name| request.get(name).and_then(Value::as_object);
    let places = [
        Some(request),
        below("generationConfig"),
        below("generation_config"),
        below("inferenceConfig"),
        below("options"),
    ];
    for (key, kind, names) in PARAMETERS {
        let value = places.iter().flatten().find_map(|place| first(place, names));
        match kind {
            Kind::Number => facts.number(key, value),
            Kind::Int => facts.int(key, value),
            Kind::Text => facts.text(key, value.and_then(Value::as_str)),
            Kind::Strings => facts.strings(key, value),
        }
    }
}

fn output_type(request: &Map<String, Value>, facts: &mut Facts) {
    let format = request
        .get("response_format")
        .or_else(|| request.get("text")?.get("format"))
        .and_then(|format| format.get("type"))
        .or_else(|| request.get("format"))
        .or_else(|| request.get("generationConfig")?.get("responseMimeType"));
    let kind = match format {
        Some(Value::String(format)) if format.contains("json") => "json",
        Some(Value::String(format)) if format.contains("text") => "text",
        // Ollama takes a schema.
        Some(Value::Object(_)) => "json",
        _ => return,
    };
    facts.text("gen_ai.output.type", Some(kind));
}

/// What the model is asked, in the shape of whoever is asked.
fn messages(request: &Map<String, Value>) -> Option<Value> {
    let asked = first(request, &["messages", "contents", "input", "prompt", "content"])?;
    match asked {
        Value::Array(items) => Some(Value::Array(items.iter().map(in_a_message).collect())),
        // A stored prompt, which is no message.
        Value::Object(_) if request.get("prompt") == Some(asked) => None,
        asked => Some(asked.clone()),
    }
}

/// An item of a conversation that is neither a message nor a part that is known stands in a message of its own, so that
/// the others are read as what they are.
fn in_a_message(item: &Value) -> Value {
    let Value::Object(object) = item else {
        return item.clone();
    };
    let Some(kind) = object.get("type").and_then(Value::as_str) else {
        return item.clone();
    };
    if object.contains_key("role") || parts::author(object, "user").is_some() {
        return item.clone();
    }
    let role = if kind.ends_with("_output") { "tool" } else { "assistant" };
    json!({ "role": role, "parts": [item] })
}

/// The tools that the model may call, as the conventions write them.
fn tools(request: &Map<String, Value>) -> Vec<Value> {
    let of_bedrock = request.get("toolConfig").and_then(|config| config.get("tools"));
    let places = [request.get("tools"), request.get("functions"), of_bedrock];
    // A client may write what it was not given as null.
    let given = places.into_iter().flatten().find(|given| given.is_array());
    given.map(functions::conventional).unwrap_or_default()
}

/// The first of these members that is there and not null.
fn first<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names
        .iter()
        .filter_map(|name| object.get(*name))
        .find(|value| !value.is_null())
}

/// Whether a stream was asked for, or came without being asked for, of a call that can have one.
pub(super) fn say_stream(facts: &mut Facts, operation: Option<&str>, streams: bool) {
    if streams || matches!(operation, Some("chat" | "text_completion" | "generate_content")) {
        facts.say(gen_ai::REQUEST_STREAM, Fact::Bool(streams));
    }
}
