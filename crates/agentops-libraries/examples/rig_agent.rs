//! An agent on rig, with a tool. Its calls are seen as they are; the agent is marked.
//!
//! Run with `cargo run --package agentops-libraries --example rig_agent`. A scripted model on loopback answers.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use agentops_libraries::{Destination, Provider, openai};
use rig::{
    prelude::*,
    providers::openai::{OpenAI, OpenAIConfig},
    rig_tool,
    tool::ToolExecutionError,
};
use serde_json::json;
use tracing::instrument;

/// The weather in a city.
#[allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "the macro makes the arguments owned and wants a result"
)]
#[rig_tool(description = "The weather in a city", params(city = "A city"))]
fn weather(city: String) -> Result<String, ToolExecutionError> {
    Ok(format!("sunny in {city}"))
}

/// rig makes an agent's span where there is no span around it. Here is one, the session's, so the agent is marked; with
/// `err`, what went wrong stands on it, too.
#[instrument(skip(openai), fields(agentops.kind = "agent"), ret, err)]
async fn forecaster(openai: &OpenAI, question: &str) -> Result<String, Box<dyn Error>> {
    let agent = AgentBuilder::new(openai.chat("gpt-4o-mini"))
        .name("forecaster")
        .preamble("You forecast the weather.")
        .tool(Weather)
        .record_content_telemetry(true) // else rig keeps messages to itself
        .build();
    Ok(agent.prompt(question).max_turns(3).await?.output().clone())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = Provider::start([
        openai::calls("weather", &json!({ "city": "Paris" })),
        openai::says("It is sunny in Paris."),
    ]);
    let destination = Destination::from_env();
    let guard = destination.builder().try_init()?;

    let openai = OpenAIConfig::new("sk-scripted")
        .with_base_url(provider.url("/v1"))
        .client();
    let session = guard.session("forecast").start();
    let answer = session
        .run(async || forecaster(&openai, "What is the weather in Paris?").await)
        .await?;
    println!("{answer}\n");

    drop(guard);
    print!("{}", destination.shown());
    Ok(())
}
