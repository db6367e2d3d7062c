//! A research agent and a writer agent, under one session, on the agent library rig.
//!
//! Run with `cargo run --example quickstart`. Nothing needs to be set up: without `OPENAI_API_KEY` a scripted model answers
//! on loopback, and without `AGENTOPS_API_KEY` or an OTLP endpoint a fake AgentOps server on loopback receives the run and
//! shows what arrived. The program ends with status 1 if something that ran is missing there.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example shows what it does, and reads its own environment"
)]

mod model;
mod report;
mod tools;

use std::{error::Error, time::Duration};

use agentops::{EndState, testing::Collector};
use model::ScriptedModel;
use rig::{
    prelude::*,
    providers::openai::{OpenAI, OpenAIConfig},
};
use tracing::instrument;

const MODEL: &str = "gpt-4o-mini";

/// Finds out what is in the repository.
#[instrument(fields(agentops.kind = "agent", agentops.name = "researcher"), skip(openai), ret, err)]
async fn research(openai: &OpenAI, question: &str) -> Result<String, Box<dyn Error>> {
    let agent = AgentBuilder::new(openai.chat(MODEL))
        .name("researcher")
        .preamble("You look things up in a repository before you answer.")
        .tool(tools::ListFiles)
        .record_content_telemetry(true)
        .build();
    Ok(agent.prompt(question).max_turns(3).await?.output().clone())
}

/// Makes a sentence of it.
#[instrument(fields(agentops.kind = "agent", agentops.name = "writer"), skip(openai), ret, err)]
async fn write(openai: &OpenAI, notes: &str) -> Result<String, Box<dyn Error>> {
    let agent = AgentBuilder::new(openai.chat(MODEL))
        .name("writer")
        .preamble("You write one clear sentence.")
        .tool(tools::ReadFile)
        .record_content_telemetry(true)
        .build();
    Ok(agent
        .prompt(format!("Describe the project. Notes: {notes}"))
        .max_turns(3)
        .await?
        .output()
        .clone())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The model: the real one where there is a key.
    let scripted = if std::env::var_os("OPENAI_API_KEY").is_none() {
        Some(ScriptedModel::start().await?)
    } else {
        None
    };
    let openai = match &scripted {
        Some(model) => OpenAIConfig::new("sk-scripted").with_base_url(&model.base_url).client(),
        None => OpenAI::from_env()?,
    };

    // The destination: where the environment says, else a fake AgentOps server.
    let set = |name: &str| std::env::var_os(name).is_some();
    let elsewhere = set("AGENTOPS_API_KEY") || set("AGENTOPS_EXPORT") || set("AGENTOPS_EXPORTER_ENDPOINT");
    let collector = (!elsewhere && !set("OTEL_EXPORTER_OTLP_ENDPOINT")).then(Collector::start);
    let mut builder = agentops::builder()
        .with_service_name("quickstart")
        .with_tags(["quickstart"])
        // It checks that all of it arrived: a busy machine gets the time that it needs.
        .with_shutdown_timeout(Duration::from_secs(10));
    if let Some(collector) = &collector {
        builder = builder
            .with_api_key("11111111-2222-4333-8444-555555555555")
            .with_endpoint(collector.auth_endpoint())
            .with_exporter_endpoint(collector.traces_endpoint());
    }
    let guard = builder.try_init()?;

    let session = guard.session("quickstart").start();
    let sentence = session
        .run(async || {
            let notes = research(&openai, "What is in the folder `src`?").await?;
            write(&openai, &notes).await
        })
        .await?;
    println!("{sentence}\n");

    let stats = guard.stats();
    guard.end(EndState::Success)?;
    if let Some(collector) = collector {
        report::show_and_check(&collector, scripted.as_ref())
    } else {
        println!(
            "{} spans were recorded and sent to where the environment says",
            stats.recorded
        );
        Ok(())
    }
}
