//! The table of spellings: what Rust libraries call things, and what both dialects call them.
//!
//! A library with names of its own is supported by adding its spellings to a row. The first accepted spelling that a
//! span has wins; `bare` ones (without a dot) count only at callsites of the table of known libraries, for anywhere
//! else `model` is just an argument.

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    kind::EntityKind,
    record::SpanRecord,
    semconv::{
        agentops::{self, field},
        gen_ai,
        wire::Class,
    },
};

macro_rules! meanings {
    ($($name:ident),* $(,)?) => {
        /// What a field says, whatever it is called.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Meaning { $($name),* }

        impl Meaning {
            pub(super) const COUNT: usize = [$(Self::$name),*].len();
        }
    };
}

meanings! {
    Kind, Name, OtelName, OtelKind, Version, Tags, Spec, EndState, EndReason, StatusCode, StatusDescription,
    ErrorType, ErrorMessage, UserId, SessionId,
    Input, Output, Return, InputMessages, OutputMessages, Prompt, Completion, SystemInstructions,
    AgentName, AgentId, AgentRole, AgentTools,
    ToolName, ToolDescription, ToolCallId, ToolType, ToolArguments, ToolResult, ToolOutcome,
    Operation, RequestType, Provider, RequestModel, ResponseModel, Stream, FirstChunk, FinishReasons,
    InputTokens, OutputTokens, CacheRead, CacheCreation, Reasoning, TotalTokens,
    PromptCost, CompletionCost, TotalCost,
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
    fn includes(self, kind: EntityKind) -> bool {
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
    on: On,
    /// Spellings, best first.
    accepted: &'static [&'static str],
    /// Spellings without a dot, at callsites of known libraries only.
    bare: &'static [&'static str],
    pub(super) read: Read,
    /// The names on a model call: AgentOps', then those of the GenAI conventions. Empty where a name is not all that
    /// changes.
    pub(super) emit: &'static [&'static str],
}

/// A row whose meaning is emitted by code.
const fn row(meaning: Meaning, on: On, accepted: &'static [&'static str]) -> Row {
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
const fn renamed(
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
    const fn or_bare(mut self, bare: &'static [&'static str]) -> Self {
        self.bare = bare;
        self
    }
}

