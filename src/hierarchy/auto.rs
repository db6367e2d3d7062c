//! [`AutoSession`]: the session that adopts every span that belongs to no other.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use tracing::{Metadata, subscriber::NoSubscriber};

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
        let (_, trace) = recorder.new_trace(TraceRoot::Auto);
        Self {
            name: name.to_owned(),
            start: recorder.clock.start(),
            trace,
            adopted: AtomicBool::new(false),
        }
    }

    pub(crate) fn trace(&self) -> &Arc<Trace> {
        &self.trace
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
        if !self.trace.sampled {
            recorder.skipped();
            return;
        }
        let record = session_record(self.start, &self.name, state, recorder.value_cap);
        let lineage = Lineage {
            span_id: self.trace.root,
            parent: None,
            parent_is_remote: false,
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

/// A callsite for sessions that have no span.
pub(crate) fn session_callsite() -> &'static Metadata<'static> {
    static CALLSITE: OnceLock<&'static Metadata<'static>> = OnceLock::new();
    CALLSITE.get_or_init(|| {
        // No subscriber sees this span; it is made for its callsite, which a disabled span still tells.
        let span = tracing::subscriber::with_default(
            NoSubscriber::default(),
            || tracing::info_span!(target: "agentops", "session", agentops.kind = "session"),
        );
        span.metadata()
            .unwrap_or_else(|| unreachable!("spans made by the macro know their callsite"))
    })
}
