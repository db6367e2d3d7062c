//! How long spans wait for their local root, and what becomes of those that cannot.

use std::{thread, time::Instant};

use agentops::{
    AgentOps, ExportStats,
    testing::{Collector, draw},
};
use opentelemetry::{
    Context, KeyValue,
    trace::{TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_sdk::trace::SdkTracer;

use super::doors::{named, provider};
use crate::guest::{DEADLINE, to};

/// Waits for what is counted after it was seen to arrive, and gives the counters.
fn when(agentops: &AgentOps, ready: impl Fn(&ExportStats) -> bool) -> ExportStats {
    let began = Instant::now();
    loop {
        let stats = agentops.stats();
        if ready(&stats) {
            return stats;
        }
        assert!(began.elapsed() < DEADLINE, "{stats:?}");
        thread::yield_now();
    }
}

fn marked(tracer: &SdkTracer, name: &'static str, kind: &'static str, parent: &Context) -> Context {
    let span = tracer
        .span_builder(name)
        .with_attributes([KeyValue::new("agentops.kind", kind)])
        .start_with_context(tracer, parent);
    parent.with_span(span)
}

#[test]
fn a_trace_waits_for_its_local_root() {
    let collector = Collector::start();
    // Whatever leaves leaves at once.
    let agentops = to(&collector).with_max_export_batch_size(1).build().unwrap();
    let provider = provider(&agentops);
    let tracer = provider.tracer("app");
    let waits = tracer.start("GET /");
    let waits = Context::new().with_span(waits);
    marked(&tracer, "held", "tool", &waits).span().end();
    marked(&tracer, "loose", "tool", &Context::new()).span().end();
    let names = |spans: &[agentops::testing::Span]| -> Vec<_> { spans.iter().map(|span| span.name.clone()).collect() };
    let spans = collector.wait_for_spans(1, DEADLINE).unwrap();
    assert_eq!(names(&spans), ["loose.tool"], "the one that ended first is held");
    when(&agentops, |stats| stats.exported == 1 && stats.queued_spans == 1);
    waits.span().end();
    let spans = collector.wait_for_spans(2, DEADLINE).unwrap();
    assert_eq!(names(&spans), ["loose.tool", "held.tool"]);
    assert_eq!(agentops.stats().released_early, 0);
    agentops.shutdown(DEADLINE).unwrap();
}

#[test]
fn a_flush_lets_everything_go_and_what_comes_later_finds_its_place() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let provider = provider(&agentops);
    let tracer = provider.tracer("app");
    let session = tracer.span_builder("run").with_attributes([
        KeyValue::new("agentops.kind", "session"),
        KeyValue::new("user.id", "u-1"),
    ]);
    let session = Context::new().with_span(session.start_with_context(&tracer, &Context::new()));
    let agent = marked(&tracer, "planner", "agent", &session);
    marked(&tracer, "early", "tool", &agent).span().end();
    provider.force_flush().unwrap();
    let spans = collector.spans();
    assert_eq!(
        named(&spans, "early.tool").text("agent.name"),
        Some("planner"),
        "from its start"
    );
    assert_eq!(
        named(&spans, "early.tool").text("user.id"),
        Some("u-1"),
        "so does the session"
    );
    marked(&tracer, "late", "tool", &agent).span().end();
    agent.span().end();
    session.span().end();
    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(
        collector.tree(),
        "run.session\n  planner.agent\n    early.tool\n    late.tool\n"
    );
    assert_eq!(agentops.stats().released_early, 0, "someone asked for it");
}

#[test]
fn a_span_that_is_started_below_one_that_ended_still_hangs_on_it() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let provider = provider(&agentops);
    let tracer = provider.tracer("app");
    let agent = marked(&tracer, "planner", "agent", &Context::new());
    agent.span().end();
    agentops.force_flush(DEADLINE).unwrap();
    marked(&tracer, "late", "tool", &agent).span().end();
    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(collector.tree(), "default.session\n  planner.agent\n    late.tool\n");
}

#[test]
fn no_more_spans_wait_than_the_bound_and_those_that_leave_early_are_counted_and_stand_where_they_should() {
    const ROOTS: usize = 50;
    const EACH: usize = 100;
    const BOUND: usize = 4_096;
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let provider = provider(&agentops);
    let tracer = provider.tracer("app");
    let roots: Vec<_> = (0..ROOTS)
        .map(|_| marked(&tracer, "planner", "agent", &Context::new()))
        .collect();
    for root in &roots {
        // An unrelated span between, which is open as well.
        let between = root.with_span(tracer.start_with_context("loop", root));
        for _ in 0..EACH {
            marked(&tracer, "search", "tool", &between).span().end();
        }
    }
    let early = collector.wait_for_spans(ROOTS * EACH - BOUND, DEADLINE).unwrap();
    assert!(early.iter().all(|span| span.name == "search.tool"));
    let stats = when(&agentops, |stats| {
        stats.exported >= early.len() as u64 && stats.recorded == stats.exported + stats.queued_spans as u64
    });
    let held = stats.queued_spans;
    assert!(held <= BOUND, "{held} wait");

    for root in &roots {
        root.span().end();
    }
    agentops.shutdown(DEADLINE).unwrap();
    let stats = agentops.stats();
    assert_eq!(stats.dropped.total(), 0, "{stats:?}");
    assert!(stats.released_early >= (ROOTS * EACH - BOUND) as u64, "{stats:?}");
    assert!(stats.released_early < (ROOTS * EACH) as u64, "{stats:?}");
    let spans = collector.spans();
    assert_eq!(spans.len(), 1 + ROOTS + ROOTS * EACH);
    let tree = draw(&spans);
    let agents = tree.lines().filter(|line| *line == "  planner.agent").count();
    let tools = tree.lines().filter(|line| *line == "    search.tool").count();
    assert_eq!((agents, tools), (ROOTS, ROOTS * EACH));
}
