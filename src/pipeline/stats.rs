//! [`ExportStats`]: what became of every span.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::export::{DropReason, Settled};

/// What became of every span of a handle, since it was built.
///
/// `recorded == exported + dropped.total() + queued_spans`, at any quiet moment; what ended and is not `recorded` is
/// `sampled_out` or among the `undecided_spans`.
///
/// With a [spool](crate::Builder::with_spool_dir) spans also come from earlier processes and wait on disk:
/// `recorded + recovered == exported + dropped.total() + queued_spans + spooled_spans`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ExportStats {
    /// Spans that ended and were handed over.
    pub recorded: u64,
    /// Spans that the destination took.
    pub exported: u64,
    /// Spans that were lost, by reason.
    pub dropped: Dropped,
    /// Content that was given up so that its spans could stay.
    pub shed: Shed,
    /// Spans of traces that [`with_sample_ratio`](crate::Builder::with_sample_ratio) left out; not `recorded`.
    pub sampled_out: u64,
    /// Spans that ended and wait for what becomes of their trace, with
    /// [`with_keep_errors`](crate::Builder::with_keep_errors); not `recorded` yet. Their bytes are among
    /// `queued_bytes`.
    pub undecided_spans: usize,
    /// Spans of [`span_processor`](crate::AgentOps::span_processor) that left before the local root of their trace ended:
    /// after 30 s, or because more than 4,096 waited. Where they stand follows from what was known then.
    pub released_early: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// Spans of this handle that went to the [spool](crate::Builder::with_spool_dir) because they could not be sent. What a
    /// durable spool writes before it is sent does not count.
    pub spooled: u64,
    /// Spans that were sent from the spool and taken by the destination; they are among the `exported`.
    pub replayed: u64,
    /// Spans that earlier processes left in the spool and this handle took over, those that could not be read included.
    pub recovered: u64,
    /// Files of the spool of which something could not be read, such as the last record of a process that was killed. What
    /// is known of the spans in it is counted as [`spool_corrupt`](Dropped::spool_corrupt).
    pub damaged_segments: u64,
    /// Spans that wait in the spool and no longer in memory.
    pub spooled_spans: u64,
    /// Bytes of this handle's files in the spool.
    pub spooled_bytes: u64,
    /// What all recorded model calls cost together, in USD; those whose price is not known count nothing.
    pub cost: f64,
    /// Spans that began and have not ended.
    pub open_spans: usize,
    /// Bytes that they hold, and what open sessions were told: tags, metadata, users.
    pub open_bytes: usize,
    /// Spans that ended and are on their way.
    pub queued_spans: usize,
    /// Bytes that they hold.
    pub queued_bytes: usize,
}

/// Content that was given up so that its spans could stay, by where it was: with more than three quarters of
/// [`with_max_queue_bytes`](crate::Builder::with_max_queue_bytes) in use, what is long is cut to 256 bytes or fewer and
/// ends in `...[truncated]`. Only what is left of a span that cannot stay even so is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shed {
    /// Values that were cut on the program's thread: as they were recorded, or as their span ended.
    pub recording: u64,
    /// Values that were cut while their span waited to be sent.
    pub waiting: u64,
    /// Events of open spans that were not recorded.
    pub events: u64,
}

/// Spans that were lost, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// See [`DropReason::QueueSpans`].
    pub queue_spans: u64,
    /// See [`DropReason::QueueBytes`].
    pub queue_bytes: u64,
    /// See [`DropReason::Refused`].
    pub refused: u64,
    /// See [`DropReason::Unauthorized`].
    pub unauthorized: u64,
    /// See [`DropReason::RetriesExhausted`].
    pub retries_exhausted: u64,
    /// See [`DropReason::Shutdown`].
    pub shutdown: u64,
    /// See [`DropReason::AfterShutdown`].
    pub after_shutdown: u64,
    /// See [`DropReason::SpoolCorrupt`].
    pub spool_corrupt: u64,
    /// See [`DropReason::SpoolExpired`].
    pub spool_expired: u64,
    /// See [`DropReason::SpoolEvicted`].
    pub spool_evicted: u64,
}

impl Dropped {
    /// All of them.
    pub fn total(&self) -> u64 {
        let Self {
            queue_spans,
            queue_bytes,
            refused,
            unauthorized,
            retries_exhausted,
            shutdown,
            after_shutdown,
            spool_corrupt,
            spool_expired,
            spool_evicted,
        } = *self;
        let spool = spool_corrupt + spool_expired + spool_evicted;
        queue_spans + queue_bytes + refused + unauthorized + retries_exhausted + shutdown + after_shutdown + spool
    }
}

/// The counters behind [`ExportStats`].
#[derive(Debug, Default)]
pub(crate) struct Stats {
    recorded: AtomicU64,
    exported: AtomicU64,
    released_early: AtomicU64,
    retries: AtomicU64,
    /// In billionths of a USD.
    nano_cost: AtomicU64,
    sampled_out: AtomicU64,
    shed_recording: AtomicU64,
    shed_waiting: AtomicU64,
    shed_events: AtomicU64,
    queue_spans: AtomicU64,
    queue_bytes: AtomicU64,
    refused: AtomicU64,
    unauthorized: AtomicU64,
    retries_exhausted: AtomicU64,
    shutdown: AtomicU64,
    after_shutdown: AtomicU64,
    spool_corrupt: AtomicU64,
    spool_expired: AtomicU64,
    spool_evicted: AtomicU64,
    spooled: AtomicU64,
    replayed: AtomicU64,
    recovered: AtomicU64,
    damaged_segments: AtomicU64,
    spooled_spans: AtomicU64,
    spooled_bytes: AtomicU64,
}

