//! Testing a program of your own: a fake AgentOps server on loopback, and the tree that arrived there.
//!
//! Run with `cargo run --example testing`; in your project, put the same into a test and enable the feature `testing` in
//! `[dev-dependencies]`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use agentops::testing::Collector;
use tracing::{instrument, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

#[instrument(fields(agentops.kind = "tool"), ret)]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[instrument(fields(agentops.kind = "agent"))]
fn calculator() {
    add(1, 2);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let collector = Collector::start();
    let agentops = agentops::builder()
        .with_api_key("11111111-2222-4333-8444-555555555555")
        .with_endpoint(collector.auth_endpoint())
        .with_exporter_endpoint(collector.traces_endpoint())
        .with_session_replay_log(false)
        .build()?;

    // A scoped subscriber: tests beside this one see nothing of it.
    with_default(tracing_subscriber::registry().with(agentops.layer()), calculator);
    agentops.shutdown(Duration::from_secs(30))?;

    assert_eq!(collector.tree(), "default.session\n  calculator.agent\n    add.tool\n");
    let spans = collector.spans();
    let add = spans
        .iter()
        .find(|span| span.name == "add.tool")
        .ok_or("no tool arrived")?;
    assert_eq!(add.attribute("tool.result"), Some(&"3".into()));
    assert_eq!(agentops.stats().exported, 3);
    print!("{}", collector.tree());
    Ok(())
}
