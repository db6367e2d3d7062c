//! What a handle hands over when a span changes its trace, and what it keeps of one that is left out.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::{
    IdSource, InstanceId, Recorder, Slot, SpanId, SpanLink, SpanSink, TraceId, TraceRoot, TracedSpan, session_callsite,
};
use crate::{
    clock::Clock,
    config::{Secret, Settings},
};

/// Notes of open spans that stand on disk.
#[derive(Clone, Default)]
struct Notes(Arc<AtomicU64>);

impl SpanSink for Notes {
    fn accept(&self, _: Box<TracedSpan>, _: usize) {}

    fn note_open(&self, _: Box<TracedSpan>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn take_note_back(&self, _: SpanId) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    fn held_bytes(&self) -> usize {
        0
    }
}

/// A handle that keeps the traces of low ids, and notes open spans.
fn recorder(notes: Notes) -> Arc<Recorder> {
    let mut settings = Settings::new(Arc::new(|_: &str, _: &str| None));
    settings.api_key = Some(Secret::new("k"));
    settings.sample_ratio = Some(0.5);
    settings.spool_dir = Some("spool".into());
    settings.durable_spool = Some(true);
    let (config, _) = settings.resolve(&|_| None).unwrap();
    let ids = IdSource::Counting(AtomicU64::new(0));
    Arc::new(Recorder::new(
        &config,
        ids,
        Clock::System,
        Box::new(notes),
        || None,
        None,
    ))
}

/// A root that begins.
fn root(recorder: &Arc<Recorder>) -> Slot {
    let mut span = recorder.pool.take(session_callsite(), Clock::System.start());
    span.lineage = recorder.root_lineage(TraceRoot::Explicit, None);
    Slot::new(recorder, InstanceId::next(), span)
}

fn remote(trace: u128) -> SpanLink {
    SpanLink {
        trace_id: TraceId(trace),
        span_id: SpanId(7),
        remote: true,
    }
}

const LEFT_OUT: u128 = u64::MAX as u128;

#[test]
fn a_span_that_continues_a_trace_that_is_left_out_is_not_reported_by_the_next_process() {
    let notes = Notes::default();
    let recorder = recorder(notes.clone());
    let mut slot = root(&recorder);
    assert_eq!(notes.0.load(Ordering::Relaxed), 1);
    slot.continue_trace(remote(LEFT_OUT));
    assert_eq!(notes.0.load(Ordering::Relaxed), 0);
    slot.close();
    assert_eq!(recorder.counts.sampled_out.load(Ordering::Relaxed), 1);
}

#[test]
fn what_is_said_about_a_span_that_is_left_out_is_given_back_at_once() {
    let recorder = recorder(Notes::default());
    let mut above = root(&recorder);
    above.continue_trace(remote(LEFT_OUT));
    let mut span = recorder.pool.take(session_callsite(), Clock::System.start());
    let place: *const TracedSpan = &raw const *span;
    span.lineage = recorder.child_lineage(above.as_parent());
    let (id, open) = (span.lineage.span_id, recorder.open_bytes());
    let slot = Slot::new(&recorder, InstanceId::next(), span);
    assert!(slot.record().is_none() && slot.lineage().span_id == id);
    assert_eq!(recorder.open_bytes(), open);
    let next = recorder.pool.take(session_callsite(), Clock::System.start());
    assert!(std::ptr::eq(place, &raw const *next), "it is filled again already");
}
