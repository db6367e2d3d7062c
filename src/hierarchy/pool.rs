//! [`SpanPool`]: spans that went through the pipeline and came back, to be filled again.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, TryLockError},
};

use super::{Lineage, SpanId, Trace, TraceId, TraceRoot, TracedSpan};
use crate::{
    clock::Start,
    record::{Callsite, SpanRecord},
};

/// Empty spans.
///
/// A span is filled on a thread of the program and read on the pipeline thread. Memory that another thread gives back
/// than the one that asked for it is the dearest there is, for both.
#[derive(Debug)]
pub(crate) struct SpanPool {
    empty: Mutex<Vec<Box<TracedSpan>>>,
    /// What an empty span is part of.
    no_trace: Arc<Trace>,
}

impl SpanPool {
    /// As many as a busy program ends between two looks into the queue: less than half a megabyte.
    const MOST: usize = 512;

    pub(super) fn new() -> Self {
        let (id, root) = (TraceId(1), SpanId(1));
        Self {
            empty: Mutex::default(),
            no_trace: Arc::new(Trace::new(id, root, TraceRoot::Bare, false)),
        }
    }

    /// A span of which nothing is known yet but where it was made and when it began.
    #[inline]
    pub(crate) fn take(&self, callsite: impl Into<Callsite>, start: Start) -> Box<TracedSpan> {
        if let Some(mut span) = self.empty().and_then(|mut empty| empty.pop()) {
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

    /// Takes a span back that was read.
    pub(crate) fn give_back(&self, span: Box<TracedSpan>) {
        drop(self.give_back_but_lineage(span));
    }

    /// Takes a span back that nobody will read, and tells where it stands.
    pub(super) fn give_back_but_lineage(&self, mut span: Box<TracedSpan>) -> Lineage {
        let lineage = mem::replace(&mut span.lineage, self.nowhere());
        // A span of OpenTelemetry has a name of its own, and no program's thread fills it.
        if let Callsite::Tracing(callsite) = span.record.callsite {
            span.record = SpanRecord::new(callsite, span.record.start);
            span.bytes = 0;
            if let Some(mut empty) = self.empty()
                && empty.len() < Self::MOST
            {
                empty.push(span);
            }
        }
        lineage
    }

    /// Nobody waits: where another thread is at them, there are none.
    #[inline]
    fn empty(&self) -> Option<MutexGuard<'_, Vec<Box<TracedSpan>>>> {
        match self.empty.try_lock() {
            Ok(empty) => Some(empty),
            Err(TryLockError::Poisoned(empty)) => Some(empty.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
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

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;
    use crate::{
        clock::Clock,
        hierarchy::{AgentNode, SpanLink, session_callsite},
        kind::EntityKind,
        record::{EventRecord, Exchange, Failure, Fields, KindSource, Origin, Say, Told},
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
            let event = EventRecord {
                at,
                name: "said".into(),
                level: Level::INFO,
                fields: Box::<Fields>::default(),
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
    fn what_is_kept_is_bounded() {
        let pool = SpanPool::new();
        let spans: Vec<_> = (0..2 * SpanPool::MOST)
            .map(|_| pool.take(session_callsite(), Clock::System.start()))
            .collect();
        for span in spans {
            pool.give_back(span);
        }
        assert_eq!(pool.empty().unwrap().len(), SpanPool::MOST);
        assert!(SpanPool::MOST * size_of::<TracedSpan>() < 512 * 1024);
    }

    #[test]
    fn nobody_waits_for_a_span() {
        let pool = SpanPool::new();
        let span = pool.take(session_callsite(), Clock::System.start());
        let busy = pool.empty.lock().unwrap();
        // Neither of the two comes to an end where it waits.
        pool.give_back(span);
        let _made = pool.take(session_callsite(), Clock::System.start());
        drop(busy);
    }
}
