//! Bad input that comes back into the subscriber while it is told something: a global subscriber has no guard against
//! that, a scoped one drops it (`bad_input.rs`). One row after the other, for a process has one global subscriber.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{
    fmt,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

use agentops::{
    AgentOpsSpanExt as _,
    testing::{Collector, Span as Sent},
};
use tracing::{Span, field, info, info_span};
use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};

const DEADLINE: Duration = Duration::from_secs(30);

/// What has not come to its end by then waits for itself.
const FOR_EVER: Duration = Duration::from_secs(60);

struct Row {
    bad: &'static str,
    /// Runs inside of a span `task` of the row.
    program: fn(),
    outcome: fn(&Sent, &[Sent]),
}

const ROWS: [Row; 6] = [
    Row {
        bad: "a Debug that logs, on a new span",
        program: || drop(info_span!("made", agentops.kind = "tool", t.bad = ?Does(|| info!("from inside")))),
        outcome: |task, spans| {
            assert_eq!(events(task), ["from inside"], "it is said where the program is");
            assert_eq!(named(spans, "made.tool").text("t.bad"), Some("done"));
        },
    },
    Row {
        bad: "a Debug that logs, in what is recorded and logged",
        program: || {
            Span::current().record("t.late", field::debug(Does(|| info!("from inside"))));
            info!(t.bad = ?Does(|| info!("from the event")), "said");
        },
        outcome: |task, _| {
            assert_eq!(events(task), ["from inside", "from the event", "said"]);
            assert_eq!(task.text("t.late"), Some("done"));
        },
    },
    Row {
        bad: "a Debug that makes and enters a span",
        program: || drop(info_span!("made", agentops.kind = "tool", t.bad = ?Does(inner))),
        outcome: |task, spans| {
            let inner = named(spans, "inner.tool");
            assert_eq!(inner.parent_span_id.as_ref(), Some(&task.span_id));
            assert_eq!(events(inner), ["deep inside"]);
            assert_eq!(named(spans, "made.tool").text("t.bad"), Some("done"));
        },
    },
    Row {
        bad: "a Debug that records on the span that it is recorded on",
        program: || {
            Span::current().record(
                "t.late",
                field::debug(Does(|| drop(Span::current().record("t.bad", "own").clone()))),
            );
            Span::current().record_attribute("t.more", 1);
        },
        outcome: |task, _| {
            assert_eq!((task.text("t.late"), task.text("t.bad")), (Some("done"), Some("own")));
            assert_eq!(task.attribute("t.more"), Some(&1_i64.into()));
        },
    },
    Row {
        bad: "a Serialize that records on the span that it is recorded on",
        program: || Span::current().record_output(&Serializes),
        outcome: |task, _| {
            assert_eq!(task.text("agentops.entity.output"), Some("done"));
            assert_eq!(task.attribute("t.bad"), Some(&7_i64.into()));
        },
    },
    Row {
        bad: "a Debug that ends the session which it is said in",
        program: || {
            let agentops = agentops::AgentOps::current().unwrap();
            let session = agentops.session("short").start();
            let ends = Ends(&session);
            session.in_scope(|| info!(t.bad = ?ends, "said"));
        },
        outcome: |_, spans| {
            let session = named(spans, "short.session");
            assert_eq!(session.text("agentops.session.end_state"), Some("Success"));
            assert!(session.events.is_empty(), "it had ended before its event was whole");
        },
    },
];

#[test]
fn what_comes_back_into_the_subscriber_is_recorded_and_locks_nothing() {
    let (begins, begun) = mpsc::channel();
    let rows = thread::spawn(move || rows(&begins));
    let mut row = "the start";
    loop {
        match begun.recv_timeout(FOR_EVER) {
            Ok(next) => row = next,
            Err(RecvTimeoutError::Timeout) => panic!("this row hangs: {row}"),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    assert!(rows.join().is_ok(), "this row failed: {row}");
}

/// Runs one row after the other, and says which one begins.
fn rows(begins: &Sender<&'static str>) {
    let collector = Collector::start();
    let agentops = agentops::builder()
        .with_env(|_| None)
        .with_api_key("11111111-2222-4333-8444-555555555555")
        .with_endpoint(collector.auth_endpoint())
        .with_exporter_endpoint(collector.traces_endpoint())
        .with_session_replay_log(false)
        .build()
        .unwrap();
    tracing_subscriber::registry().with(agentops.layer()).init();
    let mut exported = 0;
    for row in ROWS {
        begins.send(row.bad).unwrap();
        collector.clear();
        let task = info_span!(
            "task",
            agentops.kind = "task",
            t.late = field::Empty,
            t.bad = field::Empty
        );
        task.in_scope(row.program);
        drop(task);
        drop(info_span!("healthy", agentops.kind = "tool", well = true));
        agentops.force_flush(DEADLINE).unwrap();
        let spans = collector.spans();
        assert_eq!(
            named(&spans, "healthy.tool").attribute("well"),
            Some(&true.into()),
            "{}",
            row.bad
        );
        (row.outcome)(named(&spans, "task.task"), &spans);
        exported += spans.len() as u64;
        let stats = agentops.stats();
        assert_eq!(
            (
                stats.recorded,
                stats.exported,
                stats.dropped.total(),
                stats.queued_spans
            ),
            (exported, exported, 0, 0),
            "{stats:?}"
        );
        assert_eq!((stats.open_spans, stats.open_bytes), (0, 0), "{stats:?}");
    }
    begins.send("the end").unwrap();
    agentops.shutdown(DEADLINE).unwrap();
    let stats = agentops.stats();
    assert_eq!(
        (stats.recorded, stats.dropped.total()),
        (stats.exported, 0),
        "{stats:?}"
    );
    assert_eq!(stats.open_spans, 0);
}

fn named<'a>(spans: &'a [Sent], name: &str) -> &'a Sent {
    let found = spans.iter().find(|span| span.name == name);
    found.unwrap_or_else(|| {
        panic!(
            "no {name} among {:?}",
            spans.iter().map(|span| &span.name).collect::<Vec<_>>()
        )
    })
}

fn events(span: &Sent) -> Vec<&str> {
    span.events.iter().map(|event| event.name.as_str()).collect()
}

fn inner() {
    let _inner = info_span!("inner", agentops.kind = "tool").entered();
    info!("deep inside");
}

/// Its Debug does something first.
struct Does(fn());

impl fmt::Debug for Does {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)();
        f.write_str("done")
    }
}

struct Serializes;

impl serde::Serialize for Serializes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Span::current().record_attribute("t.bad", 7);
        serializer.serialize_str("done")
    }
}

struct Ends<'a>(&'a agentops::Session);

impl fmt::Debug for Ends<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.end(agentops::EndState::Success);
        f.write_str("done")
    }
}
