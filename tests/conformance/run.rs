//! Runs a program with our layer alone and gives what arrived at a fake AgentOps server.

use std::time::Duration;

use agentops::{
    AgentOps, Builder,
    testing::{Collector, Span},
};
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;

/// The key of the capture.
const KEY: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
const DEADLINE: Duration = Duration::from_secs(30);

/// All spans of `program`, whose handle knows no environment.
pub(crate) fn run(settings: impl FnOnce(Builder) -> Builder, program: impl FnOnce(&AgentOps)) -> Vec<Span> {
    let collector = Collector::start();
    let builder = agentops::builder()
        .with_env(|_| None)
        .with_api_key(KEY)
        .with_endpoint(collector.auth_endpoint())
        .with_exporter_endpoint(collector.traces_endpoint())
        .with_session_replay_log(false);
    let agentops = settings(builder).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        program(&agentops);
    });
    agentops.shutdown(DEADLINE).unwrap();
    collector.spans()
}
