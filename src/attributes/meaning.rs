//! [`Meaning`] and [`Row`]: what fields can say, and how a row of the table of spellings is written.

use crate::kind::EntityKind;

macro_rules! meanings {
    ($($name:ident),* $(,)?) => {
        /// What a field says, whatever it is called.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Meaning {
            $($name),*
        }

        impl Meaning {
            pub(super) const COUNT: usize = [$(Self::$name),*].len();
        }
    };
}

meanings! {
    Kind, Name, OtelName, OtelKind, Version, Tags, Spec, EndState, EndReason, StatusCode, StatusDescription,
    ErrorType, ErrorMessage, Failed, UserId, SessionId, ConversationId,
    Input, Output, Return, InputMessages, OutputMessages, Prompt, Completion, SystemInstructions,
    AgentName, AgentId, AgentRole, Tools,
    ToolName, ToolDescription, ToolCallId, ToolType, ToolArguments, ToolResult, ToolOutcome,
    Operation, RequestType, Provider, RequestModel, ResponseModel, Stream, FirstChunk, FirstChunkMillis, FirstChunkAt, FinishReasons,
    SystemFingerprint, Dimensions,
    InputTokens, OutputTokens, CacheRead, CacheCreation, Reasoning, TotalTokens,
    PromptCost, CompletionCost, TotalCost, UsageDetails, CostDetails,
    HttpMethod, HttpUrl, HttpStatus,
}

/// The kinds of span on which a row counts; on others its spellings are fields like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    Any,
    Llm,
    /// Calls of a model, and agents with the totals of their calls.
    Model,
    Agent,
    Tool,
    Guardrail,
    Http,
}

impl On {
    pub(super) fn includes(self, kind: EntityKind) -> bool {
        match self {
            Self::Any => true,
            Self::Llm => kind == EntityKind::Llm,
            Self::Model => matches!(kind, EntityKind::Llm | EntityKind::Agent),
            Self::Agent => kind == EntityKind::Agent,
            Self::Tool => kind == EntityKind::Tool,
            Self::Guardrail => kind == EntityKind::Guardrail,
            Self::Http => kind == EntityKind::Http,
        }
    }
}

/// How a value is read before it is emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Text,
    LowerCase,
    Count,
    Number,
    Flag,
    Usd,
}

/// One meaning.
pub(super) struct Row {
    pub(super) meaning: Meaning,
    pub(super) on: On,
    /// Spellings, best first.
    pub(super) accepted: &'static [&'static str],
    /// Spellings that say too little anywhere else: at callsites of known libraries only.
    pub(super) bare: &'static [&'static str],
    pub(super) read: Read,
    /// The names on a model call: AgentOps', then those of the GenAI conventions. Empty where a name is not all that
    /// changes.
    pub(super) emit: &'static [&'static str],
}

/// A row whose meaning is emitted by code.
pub(super) const fn row(meaning: Meaning, on: On, accepted: &'static [&'static str]) -> Row {
    Row {
        meaning,
        on,
        accepted,
        bare: &[],
        read: Read::Text,
        emit: &[],
    }
}

/// A row that renames.
pub(super) const fn renamed(
    meaning: Meaning,
    on: On,
    read: Read,
    accepted: &'static [&'static str],
    emit: &'static [&'static str],
) -> Row {
    Row {
        meaning,
        on,
        accepted,
        bare: &[],
        read,
        emit,
    }
}

impl Row {
    pub(super) const fn or_bare(mut self, bare: &'static [&'static str]) -> Self {
        self.bare = bare;
        self
    }
}
