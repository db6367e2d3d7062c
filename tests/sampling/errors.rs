//! `with_keep_errors`: a trace that would be left out is kept, whole, if one of its spans is an error.

use agentops::{
    AgentOps, Builder, EndState, Remote,
    testing::{Collector, draw},
};
use tracing::{error, info_span, subscriber::with_default};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

use super::{KEPT, LEFT_OUT, remote};
use crate::guest::{DEADLINE, assert_told, planner, program, to};

/// A handle that would keep nothing, but keeps errors.
fn keeper(collector: &Collector, settings: impl FnOnce(Builder) -> Builder) -> AgentOps {
    let builder = to(collector)
        .with_sample_ratio(0.0)
        .with_auto_start_session(false)
        .with_keep_errors(true);
    settings(builder).build().unwrap()
}

/// Runs a program, and gives the tree that arrived, the spans that were exported, and those that were left out.
fn kept(settings: impl FnOnce(Builder) -> Builder, program: impl FnOnce(&AgentOps)) -> (String, u64, u64) {
    let collector = Collector::start();
    let agentops = keeper(&collector, settings);
    with_default(registry().with(agentops.layer()), || program(&agentops));
    agentops.shutdown(DEADLINE).unwrap();
    let stats = agentops.stats();
    assert_eq!(stats.recorded, stats.exported, "{stats:?}");
    let nothing = (
        stats.open_spans,
        stats.open_bytes,
        stats.queued_spans,
        stats.queued_bytes,
        stats.undecided_spans,
    );
    assert_eq!(nothing, (0, 0, 0, 0, 0), "{stats:?}");
    assert_eq!(collector.spans().len() as u64, stats.exported);
    (collector.tree(), stats.exported, stats.sampled_out)
}

fn session(agentops: &AgentOps, name: &str, program: impl FnOnce()) {
    let session = agentops.session(name).start();
    session.in_scope(program);
    session.end(EndState::Success);
}

fn broken_tool() {
    let _tool = info_span!("pay", agentops.kind = "tool").entered();
    error!("no money");
}

#[test]
fn a_session_with_an_error_in_any_span_is_kept_whole_and_the_others_are_left_out() {
    let (tree, exported, left_out) = kept(
        |builder| builder,
        |agentops| {
            session(agentops, "healthy", program);
            session(agentops, "ill in the middle", || {
                program();
                broken_tool();
                program();
            });
            session(agentops, "healthy again", program);
            let failed = agentops.session("ill at the end").start();
            failed.in_scope(program);
            failed.fail("no time");
        },
    );
    let run = "  planner.agent\n    search.tool\n";
    assert_eq!(
        tree,
        format!("ill in the middle.session\n{run}  pay.tool !no money\n{run}\nill at the end.session !no time\n{run}")
    );
    assert_eq!((exported, left_out), (6 + 3, 3 + 3));
}

#[test]
fn without_it_an_error_is_left_out_with_its_trace() {
    let (tree, exported, left_out) = kept(
        |builder| builder.with_keep_errors(false),
        |agentops| session(agentops, "ill", broken_tool),
    );
    assert_eq!((tree.as_str(), exported, left_out), ("", 0, 2));
}

#[test]
fn what_is_kept_is_as_good_as_if_it_had_been_kept_from_the_start() {
    let collector = Collector::start();
    let agentops = keeper(&collector, |builder| builder.with_tags(["nightly"]));
    with_default(registry().with(agentops.layer()), || {
        let session = agentops.session("ill").with_user_id("u-1").start();
        session.in_scope(program);
        session.set_metadata("attempt", 2);
        session.fail("no time");
    });
    agentops.shutdown(DEADLINE).unwrap();
    let spans = collector.spans();
    assert_told(&spans);
    assert!(spans.iter().all(|span| span.text("user.id") == Some("u-1")));
    assert!(
        spans.iter().all(|span| span.flags & 1 == 1),
        "whoever gets a span takes it for sampled"
    );
    let session = spans.iter().find(|span| span.name == "ill.session").unwrap();
    assert_eq!(session.attribute("trace.metadata.attempt"), Some(&2_i64.into()));
}

#[test]
fn spans_that_wait_for_the_verdict_are_told_and_hold_no_flush_up() {
    let collector = Collector::start();
    let agentops = keeper(&collector, |builder| builder);
    with_default(registry().with(agentops.layer()), || {
        let session = agentops.session("ill").start();
        session.in_scope(program);
        agentops.force_flush(DEADLINE).unwrap();
        let stats = agentops.stats();
        assert_eq!(
            (stats.undecided_spans, stats.recorded, stats.queued_spans),
            (2, 0, 0),
            "{stats:?}"
        );
        assert!(stats.queued_bytes > 0);

        // The first error settles it: everything so far leaves, and what follows does, too.
        session.in_scope(broken_tool);
        agentops.force_flush(DEADLINE).unwrap();
        let stats = agentops.stats();
        assert_eq!((stats.undecided_spans, stats.exported), (0, 3), "{stats:?}");
        session.in_scope(|| planner("more"));
        session.end(EndState::Success);
    });
    agentops.shutdown(DEADLINE).unwrap();
    let spans = collector.spans();
    assert_eq!((spans.len(), agentops.stats().sampled_out), (6, 0), "{}", draw(&spans));
}

