//! [`AutoSession`]: the session that adopts every span that belongs to no other.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tracing::{
    Level, Metadata,
    callsite::{Callsite, Identifier},
    field::FieldSet,
    metadata::Kind,
    subscriber::Interest,
};

use super::{Lineage, Parent, Recorder, SpanId, Trace, TraceRoot, TracedSpan, say_end};
use crate::{
    clock::Start,
    config::EndState,
    kind::EntityKind,
    record::{KindSource, Origin, Say, SpanRecord},
    semconv::agentops::field,
};

/// Its ids and start are reserved at once; it is sent only if it adopted something.
#[derive(Debug)]
pub(crate) struct AutoSession {
    name: String,
    start: Start,
    trace: Arc<Trace>,
    /// The span of another process that started this one.
    parent: Option<SpanId>,
    /// Spans that hung on it when they began, and were not given another parent.
    adopted: AtomicUsize,
}

impl AutoSession {
    pub(crate) fn reserve(recorder: &Recorder, name: &str) -> Self {
        let (root, mut trace) = recorder.new_trace(TraceRoot::Auto);
        if let Some(remote) = recorder.remote() {
            trace = recorder.told_trace(remote.span.trace_id, root, TraceRoot::Auto);
            trace.tell(|facts| remote.tell(facts));
        }
        Self {
            name: name.to_owned(),
            start: recorder.clock.start(),
            trace,
            parent: recorder.remote().map(|remote| remote.span.span_id),
            adopted: AtomicUsize::new(0),
        }
    }

    /// Becomes the parent of a span without one, unless it ended.
    pub(crate) fn adopt(&self, recorder: &Recorder) -> Option<Parent> {
        if self.trace.has_ended() {
            return None;
        }
        if self.adopted.fetch_add(1, Ordering::Relaxed) == 0 && recorder.notes_open() {
            let record = session_record(self.start, &self.name, &EndState::Indeterminate, recorder.value_cap);
            recorder.note_open(&record, &self.lineage());
        }
        Some(Parent {
            lineage_span: self.trace.root,
            trace: Arc::clone(&self.trace),
            agent: None,
        })
    }

    /// A span that it adopted continues another trace instead.
    pub(super) fn release(&self, recorder: &Recorder) {
        if self.adopted.fetch_sub(1, Ordering::Relaxed) == 1 {
            recorder.take_note_back(self.trace.root);
        }
    }

    /// Ends it, once; later spans are roots of their own.
    pub(crate) fn end(&self, recorder: &Recorder, state: &EndState) {
        if !self.trace.end() || self.adopted.load(Ordering::Relaxed) == 0 {
            return;
        }
        let record = session_record(self.start, &self.name, state, recorder.value_cap);
        recorder.opened(0);
        let span = TracedSpan::new(record, self.lineage());
        recorder.finish(Box::new(span), recorder.clock.now());
    }

    fn lineage(&self) -> Lineage {
        Lineage {
            span_id: self.trace.root,
            parent: self.parent,
            parent_is_remote: self.parent.is_some(),
            trace: Arc::clone(&self.trace),
            agent: None,
            links: Vec::new(),
        }
    }
}

/// The record of a session that has no span in the registry, and ended.
pub(crate) fn session_record(start: Start, name: &str, state: &EndState, cap: usize) -> SpanRecord {
    let mut record = open_session_record(start, name, cap);
    say_end(&mut record, state, None, cap);
    record
}

/// As [`session_record`], of one that goes on.
pub(crate) fn open_session_record(start: Start, name: &str, cap: usize) -> SpanRecord {
    let mut record = SpanRecord::new(session_callsite(), start);
    record.fields.set(field::NAME, Say::Text(name, Origin::Str), cap);
    record.kind = Some((EntityKind::Session, KindSource::AgentOps));
    record
}

/// A callsite for sessions that have no span. It is never registered, so no subscriber ever sees it.
pub(crate) fn session_callsite() -> &'static Metadata<'static> {
    &SESSION
}

struct SessionCallsite;

impl Callsite for SessionCallsite {
    fn set_interest(&self, _interest: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &SESSION
    }
}

static CALLSITE: SessionCallsite = SessionCallsite;
static SESSION: Metadata<'static> = Metadata::new(
    "session",
    "agentops",
    Level::INFO,
    None,
    None,
    None,
    FieldSet::new(&[], Identifier(&CALLSITE)),
    Kind::SPAN,
);
