//! Signals that end the process: each time that of a process of its own, which is this binary again.
#![allow(
    clippy::disallowed_methods,
    reason = "the role of a process stands in its environment"
)]

use std::{env, thread};

use agentops::testing::Collector;

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
    let builder = if role == "asked for" {
        builder.with_shutdown_on_signal(true)
    } else {
        builder
    };
    let guard = builder.try_init().unwrap();
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
    assert_eq!(arrived("default"), ["tool.tool"]);
}
