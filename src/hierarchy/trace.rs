//! [`Trace`]: what all spans of one trace share.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use super::{SpanId, TraceId};
use crate::semconv::wire::WireValue;

/// What stands at the root of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TraceRoot {
    /// A session that the program opened.
    Explicit,
    /// The session that adopts what belongs to none.
    Auto,
    /// A session made for spans below one unrelated outermost span, such as a server's request.
    Implicit,
    /// No session: a span of its own.
    Bare,
}

/// What a session was told, and every span of its trace repeats or inherits.
#[derive(Clone, Debug, Default)]
pub(crate) struct TraceFacts {
    /// The session's list tags, without the handle's default ones.
    pub(crate) tags: Vec<String>,
    /// The list tags that the session's span says itself.
    pub(crate) span_tags: Vec<String>,
    /// The session's dict tags.
    pub(crate) dict_tags: Vec<(String, String)>,
    pub(crate) user_id: Option<String>,
    pub(crate) session_id: Option<String>,
    pub(crate) metadata: Vec<(String, WireValue)>,
}

/// One trace: an id, a root, and what its session was told.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) id: TraceId,
    /// The span at its root in this process.
    pub(crate) root: SpanId,
    pub(crate) kind: TraceRoot,
    /// Decided once, for the whole trace.
    pub(crate) sampled: bool,
    /// The root has ended: what comes now no longer needs its tags.
    ended: AtomicBool,
    facts: Mutex<TraceFacts>,
}

impl Trace {
    pub(crate) fn new(id: TraceId, root: SpanId, kind: TraceRoot, sampled: bool) -> Self {
        Self {
            id,
            root,
            kind,
            sampled,
            ended: AtomicBool::new(false),
            facts: Mutex::default(),
        }
    }

    /// A copy of what the session was told so far.
    pub(crate) fn facts(&self) -> TraceFacts {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what the session was told. `change` must not call back into `tracing`.
    pub(crate) fn tell(&self, change: impl FnOnce(&mut TraceFacts)) {
        change(&mut self.facts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Marks the root as ended; false if it already was.
    pub(crate) fn end(&self) -> bool {
        !self.ended.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}
