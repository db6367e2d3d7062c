//! Threads that end while a local of the program opens spans: what OpenTelemetry keeps for the thread may be gone by then,
//! and a panic there would end the process. A binary of its own, for a scoped subscriber would be gone, too.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/guest.rs"]
mod guest;

use std::{collections::HashMap, thread};

use agentops::{AgentOps, AgentOpsSpanExt as _, EndState, testing::Collector};
use tracing::{Subscriber, info, info_span};
use tracing_subscriber::{Layer, layer::SubscriberExt as _, registry, util::SubscriberInitExt as _};

use guest::{DEADLINE, to};

/// Works once more when its thread ends.
struct LastWords(&'static str);

impl Drop for LastWords {
    fn drop(&mut self) {
        let span = info_span!("last", agentops.kind = "agent", agentops.name = self.0);
        span.in_scope(|| info!("bye"));
        let mut carrier = HashMap::new();
        span.inject(&mut carrier);
        assert!(carrier.contains_key("traceparent"));
        let agentops = AgentOps::current().unwrap();
        agentops.session(self.0).start().in_scope(|| info!("bye"));
    }
}

/// Another layer, which wants every span.
struct Everything;

impl<S: Subscriber> Layer<S> for Everything {}

thread_local! {
    static EARLY: LastWords = const { LastWords("early") };
    static LATE: LastWords = const { LastWords("late") };
    static ALONE: LastWords = const { LastWords("alone") };
}

#[test]
fn a_local_of_the_program_may_open_spans_while_its_thread_ends() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    registry().with(Everything).with(agentops.layer()).init();
    // The registry itself can make no span once its own local is gone, so that one is made first, and goes last.
    let begins = || info_span!("unrelated").in_scope(|| ());
    // What was made earlier goes later: after what we and OpenTelemetry have for the thread.
    thread::spawn(move || {
        begins();
        EARLY.with(|_| ());
        info_span!("work", agentops.kind = "tool").in_scope(|| info!("in"));
        LATE.with(|_| ());
    })
    .join()
    .unwrap();
    thread::spawn(|| ALONE.with(|_| ())).join().unwrap();
    // The host used OpenTelemetry on the thread, and we did not.
    thread::spawn(move || {
        begins();
        EARLY.with(|_| ());
        let _none = opentelemetry::Context::current();
    })
    .join()
    .unwrap();
    let guard = agentops.shutdown_guard();
    guard.force_flush(DEADLINE).unwrap();
    guard.end(EndState::Success).unwrap();
    let spans = collector.spans();
    let count = |name: &str| spans.iter().filter(|span| span.name == name).count();
    let names = [
        "early.agent",
        "late.agent",
        "alone.agent",
        "early.session",
        "late.session",
        "alone.session",
    ];
    assert_eq!(names.map(count), [2, 1, 1, 2, 1, 1]);
}
