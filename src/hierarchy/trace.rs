//! [`Trace`]: what all spans of one trace share.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
};

use super::{SpanId, TraceFacts, TraceId, facts::Told};

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

/// Whether the spans of a trace leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Verdict {
    /// Not known yet: they are recorded, and kept if one of them is an error.
    Open,
    Keep,
    LeaveOut,
}

/// One trace: an id, a root, and what its session was told.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) id: TraceId,
    /// The span at its root in this process.
    pub(crate) root: SpanId,
    pub(crate) kind: TraceRoot,
    /// Belongs to the part of all traces that is kept. Decided once, for the whole trace.
    pub(crate) sampled: bool,
    /// A [`Verdict`]: open only in a trace that is not sampled, of a handle that keeps errors.
    verdict: AtomicU8,
    /// Began with an open verdict.
    tentative: bool,
    /// The root has ended: what comes now no longer needs its tags.
    ended: AtomicBool,
    told: Mutex<Told>,
}

impl Trace {
    pub(crate) fn new(id: TraceId, root: SpanId, kind: TraceRoot, sampled: bool) -> Self {
        Self {
            id,
            root,
            kind,
            sampled,
            verdict: AtomicU8::new(if sampled { Verdict::Keep } else { Verdict::LeaveOut } as u8),
            tentative: false,
            ended: AtomicBool::new(false),
            told: Mutex::default(),
        }
    }

    /// Leaves it open whether a trace that is not sampled is kept.
    pub(crate) fn keeping_errors(mut self) -> Self {
        if !self.sampled {
            self.tentative = true;
            self.verdict = AtomicU8::new(Verdict::Open as u8);
        }
        self
    }

    /// Counts what its session is told towards a memory budget.
    pub(crate) fn within(mut self, budget: Option<Arc<AtomicUsize>>) -> Self {
        self.told = Mutex::new(Told::within(budget));
        self
    }

    /// The same trace, of which nothing is recorded.
    pub(crate) fn left_out(&self) -> Self {
        let trace = Self::new(self.id, self.root, self.kind, false).within(self.told().budget());
        trace.tell(|facts| facts.clone_from(&self.facts()));
        trace
    }

    /// Its spans are recorded, whatever becomes of them.
    pub(crate) fn is_recorded(&self) -> bool {
        self.sampled || self.tentative
    }

    /// Its spans were recorded before it was known whether they are kept.
    pub(crate) fn is_tentative(&self) -> bool {
        self.tentative
    }

    pub(crate) fn verdict(&self) -> Verdict {
        match self.verdict.load(Ordering::Acquire) {
            verdict if verdict == Verdict::Open as u8 => Verdict::Open,
            verdict if verdict == Verdict::Keep as u8 => Verdict::Keep,
            _ => Verdict::LeaveOut,
        }
    }

    /// Closes an open verdict.
    pub(crate) fn decide(&self, keep: bool) {
        let verdict = if keep { Verdict::Keep } else { Verdict::LeaveOut };
        self.verdict.store(verdict as u8, Ordering::Release);
    }

    /// What the session was told so far.
    pub(crate) fn facts(&self) -> Arc<TraceFacts> {
        Arc::clone(self.told().facts())
    }

    /// Changes what the session was told. `change` must not call back into `tracing`.
    pub(crate) fn tell(&self, change: impl FnOnce(&mut TraceFacts)) {
        self.told().change(change);
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the root as ended; false if it already was.
    pub(crate) fn end(&self) -> bool {
        let is_first = !self.ended.swap(true, Ordering::AcqRel);
        if is_first {
            self.told().release();
        }
        is_first
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}
