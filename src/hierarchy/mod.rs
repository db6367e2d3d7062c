//! [`Lineage`]: where a span stands in its run. Ids, the nearest recorded ancestor, the trace it belongs to,
//! the agent it works for, and links.

mod agent;
mod auto;
mod charge;
mod facts;
mod ids;
mod implicit;
mod open;
mod pool;
mod recorded;
mod recorder;
mod remote;
mod scope;
mod session_span;
#[cfg(test)]
mod tests;
mod trace;
mod traced;

pub(crate) use agent::AgentNode;
pub(crate) use auto::{AutoSession, open_session_record, session_callsite, session_record};
pub(crate) use charge::Charge;
pub(crate) use facts::TraceFacts;
pub(crate) use ids::{IdSource, SpanId, TraceId};
pub(crate) use implicit::adopt as adopt_implicitly;
pub(crate) use open::{HoldsOpen, LooseRecord, say_end};
pub(crate) use recorded::{EndedSpan, InstanceId, Parent, Recorded, Slot, agent_name, unquoted};
pub(crate) use recorder::{Recorder, SpanSink};
pub(crate) use remote::RemoteParent;
pub(crate) use scope::{ScopeGuard, innermost as innermost_scope};
pub(crate) use trace::{Trace, TraceRoot, Verdict};
pub(crate) use traced::TracedSpan;

use std::sync::Arc;

/// A span somewhere else that this span is related to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpanLink {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    /// The other span was started in another process.
    pub(crate) remote: bool,
}

impl SpanLink {
    /// Links of one span beyond this are not kept.
    pub(crate) const MOST: usize = 128;
}

/// Where a span stands in its run.
#[derive(Clone, Debug)]
pub(crate) struct Lineage {
    pub(crate) span_id: SpanId,
    pub(crate) parent: Option<SpanId>,
    /// The parent is in another process.
    pub(crate) parent_is_remote: bool,
    /// The trace, with what its session was told; the trace id is its.
    pub(crate) trace: Arc<Trace>,
    /// The nearest agent above.
    pub(crate) agent: Option<Arc<AgentNode>>,
    pub(crate) links: Vec<SpanLink>,
}

impl Lineage {
    /// The root of its trace in this process.
    pub(crate) fn is_root(&self) -> bool {
        self.span_id == self.trace.root
    }

    /// A direct child of the trace's session.
    pub(crate) fn is_child_of_session(&self) -> bool {
        self.trace.kind != TraceRoot::Bare && self.parent == Some(self.trace.root)
    }
}