/// The table. The order of its rows is the order of the attributes of a model call.
pub(super) static TABLE: &[Row] = &[
    row(Meaning::Kind, On::Any, &[field::KIND, agentops::SPAN_KIND]),
    row(Meaning::Name, On::Any, &[field::NAME]),
    row(Meaning::OtelName, On::Any, &[field::OTEL_NAME]),
    row(Meaning::OtelKind, On::Any, &[field::OTEL_KIND]),
    row(Meaning::Version, On::Any, &[field::VERSION]),
    row(Meaning::Tags, On::Any, &[field::TAGS]),
    row(Meaning::Spec, On::Guardrail, &[field::SPEC]),
    row(Meaning::EndState, On::Any, &[field::END_STATE]),
    row(Meaning::EndReason, On::Any, &[field::END_REASON]),
    row(Meaning::StatusCode, On::Any, &[field::OTEL_STATUS_CODE]),
    row(Meaning::StatusDescription, On::Any, &[field::OTEL_STATUS_DESCRIPTION]),
    row(
        Meaning::ErrorType,
        On::Any,
        &[agentops::ERROR_TYPE, "gen_ai.tool.error.type"],
    ),
    row(Meaning::ErrorMessage, On::Any, &[agentops::ERROR_MESSAGE]),
    row(
        Meaning::UserId,
        On::Any,
        &[agentops::USER_ID, "enduser.id", "langfuse.user.id", "session.user"],
    ),
    row(
        Meaning::SessionId,
        On::Any,
        &[
            agentops::SESSION_ID,
            "langfuse.session.id",
            "gcp.vertex.agent.session_id",
        ],
    ),
    // Contents
    row(Meaning::Input, On::Any, &[field::INPUT, agentops::ENTITY_INPUT]),
    row(Meaning::Output, On::Any, &[field::OUTPUT, agentops::ENTITY_OUTPUT]),
    row(Meaning::Return, On::Any, &[SpanRecord::RETURN]),
    row(Meaning::InputMessages, On::Any, &[gen_ai::INPUT_MESSAGES]),
    row(Meaning::OutputMessages, On::Any, &[gen_ai::OUTPUT_MESSAGES]),
    row(
        Meaning::Prompt,
        On::Any,
        &[
            gen_ai::PROMPT,
            "input.value",
            "langfuse.observation.input",
            "langfuse.input",
            "traceloop.entity.input",
        ],
    )
    .or_bare(&["input_json", "trace_input"]),
    row(
        Meaning::Completion,
        On::Any,
        &[
            gen_ai::COMPLETION,
            "output.value",
            "langfuse.observation.output",
            "langfuse.output",
            "traceloop.entity.output",
        ],
    )
    .or_bare(&["output_json", "trace_output"]),
    row(
        Meaning::SystemInstructions,
        On::Llm,
        &[
            gen_ai::SYSTEM_INSTRUCTIONS,
            "gen_ai.request.system_instruction",
            "gen_ai.request.instructions",
        ],
    ),
    // Agents and tools
    row(Meaning::AgentName, On::Any, &[agentops::AGENT_NAME, gen_ai::AGENT_NAME])
        .or_bare(&["agent_name", "actor_name"]),
    row(Meaning::AgentId, On::Agent, &[agentops::AGENT_ID, gen_ai::AGENT_ID]),
    row(Meaning::AgentRole, On::Agent, &[agentops::AGENT_ROLE]),
    row(
        Meaning::AgentTools,
        On::Agent,
        &["agent.tools", gen_ai::TOOL_DEFINITIONS],
    ),
    row(Meaning::ToolName, On::Tool, &[gen_ai::TOOL_NAME, agentops::TOOL_NAME]).or_bare(&["tool_name", "tool"]),
    row(
        Meaning::ToolDescription,
        On::Tool,
        &[gen_ai::TOOL_DESCRIPTION, agentops::TOOL_DESCRIPTION],
    ),
    row(
        Meaning::ToolCallId,
        On::Tool,
        &[gen_ai::TOOL_CALL_ID, agentops::TOOL_CALL_ID],
    )
    .or_bare(&["tool_call_id"]),
    row(
        Meaning::ToolType,
        On::Tool,
        &[gen_ai::TOOL_TYPE, agentops::TOOL_CALL_TYPE],
    ),
    row(
        Meaning::ToolArguments,
        On::Tool,
        &[gen_ai::TOOL_CALL_ARGUMENTS, agentops::TOOL_PARAMETERS, "tool.arguments"],
    ),
    row(
        Meaning::ToolResult,
        On::Tool,
        &[gen_ai::TOOL_CALL_RESULT, agentops::TOOL_RESULT],
    ),
    row(Meaning::ToolOutcome, On::Tool, &["gen_ai.tool.call.outcome"]),
    // Model calls
    row(Meaning::RequestType, On::Llm, &[gen_ai::REQUEST_TYPE]),
    row(Meaning::Operation, On::Any, &[gen_ai::OPERATION_NAME]),
    renamed(
        Meaning::Provider,
        On::Llm,
        Read::LowerCase,
        &[gen_ai::PROVIDER_NAME, gen_ai::SYSTEM, "llm.provider", "llm.system"],
        &[gen_ai::SYSTEM, gen_ai::PROVIDER_NAME],
    )
    .or_bare(&["provider"]),
    renamed(
        Meaning::RequestModel,
        On::Model,
        Read::Text,
        &[
            gen_ai::REQUEST_MODEL,
            "llm.model_name",
            "llm.request.model",
            "langfuse.observation.model.name",
            "langfuse.model",
            "model.name",
        ],
        &[gen_ai::REQUEST_MODEL],
    )
    .or_bare(&["model"]),
    renamed(
        Meaning::ResponseModel,
        On::Model,
        Read::Text,
        &[gen_ai::RESPONSE_MODEL, "llm.response.model"],
        &[gen_ai::RESPONSE_MODEL],
    ),
    renamed(
        Meaning::Stream,
        On::Llm,
        Read::Flag,
        &[
            gen_ai::REQUEST_STREAM,
            gen_ai::REQUEST_STREAMING,
            "gen_ai.is_streaming",
            "llm.is_streaming",
        ],
        &[gen_ai::REQUEST_STREAMING, gen_ai::REQUEST_STREAM],
    )
    .or_bare(&["stream"]),
    renamed(
        Meaning::FirstChunk,
        On::Llm,
        Read::Number,
        &[gen_ai::TIME_TO_FIRST_CHUNK, gen_ai::TIME_TO_FIRST_TOKEN],
        &[gen_ai::TIME_TO_FIRST_TOKEN, gen_ai::TIME_TO_FIRST_CHUNK],
    ),
    row(
        Meaning::FinishReasons,
        On::Llm,
        &[
            gen_ai::RESPONSE_FINISH_REASONS,
            gen_ai::RESPONSE_FINISH_REASON,
            "gen_ai.response.stop_reason",
        ],
    ),
    renamed(
        Meaning::InputTokens,
        On::Model,
        Read::Count,
        &[
            gen_ai::USAGE_INPUT_TOKENS,
            gen_ai::USAGE_PROMPT_TOKENS,
            "llm.token_count.prompt",
            "llm.usage.prompt_tokens",
            "codex.turn.token_usage.input_tokens",
        ],
        &[gen_ai::USAGE_PROMPT_TOKENS, gen_ai::USAGE_INPUT_TOKENS],
    )
    .or_bare(&["prompt_tokens", "input_tokens"]),
    renamed(
        Meaning::OutputTokens,
        On::Model,
        Read::Count,
        &[
            gen_ai::USAGE_OUTPUT_TOKENS,
            gen_ai::USAGE_COMPLETION_TOKENS,
            "llm.token_count.completion",
            "llm.usage.completion_tokens",
            "codex.turn.token_usage.output_tokens",
        ],
        &[gen_ai::USAGE_COMPLETION_TOKENS, gen_ai::USAGE_OUTPUT_TOKENS],
    )
    .or_bare(&["completion_tokens", "output_tokens"]),
    renamed(
        Meaning::CacheRead,
        On::Model,
        Read::Count,
        &[
            gen_ai::USAGE_CACHE_READ,
            gen_ai::USAGE_CACHE_READ_INPUT_TOKENS,
            "gen_ai.usage.cached_tokens",
            "gen_ai.usage.cache_read_tokens",
            "llm.token_count.prompt_details.cache_read",
            "codex.turn.token_usage.cached_input_tokens",
        ],
        &[gen_ai::USAGE_CACHE_READ_INPUT_TOKENS, gen_ai::USAGE_CACHE_READ],
    ),
    renamed(
        Meaning::CacheCreation,
        On::Model,
        Read::Count,
        &[
            gen_ai::USAGE_CACHE_CREATION,
            gen_ai::USAGE_CACHE_CREATION_INPUT_TOKENS,
            "gen_ai.usage.cache_write_input_tokens",
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation_tokens",
            "llm.token_count.prompt_details.cache_write",
        ],
        &[gen_ai::USAGE_CACHE_CREATION_INPUT_TOKENS, gen_ai::USAGE_CACHE_CREATION],
    ),
    renamed(
        Meaning::Reasoning,
        On::Model,
        Read::Count,
        &[
            gen_ai::USAGE_REASONING_OUTPUT,
            gen_ai::USAGE_REASONING_TOKENS,
            "gen_ai.usage.thinking_tokens",
            "llm.token_count.completion_details.reasoning",
            "codex.usage.reasoning_output_tokens",
            "codex.turn.token_usage.reasoning_output_tokens",
        ],
        &[gen_ai::USAGE_REASONING_TOKENS, gen_ai::USAGE_REASONING_OUTPUT],
    ),
    renamed(
        Meaning::TotalTokens,
        On::Model,
        Read::Count,
        &[
            gen_ai::USAGE_TOTAL_TOKENS,
            "llm.token_count.total",
            "llm.usage.total_tokens",
            "codex.usage.total_tokens",
            "codex.turn.token_usage.total_tokens",
        ],
        &[gen_ai::USAGE_TOTAL_TOKENS],
    )
    .or_bare(&["total_tokens"]),
    renamed(
        Meaning::PromptCost,
        On::Model,
        Read::Usd,
        &["gen_ai.usage.prompt_cost", "llm.cost.prompt"],
        &["gen_ai.usage.prompt_cost"],
    ),
    renamed(
        Meaning::CompletionCost,
        On::Model,
        Read::Usd,
        &["gen_ai.usage.completion_cost", "llm.cost.completion"],
        &["gen_ai.usage.completion_cost"],
    ),
    renamed(
        Meaning::TotalCost,
        On::Any,
        Read::Usd,
        &[
            field::COST,
            gen_ai::USAGE_TOTAL_COST,
            "gen_ai.usage.cost",
            "llm.cost.total",
        ],
        &[gen_ai::USAGE_TOTAL_COST],
    ),
    // HTTP
    row(Meaning::HttpMethod, On::Http, &["http.request.method", "http.method"]),
    row(Meaning::HttpUrl, On::Any, &["url.full", "http.url"]),
    row(
        Meaning::HttpStatus,
        On::Http,
        &["http.response.status_code", "http.status_code"],
    ),
];

