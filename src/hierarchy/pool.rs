//! [`SpanPool`]: spans that went through the pipeline and came back, to be filled again.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, TryLockError},
};

use super::{Lineage, SpanId, Trace, TraceId, TraceRoot, TracedSpan};
use crate::{
    clock::Start,
    record::{Callsite, Fields, SpanRecord},
};

/// Empty spans, and empty fields for their events: a megabyte at most.
///
/// A span is filled on a thread of the program and read on the pipeline thread. Memory that another thread gives back
/// than the one that asked for it is the dearest there is, for both.
#[derive(Debug)]
pub(crate) struct SpanPool {
    spans: Empty<TracedSpan>,
    fields: Empty<Fields>,
    /// What an empty span is part of.
    no_trace: Arc<Trace>,
}

impl SpanPool {
    /// A span keeps the room for so many.
    const FEW_EVENTS: usize = 4;

    pub(super) fn new() -> Self {
        let (id, root) = (TraceId(1), SpanId(1));
        Self {
            spans: Empty::default(),
            fields: Empty::default(),
            no_trace: Arc::new(Trace::new(id, root, TraceRoot::Bare, false)),
        }
    }

    /// A span of which nothing is known yet but where it was made and when it began.
    #[inline]
    pub(crate) fn take(&self, callsite: impl Into<Callsite>, start: Start) -> Box<TracedSpan> {
        if let Some(mut span) = self.spans.take() {
            span.record.callsite = callsite.into();
            span.record.start = start;
            span.end = start.at;
            return span;
        }
        // There is a box first: it is filled where it lies.
        Box::write(
            Box::new_uninit(),
            TracedSpan::new(SpanRecord::new(callsite, start), self.nowhere()),
        )
    }

    /// Fields for an event.
    #[inline]
    pub(crate) fn take_fields(&self) -> Box<Fields> {
        self.fields.take().unwrap_or_default()
    }

    /// Takes a span back that was read.
    pub(crate) fn give_back(&self, span: Box<TracedSpan>) {
        drop(self.give_back_but_lineage(span));
    }

    /// Takes a span back that nobody will read, and tells where it stands.
    pub(super) fn give_back_but_lineage(&self, mut span: Box<TracedSpan>) -> Lineage {
        let lineage = mem::replace(&mut span.lineage, self.nowhere());
        // A span of OpenTelemetry has a name of its own, and no program's thread fills it.
        if let Callsite::Tracing(callsite) = span.record.callsite {
            let mut events = mem::take(&mut span.record.events);
            for mut event in events.drain(..) {
                *event.fields = Fields::default();
                self.fields.keep(event.fields);
            }
            span.record = SpanRecord::new(callsite, span.record.start);
            if events.capacity() <= Self::FEW_EVENTS {
                span.record.events = events;
            }
            span.bytes = 0;
            self.spans.keep(span);
        }
        lineage
    }

    fn nowhere(&self) -> Lineage {
        Lineage {
            span_id: self.no_trace.root,
            parent: None,
            parent_is_remote: false,
            trace: Arc::clone(&self.no_trace),
            agent: None,
            links: Vec::new(),
        }
    }
}

/// Boxes with nothing in them.
#[derive(Debug)]
struct Empty<T>(Mutex<Vec<Box<T>>>);

impl<T> Default for Empty<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Empty<T> {
    /// As many as a busy program ends between two looks into the queue.
    const MOST: usize = 512;

    #[inline]
    fn take(&self) -> Option<Box<T>> {
        self.boxes()?.pop()
    }

    /// Keeps one more where there is room.
    fn keep(&self, one: Box<T>) {
        if let Some(mut boxes) = self.boxes()
            && boxes.len() < Self::MOST
        {
            boxes.push(one);
        }
    }

