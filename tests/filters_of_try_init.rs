//! `try_init` filters what is printed, and nothing that is recorded: whatever `RUST_LOG` says, the tree arrives.
//!
//! A global subscriber and the environment of the process are what this is about, so each case is a process of its own:
//! this binary again, with a variable that says which.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use agentops::testing::Collector;
use tracing::{info_span, instrument};

#[path = "support/process.rs"]
mod process;

use process::{Ended, again_alone, role};

const KEY: &str = "11111111-2222-4333-8444-555555555555";

/// What the test of this name prints as a child that knows nothing but these variables.
fn printed(test: &str, collector: &Collector, variables: &[(&str, &str)]) -> String {
    let mut command = again_alone(test, "prints");
    command
        .env("AGENTOPS_API_KEY", KEY)
        .env("AGENTOPS_API_ENDPOINT", collector.auth_endpoint())
        .env("AGENTOPS_EXPORTER_ENDPOINT", collector.traces_endpoint())
        .envs(variables.iter().copied());
    Ended::well(&mut command).stderr
}

#[instrument(fields(agentops.kind = "tool"))]
fn search(query: &str) {
    tracing::error!(target: "myapp", "an error of the program");
}

#[test]
fn the_tree_arrives_whatever_rust_log_says() {
    if role().is_some() {
        let guard = agentops::init().unwrap();
        info_span!("planner", agentops.kind = "agent").in_scope(|| search("rust"));
        // The guard waits for two seconds, which are for the session alone then.
        guard.force_flush(Duration::from_secs(60)).unwrap();
        return;
    }
    // What is printed of the program and of ours.
    for (rust_log, error, replay) in [
        (None, true, true),
        (Some(""), true, true),
        (Some("error"), true, false),
        (Some("off"), false, false),
        (Some("myapp=error,not=[a=filter"), true, false),
    ] {
        let collector = Collector::start();
        let variables: Vec<_> = rust_log.map(|value| ("RUST_LOG", value)).into_iter().collect();
        let printed = printed("the_tree_arrives_whatever_rust_log_says", &collector, &variables);
        assert_eq!(
            collector.tree(),
            "default.session\n  planner.agent\n    search.tool !an error of the program\n",
            "RUST_LOG={rust_log:?}"
        );
        assert_eq!(
            printed.contains("an error of the program"),
            error,
            "{rust_log:?}: {printed}"
        );
        assert_eq!(printed.contains("session replay"), replay, "{rust_log:?}: {printed}");
    }
}

#[test]
fn a_program_without_marked_spans_is_told_the_causes_once() {
    if role().is_some() {
        let _guard = agentops::init().unwrap();
        info_span!("unmarked").in_scope(|| tracing::info!("works"));
        return;
    }
    let collector = Collector::start();
    let printed = printed(
        "a_program_without_marked_spans_is_told_the_causes_once",
        &collector,
        &[],
    );
    assert_eq!(printed.matches("nothing was recorded").count(), 1, "{printed}");
    assert!(
        printed.contains("WARN") && printed.contains("agentops.kind"),
        "{printed}"
    );
    assert_eq!(collector.requests().len(), 0, "nothing to send, nothing sent");
}