#[test]
fn what_ends_after_its_session_follows_the_verdict() {
    let (tree, _, left_out) = kept(
        |builder| builder,
        |agentops| {
            for (name, end) in [("well", EndState::Success), ("ill", EndState::Fail)] {
                let session = agentops.session(name).start();
                let late = session.in_scope(|| info_span!("late", agentops.kind = "task"));
                session.end(end);
                agentops.force_flush(DEADLINE).unwrap();
                late.in_scope(|| error!("too late to change anything"));
            }
        },
    );
    assert_eq!(tree, "ill.session !Fail\n  late.task !too late to change anything\n");
    assert_eq!(left_out, 2);
}

#[test]
fn at_the_shutdown_what_is_open_is_left_out_unless_it_is_ill_already() {
    let (tree, exported, left_out) = kept(
        |builder| builder.with_auto_start_session(true),
        |agentops| {
            let well = agentops.session("well").start();
            well.in_scope(program);
            let ill = agentops.session("ill").start();
            ill.in_scope(broken_tool);
            program();
            agentops.force_flush(DEADLINE).unwrap();
            assert_eq!(agentops.stats().undecided_spans, 4);
        },
    );
    // The sessions are dropped before the shutdown, and end as Indeterminate.
    assert_eq!(tree, "ill.session\n  pay.tool !no money\n");
    assert_eq!((exported, left_out), (2, 3 + 3));
}

#[test]
fn traces_beyond_the_room_are_left_out_the_oldest_first() {
    let (tree, exported, left_out) = kept(
        |builder| builder,
        |agentops| {
            let sessions: Vec<_> = (0..1_001).map(|_| agentops.session("s").start()).collect();
            for session in &sessions {
                session.in_scope(|| drop(info_span!("step", agentops.kind = "task")));
            }
            agentops.force_flush(DEADLINE).unwrap();
            assert_eq!(agentops.stats().undecided_spans, 1_000);
            assert_eq!(agentops.stats().sampled_out, 1);
            // The verdict on the first is known; the second still has room.
            sessions[0].fail("too late");
            sessions[1].fail("in time");
        },
    );
    assert_eq!(tree, "s.session !in time\n  step.task\n");
    assert_eq!((exported, left_out), (2, 2 * 1_000));
}

#[test]
fn a_trace_that_is_too_long_without_an_error_is_left_out() {
    let (tree, exported, left_out) = kept(
        |builder| builder,
        |agentops| {
            let long = agentops.session("long").start();
            for _ in 0..4_097 {
                long.in_scope(|| drop(info_span!("step", agentops.kind = "task")));
            }
            agentops.force_flush(DEADLINE).unwrap();
            assert_eq!(
                (agentops.stats().undecided_spans, agentops.stats().sampled_out),
                (0, 4_097)
            );
            long.fail("too late");
            session(agentops, "short", broken_tool);
        },
    );
    assert_eq!(tree, "short.session\n  pay.tool !no money\n");
    assert_eq!((exported, left_out), (2, 4_098));
}

#[test]
fn what_waits_for_a_verdict_leaves_half_of_the_queue_to_what_leaves() {
    let collector = Collector::start();
    let agentops = to(&collector)
        .with_sample_ratio(0.5)
        .with_keep_errors(true)
        .with_auto_start_session(false)
        .with_max_queue_size(100)
        .build()
        .unwrap();
    let flush = || agentops.force_flush(DEADLINE).unwrap();
    with_default(registry().with(agentops.layer()), || {
        // Open sessions of both verdicts, with twice as many spans that wait as there is room for.
        let mut sessions = Vec::new();
        for low in [KEPT, LEFT_OUT].into_iter().cycle().take(100) {
            let session = agentops.session("s").with_remote_parent(&remote(low), Remote::Join);
            let session = session.start();
            session.in_scope(program);
            flush();
            sessions.push(session);
        }
        let stats = agentops.stats();
        assert_eq!(
            (stats.exported, stats.undecided_spans, stats.sampled_out),
            (100, 50, 50),
            "{stats:?}"
        );
        for session in sessions {
            session.end(EndState::Success);
            flush();
        }
    });
    agentops.shutdown(DEADLINE).unwrap();
    let stats = agentops.stats();
    assert_eq!(
        (stats.exported, stats.sampled_out, stats.dropped.total()),
        (150, 150, 0),
        "{stats:?}"
    );
}
