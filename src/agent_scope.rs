//! [`AgentScope`]: an agent's span for as long as a value lives.

use std::future::Future;

use tracing::{Instrument as _, Span};

/// An agent's span that lives as long as this value: a field of the agent, or a guard. It ends when it is dropped.
///
/// What runs inside [`in_scope`](Self::in_scope) or [`instrument`](Self::instrument), or has [`span`](Self::span) for its
/// parent, stands below the agent and is attributed to it.
///
/// ```
/// use agentops::AgentScope;
///
/// struct CustomerService {
///     scope: AgentScope,
/// }
///
/// impl CustomerService {
///     fn new() -> Self {
///         Self { scope: AgentScope::new("customer_service") }
///     }
///
///     fn answer(&self, question: &str) -> String {
///         self.scope.in_scope(|| format!("{question} 42"))
///     }
/// }
///
/// let agent = CustomerService::new();
/// agent.answer("What is the answer?");
/// drop(agent); // the span ends here
/// ```
#[must_use = "the agent's span ends when the scope is dropped"]
#[derive(Debug)]
pub struct AgentScope {
    span: Span,
}

impl AgentScope {
    /// Begins the span of the agent of this name, below the span that is current.
    pub fn new(name: impl AsRef<str>) -> Self {
        let name = name.as_ref();
        let span = tracing::info_span!(target: "agentops", "agent", agentops.kind = "agent", agentops.name = name);
        Self { span }
    }

    /// The agent's span: a parent for others, and where [`AgentOpsSpanExt`](crate::AgentOpsSpanExt) says more.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Runs `work` inside the agent.
    pub fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        self.span.in_scope(work)
    }

    /// A future that is polled inside the agent. It keeps the span open as long as it lives.
    pub fn instrument<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        future.instrument(self.span.clone())
    }
}

impl Drop for AgentScope {
    fn drop(&mut self) {
        // A span ends where it was left last; this one ends here.
        #[cfg(feature = "export")]
        crate::span_ext::touch(&self.span);
    }
}
