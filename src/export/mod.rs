//! Delivery: spans are encoded once, and the encoded request is the unit of sizing, retry and splitting.

use std::time::Duration;

use futures_util::future::BoxFuture;
use opentelemetry_sdk::{Resource, trace::SpanData};

use crate::{
    config::{Config, Secret},
    error::ExportError,
};

/// Why spans were not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DropReason {
    /// More spans were waiting than [`with_max_queue_size`](crate::Builder::with_max_queue_size) allows.
    QueueSpans,
    /// More bytes were waiting than [`with_max_queue_bytes`](crate::Builder::with_max_queue_bytes) allows.
    QueueBytes,
    /// The destination refused the request for good, or part of it.
    Refused,
    /// The destination refused the key.
    Unauthorized,
    /// Retrying did not help in time.
    RetriesExhausted,
    /// Still on the way when the time of a shutdown was over.
    Shutdown,
    /// Closed after the shutdown.
    AfterShutdown,
}

/// What became of spans since the last call.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    pub(crate) exported: u64,
    pub(crate) dropped: Vec<(DropReason, u64)>,
    /// Attempts after the first.
    pub(crate) retries: u64,
    /// Why spans were dropped or a retry was needed, for the log: safe to show.
    pub(crate) trouble: Option<String>,
}

/// What the destination says about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Project {
    /// AgentOps' id of the project that the key belongs to.
    pub id: String,
    /// The plan, as AgentOps names it (`free`, `pro`, ...).
    pub plan: String,
}

/// Takes batches and delivers them. Owned by the pipeline thread; nothing here waits except `progress` and `shutdown`.
pub(crate) struct Delivery {}

impl Delivery {
    pub(crate) fn new(config: &Config, resource: Resource, exporter: Option<BoxedExporter>) -> Result<Self, String> {
        let _ = (config, resource, exporter);
        Ok(Self {})
    }

    /// Encodes a batch and puts it in the outbox.
    pub(crate) fn submit(&mut self, batch: Vec<SpanData>) {
        let _ = batch;
    }

    /// Waits until something was settled and says what; for ever when nothing is under way. Safe to cancel: a send
    /// that is under way goes on with the next call.
    pub(crate) async fn progress(&mut self) -> Settled {
        std::future::pending().await
    }

    /// Nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        true
    }

    pub(crate) fn pending_spans(&self) -> usize {
        0
    }

    pub(crate) fn pending_bytes(&self) -> usize {
        0
    }

    /// Gives up everything that is under way, counted as `reason`.
    pub(crate) fn abandon(&mut self, reason: DropReason) -> Settled {
        let _ = reason;
        Settled::default()
    }

    /// Uses another key from now on; what waits goes out with it.
    pub(crate) fn set_api_key(&mut self, key: Secret) {
        let _ = key;
    }

    /// Asks the destination whether the key is good.
    pub(crate) fn check(&self) -> BoxFuture<'static, Result<Project, ExportError>> {
        unimplemented!()
    }

    /// Tells the exporter that nothing follows.
    pub(crate) async fn shutdown(&mut self, timeout: Duration) {
        let _ = timeout;
    }
}

/// A program's own exporter, boxed: `SpanExporter` itself has no `dyn`.
pub(crate) struct BoxedExporter {}

impl BoxedExporter {
    pub(crate) fn new(exporter: impl opentelemetry_sdk::trace::SpanExporter + 'static) -> Self {
        let _ = exporter;
        Self {}
    }
}
