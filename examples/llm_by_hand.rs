//! A program that calls its model itself: a call, a streamed answer, and one through an HTTP client that is captured.
//! No account: the model is scripted, and the session is printed as a tree when it ends.
//!
//! Run with `cargo run --example llm_by_hand --features reqwest-middleware`; without the feature, the call over HTTP is
//! left out.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::{error::Error, io};

use agentops::{Export, Usage, agent_span, llm::Call, tool_span};
use futures::{Stream, StreamExt as _, stream};
use serde_json::json;
use tracing::Instrument as _;

/// A model of one's own, which answers soon.
async fn ask(question: &str) -> io::Result<String> {
    tokio::task::yield_now().await;
    Ok(format!("You asked: {question}"))
}

/// A model of one's own, which answers word by word.
fn stream(question: &str) -> impl Stream<Item = io::Result<String>> + Unpin {
    let words: Vec<String> = question.split_inclusive(' ').map(str::to_owned).collect();
    stream::iter(words).map(Ok)
}

/// Everything about a call is said as it becomes known; an error, and a future that is dropped, end it, too.
async fn answer(question: &str) -> io::Result<String> {
    let call = Call::chat("mine", "parrot-1")
        .with_temperature(0.2)
        .with_prompt("repeat", "3")
        .with_system("Repeat what you are told.")
        .with_messages(&json!([{ "role": "user", "content": question }]));
    call.run(async |call| {
        let answer = ask(question).await?;
        call.record_text(&answer);
        call.record_usage(&Usage::new(12, 6).with_cache_read(8));
        call.record_finish_reason("stop");
        call.record_evaluation("faithfulness", 1.0, Some("pass"), None);
        Ok(answer)
    })
    .await
}

/// The stream that the caller gets is the model's; the call ends with it.
fn answer_word_by_word(question: &str) -> impl Stream<Item = io::Result<String>> + Unpin {
    let call = Call::chat("mine", "parrot-1").with_messages(question);
    call.observe(stream(question), |streaming, word| match word {
        Ok(word) => streaming.text(word),
        Err(error) => streaming.fail(error),
    })
}

async fn agent() -> io::Result<()> {
    println!("{}", answer("Is it sunny in Paris?").await?);

    let tool = tool_span!("weather", gen_ai.tool.call.id = "call_1");
    tool.in_scope(|| tool.record("agentops.output", "sunny"));

    let mut words = answer_word_by_word("It is sunny in Paris.");
    while let Some(word) = words.next().await {
        print!("{}", word?);
    }
    println!();
    Ok(())
}

/// A library that makes no spans of its own is captured at its HTTP client.
#[cfg(feature = "reqwest-middleware")]
async fn through_a_client() -> Result<(), Box<dyn Error>> {
    use axum::{Json, Router, routing::post};

    let answer = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "parrot-1",
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "Sunny." } }],
        "usage": { "prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11 },
    });
    let model = Router::new().route("/v1/chat/completions", post(async || Json(answer)));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/v1", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, model).await });

    let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
        .with(agentops::capture::HttpCapture::new().with_base_url(&url, "mine"))
        .build();
    let request = json!({ "model": "parrot-1", "messages": [{ "role": "user", "content": "Is it sunny in Paris?" }] });
    let answer = client
        .post(format!("{url}/chat/completions"))
        .json(&request)
        .send()
        .await?;
    println!("{} bytes came", answer.bytes().await?.len());
    Ok(())
}

#[cfg(not(feature = "reqwest-middleware"))]
async fn through_a_client() -> Result<(), Box<dyn Error>> {
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let _guard = agentops::builder().with_export(Export::Console).try_init()?;
    let span = agent_span!("parrot", agentops.version = "1");
    agent().instrument(span).await?;
    through_a_client().await
}
