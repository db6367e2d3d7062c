//! Answers of `OpenAI`: chat completions, Responses and embeddings. Cached tokens are part of the input, thinking of the
//! output.

use serde_json::{Value, json};

use crate::Answer;

/// The model that answers, whatever was asked for.
pub const MODEL: &str = "gpt-4o-mini-2024-07-18";
/// The tokens of every answer.
pub const PROMPT_TOKENS: i64 = 120;
/// Of these, from a cache.
pub const CACHED_TOKENS: i64 = 64;
/// Output.
pub const COMPLETION_TOKENS: i64 = 24;
/// Of these, thinking.
pub const REASONING_TOKENS: i64 = 8;

fn usage() -> Value {
    json!({
        "prompt_tokens": PROMPT_TOKENS,
        "completion_tokens": COMPLETION_TOKENS,
        "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
        "prompt_tokens_details": { "cached_tokens": CACHED_TOKENS, "audio_tokens": 0 },
        "completion_tokens_details": {
            "reasoning_tokens": REASONING_TOKENS, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}

fn call(name: &str, arguments: &Value) -> Value {
    json!({
        "id": format!("call_{name}"),
        "type": "function",
        "function": { "name": name, "arguments": arguments.to_string() },
    })
}

fn completion(message: &Value, reason: &str) -> Answer {
    Answer::json(&json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": MODEL,
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": reason }],
        "usage": usage(),
        "service_tier": "default",
        "system_fingerprint": "fp_1",
    }))
}

/// A completion that says this.
pub fn says(text: &str) -> Answer {
    completion(
        &json!({ "role": "assistant", "content": text, "refusal": null }),
        "stop",
    )
}

/// A completion that asks for a tool.
pub fn calls(name: &str, arguments: &Value) -> Answer {
    let message = json!({
        "role": "assistant", "content": null, "refusal": null, "tool_calls": [call(name, arguments)],
    });
    completion(&message, "tool_calls")
}

fn chunk(delta: &Value, reason: Option<&str>) -> Value {
    json!({
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": MODEL,
        "service_tier": "default",
        "system_fingerprint": "fp_1",
        "choices": [{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": reason }],
        "usage": null,
    })
}

fn chunks(deltas: impl IntoIterator<Item = Value>, reason: &str) -> Answer {
    let mut last = chunk(&json!({}), Some(reason));
    let mut counted = last.clone();
    if let (Some(last), Some(counted)) = (last.as_object_mut(), counted.as_object_mut()) {
        last.insert("usage".to_owned(), Value::Null);
        counted.insert("choices".to_owned(), json!([]));
        counted.insert("usage".to_owned(), usage());
    }
    let chunks = deltas
        .into_iter()
        .map(|delta| chunk(&delta, None))
        .chain([last, counted]);
    let data = chunks.map(|chunk| chunk.to_string()).chain(["[DONE]".to_owned()]);
    Answer::events(data.map(|data| (None, data)))
}

/// A stream that says this, word by word.
pub fn streams(text: &str) -> Answer {
    let first = json!({ "role": "assistant", "content": "", "refusal": null });
    let words = text.split_inclusive(' ').map(|word| json!({ "content": word }));
    chunks(std::iter::once(first).chain(words), "stop")
}

/// A stream that asks for a tool; the arguments come in two pieces.
pub fn streams_call(name: &str, arguments: &Value) -> Answer {
    let arguments = arguments.to_string();
    let (start, end) = arguments
        .split_at_checked(arguments.len() / 2)
        .unwrap_or((&arguments, ""));
    let piece = |text: &str| json!({ "tool_calls": [{ "index": 0, "function": { "arguments": text } }] });
    let opening = json!({
        "role": "assistant", "content": null,
        "tool_calls": [{
            "index": 0, "id": format!("call_{name}"), "type": "function", "function": { "name": name, "arguments": "" },
        }],
    });
    chunks([opening, piece(start), piece(end)], "tool_calls")
}

/// A refused request.
pub fn refuses(status: u16, message: &str) -> Answer {
    let body = json!({
        "error": { "message": message, "type": "invalid_request_error", "param": "model", "code": "model_not_found" },
    });
    Answer::error(status, &body)
}

fn response(output: &Value) -> Value {
    json!({
        "id": "resp_1",
        "object": "response",
        "created_at": 1_700_000_000,
        "status": "completed",
        "error": null,
        "incomplete_details": null,
        "instructions": null,
        "max_output_tokens": null,
        "model": MODEL,
        "output": output,
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "reasoning": { "effort": null, "summary": null },
        "service_tier": "default",
        "store": true,
        "temperature": 1.0,
        "text": { "format": { "type": "text" } },
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": PROMPT_TOKENS,
            "input_tokens_details": { "cached_tokens": CACHED_TOKENS },
            "output_tokens": COMPLETION_TOKENS,
            "output_tokens_details": { "reasoning_tokens": REASONING_TOKENS },
            "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
        },
        "user": null,
        "metadata": {},
    })
}

fn said(text: &str) -> Value {
    json!({
        "type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
        "content": [{ "type": "output_text", "text": text, "annotations": [], "logprobs": [] }],
    })
}

/// A response of the Responses API that says this.
pub fn responds(text: &str) -> Answer {
    Answer::json(&response(&json!([said(text)])))
}

/// A response in pieces, word by word, and as a whole at its end.
pub fn responds_in_pieces(text: &str) -> Answer {
    let mut begun = response(&json!([]));
    if let Some(begun) = begun.as_object_mut() {
        begun.insert("status".to_owned(), "in_progress".into());
        begun.insert("usage".to_owned(), Value::Null);
    }
    let item = json!({ "type": "message", "id": "msg_1", "status": "in_progress", "role": "assistant", "content": [] });
    let part = json!({ "type": "output_text", "text": "", "annotations": [], "logprobs": [] });
    let mut events = vec![
        json!({ "type": "response.created", "response": begun }),
        json!({ "type": "response.output_item.added", "output_index": 0, "item": item }),
        json!({ "type": "response.content_part.added", "item_id": "msg_1", "output_index": 0, "content_index": 0, "part": part }),
    ];
    events.extend(text.split_inclusive(' ').map(|word| {
        json!({
            "type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": word,
            "logprobs": [],
        })
    }));
    let whole = response(&json!([said(text)]));
    events.extend([
        json!({
            "type": "response.output_text.done", "item_id": "msg_1", "output_index": 0, "content_index": 0, "text": text,
            "logprobs": [],
        }),
        json!({ "type": "response.output_item.done", "output_index": 0, "item": said(text) }),
        json!({ "type": "response.completed", "response": whole }),
    ]);
    Answer::events(events.into_iter().zip(0..).map(|(mut event, number)| {
        if let Some(event) = event.as_object_mut() {
            event.insert("sequence_number".to_owned(), number.into());
        }
        (None, event.to_string())
    }))
}

/// Embeddings of one text.
pub fn embeds() -> Answer {
    Answer::json(&json!({
        "object": "list",
        "data": [{ "object": "embedding", "index": 0, "embedding": [0.1, 0.2, 0.3] }],
        "model": "text-embedding-3-small",
        "usage": { "prompt_tokens": 5, "total_tokens": 5 },
    }))
}
