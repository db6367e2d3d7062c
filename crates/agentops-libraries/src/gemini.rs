//! Answers of Gemini. Cached tokens are part of the prompt; thinking stands beside the candidates.

use serde_json::json;

use crate::Answer;

/// Prompt.
pub const PROMPT_TOKENS: i64 = 120;
/// Of these, from a cache.
pub const CACHED_TOKENS: i64 = 64;
/// The answer without thinking.
pub const CANDIDATES_TOKENS: i64 = 16;
/// Thinking.
pub const THOUGHTS_TOKENS: i64 = 8;

/// An answer that says this.
pub fn says(text: &str) -> Answer {
    Answer::json(&json!({
        "candidates": [{
            "content": { "role": "model", "parts": [{ "text": text }] },
            "finishReason": "STOP",
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
    }))
}