impl Stats {
    pub(crate) fn record(&self, spans: u64) {
        self.recorded.fetch_add(spans, Ordering::Relaxed);
    }

    /// Spans that were recorded because their trace might have been kept.
    pub(crate) fn sample_out(&self, spans: u64) {
        self.sampled_out.fetch_add(spans, Ordering::Relaxed);
    }

    /// Spans that were recorded turned out to belong to a trace that is not kept, or not to be recorded at all.
    pub(crate) fn unrecord(&self, spans: u64) {
        self.recorded.fetch_sub(spans, Ordering::Relaxed);
    }

    /// A span is sent without so many of its values and events, for which there was no memory.
    pub(crate) fn shed_recording(&self, values: usize, events: u32) {
        if values > 0 || events > 0 {
            self.shed_recording.fetch_add(values as u64, Ordering::Relaxed);
            self.shed_events.fetch_add(events.into(), Ordering::Relaxed);
        }
    }

    /// So many values of spans that wait were cut.
    pub(crate) fn shed_waiting(&self, values: u64) {
        self.shed_waiting.fetch_add(values, Ordering::Relaxed);
    }

    pub(crate) fn release_early(&self, spans: u64) {
        self.released_early.fetch_add(spans, Ordering::Relaxed);
    }

    pub(crate) fn drop_spans(&self, reason: DropReason, spans: u64) {
        let counter = match reason {
            DropReason::QueueSpans => &self.queue_spans,
            DropReason::QueueBytes => &self.queue_bytes,
            DropReason::Refused => &self.refused,
            DropReason::Unauthorized => &self.unauthorized,
            DropReason::RetriesExhausted => &self.retries_exhausted,
            DropReason::Shutdown => &self.shutdown,
            DropReason::AfterShutdown => &self.after_shutdown,
            DropReason::SpoolCorrupt => &self.spool_corrupt,
            DropReason::SpoolExpired => &self.spool_expired,
            DropReason::SpoolEvicted => &self.spool_evicted,
        };
        counter.fetch_add(spans, Ordering::Relaxed);
    }

    /// Counts what a model call cost, in USD.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded, and a float saturates"
    )]
    pub(crate) fn add_cost(&self, usd: f64) {
        self.nano_cost
            .fetch_add((usd.max(0.0) * 1e9).round() as u64, Ordering::Relaxed);
    }

    /// Counts what the delivery settled.
    pub(crate) fn settle(&self, settled: &Settled) {
        self.exported.fetch_add(settled.exported, Ordering::Relaxed);
        self.retries.fetch_add(settled.retries, Ordering::Relaxed);
        self.spooled.fetch_add(settled.spooled, Ordering::Relaxed);
        self.replayed.fetch_add(settled.replayed, Ordering::Relaxed);
        self.recovered.fetch_add(settled.recovered, Ordering::Relaxed);
        self.damaged_segments
            .fetch_add(settled.damaged_segments, Ordering::Relaxed);
        for (reason, spans) in settled.dropped.iter().chain(&settled.bygone) {
            self.drop_spans(*reason, *spans);
        }
    }

    /// What waits on disk now.
    pub(crate) fn wait_on_disk(&self, spans: u64, bytes: u64) {
        self.spooled_spans.store(spans, Ordering::Relaxed);
        self.spooled_bytes.store(bytes, Ordering::Relaxed);
    }

    /// The counters now; the gauges are filled in by the handle.
    pub(crate) fn snapshot(&self) -> ExportStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ExportStats {
            recorded: read(&self.recorded),
            exported: read(&self.exported),
            released_early: read(&self.released_early),
            retries: read(&self.retries),
            cost: read(&self.nano_cost) as f64 / 1e9,
            sampled_out: read(&self.sampled_out),
            shed: Shed {
                recording: read(&self.shed_recording),
                waiting: read(&self.shed_waiting),
                events: read(&self.shed_events),
            },
            spooled: read(&self.spooled),
            replayed: read(&self.replayed),
            recovered: read(&self.recovered),
            damaged_segments: read(&self.damaged_segments),
            spooled_spans: read(&self.spooled_spans),
            spooled_bytes: read(&self.spooled_bytes),
            dropped: Dropped {
                queue_spans: read(&self.queue_spans),
                queue_bytes: read(&self.queue_bytes),
                refused: read(&self.refused),
                unauthorized: read(&self.unauthorized),
                retries_exhausted: read(&self.retries_exhausted),
                shutdown: read(&self.shutdown),
                after_shutdown: read(&self.after_shutdown),
                spool_corrupt: read(&self.spool_corrupt),
                spool_expired: read(&self.spool_expired),
                spool_evicted: read(&self.spool_evicted),
            },
            ..ExportStats::default()
        }
    }
}