/// A spelling's row and its rank there: lower is better.
struct Spelling {
    row: &'static Row,
    rank: u8,
    bare: bool,
}

static SPELLINGS: LazyLock<HashMap<&'static str, Spelling>> = LazyLock::new(|| {
    let mut spellings = HashMap::new();
    for row in TABLE {
        let dotted = row.accepted.iter().map(|key| (*key, false));
        let bare = row.bare.iter().map(|key| (*key, true));
        for (rank, (key, bare)) in (0_u8..).zip(dotted.chain(bare)) {
            spellings.insert(key, Spelling { row, rank, bare });
        }
    }
    spellings
});

/// What `key` means on a span of this kind, and how good a spelling it is. `known_library` admits the bare ones.
pub(super) fn meaning(key: &str, kind: EntityKind, known_library: bool) -> Option<(Meaning, u8)> {
    let spelling = SPELLINGS.get(key)?;
    (spelling.row.on.includes(kind) && (known_library || !spelling.bare))
        .then_some((spelling.row.meaning, spelling.rank))
}

/// What a field that is passed on under its own name tells. Only names can be judged here: a program that puts a
/// prompt into `app.note` says so to nobody.
pub(super) fn class_of(key: &str) -> Class {
    const MESSAGES: &[&str] = &[
        "args",
        "arguments",
        "body",
        "completion",
        "content",
        "definitions",
        "documents",
        "input",
        "instructions",
        "messages",
        "output",
        "parameters",
        "prompt",
        "records",
        "result",
        "system_instructions",
        "text",
    ];
    if matches!(
        key,
        agentops::ERROR_MESSAGE | agentops::EXCEPTION_MESSAGE | agentops::EXCEPTION_STACKTRACE | "error.stack"
    ) {
        return Class::Diagnostic;
    }
    let last = key.rsplit('.').find(|segment| !is_index(segment)).unwrap_or(key);
    if MESSAGES.contains(&last) {
        Class::Message
    } else {
        Class::Plain
    }
}

/// A segment of a key that is a place in a list.
pub(super) fn is_index(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}
