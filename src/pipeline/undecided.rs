//! [`Undecided`]: spans of traces that are not sampled, and kept all the same if one of them is an error.
//!
//! A trace is decided once: kept at its first error, left out when its root has ended without one, or when there is
//! no room to wait for that. What ends later follows the verdict, which stands on the trace itself.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::{
    config::Config,
    hierarchy::{SpanId, Trace, TraceId, TracedSpan, Verdict},
};

/// Traces that wait.
const MAX_TRACES: usize = 1_000;
/// Spans of one of them.
const MAX_SPANS: usize = 4_096;

/// Spans of which it is not known yet whether they leave.
pub(super) struct Undecided {
    traces: BTreeMap<u64, Waiting>,
    /// Several requests of one remote trace are several traces here, each with a root of its own.
    by_root: HashMap<(TraceId, SpanId), u64>,
    next: u64,
    spans: usize,
    bytes: usize,
    max_spans: usize,
    max_bytes: usize,
}

struct Waiting {
    trace: Arc<Trace>,
    spans: Vec<Box<TracedSpan>>,
    bytes: usize,
}

/// Spans of which it is known now.
pub(super) struct Decided {
    pub(super) spans: Vec<Box<TracedSpan>>,
    pub(super) keep: bool,
}

impl Undecided {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            traces: BTreeMap::new(),
            by_root: HashMap::new(),
            next: 0,
            spans: 0,
            bytes: 0,
            // The other half is for the spans that leave.
            max_spans: config.max_queue_size / 2,
            max_bytes: config.max_queue_bytes / 2,
        }
    }

    /// Spans that wait.
    pub(super) fn spans(&self) -> usize {
        self.spans
    }

    /// Bytes that they hold.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a span; gives what is decided by it.
    pub(super) fn take(&mut self, span: Box<TracedSpan>, is_error: bool) -> Vec<Decided> {
        let trace = Arc::clone(&span.lineage.trace);
        let ends = span.lineage.is_root();
        match trace.verdict() {
            Verdict::Open => {}
            verdict => {
                let (spans, keep) = (vec![span], verdict == Verdict::Keep);
                return vec![Decided { spans, keep }];
            }
        }
        let number = self.add(span);
        let too_long = self
            .traces
            .get(&number)
            .is_some_and(|waiting| waiting.spans.len() > MAX_SPANS);
        let mut decided = Vec::new();
        if is_error || ends || too_long {
            decided.extend(self.decide(number, is_error));
        }
        while self.traces.len() > MAX_TRACES || self.spans > self.max_spans || self.bytes > self.max_bytes {
            let Some(oldest) = self.traces.keys().next().copied() else {
                break;
            };
            decided.extend(self.decide(oldest, false));
        }
        decided
    }

    /// Everything that still waits: nothing of it is an error.
    pub(super) fn rest(&mut self) -> Vec<Decided> {
        let numbers: Vec<u64> = self.traces.keys().copied().collect();
        numbers
            .into_iter()
            .filter_map(|number| self.decide(number, false))
            .collect()
    }

    fn add(&mut self, span: Box<TracedSpan>) -> u64 {
        let trace = &span.lineage.trace;
        let number = *self.by_root.entry((trace.id, trace.root)).or_insert(self.next);
        if number == self.next {
            self.next += 1;
        }
        let waiting = self.traces.entry(number).or_insert_with(|| Waiting {
            trace: Arc::clone(trace),
            spans: Vec::new(),
            bytes: 0,
        });
        self.spans += 1;
        self.bytes += span.bytes;
        waiting.bytes += span.bytes;
        waiting.spans.push(span);
        number
    }

    fn decide(&mut self, number: u64, keep: bool) -> Option<Decided> {
        let Waiting { trace, spans, bytes } = self.traces.remove(&number)?;
        self.by_root.remove(&(trace.id, trace.root));
        self.spans -= spans.len();
        self.bytes -= bytes;
        trace.decide(keep);
        Some(Decided { spans, keep })
    }
}
