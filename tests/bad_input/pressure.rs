//! Too much at once, at the wrong moment, or with code of the program that breaks.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use agentops::{AgentOpsSpanExt as _, ExportStats, testing::Failure};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};
use tracing::{Event, Subscriber, field, info_span, subscriber::with_default};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _};

use crate::{
    host::{DEADLINE, Host, to},
    patience::{Stop, wait_until},
    table::{Outcome, Row, demand_that_all_is_counted, unhindered},
};

const FLOOD: u64 = 1_000_000;
const MOST_SPANS: usize = 2_000;
const MOST_BYTES: usize = 4 * 1024 * 1024;
const FEW_BYTES: usize = 256 * 1024;

pub(crate) const ROWS: [Row; 10] = [
    Row::new(
        "a million spans while the endpoint hangs",
        |host| {
            let flood = |_| drop(info_span!("flood", agentops.kind = "operation"));
            let stats = hang(host, FLOOD, MOST_BYTES, &flood);
            assert_eq!(
                (stats.queued_spans, stats.dropped.queue_spans),
                (MOST_SPANS, FLOOD - MOST_SPANS as u64),
                "the first ones wait, in the queue or in a request, and the others found no room: {stats:?}"
            );
        },
        |outcome| {
            let stats = &outcome.stats;
            assert_eq!(stats.dropped.total(), stats.dropped.queue_spans, "{stats:?}");
            assert_eq!(outcome.all("flood.operation").count(), MOST_SPANS, "{stats:?}");
            let setting = "raise `with_max_queue_size` (AGENTOPS_MAX_QUEUE_SIZE)";
            assert_eq!(told_of(outcome, setting), stats.dropped.queue_spans);
        },
    )
    .with(|builder| {
        builder
            .with_max_queue_size(MOST_SPANS)
            .with_max_queue_bytes(MOST_BYTES)
            .with_export_timeout(DEADLINE * 5)
    }),
    Row::new(
        "megabytes while the endpoint hangs",
        |host| {
            let text = "x".repeat(10_000);
            hang(host, 2_000, FEW_BYTES, &|_| {
                drop(info_span!("heavy", agentops.kind = "operation", query = text.as_str()))
            });
        },
        |outcome| {
            let stats = &outcome.stats;
            assert_eq!(stats.dropped.total(), stats.dropped.queue_bytes, "{stats:?}");
            assert!(stats.dropped.queue_bytes > 1_000, "{stats:?}");
            assert!(stats.shed.recording > 0, "content goes before spans: {stats:?}");
            let cut = outcome.told.iter().filter(|line| line.contains("content was cut"));
            assert_eq!(cut.count(), 1);
            assert_eq!(
                outcome.all("heavy.operation").count() as u64,
                2_000 - stats.dropped.queue_bytes
            );
            assert_eq!(
                told_of(outcome, "hold too many bytes; raise `with_max_queue_bytes`"),
                stats.dropped.queue_bytes
            );
        },
    )
    .with(|builder| {
        builder
            .with_max_queue_bytes(FEW_BYTES)
            .with_export_timeout(DEADLINE * 5)
    }),
    Row::new(
        "1,000 sessions opened and forgotten",
        |host| {
            let sessions: Vec<_> = (0..1_000)
                .map(|at| host.call(|| host.agentops.session(format!("s{at}")).start()))
                .collect();
            sessions[7].in_scope(|| drop(info_span!("inside", agentops.kind = "tool")));
            host.wait(|| host.agentops.shutdown(DEADLINE)).unwrap();
            let stats = host.look();
            assert_eq!(
                (stats.open_spans, stats.recorded, stats.exported),
                (0, 1_001, 1_001),
                "what is open at the shutdown is sent"
            );
            drop(sessions);
        },
        |outcome| {
            let stats = &outcome.stats;
            assert_eq!(
                stats.dropped.total(),
                0,
                "an end that comes later comes to nothing: {stats:?}"
            );
            assert_eq!((stats.open_spans, stats.open_bytes), (0, 0));
            let marked = outcome
                .spans
                .iter()
                .filter(|span| span.attribute("agentops.open_at_shutdown") == Some(&true.into()));
            assert_eq!(marked.count(), 1_000);
            assert_eq!(outcome.all("inside.tool").count(), 1);
        },
    ),
    Row::new(
        "a redactor that panics",
        |_| {
            drop(info_span!(
                "masked",
                agentops.kind = "tool",
                t.bad = "boom",
                t.ok = "fine"
            ));
        },
        |outcome| {
            assert_eq!(
                outcome.text("masked.tool", "t.bad"),
                "[redacted]",
                "what it did not judge does not leave"
            );
            assert_eq!(outcome.text("masked.tool", "t.ok"), "fine");
            let told = "WARN the redactor panicked: such values leave as [redacted] key=\"t.bad\"";
            assert_eq!(outcome.told, [told], "in the program's own subscriber");
        },
    )
    .with(|builder| {
        builder.with_redactor(|_: &str, value: &str| -> Option<String> {
            assert!(!value.contains("boom"));
            None
        })
    }),
    Row::new(
        "an exporter that panics",
        |host| {
            let (took, exporter) = Panicking::new();
            let agentops = to(&host.collector).with_span_exporter(exporter).build().unwrap();
            with_default(tracing_subscriber::registry().with(agentops.layer()), || {
                drop(info_span!("boom", agentops.kind = "tool"));
                let error = host.wait(|| agentops.force_flush(DEADLINE)).unwrap_err();
                assert_eq!(error.to_string(), "1 spans were lost: the exporter failed: it panicked");
                drop(info_span!("fine", agentops.kind = "tool"));
                host.wait(|| agentops.force_flush(DEADLINE)).unwrap();
            });
            assert_eq!((took.load(Ordering::Relaxed), agentops.stats().dropped.refused), (1, 1));
            host.wait(|| agentops.shutdown(DEADLINE)).unwrap();
            demand_that_all_is_counted(&agentops.stats(), "an exporter that panics");
        },
        Outcome::told_nothing,
    ),
    Row::new("a lock that a panic in another layer poisoned", poisoned, |outcome| {
        let span = outcome.span("poisoned.tool");
        assert_eq!(span.text("t.before"), Some("kept"), "it is sent as far as it is known");
        assert_eq!((span.attribute("t.after"), outcome.stats.open_spans), (None, 0));
        assert_eq!(outcome.span("child.tool").trace_id, span.trace_id);
    }),
    Row::new(
        "a subscriber that panics when it is told something",
        |host| {
            let agentops = to(&host.collector).build().unwrap();
            let subscriber = tracing_subscriber::registry().with(Deaf).with(agentops.layer());
            with_default(subscriber, || {
                drop(info_span!("odd", agentops.kind = "nonsense"));
                host.wait(|| agentops.force_flush(DEADLINE)).unwrap();
                drop(info_span!("next", agentops.kind = "tool"));
                host.wait(|| agentops.shutdown(DEADLINE)).unwrap();
            });
            demand_that_all_is_counted(&agentops.stats(), "a subscriber that panics");
        },
        |outcome| {
            outcome.span("odd.unknown");
            outcome.span("next.tool");
        },
    ),
    Row::new(
        "a shutdown during a burst from 8 threads",
        |host| host.wait(|| (0..6).for_each(|round| burst(host, round))),
        |outcome| {
            assert!(outcome.all("burst.operation").count() > 0);
        },
    ),
    Row::new(
        "spans that end while the handle shuts down",
        |host| {
            host.collector.fail_next(Failure::hold());
            drop(info_span!("before", agentops.kind = "tool"));
            let agentops = host.agentops.clone();
            thread::scope(|scope| {
                let shutdown = scope.spawn(move || agentops.shutdown(DEADLINE));
                let began = Instant::now();
                while host.look().dropped.after_shutdown == 0 && began.elapsed() < DEADLINE {
                    drop(info_span!("late", agentops.kind = "tool"));
                    thread::yield_now();
                }
                // Whatever came of it, or the scope would wait for ever.
                host.collector.release();
                host.wait(|| shutdown.join()).unwrap().unwrap();
            });
        },
        |outcome| {
            outcome.span("before.tool");
            assert!(outcome.stats.dropped.after_shutdown > 0);
            assert_eq!(
                told_of(outcome, "they ended after the shutdown; end them before it"),
                outcome.stats.dropped.after_shutdown
            );
        },
    ),
    Row::new(
        "a handle used after its end",
        |host| {
            drop(info_span!("before", agentops.kind = "tool"));
            host.wait(|| host.agentops.shutdown(DEADLINE)).unwrap();
            let flushed = host.agentops.force_flush(DEADLINE).unwrap_err();
            assert!(flushed.is_closed());
            assert_eq!(
                flushed.to_string(),
                "the handle was shut down before: build another one, or flush before the shutdown"
            );
            assert!(host.agentops.shutdown(DEADLINE).unwrap_err().is_closed());
            assert!(host.agentops.check(DEADLINE).unwrap_err().is_closed());
            host.agentops.set_api_key("late");
            drop(host.agentops.session("late").start());
            info_span!("after", agentops.kind = "tool").record_attribute("t.late", 1);
        },
        |outcome| {
            assert_eq!(outcome.stats.dropped.after_shutdown, 2);
            outcome.span("before.tool");
            assert_eq!(outcome.all("after.tool").count(), 0);
        },
    ),
];

