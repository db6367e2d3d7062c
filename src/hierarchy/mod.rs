//! [`Lineage`]: where a span stands in its run. Ids, the nearest recorded ancestor, the trace it belongs to,
//! the agent it works for, and links.

#[cfg(feature = "export")]
mod agent;
mod ids;
#[cfg(feature = "export")]
mod trace;

#[cfg(feature = "export")]
pub(crate) use agent::AgentNode;
#[cfg(feature = "export")]
pub(crate) use ids::IdSource;
pub(crate) use ids::{SpanId, TraceId};
#[cfg(feature = "export")]
pub(crate) use trace::{Trace, TraceFacts, TraceRoot};

use std::sync::Arc;

/// A span somewhere else that this span is related to.
#[cfg(feature = "export")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpanLink {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    /// The other span was started in another process.
    pub(crate) remote: bool,
}

/// Where a span stands in its run.
#[cfg(feature = "export")]
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

#[cfg(feature = "export")]
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
