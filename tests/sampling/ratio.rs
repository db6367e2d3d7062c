//! What part of the traces is kept.

use std::collections::HashMap;

use agentops::{AgentOps, AgentOpsSpanExt as _, EndState, ExportStats, Remote, testing::Collector};
use opentelemetry_sdk::trace::InMemorySpanExporter;
use tracing::{info_span, subscriber::with_default};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

use super::{KEPT, LEFT_OUT, remote};
use crate::guest::{DEADLINE, planner, program, to};

const SESSIONS: usize = 10_000;
/// A session, an agent and a tool.
const SPANS: usize = 3;

/// Every span that ended is in one place.
#[track_caller]
fn assert_adds_up(stats: &ExportStats, ended: u64) {
    assert_eq!(stats.recorded, stats.exported + stats.dropped.total(), "{stats:?}");
    assert_eq!(stats.recorded + stats.sampled_out, ended, "{stats:?}");
    let nothing = (
        stats.open_spans,
        stats.open_bytes,
        stats.queued_spans,
        stats.queued_bytes,
        stats.undecided_spans,
    );
    assert_eq!(nothing, (0, 0, 0, 0, 0), "{stats:?}");
}

/// Runs many small sessions; gives how many of them were kept. Each is there whole or not at all.
fn kept(ratio: f64) -> usize {
    let exporter = InMemorySpanExporter::default();
    let agentops = agentops::builder()
        .with_env(|_| None)
        .with_span_exporter(exporter.clone())
        .with_sample_ratio(ratio)
        .with_auto_start_session(false)
        .build()
        .unwrap();
    with_default(registry().with(agentops.layer()), || {
        for number in 0..SESSIONS {
            let session = agentops.session("s").start();
            session.in_scope(|| planner("rust"));
            session.end(EndState::Success);
            if number % 1_000 == 0 {
                // The queue is bounded, and here nothing is to be lost.
                agentops.force_flush(DEADLINE).unwrap();
            }
        }
    });
    agentops.force_flush(DEADLINE).unwrap();
    let mut traces: HashMap<_, usize> = HashMap::new();
    for span in exporter.get_finished_spans().unwrap() {
        *traces.entry(span.span_context.trace_id()).or_default() += 1;
    }
    assert!(traces.values().all(|&spans| spans == SPANS), "a trace was torn");
    agentops.shutdown(DEADLINE).unwrap();
    let stats = agentops.stats();
    assert_adds_up(&stats, (SESSIONS * SPANS) as u64);
    assert_eq!(stats.exported, (traces.len() * SPANS) as u64);
    traces.len()
}

#[test]
fn a_ratio_of_one_keeps_every_trace() {
    assert_eq!(kept(1.0), SESSIONS);
}

#[test]
fn a_ratio_of_zero_keeps_none_and_counts_all() {
    assert_eq!(kept(0.0), 0);
}

#[test]
fn a_tenth_keeps_a_tenth_of_the_traces_within_three_sigma() {
    // The root of 10,000 * 0.1 * 0.9 is 30.
    let within = |kept: usize| (1_000 - 90..=1_000 + 90).contains(&kept);
    let first = kept(0.1);
    // One in 370 draws is outside by chance alone, two in a row are not.
    let second = if within(first) { first } else { kept(0.1) };
    assert!(within(second), "{first}, then {second}, of {SESSIONS}");
}

/// Enough for own traces of both verdicts to be turned into ones of both verdicts.
const ROUNDS: usize = 64;

#[test]
fn whoever_continues_a_remote_trace_decides_as_its_other_processes_do() {
    let collector = Collector::start();
    let agentops = to(&collector)
        .with_sample_ratio(0.5)
        .with_auto_start_session(false)
        .build()
        .unwrap();
    with_default(registry().with(agentops.layer()), || {
        for _ in 0..ROUNDS {
            for low in [KEPT, LEFT_OUT] {
                let session = agentops
                    .session("s")
                    .with_remote_parent(&remote(low), Remote::Join)
                    .start();
                session.in_scope(|| planner("rust"));
                session.end(EndState::Success);

                let root = info_span!("root", agentops.kind = "agent");
                root.set_remote_parent(&remote(low)).unwrap();
                root.in_scope(program);
            }
        }
    });
    agentops.shutdown(DEADLINE).unwrap();
    let spans = collector.spans();
    assert_eq!(spans.len(), ROUNDS * 6);
    assert!(spans.iter().all(|span| span.trace_id.ends_with("0000000000000001")));
    assert_adds_up(&agentops.stats(), (ROUNDS * 12) as u64);
}

#[test]
fn sessions_of_every_kind_are_counted_where_they_are_left_out() {
    let left_out = |auto: bool, program: fn(&AgentOps)| {
        let collector = Collector::start();
        let agentops = to(&collector)
            .with_sample_ratio(0.0)
            .with_auto_start_session(auto)
            .build()
            .unwrap();
        let printing = tracing_subscriber::fmt::layer().with_writer(std::io::sink);
        with_default(registry().with(printing).with(agentops.layer()), || program(&agentops));
        agentops.shutdown(DEADLINE).unwrap();
        let stats = agentops.stats();
        assert_adds_up(&stats, stats.sampled_out);
        assert_eq!(collector.spans(), []);
        stats.sampled_out
    };
    assert_eq!(left_out(true, |_| program()), 3, "the auto-session");
    assert_eq!(left_out(false, |_| program()), 3, "an implicit one");
    assert_eq!(left_out(false, |_| planner("rust")), 2, "none at all");
    let explicit: fn(&AgentOps) = |agentops| {
        let session = agentops.session("s").start();
        session.in_scope(program);
        session.end(EndState::Success);
        session.end(EndState::Fail);
    };
    assert_eq!(left_out(true, explicit), 3, "the auto-session adopted nothing");
    let hidden: fn(&AgentOps) = |agentops| {
        let nobody = tracing::Dispatch::none();
        tracing::dispatcher::with_default(&nobody, || drop(agentops.session("s").start()));
    };
    assert_eq!(left_out(false, hidden), 1, "one without a span");
}

#[test]
fn the_spans_of_a_trace_that_is_left_out_tell_others_so() {
    let collector = Collector::start();
    let agentops = to(&collector)
        .with_sample_ratio(0.5)
        .with_auto_start_session(false)
        .build()
        .unwrap();
    with_default(registry().with(agentops.layer()), || {
        for (low, flags) in [(KEPT, "01"), (LEFT_OUT, "00")] {
            let session = agentops
                .session("s")
                .with_remote_parent(&remote(low), Remote::Join)
                .start();
            let mut carrier = HashMap::new();
            session.span().inject(&mut carrier);
            let parent: &String = &carrier["traceparent"];
            assert!(
                parent.ends_with(flags) && parent.contains(&session.trace_id()),
                "{parent}"
            );
        }
    });
}
