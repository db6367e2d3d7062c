//! A program with serial numbers, and a directory of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::{Duration, Instant},
};

use agentops::{
    AgentOps, Builder, ExportStats,
    testing::{Collector, Span},
};
use tracing::{Dispatch, dispatcher, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

pub(crate) use crate::scratch::Scratch;

/// Longer than anything takes on a busy machine; what does not hang never waits for it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) const KEY: &str = "11111111-2222-4333-8444-555555555555";

/// A builder that knows no environment, sends to `collector`, and keeps in `scratch` what it cannot send.
pub(crate) fn to(collector: &Collector, scratch: &Scratch) -> Builder {
    to_endpoints(collector.auth_endpoint(), collector.traces_endpoint(), scratch.path())
}

/// As [`to`], for another process.
pub(crate) fn to_endpoints(auth: String, traces: String, scratch: &Path) -> Builder {
    agentops::builder()
        .with_env(|_| None)
        .with_api_key(KEY)
        .with_endpoint(auth)
        .with_exporter_endpoint(traces)
        .with_session_replay_log(false)
        .with_auto_start_session(false)
        .with_export_flush_interval(Duration::from_millis(20))
        .with_spool_dir(scratch)
}

/// A handle, and a subscriber with its layer.
pub(crate) struct Program {
    pub(crate) agentops: AgentOps,
    dispatch: Dispatch,
}

impl Program {
    pub(crate) fn new(builder: Builder) -> Self {
        let agentops = builder.build().unwrap();
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(agentops.layer()));
        Self { agentops, dispatch }
    }

    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        dispatcher::with_default(&self.dispatch, work)
    }

    /// Makes a span of this number.
    pub(crate) fn work(&self, serial: u64) {
        self.run(|| drop(info_span!("work", agentops.kind = "tool", test.serial = serial)));
    }

    /// Waits until `ready` says yes to the counters.
    #[track_caller]
    pub(crate) fn wait_until(&self, ready: impl Fn(&ExportStats) -> bool) -> ExportStats {
        let began = Instant::now();
        loop {
            let stats = self.agentops.stats();
            if ready(&stats) {
                return stats;
            }
            assert!(began.elapsed() < DEADLINE, "waited in vain: {stats:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until nothing waits any more.
    #[track_caller]
    pub(crate) fn wait_for_rest(&self) -> ExportStats {
        // Counters are read one after the other while the pipeline thread changes them.
        self.wait_until(|stats| stats.queued_spans == 0 && stats.spooled_spans == 0 && adds_up(stats))
    }

    /// Waits until so many spans wait on disk and none in memory.
    #[track_caller]
    pub(crate) fn wait_for_spooled(&self, spans: u64) -> ExportStats {
        self.wait_until(|stats| stats.spooled_spans == spans && stats.queued_spans == 0 && adds_up(stats))
    }
}

/// Every span is somewhere, once. While spans move that is so at quiet moments: wait for it.
pub(crate) fn adds_up(stats: &ExportStats) -> bool {
    let came = stats.recorded + stats.recovered;
    let went = stats.exported + stats.dropped.total() + stats.queued_spans as u64 + stats.spooled_spans;
    came == went
}

/// The serial numbers, in the order of arrival.
pub(crate) fn serials(spans: &[Span]) -> Vec<u64> {
    spans.iter().filter_map(serial).collect()
}

pub(crate) fn serial(span: &Span) -> Option<u64> {
    span.attribute("test.serial")?
        .as_i64()
        .and_then(|serial| u64::try_from(serial).ok())
}

/// What became of the spans from 0 on: prints it, and fails where one is neither there nor counted, where one came twice,
/// or where more were lost than may be.
#[track_caller]
pub(crate) fn demand(case: &str, sent: u64, spans: &[Span], counted: u64, allowed: u64) {
    let arrived: BTreeSet<u64> = spans
        .iter()
        .filter_map(serial)
        .filter(|serial| *serial < sent)
        .collect();
    let twice = twice(spans);
    eprintln!(
        "{case}: sent {sent}, received {}, twice {}, counted {counted}, allowed {allowed}",
        arrived.len(),
        twice.len()
    );
    assert_eq!(
        sent,
        arrived.len() as u64 + counted,
        "{case}: spans are neither received nor counted"
    );
    assert_eq!(counted, allowed, "{case}: spans were dropped");
    assert!(
        twice.is_empty(),
        "{case}: no answer was lost, and these came twice: {twice:?}"
    );
}

/// Span ids that arrived more than once, and their serial numbers.
pub(crate) fn twice(spans: &[Span]) -> BTreeMap<String, u64> {
    let mut seen = BTreeSet::new();
    let again = spans.iter().filter(|span| !seen.insert(span.span_id.clone()));
    again
        .filter_map(|span| Some((span.span_id.clone(), serial(span)?)))
        .collect()
}