    /// Nobody waits: where another thread is at them, there are none.
    #[inline]
    fn boxes(&self) -> Option<MutexGuard<'_, Vec<Box<T>>>> {
        match self.0.try_lock() {
            Ok(boxes) => Some(boxes),
            Err(TryLockError::Poisoned(boxes)) => Some(boxes.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;
    use crate::{
        clock::Clock,
        hierarchy::{AgentNode, SpanLink, session_callsite},
        kind::EntityKind,
        record::{EventRecord, Exchange, Failure, KindSource, Origin, Say, Told},
    };

    /// A span with a bit of everything.
    fn told(pool: &SpanPool, trace: &Arc<Trace>) -> Box<TracedSpan> {
        let mut span = pool.take(session_callsite(), Clock::System.start());
        let at = Clock::System.now();
        let record = &mut span.record;
        let long = "x".repeat(1_000);
        record.fields.set("secret", Say::Text(&long, Origin::Str), long.len());
        record.kind = Some((EntityKind::Agent, KindSource::AgentOps));
        record.touch(at);
        (record.entered, record.entered_in_panic, record.open_at_shutdown) = (true, true, true);
        record.dropped_links = 1;
        record.fail(Failure {
            at,
            type_name: None,
            message: "failed".to_owned(),
            chain: None,
        });
        for _ in 0..=SpanRecord::MAX_EVENTS {
            let mut fields = pool.take_fields();
            fields.set("said", Say::Text(&long, Origin::Str), long.len());
            let event = EventRecord {
                at,
                name: "said".into(),
                level: Level::INFO,
                fields,
                error_chain: None,
            };
            record.add_event(event, true);
        }
        record.add_exchange(Arc::new(Exchange::default()));
        span.lineage = Lineage {
            span_id: SpanId(2),
            parent: Some(SpanId(1)),
            parent_is_remote: true,
            trace: Arc::clone(trace),
            agent: Some(Arc::new(AgentNode::new("forecaster"))),
            links: vec![SpanLink {
                trace_id: trace.id,
                span_id: SpanId(3),
                remote: false,
            }],
        };
        span.end(at);
        span
    }

    #[test]
    fn a_span_that_is_filled_again_knows_nothing_of_the_one_before() {
        let pool = SpanPool::new();
        let trace = Arc::new(Trace::new(TraceId(1), SpanId(1), TraceRoot::Explicit, true));
        let (start, new) = (Clock::System.start(), SpanPool::new());
        let first = told(&pool, &trace);
        let place: *const TracedSpan = &raw const *first;
        pool.give_back(first);
        assert_eq!(Arc::strong_count(&trace), 1, "nothing holds the trace any more");
        assert!(
            pool.take_fields().is_empty() && pool.fields.boxes().unwrap().len() > 1,
            "and its events gave theirs"
        );
        let again = pool.take(session_callsite(), start);
        assert!(std::ptr::eq(place, &raw const *again), "it is the same span");
        assert_eq!(
            format!("{again:?}"),
            format!("{:?}", new.take(session_callsite(), start))
        );
    }

    #[test]
    fn a_name_that_is_a_spans_own_goes_with_it() {
        let pool = SpanPool::new();
        let told = Told {
            name: "a name".into(),
            target: "a target".into(),
        };
        pool.give_back(pool.take(told, Clock::System.start()));
        assert!(!format!("{pool:?}").contains("a name"));
    }

    #[test]
    fn what_is_kept_is_bounded_and_no_more_than_a_megabyte() {
        const MOST: usize = Empty::<TracedSpan>::MOST;
        let pool = SpanPool::new();
        let spans: Vec<_> = (0..2 * MOST)
            .map(|_| pool.take(session_callsite(), Clock::System.start()))
            .collect();
        for span in spans {
            pool.give_back(span);
        }
        assert_eq!(pool.spans.boxes().unwrap().len(), MOST);
        let few = SpanPool::FEW_EVENTS * size_of::<EventRecord>();
        assert!(MOST * (size_of::<TracedSpan>() + few + size_of::<Fields>()) <= 1024 * 1024);
    }

    #[test]
    fn nobody_waits_for_a_span() {
        let pool = SpanPool::new();
        let span = pool.take(session_callsite(), Clock::System.start());
        let busy = pool.spans.0.lock().unwrap();
        // Neither of the two comes to an end where it waits.
        pool.give_back(span);
        let _made = pool.take(session_callsite(), Clock::System.start());
        drop(busy);
    }
}
