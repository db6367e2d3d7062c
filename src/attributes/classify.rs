//! Which callsites concern us, and what kind a span is. Pure.
//!
//! Two stages, because a kind is often a value (`gen_ai.operation.name = "chat"`): a callsite is a candidate by its
//! field names alone, decided once; the kind is settled at creation or by a later `record`.

use tracing::Metadata;

use crate::{
    hierarchy::unquoted,
    kind::EntityKind,
    record::{Callsite, Fields, KindSource},
    semconv::{agentops, gen_ai},
};

/// Field-name prefixes that make a callsite a candidate.
const PREFIXES: [&str; 5] = [
    gen_ai::PREFIX,
    "openinference.",
    "langfuse.",
    "traceloop.",
    "langsmith.",
];
const MCP_METHOD: &str = "mcp.method.name";

/// The first letters of all of these, a bit each: most fields of a program need no closer look.
#[expect(clippy::indexing_slicing, reason = "at compile time")]
const FIRST_LETTERS: u32 = {
    let mut letters = letter(agentops::field::PREFIX) | letter(MCP_METHOD);
    let mut at = 0;
    while at < PREFIXES.len() {
        letters |= letter(PREFIXES[at]);
        at += 1;
    }
    letters
};

/// The first letter of a name as a bit, which some share.
const fn letter(name: &str) -> u32 {
    match name.as_bytes() {
        [first, ..] => 1 << (*first % 32),
        [] => 0,
    }
}

/// A library whose spans say what they are by their place: the beginning of their targets, and the spans by their names.
///
/// The README names the libraries, their versions, and which of them were run.
struct Library {
    target: &'static str,
    spans: &'static [Known],
}

/// A span of a library: its name, its kind, and what the GenAI conventions call a model call of it, where that is not
/// `chat`.
struct Known {
    name: &'static str,
    kind: EntityKind,
    operation: Option<&'static str>,
}

const fn library(target: &'static str, spans: &'static [Known]) -> Library {
    Library { target, spans }
}

const fn known(name: &'static str, kind: EntityKind) -> Known {
    Known {
        name,
        kind,
        operation: None,
    }
}

const fn embedding(name: &'static str) -> Known {
    Known {
        operation: Some("embeddings"),
        ..known(name, EntityKind::Llm)
    }
}

/// The table of known libraries: a library without `gen_ai.*` fields, or with fields that do not say all, stands here.
const LIBRARIES: &[Library] = &[
    library(
        "adk_",
        // `call_llm` is around the retries of one call, which is `gen_ai.generate` and says its model.
        &[
            known("agent.execute", EntityKind::Agent),
            known("agent.run", EntityKind::Agent),
            known("call_llm", EntityKind::Operation),
            known("model.call", EntityKind::Llm),
            known("tool.execute", EntityKind::Tool),
        ],
    ),
    // adk-rust. The span of a tool has an empty name.
    library("adk_agent", &[known("", EntityKind::Tool)]),
    library(
        "langchain_rust",
        &[
            known("agent.run", EntityKind::Agent),
            known("agent.plan", EntityKind::Operation),
            known("tool.call", EntityKind::Tool),
            known("chain.call", EntityKind::Chain),
            known("llm.generate", EntityKind::Llm),
            embedding("embed.documents"),
            embedding("embed.query"),
        ],
    ),
    library(
        "swiftide",
        &[
            known("agent.query", EntityKind::Agent),
            known("agent.query_once", EntityKind::Agent),
            known("agent.run", EntityKind::Agent),
            known("agent.run_once", EntityKind::Agent),
            known("step", EntityKind::Operation),
            known("tool", EntityKind::Tool),
            known("indexing_pipeline.run", EntityKind::Workflow),
            known("query_pipeline.query", EntityKind::Workflow),
            known("query_pipeline.query_mut", EntityKind::Workflow),
            known("query_pipeline.query_all", EntityKind::Workflow),
        ],
    ),
    library(
        "autoagents",
        &[
            known("autoagents.task", EntityKind::Agent),
            known("autoagents.turn", EntityKind::Operation),
            known("autoagents.tool_call", EntityKind::Tool),
        ],
    ),
    library("goose", &[known("provider_generation", EntityKind::Llm)]),
    library(
        "codex",
        // A turn makes several calls; what each used stands on a span of level TRACE.
        &[
            known("turn", EntityKind::Operation),
            known("handle_responses", EntityKind::Llm),
        ],
    ),
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
#[inline]
pub(crate) fn is_ours(field: &str, only_agentops: bool) -> bool {
    if FIRST_LETTERS & letter(field) == 0 {
        return false;
    }
    field.starts_with(agentops::field::PREFIX)
        || !only_agentops && (PREFIXES.iter().any(|prefix| field.starts_with(prefix)) || field == MCP_METHOD)
}

/// The kind of a known library's span that carries no field of ours.
pub(crate) fn by_library(name: &str, target: &str) -> Option<EntityKind> {
    find(name, target).map(|known| known.kind)
}

/// What the GenAI conventions call a known library's model call.
pub(super) fn operation_of_library(callsite: &Callsite) -> Option<&'static str> {
    find(callsite.name(), callsite.target())?.operation
}

fn find(name: &str, target: &str) -> Option<&'static Known> {
    LIBRARIES
        .iter()
        .filter(|library| target.starts_with(library.target))
        .find_map(|library| library.spans.iter().find(|known| known.name == name))
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
    // What is no text is a kind that does not exist.
    let said = |key| fields.get_text(key).or_else(|| fields.get(key).map(|_| ""));
    let text = said(agentops::field::KIND).or_else(|| said(agentops::SPAN_KIND))?;
    Some(unquoted(text).parse().unwrap_or(EntityKind::Unknown))
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
    let keys = ["langfuse.observation.type", "langfuse.type"];
    keys.iter().find_map(|key| by_observed_type(fields.get_text(key)?))
}

fn by_traceloop(fields: &Fields) -> Option<EntityKind> {
    let keys = ["traceloop.span.kind", "langsmith.span.kind"];
    keys.iter().find_map(|key| by_observed_type(fields.get_text(key)?))
}

/// The words of `OpenInference`, Langfuse, Traceloop and `LangSmith`, which overlap.
fn by_observed_type(text: &str) -> Option<EntityKind> {
    Some(match unquoted(text).to_ascii_lowercase().as_str() {
        "llm" | "generation" | "embedding" => EntityKind::Llm,
        "agent" => EntityKind::Agent,
        "tool" => EntityKind::Tool,
        "chain" => EntityKind::Chain,
        "workflow" => EntityKind::Workflow,
        "task" => EntityKind::Task,
        "guardrail" => EntityKind::Guardrail,
        "retriever" | "reranker" | "evaluator" | "prompt" | "span" => EntityKind::Operation,
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