/// Makes `spans` spans while the server answers nothing, then lets it answer. Gives the counters before it did.
fn hang(host: &Host, spans: u64, most_bytes: usize, span: &dyn Fn(u64)) -> ExportStats {
    host.collector.fail_next_n(Failure::hold(), usize::MAX);
    for at in 0..spans {
        host.call(|| span(at));
        if at % 100 == 0 {
            let stats = host.look();
            assert!(stats.queued_spans <= MOST_SPANS, "{stats:?}");
        }
    }
    let stats = host.look();
    assert_eq!((stats.recorded, stats.exported), (spans, 0));
    assert_eq!(
        stats.recorded,
        stats.dropped.total() + stats.queued_spans as u64,
        "{stats:?}"
    );
    let peak = host.peak_bytes();
    // A span may be accepted while another one that grew is weighed.
    assert!(peak <= most_bytes + 16 * 1024, "{peak} bytes waited, {most_bytes} may");
    assert!(peak > most_bytes / 20, "only {peak} bytes waited");
    host.collector.stop_failing();
    host.collector.release();
    stats
}

/// How many spans the warnings that name `setting` told of.
fn told_of(outcome: &Outcome, setting: &str) -> u64 {
    let told: Vec<_> = outcome.told.iter().filter(|line| line.contains(setting)).collect();
    // One when it begins, at most one a minute, and one at the end.
    assert!((1..=5).contains(&told.len()), "{told:#?}");
    let spans = |line: &&String| line.rsplit_once("spans=").unwrap().1.parse::<u64>().unwrap();
    told.iter().map(spans).sum()
}

