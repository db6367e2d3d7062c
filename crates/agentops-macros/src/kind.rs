//! [`Kind`]: which attribute it is.

/// Which attribute it is: the value of `agentops.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Session,
    Agent,
    Workflow,
    Task,
    Operation,
    Tool,
    Guardrail,
    Chain,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Session,
        Self::Agent,
        Self::Workflow,
        Self::Task,
        Self::Operation,
        Self::Tool,
        Self::Guardrail,
        Self::Chain,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Agent => "agent",
            Self::Workflow => "workflow",
            Self::Task => "task",
            Self::Operation => "operation",
            Self::Tool => "tool",
            Self::Guardrail => "guardrail",
            Self::Chain => "chain",
        }
    }

    /// The kind of which `name` is the attribute.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}
