//! [`Queue`]: from the caller's threads to the pipeline thread. Bounded by spans and bytes; nobody waits.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
    mpsc::{self, Receiver, Sender},
};

use tokio::sync::Notify;

use super::Stats;
use crate::{
    config::Config,
    export::{DropReason, shorten},
    hierarchy::{SpanId, SpanSink, TracedSpan},
    otel::{
        self,
        foreign::{Ended, Foreign},
    },
};

/// What goes through the queue.
#[derive(Debug)]
pub(crate) enum Item {
    /// A span that came through the layer, or a session.
    Recorded(Box<TracedSpan>),
    /// A span that came through the second door, and the bytes that it holds.
    Foreign(Box<opentelemetry_sdk::trace::SpanData>, usize),
    /// What happened to other spans of OpenTelemetry; not counted as a span.
    Note(Box<Foreign>),
    /// A span began, as it was then; not counted as a span.
    Opened(Box<TracedSpan>),
    /// A span that began ended, and was lost.
    Gone(SpanId),
}

impl Item {
    fn is_tentative(&self) -> bool {
        matches!(self, Self::Recorded(span) if span.lineage.trace.is_tentative())
    }
}

/// The caller's side of the queue.
///
/// The channel of the standard library is a lock-free list: `send` neither waits nor fails on contention. The bounds
/// are two counters beside it, which also cover what the pipeline thread holds until it is delivered.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    sender: Sender<Item>,
    pub(crate) gauge: Arc<Gauge>,
    stats: Arc<Stats>,
    max_spans: usize,
    max_bytes: usize,
    /// Beyond this, long values are cut.
    content_bytes: usize,
    /// The worker is woken when a batch is full, and at the first span after a rest, not at every span.
    batch: usize,
    /// Open spans are noted on disk.
    durable: bool,
}

/// What is on its way: queued, mapped, encoded or waiting for a retry.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    /// Items in the channel.
    waiting: AtomicUsize,
    spans: AtomicUsize,
    bytes: AtomicUsize,
    /// Of the spans, those whose trace may yet be left out: they are not counted as recorded.
    undecided: AtomicUsize,
    closed: AtomicBool,
    /// A span was refused, and the worker was woken to tell of it.
    refused: AtomicBool,
    /// The worker looks into the channel by itself: nobody has to pay for waking it.
    watched: AtomicBool,
    pub(crate) wake: Notify,
}

impl Queue {
    pub(crate) fn new(config: &Config, stats: Arc<Stats>) -> (Self, Receiver<Item>) {
        let (sender, receiver) = mpsc::channel();
        let queue = Self {
            sender,
            gauge: Arc::default(),
            stats,
            max_spans: config.max_queue_size,
            max_bytes: config.max_queue_bytes,
            content_bytes: config.content_bytes(),
            batch: config.max_export_batch_size.max(1),
            durable: config.spool.as_ref().is_some_and(|spool| spool.durable),
        };
        (queue, receiver)
    }

    /// Takes what happened to a span of OpenTelemetry. A span is counted and bounded as any other; what is lost of the
    /// rest makes the tree flatter and nothing worse.
    pub(crate) fn hand_over(&self, foreign: Foreign) {
        let mut span = match foreign {
            Foreign::Span(span) => span,
            note => {
                self.note(Item::Note(Box::new(note)));
                return;
            }
        };
        let (ended, mut bytes) = (Ended::of(&span), otel::span::bytes(&span));
        if self.is_short_of(bytes, 0) {
            self.stats.shed_waiting(shorten::span(&mut span));
            bytes = otel::span::bytes(&span);
        }
        self.stats.record(1);
        if let Err(reason) = self.try_accept(Item::Foreign(span, bytes), bytes, 0) {
            self.stats.drop_spans(reason, 1);
            self.gauge.refuse();
            self.note(Item::Note(Box::new(Foreign::Ended(ended))));
        }
    }

    /// Hands over what is no span; false where there is no room for it, or nobody to take it.
    fn note(&self, note: Item) -> bool {
        let gauge = &self.gauge;
        !gauge.closed.load(Ordering::Acquire) && gauge.waiting() < self.max_spans && self.send(note).is_ok()
    }

    /// With so many more bytes there would be no room for long values.
    fn is_short_of(&self, bytes: usize, open: usize) -> bool {
        let held = self.gauge.bytes().saturating_add(open);
        held.saturating_add(bytes) > self.content_bytes
    }

    #[inline]
    fn try_accept(&self, item: Item, bytes: usize, open: usize) -> Result<(), DropReason> {
        let gauge = &self.gauge;
        // Counted first, then asked whether it is closed, in one order for all threads: whoever closes either is
        // seen here, or sees that a span is about to come.
        let before = gauge.spans.fetch_add(1, Ordering::SeqCst);
        let closed = gauge.closed.load(Ordering::SeqCst);
        if closed || before >= self.max_spans {
            gauge.release(1, 0);
            return Err(if closed {
                DropReason::AfterShutdown
            } else {
                DropReason::QueueSpans
            });
        }
        let held = gauge.bytes.fetch_add(bytes, Ordering::AcqRel).saturating_add(open);
        if held.saturating_add(bytes) > self.max_bytes {
            gauge.release(1, bytes);
            return Err(DropReason::QueueBytes);
        }
        let tentative = item.is_tentative();
        if tentative {
            gauge.doubt(1);
        }
        self.send(item).inspect_err(|_| {
            gauge.decided(usize::from(tentative));
            gauge.release(1, bytes);
        })
    }

