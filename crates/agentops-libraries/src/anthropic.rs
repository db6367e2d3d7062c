//! Answers of Anthropic. Tokens that were read from a cache or written to it stand beside the input; thinking is part of
//! the output.

use serde_json::{Value, json};

use crate::Answer;

/// The model that answers.
pub const MODEL: &str = "claude-sonnet-4-5-20250929";
/// Input beside what was cached.
pub const INPUT_TOKENS: i64 = 20;
/// Read from a cache.
pub const CACHE_READ_TOKENS: i64 = 64;
/// Written to a cache.
pub const CACHE_CREATION_TOKENS: i64 = 36;
/// All of the input.
pub const ALL_INPUT_TOKENS: i64 = INPUT_TOKENS + CACHE_READ_TOKENS + CACHE_CREATION_TOKENS;
/// Output.
pub const OUTPUT_TOKENS: i64 = 24;

fn usage(output: i64) -> Value {
    json!({
        "input_tokens": INPUT_TOKENS,
        "cache_creation_input_tokens": CACHE_CREATION_TOKENS,
        "cache_read_input_tokens": CACHE_READ_TOKENS,
        "cache_creation": { "ephemeral_5m_input_tokens": CACHE_CREATION_TOKENS, "ephemeral_1h_input_tokens": 0 },
        "output_tokens": output,
        "service_tier": "standard",
    })
}

fn message(content: &Value, reason: Option<&str>, output: i64) -> Value {
    json!({
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": null,
        "usage": usage(output),
    })
}

/// A message that says this.
pub fn says(text: &str) -> Answer {
    Answer::json(&message(
        &json!([{ "type": "text", "text": text }]),
        Some("end_turn"),
        OUTPUT_TOKENS,
    ))
}

/// A message that asks for a tool.
pub fn calls(name: &str, input: &Value) -> Answer {
    let content = json!([
        { "type": "text", "text": "Let me look." },
        { "type": "tool_use", "id": format!("toolu_{name}"), "name": name, "input": input },
    ]);
    Answer::json(&message(&content, Some("tool_use"), OUTPUT_TOKENS))
}

fn events(block: &Value, deltas: impl IntoIterator<Item = Value>, reason: &str) -> Answer {
    let delta = |delta: Value| json!({ "type": "content_block_delta", "index": 0, "delta": delta });
    let start = json!({ "type": "message_start", "message": message(&json!([]), None, 1) });
    let opening = json!({ "type": "content_block_start", "index": 0, "content_block": block });
    let last = json!({
        "type": "message_delta",
        "delta": { "stop_reason": reason, "stop_sequence": null },
        "usage": { "output_tokens": OUTPUT_TOKENS },
    });
    let mut all = vec![("message_start", start), ("content_block_start", opening)];
    all.extend(deltas.into_iter().map(|part| ("content_block_delta", delta(part))));
    all.extend([
        (
            "content_block_stop",
            json!({ "type": "content_block_stop", "index": 0 }),
        ),
        ("message_delta", last),
        ("message_stop", json!({ "type": "message_stop" })),
    ]);
    Answer::events(all.into_iter().map(|(name, data)| (Some(name), data.to_string())))
}

/// A stream that says this, word by word.
pub fn streams(text: &str) -> Answer {
    let words = text
        .split_inclusive(' ')
        .map(|word| json!({ "type": "text_delta", "text": word }));
    events(&json!({ "type": "text", "text": "" }), words, "end_turn")
}

/// A stream that asks for a tool; its input comes in two pieces.
pub fn streams_call(name: &str, input: &Value) -> Answer {
    let input = input.to_string();
    let (start, end) = input.split_at_checked(input.len() / 2).unwrap_or((&input, ""));
    let block = json!({ "type": "tool_use", "id": format!("toolu_{name}"), "name": name, "input": {} });
    let pieces = [start, end].map(|piece| json!({ "type": "input_json_delta", "partial_json": piece }));
    events(&block, pieces, "tool_use")
}

/// The provider has no time.
pub fn overloaded() -> Answer {
    Answer::error(
        529,
        &json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } }),
    )
}

/// A refused request.
pub fn refuses(message: &str) -> Answer {
    Answer::error(
        400,
        &json!({ "type": "error", "error": { "type": "invalid_request_error", "message": message } }),
    )
}
