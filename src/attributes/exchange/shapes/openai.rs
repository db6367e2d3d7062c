//! Chat completions, completions and embeddings as `OpenAI` and most others send them.

use serde_json::{Map, Value};

use super::{arguments, block, whole_message};
use crate::attributes::exchange::{
    answer::{Answer, CallPart, Part, Place},
    facts::Fact,
};

/// A chat completion, a completion, or a piece of one.
pub(super) fn chat(answer: &mut Answer, document: &Map<String, Value>) {
    answer.id(document, "id");
    answer.model(document, "model");
    answer.usage(document.get("usage"));
    answer.usage(document.get("x_groq").and_then(|groq| groq.get("usage")));
    let cost = document.get("usage").and_then(|usage| usage.get("cost"));
    answer.cost = cost.and_then(Value::as_f64).filter(|cost| *cost > 0.0).or(answer.cost);
    for (key, name) in [
        ("openai.response.service_tier", "service_tier"),
        ("openai.response.system_fingerprint", "system_fingerprint"),
    ] {
        if let Some(Value::String(text)) = document.get(name)
            && !answer.others.0.iter().any(|(have, _)| *have == key)
        {
            answer.others.say(key, Fact::Text(text.clone()));
        }
    }
    let choices = document.get("choices").and_then(Value::as_array);
    for (at, choice) in (0..).zip(choices.into_iter().flatten()) {
        let number = choice.get("index").and_then(Value::as_u64).unwrap_or(at);
        if let Some(Value::Object(message)) = choice.get("message") {
            whole_message(answer, number, message);
        }
        if let Some(Value::Object(delta)) = choice.get("delta") {
            piece(answer, number, delta);
        }
        if let Some(Value::String(text)) = choice.get("text") {
            answer.grow(number, Place::Text, Part::Text(text.clone()));
        }
        if let Some(Value::String(reason)) = choice.get("finish_reason") {
            answer.finish(number, reason);
        }
    }
}

/// A piece of a message.
fn piece(answer: &mut Answer, choice: u64, delta: &Map<String, Value>) {
    // What it thinks, as DeepSeek and OpenRouter or Groq call it.
    for name in ["reasoning_content", "reasoning"] {
        if let Some(Value::String(words)) = delta.get(name)
            && !words.is_empty()
        {
            answer.grow(choice, Place::Thoughts, Part::Thoughts(words.clone()));
            break;
        }
    }
    match delta.get("content") {
        Some(Value::String(words)) if !words.is_empty() => {
            answer.grow(choice, Place::Text, Part::Text(words.clone()));
        }
        Some(Value::Array(blocks)) => blocks.iter().for_each(|one| block(answer, choice, one)),
        _ => {}
    }
    if let Some(Value::String(words)) = delta.get("refusal") {
        answer.grow(choice, Place::Refusal, Part::Text(words.clone()));
    }
    let calls = delta.get("tool_calls").and_then(Value::as_array);
    for (at, call) in (0..).zip(calls.into_iter().flatten()) {
        let number = call.get("index").and_then(Value::as_u64).unwrap_or(at);
        let function = call.get("function").unwrap_or(call);
        answer.grow(
            choice,
            Place::Call(number),
            Part::Call(call_part(call.get("id"), function)),
        );
    }
    if let Some(function) = delta.get("function_call").filter(|function| function.is_object()) {
        answer.grow(choice, Place::Call(0), Part::Call(call_part(None, function)));
    }
}

fn call_part(id: Option<&Value>, function: &Value) -> CallPart {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    CallPart {
        id: text(id),
        name: text(function.get("name")).unwrap_or_default(),
        arguments: arguments(function.get("arguments")),
    }
}

/// The first number of an embedding says where the others are.
pub(super) fn is_embeddings(document: &Map<String, Value>) -> bool {
    document.contains_key("embeddings") || document.contains_key("embedding") || data(document).is_some()
}

fn data(document: &Map<String, Value>) -> Option<&Value> {
    document.get("data")?.get(0)?.get("embedding")
}

/// Embeddings: how long they are is all that is worth telling.
pub(super) fn embeddings(answer: &mut Answer, document: &Map<String, Value>) {
    answer.ended = true;
    super::counts(answer, document);
    let first = data(document)
        .or_else(|| document.get("embeddings")?.get(0))
        .or_else(|| document.get("embedding"));
    // Gemini puts the numbers below `values`.
    let first = first.map(|first| first.get("values").unwrap_or(first));
    if let Some(Value::Array(numbers)) = first
        && !numbers.is_empty()
    {
        answer
            .others
            .say("gen_ai.embeddings.dimension.count", Fact::Count(numbers.len() as u64));
    }
}