    #[inline]
    fn send(&self, item: Item) -> Result<(), DropReason> {
        let gauge = &self.gauge;
        // Counted first, then asked whether the worker rests; the worker rests first, then asks what waits. In one order
        // for all threads, so that one of the two sees the other.
        let waiting = gauge.waiting.fetch_add(1, Ordering::SeqCst) + 1;
        if self.sender.send(item).is_err() {
            gauge.waiting.fetch_sub(1, Ordering::AcqRel);
            return Err(DropReason::AfterShutdown);
        }
        if waiting == self.batch || waiting == 1 && !gauge.watched.load(Ordering::SeqCst) {
            gauge.wake.notify_one();
        }
        Ok(())
    }
}

impl SpanSink for Queue {
    fn accept(&self, mut span: Box<TracedSpan>, open: usize) {
        // The text goes before the span does.
        if self.is_short_of(span.bytes, open) {
            span.shorten();
        }
        // What becomes of a tentative trace is decided on the other side, which then counts its spans.
        let counts = !span.lineage.trace.is_tentative();
        let (bytes, id) = (span.bytes, span.lineage.span_id);
        let accepted = self.try_accept(Item::Recorded(span), bytes, open);
        if counts || accepted.is_err() {
            self.stats.record(1);
        }
        if let Err(reason) = accepted {
            self.stats.drop_spans(reason, 1);
            self.gauge.refuse();
            if self.durable {
                self.note(Item::Gone(id));
            }
        }
    }

    fn note_open(&self, span: Box<TracedSpan>) {
        let (gauge, bytes) = (&self.gauge, span.bytes);
        // A note for which there is no room is no loss: the span itself will be told of when it ends.
        if gauge.bytes().saturating_add(bytes) <= self.max_bytes {
            gauge.resize(0, bytes);
            if !self.note(Item::Opened(span)) {
                gauge.resize(bytes, 0);
            }
        }
    }

    fn take_note_back(&self, span: SpanId) {
        self.note(Item::Gone(span));
    }

    fn held_bytes(&self) -> usize {
        self.gauge.bytes()
    }
}

impl Gauge {
    pub(crate) fn spans(&self) -> usize {
        self.spans.load(Ordering::SeqCst)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Acquire)
    }

    pub(crate) fn undecided(&self) -> usize {
        self.undecided.load(Ordering::Acquire)
    }

    /// It is not known any more what becomes of these spans.
    pub(crate) fn doubt(&self, spans: usize) {
        self.undecided.fetch_add(spans, Ordering::AcqRel);
    }

    /// It is known now what becomes of these spans.
    pub(crate) fn decided(&self, spans: usize) {
        self.undecided.fetch_sub(spans, Ordering::AcqRel);
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// The worker looks into the channel by itself from now on.
    pub(crate) fn watch(&self) {
        self.watched.store(true, Ordering::SeqCst);
    }

    #[cfg(test)]
    pub(crate) fn is_watched(&self) -> bool {
        self.watched.load(Ordering::SeqCst)
    }

    /// The worker wants to be woken from now on; false if something waits already.
    pub(crate) fn rest(&self) -> bool {
        self.watched.store(false, Ordering::SeqCst);
        self.waiting.load(Ordering::SeqCst) == 0
    }

    /// A span left the channel for the pipeline thread's hands.
    pub(crate) fn taken(&self) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }

    /// What is held changed its size: a record became a mapped span, or was encoded.
    pub(crate) fn resize(&self, from: usize, to: usize) {
        if to >= from {
            self.bytes.fetch_add(to - from, Ordering::AcqRel);
        } else {
            self.bytes.fetch_sub(from - to, Ordering::AcqRel);
        }
    }

    /// Spans came into being on the pipeline thread.
    pub(crate) fn admit(&self, spans: usize) {
        self.spans.fetch_add(spans, Ordering::AcqRel);
    }

    /// Spans were delivered or dropped.
    pub(crate) fn release(&self, spans: usize, bytes: usize) {
        self.spans.fetch_sub(spans, Ordering::AcqRel);
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// Wakes the worker, so that it tells of what was refused; not again until it told.
    fn refuse(&self) {
        if !self.refused.swap(true, Ordering::AcqRel) {
            self.wake.notify_one();
        }
    }

    /// The worker told of what was refused, and looks again before it sleeps.
    pub(crate) fn refusals_told(&self) {
        self.refused.swap(false, Ordering::AcqRel);
    }

    /// Nothing is accepted any more.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }
}
