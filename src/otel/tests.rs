//! The buffer of the second door: its bounds, and the places that it gives.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use opentelemetry::{
    InstrumentationScope, KeyValue,
    trace::{SpanKind, Status},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use proptest::prelude::*;

use super::{
    foreign::{Ended, Foreign, Ids, Started},
    trace_buffer::{MOST_HELD, MOST_KNOWN, TraceBuffer},
};
use crate::{
    clock::Clock,
    config::Settings,
    hierarchy::{IdSource, Recorder, SpanId, SpanSink, TraceId, TracedSpan},
    propagation::span_context,
};

struct Nowhere;

impl SpanSink for Nowhere {
    fn note_open(&self, _span: Box<TracedSpan>) {}

    fn take_note_back(&self, _span: SpanId) {}

    fn held_bytes(&self) -> usize {
        0
    }

    fn accept(&self, _: Box<TracedSpan>, _: usize) {}
}

fn buffer(now: Instant) -> TraceBuffer {
    let mut settings = Settings::new(Arc::new(|_: &str, _: &str| None));
    settings.has_exporter = true;
    let (config, _) = settings.resolve(&|_| None).unwrap();
    let recorder = Recorder::new(
        &config,
        IdSource::random(),
        Clock::System,
        Box::new(Nowhere),
        || None,
        None,
    );
    TraceBuffer::new(Arc::new(recorder), now)
}

fn ids(trace: u128, span: u64, parent: u64) -> Ids {
    Ids {
        trace: TraceId(trace),
        span: SpanId(span),
        parent: (parent != 0).then_some(SpanId(parent)),
        remote: false,
    }
}

/// The start of a span that does not concern us.
pub(crate) fn started(trace: u128, span: u64, parent: u64) -> Foreign {
    Foreign::Started(Box::new(Started {
        ids: ids(trace, span, parent),
        recorded: true,
        name: None,
        session: None,
        meant: None,
        said: None,
    }))
}

/// The end of one.
fn ended(trace: u128, span: u64, parent: u64) -> Foreign {
    Foreign::Ended(Ended {
        ids: ids(trace, span, parent),
        start: 0,
        end: 1,
        failed: false,
    })
}

/// A tool that ended.
pub(crate) fn tool(trace: u128, span: u64, parent: u64) -> Foreign {
    Foreign::Span(Box::new(SpanData {
        span_context: span_context(TraceId(trace), SpanId(span), true, false),
        parent_span_id: parent.into(),
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: "tool".into(),
        start_time: SystemTime::UNIX_EPOCH,
        end_time: SystemTime::UNIX_EPOCH + Duration::from_secs(1),
        attributes: vec![KeyValue::new("agentops.kind", "tool")],
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::default(),
    }))
}

#[test]
fn no_more_spans_are_known_than_the_bound_whatever_never_ends() {
    let now = Instant::now();
    let mut buffer = buffer(now);
    for span in 1..=3 * MOST_KNOWN as u64 {
        buffer.take(started(u128::from(span), span, 0), now);
        assert!(buffer.known() <= MOST_KNOWN, "{} known", buffer.known());
    }
    assert!(buffer.known() > 0);
}

#[test]
fn one_trace_with_too_many_spans_does_not_exceed_the_bounds_either() {
    let now = Instant::now();
    let mut buffer = buffer(now);
    buffer.take(started(1, 1, 0), now);
    let spans = 3 * MOST_KNOWN as u64;
    let mut released = 0;
    for span in 2..=spans {
        buffer.take(tool(1, span, 1), now);
        assert!(buffer.spans() <= MOST_HELD && buffer.known() <= MOST_KNOWN);
        released += buffer.released().spans.len();
    }
    buffer.release_all();
    released += buffer.released().spans.len();
    assert_eq!(released as u64, spans - 1, "none is lost");
    assert_eq!((buffer.spans(), buffer.bytes()), (0, 0));
}

#[test]
fn a_trace_that_is_over_is_forgotten_after_a_while() {
    let now = Instant::now();
    let mut buffer = buffer(now);
    buffer.take(started(1, 1, 0), now);
    buffer.take(ended(1, 1, 0), now);
    buffer.take(started(2, 1, 0), now + Duration::from_secs(10));
    assert_eq!(buffer.known(), 2, "a late child may come");
    buffer.take(started(2, 2, 1), now + Duration::from_secs(40));
    assert_eq!(buffer.known(), 2, "the one that is open stays");
}

#[test]
fn ids_that_lead_in_a_circle_hold_nobody() {
    let now = Instant::now();
    let mut buffer = buffer(now);
    for (span, parent) in [(1, 2), (2, 3), (3, 1), (4, 4)] {
        buffer.take(tool(1, span, parent), now);
    }
    buffer.release_all();
    assert_eq!(buffer.released().spans.len(), 4);
}

proptest! {
    /// Whatever the order of ends: each span leaves once, and its parent is one that leaves, too, or the session.
    #[test]
    fn every_span_leaves_once_and_hangs_on_one_that_leaves(
        parents in prop::collection::vec((0_usize..40, any::<bool>()), 1..40),
        order in prop::collection::vec(any::<prop::sample::Index>(), 80),
    ) {
        let now = Instant::now();
        let mut buffer = buffer(now);
        let end = |buffer: &mut TraceBuffer, (span, parent, ours)| {
            buffer.take(if ours { tool(1, span, parent) } else { ended(1, span, parent) }, now);
        };
        let mut waiting: Vec<(u64, u64, bool)> = parents
            .iter()
            .enumerate()
            .map(|(at, (parent, ours))| (at as u64 + 1, if *parent <= at { *parent as u64 } else { 0 }, *ours))
            .rev()
            .collect();
        let ours: Vec<u64> = waiting.iter().rev().filter(|(_, _, ours)| *ours).map(|(span, ..)| *span).collect();
        let (mut open, mut left) = (Vec::new(), Vec::new());
        for index in &order {
            if (open.is_empty() || index.index(2) == 0) && let Some(next) = waiting.pop() {
                buffer.take(started(1, next.0, next.1), now);
                open.push(next);
            } else if !open.is_empty() {
                end(&mut buffer, open.swap_remove(index.index(open.len())));
            }
            left.extend(buffer.released().spans);
        }
        // The rest ends without a start that was heard of.
        for span in open.into_iter().chain(waiting) {
            end(&mut buffer, span);
        }
        buffer.release_all();
        left.extend(buffer.released().spans);
        let mut ids: Vec<u64> = left.iter().map(|span| span.lineage.span_id.0).collect();
        ids.sort_unstable();
        prop_assert_eq!(&ids, &ours);
        for span in &left {
            let parent = span.lineage.parent.unwrap();
            prop_assert!(parent == span.lineage.trace.root || ours.contains(&parent.0));
        }
    }
}
