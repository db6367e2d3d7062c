//! A program that makes spans with serial numbers and sends them over gRPC.

use std::time::{Duration, Instant};

use agentops::{AgentOps, Builder, ExportStats, Protocol};
use tracing::{Dispatch, dispatcher, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

/// Longer than anything takes on a busy machine; what does not hang never waits for it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A builder that knows no environment and sends nothing before it is flushed.
pub(crate) fn to(endpoint: impl Into<String>) -> Builder {
    agentops::builder()
        .with_env(|_| None)
        .with_exporter_endpoint(endpoint)
        .with_protocol(Protocol::Grpc)
        .with_session_replay_log(false)
        .with_auto_start_session(false)
        .with_export_flush_interval(DEADLINE)
}

pub(crate) struct Program {
    pub(crate) agentops: AgentOps,
    dispatch: Dispatch,
}

impl Program {
    pub(crate) fn new(builder: Builder) -> Self {
        assert!(
            tokio::runtime::Handle::try_current().is_err(),
            "the program has no runtime"
        );
        let agentops = builder.build().unwrap();
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(agentops.layer()));
        Self { agentops, dispatch }
    }

    /// Makes spans of these numbers.
    pub(crate) fn work(&self, serials: impl IntoIterator<Item = i64>) {
        self.work_with(serials, "");
    }

    /// As [`work`](Self::work), with a text in each.
    pub(crate) fn work_with(&self, serials: impl IntoIterator<Item = i64>, text: &str) {
        dispatcher::with_default(&self.dispatch, || {
            for serial in serials {
                drop(info_span!(
                    "work",
                    agentops.kind = "tool",
                    test.serial = serial,
                    test.text = text
                ));
            }
        });
    }

    /// Delivers everything and answers what became of it.
    #[track_caller]
    pub(crate) fn delivered(&self) -> ExportStats {
        self.agentops.force_flush(DEADLINE).unwrap();
        self.balanced()
    }

    /// Delivers what can be, and answers what became of it and what was said of the loss.
    #[track_caller]
    pub(crate) fn partly_delivered(&self) -> (ExportStats, String) {
        let error = self.agentops.force_flush(DEADLINE).unwrap_err();
        assert!(!error.is_timeout(), "{error}");
        (self.balanced(), error.to_string())
    }

    /// The counters; every span is somewhere, once.
    #[track_caller]
    fn balanced(&self) -> ExportStats {
        let stats = self.agentops.stats();
        let waiting = stats.queued_spans as u64 + stats.spooled_spans;
        assert_eq!(
            stats.recorded + stats.recovered,
            stats.exported + stats.dropped.total() + waiting,
            "{stats:?}"
        );
        stats
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
}
