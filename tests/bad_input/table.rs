//! [`Row`]: one thing that may go wrong, and what is demanded of all of them.

use std::{
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use agentops::{
    AgentOps, Builder, ExportStats,
    testing::{Collector, Span},
};
use tracing::{Dispatch, dispatcher, info_span};

use crate::{
    host::{DEADLINE, Host},
    stopwatch::Stopwatch,
};

/// All calls of a row together keep a thread of the program waiting no longer than this. The servers of these rows hold their
/// answers for much longer.
const LONGEST_WAIT: Duration = Duration::from_millis(50);

/// No call takes longer than this, in a build without optimisation and on a machine that does other things meanwhile. What
/// is promised are 50 ms.
const LONGEST_CALL: Duration = Duration::from_secs(2);

/// One thing that may go wrong.
pub(crate) struct Row {
    /// What is bad.
    pub(crate) bad: &'static str,
    pub(crate) settings: fn(Builder) -> Builder,
    /// Does it. Runs in the host's subscriber; a panic here is one in the host.
    pub(crate) program: fn(&Host),
    /// Looks at what came of it.
    pub(crate) outcome: fn(&Outcome),
}

impl Row {
    pub(crate) const fn new(bad: &'static str, program: fn(&Host), outcome: fn(&Outcome)) -> Self {
        Self {
            bad,
            settings: |builder| builder,
            program,
            outcome,
        }
    }

    pub(crate) const fn with(mut self, settings: fn(Builder) -> Builder) -> Self {
        self.settings = settings;
        self
    }
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) spans: Vec<Span>,
    /// Once everything was delivered or given up.
    pub(crate) stats: ExportStats,
    /// What the program was told, `LEVEL text field=value ...`.
    pub(crate) told: Vec<String>,
}

impl Outcome {
    /// The one span of this name.
    pub(crate) fn span(&self, name: &str) -> &Span {
        let found: Vec<_> = self.all(name).collect();
        let names = || self.spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>();
        assert_eq!(found.len(), 1, "spans {name:?} among {:?}", names());
        found[0]
    }

    /// All spans of this name.
    pub(crate) fn all(&self, name: &str) -> std::vec::IntoIter<&Span> {
        let found: Vec<_> = self.spans.iter().filter(|span| span.name == name).collect();
        found.into_iter()
    }

    /// The text of an attribute of the one span of this name.
    pub(crate) fn text(&self, name: &str, key: &str) -> &str {
        let span = self.span(name);
        span.text(key).unwrap_or_else(|| {
            panic!(
                "no text {key} on {name}: {:?}",
                span.attributes.keys().collect::<Vec<_>>()
            )
        })
    }

    pub(crate) fn told_nothing(&self) {
        assert!(self.told.is_empty(), "{:?}", self.told);
    }
}

/// Runs each row in a program of its own and reports all that fail.
pub(crate) fn check(rows: &[Row]) {
    // A program that panics says so, without reading the whole binary for a backtrace.
    #[expect(clippy::print_stderr, reason = "as the hook does that it replaces")]
    panic::set_hook(Box::new(|told| eprintln!("{told}")));
    let failed: Vec<_> = rows
        .iter()
        .filter(|row| catch_unwind(AssertUnwindSafe(|| check_row(row))).is_err())
        .map(|row| row.bad)
        .collect();
    assert!(failed.is_empty(), "rows that failed: {failed:#?}");
}

/// Runs a part of the program on a thread of its own, which is kept waiting no longer than the program's first one.
pub(crate) fn unhindered(dispatch: &Dispatch, part: impl FnOnce()) {
    let watch = Stopwatch::start();
    dispatcher::with_default(dispatch, part);
    let kept = watch.waited();
    assert!(kept <= LONGEST_WAIT, "a thread was kept waiting for {kept:?}");
}

fn check_row(row: &Row) {
    let host = Host::start(row.settings);
    let kept = host.run_watched(|| (row.program)(&host));
    assert!(
        kept <= LONGEST_WAIT,
        "{}: the program was kept waiting for {kept:?}",
        row.bad
    );
    let ended = host
        .agentops
        .force_flush(DEADLINE)
        .is_err_and(|error| error.is_closed());
    // A handle that was shut down sends nothing more: the program that goes on has another.
    let next = ended.then(|| Host::beside(&host.collector, |builder| builder));
    healthy_span_arrives(next.as_ref().unwrap_or(&host));
    drop(host.agentops.shutdown(DEADLINE));
    let stats = host.agentops.stats();
    demand_that_all_is_counted(&stats, row.bad);
    assert_eq!(
        (stats.open_spans, stats.open_bytes, stats.undecided_spans),
        (0, 0, 0),
        "{}: nothing is open after the shutdown: {stats:?}",
        row.bad
    );
    let took = host.slowest();
    assert!(took <= LONGEST_CALL, "{}: a call took {took:?}", row.bad);
    let spans = host.collector.spans().into_iter().filter(|span| span.name != HEALTHY);
    (row.outcome)(&Outcome {
        spans: spans.collect(),
        stats,
        told: host.told(),
    });
}

const HEALTHY: &str = "healthy.tool";

fn healthy_span_arrives(host: &Host) {
    healthy(&host.agentops, &host.collector, |work| host.run(work));
}

/// Sends a healthy span and sees it arrive as it should, beside those that came before it.
pub(crate) fn healthy(agentops: &AgentOps, collector: &Arc<Collector>, run: impl FnOnce(fn())) {
    let arrived = || -> Vec<Span> {
        let spans = collector.spans().into_iter();
        spans.filter(|span| span.name == HEALTHY).collect()
    };
    let before = arrived().len();
    run(|| info_span!("healthy", agentops.kind = "tool", well = true).in_scope(|| ()));
    agentops.force_flush(DEADLINE).unwrap();
    let healthy = arrived();
    assert_eq!(healthy.len(), before + 1, "healthy spans: {:?}", agentops.stats());
    for healthy in healthy {
        assert_eq!(healthy.attribute("well"), Some(&true.into()));
        assert!(!healthy.is_error());
    }
}

/// Nothing is lost that is not counted.
pub(crate) fn demand_that_all_is_counted(stats: &ExportStats, bad: &str) {
    assert_eq!(
        stats.recorded,
        stats.exported + stats.dropped.total(),
        "{bad}: {stats:?}"
    );
    assert_eq!((stats.queued_spans, stats.queued_bytes), (0, 0), "{bad}: {stats:?}");
}
