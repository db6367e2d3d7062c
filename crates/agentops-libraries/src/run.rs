//! Runs a program under a scoped subscriber and gives what arrived at a fake AgentOps server.

use std::{future::Future, time::Duration};

use agentops::{
    AgentOps, Builder,
    testing::{Collector, Span},
};
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;

#[path = "../../../tests/support/process.rs"]
mod process;

use crate::provider::PATIENCE;
use process::{Ended, again};

/// A key as AgentOps gives them.
pub const KEY: &str = "11111111-2222-4333-8444-555555555555";
/// What delivery may take.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A builder that knows no environment and sends to `collector`.
pub fn to(collector: &Collector) -> Builder {
    agentops::builder()
        .with_env(|_| None)
        .with_api_key(KEY)
        .with_endpoint(collector.auth_endpoint())
        .with_exporter_endpoint(collector.traces_endpoint())
        .with_session_replay_log(false)
}

/// Runs `program` with our layer alone, on a runtime of one thread; gives all that arrived.
///
/// # Panics
///
/// If the program takes too long, or spans are lost.
pub fn run<F: Future>(program: impl FnOnce(AgentOps) -> F) -> Vec<Span> {
    run_with(|builder| builder, program)
}

/// As [`run`], with settings.
///
/// # Panics
///
/// If the program takes too long, or spans are lost.
#[expect(clippy::expect_used, reason = "a test that cannot go on ends")]
pub fn run_with<F: Future>(
    settings: impl FnOnce(Builder) -> Builder,
    program: impl FnOnce(AgentOps) -> F,
) -> Vec<Span> {
    let collector = Collector::start();
    let agentops = settings(to(&collector)).build().expect("settings that are accepted");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        let program = program(agentops.clone());
        runtime.block_on(async {
            let ended = tokio::time::timeout(PATIENCE, program).await;
            assert!(
                ended.is_ok(),
                "the program still runs after {PATIENCE:?}; so far:\n{}",
                collector.tree()
            );
        });
        // Streams that were left behind end with it.
        drop(runtime);
    });
    agentops.shutdown(DEADLINE).expect("everything arrives");
    let stats = agentops.stats();
    assert_eq!(stats.recorded, stats.exported + stats.dropped.total(), "{stats:?}");
    collector.spans()
}

/// Runs a test again as a process of its own with these variables, and gives true in that process: for libraries that read
/// the environment once and for all.
///
/// # Panics
///
/// If the test fails there, or takes too long.
pub fn own_process(test: &str, variables: &[(&str, &str)]) -> bool {
    if process::role().is_some_and(|role| role == test) {
        return true;
    }
    let ended = Ended::well(again(test, test).envs(variables.iter().copied()));
    assert!(ended.stdout.contains("1 passed"), "no test {test:?}: {}", ended.stdout);
    false
}
