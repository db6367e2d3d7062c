//! Which callsites concern us, and what kind a span is. Pure.
//!
//! Two stages, because a kind is often a value (`gen_ai.operation.name = "chat"`): a callsite is a candidate by its
//! field names alone, decided once; the kind is settled at creation or by a later `record`.

use tracing::Metadata;

use crate::{
    hierarchy::unquoted,
    kind::EntityKind,
    record::{Callsite, Fields, KindSource, ValueRef},
    semconv::{agentops, gen_ai},
};

/// Field-name prefixes that make a callsite a candidate.
const PREFIXES: [&str; 4] = [gen_ai::PREFIX, "openinference.", "langfuse.", "traceloop."];
const MCP_METHOD: &str = "mcp.method.name";

/// Spans of libraries that carry none of those fields: target prefix, span name, kind.
/// From the libraries' published sources; `research` names and versions stand in the README's table.
const LIBRARIES: [(&str, &str, EntityKind); 13] = [
    ("adk_", "agent.run", EntityKind::Agent),
    ("adk_", "model.call", EntityKind::Llm),
    ("adk_", "tool.execute", EntityKind::Tool),
    ("langchain_rust", "agent.run", EntityKind::Agent),
    ("langchain_rust", "agent.plan", EntityKind::Operation),
    ("langchain_rust", "tool.call", EntityKind::Tool),
    ("langchain_rust", "chain.call", EntityKind::Chain),
    ("langchain_rust", "llm.generate", EntityKind::Llm),
    ("swiftide", "agent.run", EntityKind::Agent),
    ("swiftide", "tool", EntityKind::Tool),
    ("autoagents", "autoagents.task", EntityKind::Agent),
    ("autoagents", "autoagents.turn", EntityKind::Operation),
    ("autoagents", "autoagents.tool_call", EntityKind::Tool),
];

/// A span of this callsite is recorded from its creation. With `only_agentops`, libraries' own fields do not count.
pub(crate) fn is_candidate(callsite: &Metadata<'_>, only_agentops: bool) -> bool {
    callsite
        .fields()
        .iter()
        .any(|field| is_ours(field.name(), only_agentops))
        || !only_agentops && by_library(callsite.name(), callsite.target()).is_some()
}

/// A span with a field of this name is a candidate.
pub(crate) fn is_ours(field: &str, only_agentops: bool) -> bool {
    field.starts_with(agentops::field::PREFIX)
        || !only_agentops && (PREFIXES.iter().any(|prefix| field.starts_with(prefix)) || field == MCP_METHOD)
}

/// The kind of a known library's span that carries no field of ours.
pub(crate) fn by_library(name: &str, target: &str) -> Option<EntityKind> {
    LIBRARIES
        .iter()
        .find(|(of, have, _)| name == *have && target.starts_with(of))
        .map(|(_, _, kind)| *kind)
}

/// The event that `#[instrument(ret)]` or `#[instrument(err)]` writes: one field of this name and nothing else.
pub(crate) fn is_outcome_event(callsite: &Metadata<'_>) -> bool {
    let mut fields = callsite.fields().iter();
    matches!(fields.next().map(|field| field.name()), Some("return" | "error")) && fields.next().is_none()
}

/// An outcome event belongs to the span that the same attribute made; any other span it meets belongs to a caller.
pub(crate) fn is_outcome_of(event: &Metadata<'_>, span: &Metadata<'_>) -> bool {
    event.line() == span.line() && event.file() == span.file() && event.target() == span.target()
}

/// Settles the kind by the first rule that applies; `None` leaves it to a later `record`, else to the end.
pub(crate) fn settle(callsite: &Callsite, fields: &Fields) -> Option<(EntityKind, KindSource)> {
    by_agentops(fields)
        .map(|kind| (kind, KindSource::AgentOps))
        .or_else(|| {
            by_operation(fields.get_text(gen_ai::OPERATION_NAME)?).map(|kind| (kind, KindSource::GenAiOperation))
        })
        .or_else(|| by_openinference(fields).map(|kind| (kind, KindSource::OpenInference)))
        .or_else(|| by_observation(fields).map(|kind| (kind, KindSource::Langfuse)))
        .or_else(|| by_traceloop(fields).map(|kind| (kind, KindSource::Traceloop)))
        .or_else(|| by_library(callsite.name(), callsite.target()).map(|kind| (kind, KindSource::Table)))
        .or_else(|| has_model(fields).then_some((EntityKind::Llm, KindSource::Model)))
        .or_else(|| {
            let called = fields.get_text(MCP_METHOD).map(unquoted) == Some("tools/call");
            called.then_some((EntityKind::Tool, KindSource::McpMethod))
        })
}

fn by_agentops(fields: &Fields) -> Option<EntityKind> {
    let said = fields
        .get(agentops::field::KIND)
        .or_else(|| fields.get(agentops::SPAN_KIND))?;
    let kind = match said {
        ValueRef::Text { text, .. } => unquoted(text).parse().ok(),
        _ => None,
    };
    Some(kind.unwrap_or(EntityKind::Unknown))
}

/// What `gen_ai.operation.name` says.
fn by_operation(operation: &str) -> Option<EntityKind> {
    Some(match unquoted(operation) {
        "chat"
        | "chat_streaming"
        | "text_completion"
        | "generate_content"
        | "interactions"
        | "interactions_streaming"
        | "embeddings"
        | "rerank"
        | "transcription"
        | "image_generation"
        | "audio_generation" => EntityKind::Llm,
        "invoke_agent" | "create_agent" => EntityKind::Agent,
        "invoke_workflow" => EntityKind::Workflow,
        "execute_tool" => EntityKind::Tool,
        "guardrail" | "guardrail_check" => EntityKind::Guardrail,
        "plan" | "retrieval" | "evaluation" => EntityKind::Operation,
        memory if memory.contains("memory") => EntityKind::Operation,
        _ => return None,
    })
}

fn by_openinference(fields: &Fields) -> Option<EntityKind> {
    by_observed_type(fields.get_text("openinference.span.kind")?)
}

fn by_observation(fields: &Fields) -> Option<EntityKind> {
    let text = fields
        .get_text("langfuse.observation.type")
        .or_else(|| fields.get_text("langfuse.type"))?;
    by_observed_type(text)
}

fn by_traceloop(fields: &Fields) -> Option<EntityKind> {
    by_observed_type(fields.get_text("traceloop.span.kind")?)
}

/// The words of `OpenInference`, Langfuse and Traceloop, which overlap.
fn by_observed_type(text: &str) -> Option<EntityKind> {
    Some(match unquoted(text).to_ascii_lowercase().as_str() {
        "llm" | "generation" | "embedding" | "reranker" => EntityKind::Llm,
        "agent" => EntityKind::Agent,
        "tool" => EntityKind::Tool,
        "chain" => EntityKind::Chain,
        "workflow" => EntityKind::Workflow,
        "task" => EntityKind::Task,
        "guardrail" => EntityKind::Guardrail,
        "retriever" | "evaluator" | "prompt" | "span" => EntityKind::Operation,
        _ => return None,
    })
}

fn has_model(fields: &Fields) -> bool {
    [
        gen_ai::REQUEST_MODEL,
        gen_ai::RESPONSE_MODEL,
        gen_ai::SYSTEM,
        gen_ai::PROVIDER_NAME,
    ]
    .iter()
    .any(|key| fields.get(key).is_some())
}
