//! A process that was forked from the one that built the handle: the thread that sends did not come along. A binary of its
//! own, for the process goes on in two.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::exit,
    reason = "a test that cannot go on fails, and a forked one must not go on as the harness"
)]

#[path = "support/guest.rs"]
mod guest;

use std::{
    collections::HashMap,
    pin::pin,
    process::exit,
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use agentops::{AgentOps, AgentOpsSpanExt as _, EndState, ExportError, testing::Collector};
use fork::{Fork, fork, waitpid};
use tracing::{Dispatch, Span, dispatcher, info_span};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

use guest::{DEADLINE, to};

const MOST_SPANS: usize = 1_000;
const FLOOD: u64 = 10_000;

/// A forked process that goes on as if nothing had happened, in the subscriber that it inherited: it comes back, what
/// waits has its bound, and the rest is counted.
fn goes_on(parents: &AgentOps) -> bool {
    let before = parents.stats();
    let session = parents.session("inherited").start();
    session.in_scope(|| {
        for _ in 0..FLOOD {
            drop(info_span!("flood", agentops.kind = "operation"));
        }
    });
    session.end(EndState::Success);
    parents.set_api_key("99999999-2222-4333-8444-555555555555");
    parents.set_enabled(false);
    drop(info_span!("unseen", agentops.kind = "operation"));
    parents.set_enabled(true);
    let mut carrier = HashMap::new();
    info_span!("sends", agentops.kind = "tool").in_scope(|| Span::current().inject(&mut carrier));
    let stats = parents.stats();
    let recorded = stats.recorded - before.recorded;
    carrier.contains_key("traceparent")
        && recorded == FLOOD + 2
        && stats.exported == before.exported
        && stats.queued_spans == MOST_SPANS
        && stats.dropped.total() == recorded - MOST_SPANS as u64
        && stats.dropped.queue_spans == stats.dropped.total()
}

/// Says what a forked process found, as its exit status.
fn in_the_child(parents: &AgentOps, inherited: &Dispatch, collector: &Collector) -> i32 {
    const AT_ONCE: Duration = Duration::from_secs(10);
    // Whatever hangs is found by the parent.
    thread::spawn(|| {
        thread::sleep(DEADLINE);
        exit(99)
    });
    let is_told = |result: &Result<(), ExportError>| {
        result.as_ref().is_err_and(|error| {
            error.is_forked() && error.to_string().contains("build the handle in the forked process")
        })
    };
    let began = Instant::now();
    if !is_told(&parents.force_flush(DEADLINE)) {
        return 1;
    }
    let flush = pin!(parents.flush(DEADLINE)).poll(&mut Context::from_waker(Waker::noop()));
    if !matches!(flush, Poll::Ready(result) if is_told(&result)) {
        return 2;
    }
    if !is_told(&parents.check(DEADLINE).map(drop)) || !is_told(&parents.shutdown(DEADLINE)) {
        return 3;
    }
    drop(parents.shutdown_guard());
    if began.elapsed() > AT_ONCE {
        return 4;
    }
    let began = Instant::now();
    if !dispatcher::with_default(inherited, || goes_on(parents)) {
        return 5;
    }
    if began.elapsed() > AT_ONCE {
        return 6;
    }
    // What the handle was told meanwhile does not make it wait either.
    let began = Instant::now();
    if !is_told(&parents.force_flush(DEADLINE)) || began.elapsed() > AT_ONCE {
        return 7;
    }
    let own = to(collector).build().unwrap();
    dispatcher::with_default(&registry().with(own.layer()).into(), || {
        drop(info_span!("child", agentops.kind = "tool"));
    });
    if own.shutdown(DEADLINE).is_err() { 8 } else { 0 }
}

#[test]
fn a_forked_process_is_told_at_once_to_build_a_handle_of_its_own_and_its_parent_goes_on() {
    let collector = Collector::start();
    let agentops = to(&collector).with_max_queue_size(MOST_SPANS).build().unwrap();
    let subscriber = registry().with(agentops.layer()).into();
    let tool = |name: &str| {
        dispatcher::with_default(&subscriber, || {
            drop(info_span!("tool", agentops.kind = "tool", agentops.name = name));
        });
    };
    tool("before");
    agentops.force_flush(DEADLINE).unwrap();
    match fork().unwrap() {
        Fork::Child => exit(in_the_child(&agentops, &subscriber, &collector)),
        Fork::Parent(child) => assert_eq!(waitpid(child).unwrap(), 0, "what the child found: see `in_the_child`"),
    }
    tool("after");
    agentops.shutdown(DEADLINE).unwrap();
    let mut names: Vec<_> = collector.spans().into_iter().map(|span| span.name).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "after.tool",
            "before.tool",
            "child.tool",
            "default.session",
            "default.session"
        ]
    );
}
