//! [`EntityKind`]: what a span stands for in an agent's run, and its names on the wire.

use std::{fmt, str::FromStr};

/// What a span stands for in an agent's run.
///
/// The wire strings are those of AgentOps' `SpanKind` (`agentops.span.kind`), which are also the suffixes
/// of exported span names by which its dashboard classifies spans. The name leaves `SpanKind` to
/// OpenTelemetry (client, server, ...), with which it appears side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntityKind {
    /// One run from start to end: always the root of its own trace.
    Session,
    /// Something that decides: has a name, calls models and tools.
    Agent,
    /// Several steps towards one result.
    Workflow,
    /// A unit of work (what the Python SDK's `@operation` sends, too).
    Task,
    /// A function worth seeing.
    Operation,
    /// A call of a model.
    Llm,
    /// A call of a tool.
    Tool,
    /// A check of an input or an output.
    Guardrail,
    /// A chain of calls (`LangChain`'s word).
    Chain,
    /// An HTTP exchange.
    Http,
    /// A kind that this version does not know; exported as `unknown`.
    Unknown,
}

impl EntityKind {
    /// The wire string: the value of `agentops.span.kind` and the suffix of the exported name.
    ///
    /// ```
    /// assert_eq!(agentops::EntityKind::Tool.as_str(), "tool");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Agent => "agent",
            Self::Workflow => "workflow",
            Self::Task => "task",
            Self::Operation => "operation",
            Self::Llm => "llm",
            Self::Tool => "tool",
            Self::Guardrail => "guardrail",
            Self::Chain => "chain",
            Self::Http => "http",
            Self::Unknown => "unknown",
        }
    }

    /// All kinds that a program can ask for.
    pub(crate) const ALL: [Self; 10] = [
        Self::Session,
        Self::Agent,
        Self::Workflow,
        Self::Task,
        Self::Operation,
        Self::Llm,
        Self::Tool,
        Self::Guardrail,
        Self::Chain,
        Self::Http,
    ];
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EntityKind {
    type Err = UnknownKind;

    /// Parses a kind in any case; surrounding white space is ignored.
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        // Nearly always it is written as we write it.
        let same = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        same.or_else(|| {
            let text = text.trim();
            Self::ALL
                .into_iter()
                .find(|kind| kind.as_str().eq_ignore_ascii_case(text))
        })
        .ok_or(UnknownKind(()))
    }
}

/// The text is none of the kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKind(());

impl fmt::Display for UnknownKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a kind; one of session, agent, workflow, task, operation, llm, tool, guardrail, chain, http")
    }
}

impl std::error::Error for UnknownKind {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_reads_back_from_its_wire_string_in_any_case() {
        for kind in EntityKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(format!(" {} ", kind.as_str().to_uppercase()).parse(), Ok(kind));
        }
        assert!("agents".parse::<EntityKind>().is_err());
        assert!("unknown".parse::<EntityKind>().is_err());
    }
}
