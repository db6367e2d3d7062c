//! Calls of several providers' models by genai, whole and streamed: nothing but the layer makes them visible.
//!
//! Run with `cargo run --package agentops-libraries --example genai_chat`. Scripted models on loopback answer. genai records
//! messages, too, where `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true` is set.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use agentops_libraries::{Destination, Provider, anthropic, openai};
use futures::StreamExt as _;
use genai::{
    Client, ModelIden, ServiceTarget,
    adapter::AdapterKind,
    chat::{ChatMessage, ChatOptions, ChatRequest, ChatStreamEvent},
    resolver::{AuthData, Endpoint, ServiceTargetResolver},
};

/// A client whose every model is this provider's; a real program needs `Client::default()` and a key.
fn client(provider: &Provider, kind: AdapterKind) -> Result<Client, genai::Error> {
    let url = provider.url("/v1/");
    let resolver = move |target: ServiceTarget| -> Result<ServiceTarget, genai::resolver::Error> {
        Ok(ServiceTarget {
            endpoint: Endpoint::from_owned(url.clone()),
            auth: AuthData::from_single("sk-scripted"),
            model: ModelIden::new(kind, target.model.model_name),
        })
    };
    let resolver = ServiceTargetResolver::from_resolver_fn(resolver);
    Client::builder().with_service_target_resolver(resolver).build()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let claude = Provider::start([anthropic::says("It is sunny in Paris.")]);
    let gpt = Provider::start([openai::streams("Take your sunglasses.")]);
    let destination = Destination::from_env();
    let guard = destination.builder().try_init()?;

    let session = guard.session("chat").start();
    let advice = session.run(async || {
        let asked = ChatRequest::new(vec![ChatMessage::user("What is the weather in Paris?")]);
        let claude = client(&claude, AdapterKind::Anthropic)?;
        let weather = claude.exec_chat("claude-sonnet-4-5", asked.clone(), None).await?;
        let weather = weather.into_first_text().unwrap_or_default();
        println!("{weather}");

        let asked = asked
            .append_message(ChatMessage::assistant(weather))
            .append_message(ChatMessage::user("And now?"));
        let gpt = client(&gpt, AdapterKind::OpenAI)?;
        // Of a stream, genai tells the tokens where it is asked to capture them.
        let options = ChatOptions::default()
            .with_capture_usage(true)
            .with_capture_content(true);
        let mut events = gpt.exec_chat_stream("gpt-4o-mini", asked, Some(&options)).await?.stream;
        let mut advice = String::new();
        while let Some(event) = events.next().await {
            if let ChatStreamEvent::Chunk(chunk) = event? {
                advice.push_str(&chunk.content);
            }
        }
        Ok::<_, genai::Error>(advice)
    });
    println!("{}\n", advice.await?);

    drop(guard);
    print!("{}", destination.shown());
    Ok(())
}
