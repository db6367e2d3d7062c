//! The table of spellings: what Rust libraries call things, and what both dialects call them.
//!
//! A library with names of its own is supported by adding its spellings to a row. The first accepted spelling that a
//! span has wins; bare ones (most of them without a dot) count only at callsites of the table of known libraries, for
//! anywhere else `model` is just an argument.

use std::{collections::HashMap, sync::LazyLock};

use super::meaning::{Meaning as M, On, Read, Row, renamed, row};
use crate::{
    kind::EntityKind,
    record::SpanRecord,
    semconv::{
        agentops::{self, field},
        gen_ai,
    },
};

/// The table. The order of its rows is the order of the attributes of a model call.
#[rustfmt::skip]
pub(super) static TABLE: &[Row] = &[
    row(M::Kind, On::Any, &[field::KIND, agentops::SPAN_KIND]),
    row(M::Name, On::Any, &[field::NAME]),
    row(M::OtelName, On::Any, &[field::OTEL_NAME, "traceloop.entity.name"]),
    row(M::OtelKind, On::Any, &[field::OTEL_KIND]),
    row(M::Version, On::Any, &[field::VERSION]),
    row(M::Tags, On::Any, &[field::TAGS, "langfuse.trace.tags", "tag.tags"]),
    row(M::Spec, On::Guardrail, &[field::SPEC]),
    row(M::EndState, On::Any, &[field::END_STATE]),
    row(M::EndReason, On::Any, &[field::END_REASON]),
    row(M::StatusCode, On::Any, &[field::OTEL_STATUS_CODE, "langfuse.observation.level"]),
    row(M::StatusDescription, On::Any, &[field::OTEL_STATUS_DESCRIPTION, "langfuse.observation.status_message"])
        .or_bare(&["status_message"]),
    row(M::ErrorType, On::Any, &[agentops::ERROR_TYPE, "gen_ai.tool.error.type"]),
    row(M::ErrorMessage, On::Any, &[agentops::ERROR_MESSAGE]),
    row(M::Failed, On::Any, &[]).or_bare(&["error"]),
    row(M::UserId, On::Any,
        &[agentops::USER_ID, "enduser.id", "langfuse.user.id", "session.user",
         "traceloop.association.properties.user_id", "adk.user_id"]),
    row(M::SessionId, On::Any,
        &[agentops::SESSION_ID, "langfuse.session.id", "gcp.vertex.agent.session_id",
         "traceloop.association.properties.session_id"]).or_bare(&["thread.id"]),
    row(M::ConversationId, On::Any, &[gen_ai::CONVERSATION_ID]),
    // Contents
    row(M::Input, On::Any, &[field::INPUT, agentops::ENTITY_INPUT]),
    row(M::Output, On::Any, &[field::OUTPUT, agentops::ENTITY_OUTPUT]),
    row(M::Return, On::Any, &[SpanRecord::RETURN]),
    row(M::InputMessages, On::Any, &[gen_ai::INPUT_MESSAGES]),
    row(M::OutputMessages, On::Any, &[gen_ai::OUTPUT_MESSAGES]),
    row(M::Prompt, On::Any,
        &[gen_ai::PROMPT, "input.value", "langfuse.observation.input", "langfuse.input", "langfuse.trace.input",
         "traceloop.entity.input", "gcp.vertex.agent.llm_request"]).or_bare(&["input_json", "trace_input",
         "task.description"]),
    row(M::Completion, On::Any,
        &[gen_ai::COMPLETION, "output.value", "langfuse.observation.output", "langfuse.output",
         "langfuse.trace.output", "traceloop.entity.output", "gcp.vertex.agent.llm_response"])
        .or_bare(&["output_json", "trace_output", "task.result"]),
    row(M::SystemInstructions, On::Llm,
        &[gen_ai::SYSTEM_INSTRUCTIONS, "gen_ai.request.system_instruction", "gen_ai.request.instructions"]),
    // Agents and tools
    row(M::AgentName, On::Any, &[agentops::AGENT_NAME, gen_ai::AGENT_NAME]).or_bare(&["agent_name", "actor_name"]),
    row(M::AgentId, On::Agent, &[agentops::AGENT_ID, gen_ai::AGENT_ID]),
    row(M::AgentRole, On::Agent, &[agentops::AGENT_ROLE]),
    row(M::Tools, On::Model, &[gen_ai::TOOL_DEFINITIONS, "agent.tools"]),
    row(M::ToolName, On::Tool, &[gen_ai::TOOL_NAME, agentops::TOOL_NAME]).or_bare(&["tool_name", "tool"]),
    row(M::ToolDescription, On::Tool, &[gen_ai::TOOL_DESCRIPTION, agentops::TOOL_DESCRIPTION]),
    row(M::ToolCallId, On::Tool, &[gen_ai::TOOL_CALL_ID, agentops::TOOL_CALL_ID]).or_bare(&["tool_call_id"]),
    row(M::ToolType, On::Tool, &[gen_ai::TOOL_TYPE, agentops::TOOL_CALL_TYPE]),
    row(M::ToolArguments, On::Tool, &[gen_ai::TOOL_CALL_ARGUMENTS, agentops::TOOL_PARAMETERS, "tool.arguments"]),
    row(M::ToolResult, On::Tool, &[gen_ai::TOOL_CALL_RESULT, agentops::TOOL_RESULT]),
    row(M::ToolOutcome, On::Tool, &["gen_ai.tool.call.outcome"]),
    // Model calls
    row(M::RequestType, On::Llm, &[gen_ai::REQUEST_TYPE, "llm.request.type"]),
    row(M::Operation, On::Any, &[gen_ai::OPERATION_NAME]),
    renamed(M::Provider, On::Llm, Read::LowerCase,
        &[gen_ai::PROVIDER_NAME, gen_ai::SYSTEM, "llm.provider", "llm.system"],
        &[gen_ai::SYSTEM, gen_ai::PROVIDER_NAME]).or_bare(&["provider"]),
    renamed(M::RequestModel, On::Model, Read::Text,
        &[gen_ai::REQUEST_MODEL, "llm.model_name", "llm.request.model", "langfuse.observation.model.name",
         "langfuse.model", "model.name", "embedding.model_name", "reranker.model_name"],
        &[gen_ai::REQUEST_MODEL]).or_bare(&["model"]),
    renamed(M::ResponseModel, On::Model, Read::Text,
        &[gen_ai::RESPONSE_MODEL, "llm.response.model"],
        &[gen_ai::RESPONSE_MODEL]),
    renamed(M::Stream, On::Llm, Read::Flag,
        &[gen_ai::REQUEST_STREAM, gen_ai::REQUEST_STREAMING, "gen_ai.is_streaming", "llm.is_streaming"],
        &[gen_ai::REQUEST_STREAMING, gen_ai::REQUEST_STREAM]).or_bare(&["stream"]),
    renamed(M::FirstChunk, On::Llm, Read::Number,
        &[gen_ai::TIME_TO_FIRST_CHUNK, gen_ai::TIME_TO_FIRST_TOKEN],
        &[gen_ai::TIME_TO_FIRST_TOKEN, gen_ai::TIME_TO_FIRST_CHUNK]),
    row(M::FirstChunkMillis, On::Llm, &["gen_ai.response.time_to_first_token_ms"]).or_bare(&["time_to_first_token_ms"]),
    row(M::FirstChunkAt, On::Llm, &["langfuse.observation.completion_start_time"]).or_bare(&["completion_start_time"]),
    row(M::FinishReasons, On::Llm,
        &[gen_ai::RESPONSE_FINISH_REASONS, gen_ai::RESPONSE_FINISH_REASON, "gen_ai.response.stop_reason",
         "llm.response.finish_reason", "llm.finish_reason"]),
    row(M::UsageDetails, On::Model,
        &["langfuse.observation.usage_details", "langfuse.observation.usage", "langfuse.usage"])
        .or_bare(&["usage_details_json"]),
    row(M::CostDetails, On::Model, &["langfuse.observation.cost_details"]).or_bare(&["cost_details_json"]),
    renamed(M::SystemFingerprint, On::Llm, Read::Text,
        &["openai.response.system_fingerprint", "gen_ai.openai.response.system_fingerprint",
         "gen_ai.openai.system_fingerprint"],
        &["gen_ai.openai.system_fingerprint", "openai.response.system_fingerprint"]),
    renamed(M::Dimensions, On::Llm, Read::Count,
        &["gen_ai.embeddings.dimension.count"],
        &["gen_ai.embeddings.dimension.count"]),
    renamed(M::InputTokens, On::Model, Read::Count,
        &[gen_ai::USAGE_INPUT_TOKENS, gen_ai::USAGE_PROMPT_TOKENS, "llm.token_count.prompt",
         "llm.usage.prompt_tokens", "usage.input_tokens", "usage.prompt_tokens",
         "codex.turn.token_usage.input_tokens"],
        &[gen_ai::USAGE_PROMPT_TOKENS, gen_ai::USAGE_INPUT_TOKENS]).or_bare(&["prompt_tokens", "input_tokens"]),
    renamed(M::OutputTokens, On::Model, Read::Count,
        &[gen_ai::USAGE_OUTPUT_TOKENS, gen_ai::USAGE_COMPLETION_TOKENS, "llm.token_count.completion",
         "llm.usage.completion_tokens", "usage.output_tokens", "usage.completion_tokens",
         "codex.turn.token_usage.output_tokens"],
        &[gen_ai::USAGE_COMPLETION_TOKENS, gen_ai::USAGE_OUTPUT_TOKENS]).or_bare(&["completion_tokens",
         "output_tokens"]),
    renamed(M::CacheRead, On::Model, Read::Count,
        &[gen_ai::USAGE_CACHE_READ, gen_ai::USAGE_CACHE_READ_INPUT_TOKENS, "gen_ai.usage.cached_tokens",
         "gen_ai.usage.cached_input_tokens", "gen_ai.usage.cache_read_tokens",
         "llm.token_count.prompt_details.cache_read", "codex.turn.token_usage.cached_input_tokens"],
        &[gen_ai::USAGE_CACHE_READ_INPUT_TOKENS, gen_ai::USAGE_CACHE_READ]).or_bare(&["cached_tokens",
         "cache_read_tokens", "cache_read_input_tokens"]),
    renamed(M::CacheCreation, On::Model, Read::Count,
        &[gen_ai::USAGE_CACHE_CREATION, gen_ai::USAGE_CACHE_CREATION_INPUT_TOKENS,
         "gen_ai.usage.cache_write_input_tokens", "gen_ai.usage.cache_write.input_tokens",
         "gen_ai.usage.cache_write_tokens", "gen_ai.usage.cache_creation_tokens",
         "llm.token_count.prompt_details.cache_write"],
        &[gen_ai::USAGE_CACHE_CREATION_INPUT_TOKENS, gen_ai::USAGE_CACHE_CREATION]).or_bare(&["cache_write_tokens",
         "cache_write_input_tokens", "cache_creation_tokens", "cache_creation_input_tokens"]),
    renamed(M::Reasoning, On::Model, Read::Count,
        &[gen_ai::USAGE_REASONING_OUTPUT, gen_ai::USAGE_REASONING_TOKENS, "gen_ai.usage.reasoning_output_tokens",
         "gen_ai.usage.thinking_tokens", "llm.usage.reasoning_tokens",
         "llm.token_count.completion_details.reasoning", "codex.usage.reasoning_output_tokens",
         "codex.turn.token_usage.reasoning_output_tokens"],
        &[gen_ai::USAGE_REASONING_TOKENS, gen_ai::USAGE_REASONING_OUTPUT]).or_bare(&["reasoning_tokens",
         "thinking_tokens"]),
    renamed(M::TotalTokens, On::Model, Read::Count,
        &[gen_ai::USAGE_TOTAL_TOKENS, "llm.token_count.total", "llm.usage.total_tokens", "usage.total_tokens",
         "codex.usage.total_tokens",
         "codex.turn.token_usage.total_tokens"],
        &[gen_ai::USAGE_TOTAL_TOKENS]).or_bare(&["total_tokens"]),
    renamed(M::PromptCost, On::Model, Read::Usd,
        &[gen_ai::USAGE_PROMPT_COST, "llm.cost.prompt"],
        &[gen_ai::USAGE_PROMPT_COST]),
    renamed(M::CompletionCost, On::Model, Read::Usd,
        &[gen_ai::USAGE_COMPLETION_COST, "llm.cost.completion"],
        &[gen_ai::USAGE_COMPLETION_COST]),
    renamed(M::TotalCost, On::Any, Read::Usd,
        &[field::COST, gen_ai::USAGE_TOTAL_COST, "gen_ai.usage.cost", "llm.cost.total"],
        &[gen_ai::USAGE_TOTAL_COST]),
    // HTTP
    row(M::HttpMethod, On::Http, &["http.request.method", "http.method"]),
    row(M::HttpUrl, On::Any, &["url.full", "http.url"]),
    row(M::HttpStatus, On::Http, &["http.response.status_code", "http.status_code"]),
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
pub(super) fn meaning(key: &str, kind: EntityKind, known_library: bool) -> Option<(M, u8)> {
    let spelling = SPELLINGS.get(key)?;
    (spelling.row.on.includes(kind) && (known_library || !spelling.bare))
        .then_some((spelling.row.meaning, spelling.rank))
}
