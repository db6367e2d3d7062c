//! Signals that end the process: each time that of a process of its own, which is this binary again.
#![allow(
    clippy::disallowed_methods,
    reason = "the role of a process stands in its environment"
)]

use std::{env, thread};

use agentops::testing::Collector;
use tracing_subscriber::layer::SubscriberExt as _;

use super::harness::{DEADLINE, KEY, tool};
use crate::{
    process::{Ended, again, role},
    signals::send,
};

const AUTH: &str = "AGENTOPS_TEST_AUTH";
const TRACES: &str = "AGENTOPS_TEST_TRACES";

/// The process that is ended; without a role there is nothing to do.
#[test]
fn a_program_that_is_ended() {
    let Some(role) = role() else { return };
    let builder = agentops::builder()
        .with_env(|_| None)
        .with_api_key(KEY)
        .with_endpoint(env::var(AUTH).unwrap())
        .with_exporter_endpoint(env::var(TRACES).unwrap());
    let builder = if role == "default" {
        builder
    } else {
        builder.with_shutdown_on_signal(true)
    };
    let guard = if role == "of a program with a subscriber of its own" {
        let agentops = builder.build().unwrap();
        agentops.install_handlers().unwrap();
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(agentops.layer())).unwrap();
        agentops.shutdown_guard()
    } else {
        builder.try_init().unwrap()
    };
    tool();
    guard.force_flush(DEADLINE).unwrap();
    send("TERM", std::process::id());
    thread::sleep(DEADLINE);
}

/// What arrived of a program that a signal ended.
fn arrived(role: &str) -> Vec<String> {
    let collector = Collector::start();
    let mut command = again("settings::signals::a_program_that_is_ended", role);
    command
        .env(AUTH, collector.auth_endpoint())
        .env(TRACES, collector.traces_endpoint());
    let ended = Ended::of(&mut command);
    assert_eq!(ended.signal(), Some(15), "the signal ended it: {}", ended.stderr);
    collector.spans().into_iter().map(|span| span.name).collect()
}

#[test]
fn a_signal_ends_the_session_first_where_that_is_asked_for() {
    covers!("with_shutdown_on_signal");
    assert_eq!(arrived("asked for"), ["tool.tool", "default.session"]);
    assert_eq!(
        arrived("of a program with a subscriber of its own"),
        ["tool.tool", "default.session"],
        "`install_handlers` installs them, too"
    );
    assert_eq!(arrived("default"), ["tool.tool"]);
}