/// `fmt` formats values while it holds the lock of a span's extensions.
fn poisoned(host: &Host) {
    struct Panics;
    impl std::fmt::Debug for Panics {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("a Debug that panics in another layer")
        }
    }
    let printing = tracing_subscriber::fmt::layer().with_writer(std::io::sink);
    let subscriber = tracing_subscriber::registry()
        .with(printing)
        .with(host.agentops.layer());
    with_default(subscriber, || {
        let span = info_span!(
            "poisoned",
            agentops.kind = "tool",
            t.before = "kept",
            t.after = field::Empty
        );
        let child = info_span!(parent: &span, "child", agentops.kind = "tool");
        let program = AssertUnwindSafe(|| span.in_scope(|| span.record("t.after", field::debug(Panics))));
        catch_unwind(program).expect_err("it is the other layer that lets it through");
        host.call(|| {
            span.record_attribute("t.after", 1);
            span.follows_from(&child);
            child.follows_from(&span);
            drop(span.clone().entered());
            drop((span.trace_id(), child));
        });
    });
}

/// Eight threads make spans while the handle is shut down.
fn burst(host: &Host, round: u32) {
    let other = Host::beside(&host.collector, |builder| builder.with_max_queue_size(500));
    let arrived_before = host.collector.spans().len() as u64;
    let made = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let dispatch = other.dispatch();
    thread::scope(|scope| {
        let _stopped = Stop(&stop);
        for _ in 0..8 {
            scope.spawn(|| {
                unhindered(dispatch, || {
                    while !stop.load(Ordering::Relaxed) {
                        drop(info_span!("burst", agentops.kind = "operation"));
                        made.fetch_add(1, Ordering::Relaxed);
                    }
                });
            });
        }
        let looked = || format!("{:?}", other.look());
        wait_until(looked, || other.look().recorded >= 500);
        if round.is_multiple_of(2) {
            // In time, so it can complain only of what it had no room for.
            let told = other.agentops.shutdown(DEADLINE);
            assert_eq!(told.is_err(), other.look().dropped.queue_spans > 0, "{told:?}");
        } else {
            // Nobody minds whether it was in time; the counters tell what became of each span.
            drop(other.agentops.shutdown(Duration::from_millis(20)));
        }
        wait_until(looked, || other.look().dropped.after_shutdown > 0);
    });
    // The answer may come before the thread has given up what is left.
    wait_until(|| format!("{:?}", other.look()), || other.look().queued_spans == 0);
    let stats = other.look();
    demand_that_all_is_counted(&stats, "a burst");
    assert_eq!(stats.open_spans, 0);
    let made = made.into_inner();
    assert_eq!(
        stats.recorded,
        made + 1,
        "what the threads made, and the session: {stats:?}"
    );
    let arrived = host.collector.spans().len() as u64 - arrived_before;
    if round.is_multiple_of(2) {
        assert_eq!(arrived, stats.exported, "{stats:?}");
    } else {
        // A request that was given up may have arrived.
        assert!(arrived >= stats.exported, "{arrived} arrived: {stats:?}");
    }
}

/// An exporter that panics when it is given a span of the name `boom`.
#[derive(Debug)]
struct Panicking(Arc<AtomicU64>);

impl Panicking {
    fn new() -> (Arc<AtomicU64>, Self) {
        let took = Arc::new(AtomicU64::new(0));
        (Arc::clone(&took), Self(took))
    }
}

impl SpanExporter for Panicking {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        assert!(batch.iter().all(|span| !span.name.contains("boom")));
        self.0.fetch_add(batch.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// A layer that panics when AgentOps says something.
struct Deaf;

impl<S: Subscriber> Layer<S> for Deaf {
    fn on_event(&self, event: &Event<'_>, _cx: Context<'_, S>) {
        assert_ne!(event.metadata().target(), "agentops", "told");
    }
}
