//! A streamed chat by async-openai, which makes no spans: its HTTP hook is captured.
//!
//! Run with `cargo run --package agentops-libraries --example async_openai_stream`. A scripted model on loopback answers.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use agentops::capture::HttpCapture;
use agentops_libraries::{Destination, Provider, openai};
use async_openai::{
    Client,
    config::OpenAIConfig,
    error::OpenAIError,
    middleware::HttpRequestFactory,
    types::chat::{ChatCompletionRequestUserMessage, ChatCompletionStreamOptions, CreateChatCompletionRequestArgs},
};
use futures::StreamExt as _;
use tower::{Layer as _, ServiceExt as _};
use tracing::instrument;

/// A client whose requests are captured. Of `OpenAI` itself, `with_base_url` is not needed.
fn client(provider: &Provider) -> Client<OpenAIConfig> {
    let base = provider.url("/v1");
    let http = HttpCapture::new()
        .with_base_url(&base, "openai")
        .layer(reqwest::Client::new());
    let service = tower::service_fn(move |request: HttpRequestFactory| {
        let http = http.clone();
        async move { Ok::<_, OpenAIError>(http.oneshot(request.build().await?).await?) }
    });
    let config = OpenAIConfig::new().with_api_base(base).with_api_key("sk-scripted");
    Client::with_config(config).with_http_service(service)
}

#[instrument(skip(client), fields(agentops.kind = "agent"), ret, err)]
async fn forecaster(client: &Client<OpenAIConfig>, question: &str) -> Result<String, OpenAIError> {
    let options = ChatCompletionStreamOptions {
        include_usage: Some(true), // else OpenAI does not count streams
        include_obfuscation: None,
    };
    let request = CreateChatCompletionRequestArgs::default()
        .model("gpt-4o-mini")
        .messages([ChatCompletionRequestUserMessage::from(question).into()])
        .stream_options(options)
        .build()?;
    let mut chunks = client.chat().create_stream(request).await?;
    let mut answer = String::new();
    while let Some(chunk) = chunks.next().await {
        let choices = chunk?.choices.into_iter();
        answer.extend(choices.filter_map(|choice| choice.delta.content));
    }
    Ok(answer)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = Provider::start([openai::streams("It is sunny in Paris.")]);
    let destination = Destination::from_env();
    let guard = destination.builder().try_init()?;

    println!(
        "{}\n",
        forecaster(&client(&provider), "What is the weather in Paris?").await?
    );

    drop(guard);
    print!("{}", destination.shown());
    Ok(())
}
