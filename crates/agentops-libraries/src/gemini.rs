//! Answers of Gemini. Cached tokens are part of the prompt; thinking stands beside the candidates.

use serde_json::{Value, json};

use crate::Answer;

/// Prompt.
pub const PROMPT_TOKENS: i64 = 120;
/// Of these, from a cache.
pub const CACHED_TOKENS: i64 = 64;
/// The answer without thinking.
pub const CANDIDATES_TOKENS: i64 = 16;
/// Thinking.
pub const THOUGHTS_TOKENS: i64 = 8;

fn piece(text: &str, reason: Option<&str>) -> Value {
    json!({
        "candidates": [{
            "content": { "role": "model", "parts": [{ "text": text }] },
            "finishReason": reason,
            "index": 0,
        }],
        "usageMetadata": {
            "promptTokenCount": PROMPT_TOKENS,
            "cachedContentTokenCount": CACHED_TOKENS,
            "candidatesTokenCount": CANDIDATES_TOKENS,
            "thoughtsTokenCount": THOUGHTS_TOKENS,
            "totalTokenCount": PROMPT_TOKENS + CANDIDATES_TOKENS + THOUGHTS_TOKENS,
        },
        "modelVersion": "gemini-2.5-pro",
        "responseId": "r-1",
    })
}

/// An answer that says this.
pub fn says(text: &str) -> Answer {
    Answer::json(&piece(text, Some("STOP")))
}

/// A stream that says this, word by word, each with the counts so far.
pub fn streams(text: &str) -> Answer {
    let mut words = text.split_inclusive(' ').peekable();
    let mut pieces = Vec::new();
    while let Some(word) = words.next() {
        let reason = words.peek().is_none().then_some("STOP");
        pieces.push((None, piece(word, reason).to_string()));
    }
    Answer::events(pieces)
}
