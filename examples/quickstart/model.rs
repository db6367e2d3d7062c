//! A model with scripted answers: an OpenAI-compatible server on loopback, for those who have no key.

#![allow(clippy::indexing_slicing, reason = "indexing JSON gives null where nothing is")]

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{Json, Router, extract::State, routing::post};
use serde_json::{Value, json};

/// The tokens of every scripted answer.
pub(crate) const PROMPT_TOKENS: u64 = 120;
pub(crate) const COMPLETION_TOKENS: u64 = 24;
pub(crate) const CACHED_TOKENS: u64 = 64;

/// The running server.
pub(crate) struct ScriptedModel {
    pub(crate) base_url: String,
    requests: Arc<AtomicU64>,
}

impl ScriptedModel {
    /// Starts it on a free port.
    pub(crate) async fn start() -> std::io::Result<Self> {
        let requests = Arc::new(AtomicU64::new(0));
        let router = Router::new()
            .route("/v1/chat/completions", post(answer))
            .with_state(Arc::clone(&requests));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let base_url = format!("http://{}/v1", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { base_url, requests })
    }

    /// Requests that it answered.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

/// Asks for a tool first, and answers once the tool's result is among the messages.
async fn answer(State(requests): State<Arc<AtomicU64>>, Json(request): Json<Value>) -> Json<Value> {
    let number = requests.fetch_add(1, Ordering::Relaxed);
    let messages = request["messages"].as_array().cloned().unwrap_or_default();
    let tool_result = messages.iter().rfind(|message| message["role"] == "tool");
    let (message, finish) = match tool_result {
        None => {
            let tool = &request["tools"][0]["function"]["name"];
            let arguments = if *tool == "read_file" {
                json!({ "path": "Cargo.toml" })
            } else {
                json!({ "folder": "src" })
            };
            let call = json!({
                "id": format!("call_{number}"),
                "type": "function",
                "function": { "name": tool, "arguments": arguments.to_string() },
            });
            (
                json!({ "role": "assistant", "content": null, "tool_calls": [call] }),
                "tool_calls",
            )
        }
        Some(result) => {
            let found = result["content"].to_string().len();
            let text = format!("The tool returned {found} characters, which is what this answer rests on.");
            (json!({ "role": "assistant", "content": text }), "stop")
        }
    };
    Json(json!({
        "id": format!("chatcmpl-{number}"),
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{ "index": 0, "message": message, "finish_reason": finish }],
        "usage": {
            "prompt_tokens": PROMPT_TOKENS,
            "completion_tokens": COMPLETION_TOKENS,
            "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
            "prompt_tokens_details": { "cached_tokens": CACHED_TOKENS },
        },
    }))
}
