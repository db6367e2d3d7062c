//! [`AutoSession`]: the session that adopts every span that belongs to no other.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tracing::{
    Level, Metadata,
    callsite::{Callsite, Identifier},
    field::FieldSet,
    metadata::Kind,
    subscriber::Interest,
};

use super::{Lineage, Parent, Recorder, Trace, TraceRoot};
use crate::{
    clock::Start,
    config::EndState,
    kind::EntityKind,
    record::{Fields, KindSource, Origin, Say, SpanRecord},
    semconv::agentops::field,
};

/// Its ids and start are reserved at once; it is sent only if it adopted something.
#[derive(Debug)]
pub(crate) struct AutoSession {
    name: String,
    start: Start,
    trace: Arc<Trace>,
    adopted: AtomicBool,
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
            adopted: AtomicBool::new(false),
        }
    }

    /// Becomes the parent of a span without one, unless it ended.
    pub(crate) fn adopt(&self) -> Option<Parent> {
        if self.trace.has_ended() {
            return None;
        }
        self.adopted.store(true, Ordering::Relaxed);
        Some(Parent {
            lineage_span: self.trace.root,
            trace: Arc::clone(&self.trace),
            agent: None,
        })
    }

    /// Ends it, once; later spans are roots of their own.
    pub(crate) fn end(&self, recorder: &Recorder, state: &EndState) {
        if !self.trace.end() || !self.adopted.load(Ordering::Relaxed) {
            return;
        }
        let record = session_record(self.start, &self.name, state, recorder.value_cap);
        let lineage = Lineage {
            span_id: self.trace.root,
            parent: recorder.remote().map(|remote| remote.span.span_id),
            parent_is_remote: recorder.remote().is_some(),
            trace: Arc::clone(&self.trace),
            agent: None,
            links: Vec::new(),
        };
        recorder.opened(0);
        recorder.finish(record, lineage, recorder.clock.now(), 0);
    }
}

/// The record of a session that has no span in the registry.
pub(crate) fn session_record(start: Start, name: &str, state: &EndState, cap: usize) -> Box<SpanRecord> {
    let mut fields = Fields::with_capacity(4);
    fields.set(field::NAME, Say::Text(name, Origin::Str), cap);
    fields.set(field::END_STATE, Say::Text(state.as_str(), Origin::Str), cap);
    let mut record = SpanRecord::new(session_callsite(), start, fields);
    record.kind = Some((EntityKind::Session, KindSource::AgentOps));
    Box::new(record)
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
