//! How much content leaves.
//!
//! The class that mapping gave to an attribute decides. The keys below are a second net, for content under a key
//! that a library chose and mapping passed through. What is held back is policy and does not count as dropped.

use std::borrow::Cow;

use super::is_at_or_below;
use crate::{
    config::Content,
    semconv::{
        agentops::{ERROR_MESSAGE, EXCEPTION, EXCEPTION_MESSAGE, EXCEPTION_STACKTRACE, EXCEPTION_TYPE, field},
        gen_ai::{
            COMPLETION, EVALUATION_NAME, EVALUATION_SCORE_LABEL, EVALUATION_SCORE_VALUE, INPUT_MESSAGES,
            OUTPUT_MESSAGES, PROMPT, SYSTEM_INSTRUCTIONS, TOOL_CALL_ARGUMENTS, TOOL_CALL_RESULT, TOOL_DEFINITIONS,
        },
        wire::{Attribute, Class, WireEvent, WireSpan, WireStatus},
    },
};

/// What an event is called whose name was a message.
const NAMELESS: &str = "event";

/// Keys that are content, alone and with anything below them.
const SUBTREES: &[&str] = &[
    INPUT_MESSAGES,
    OUTPUT_MESSAGES,
    SYSTEM_INSTRUCTIONS,
    TOOL_CALL_ARGUMENTS,
    TOOL_CALL_RESULT,
    TOOL_DEFINITIONS,
    "gen_ai.content",
    "gen_ai.event.content",
    "gen_ai.request.functions",
    "gen_ai.retrieval.documents",
    "gen_ai.retrieval.query.text",
    "gcp.vertex.agent.llm_request",
    "gcp.vertex.agent.llm_response",
    "gcp.vertex.agent.tool_call_args",
    "gcp.vertex.agent.tool_response",
    "input.value",
    "output.value",
    "langfuse.observation.model.parameters",
    "llm.completions",
    "llm.function_call",
    "llm.input_messages",
    // With the definitions of tools among them.
    "llm.invocation_parameters",
    "llm.output_messages",
    "llm.prompt_template",
    "llm.prompts",
    "llm.tools",
    "retrieval.documents",
    "reranker.input_documents",
    "reranker.output_documents",
    "reranker.query",
    "embedding.embeddings",
    "embedding.text",
    "tool.arguments",
    "tool.input",
    "tool.output",
    "tool.parameters",
    "tool.result",
    "traceloop.prompt.template_variables",
    "ai.prompt",
    "ai.response.object",
    "ai.response.text",
    "ai.response.toolCalls",
    "ai.toolCall.args",
    "ai.toolCall.result",
];

/// Lists of messages or calls, and which fields of an entry are no content.
const LISTS: &[(&str, &[&str])] = &[
    (PROMPT, &["role", "finish_reason", "id", "name", "type"]),
    (COMPLETION, &["role", "finish_reason", "id", "name", "type"]),
    ("gen_ai.request.tools", &["id", "name", "type"]),
];

/// Below these, a key that ends in `input` or `output` is content: `agentops.task.input`.
const WITH_INPUT_AND_OUTPUT: &[&str] = &[
    "agent",
    "agentops",
    "langfuse",
    "mcp",
    "operation",
    "session",
    "task",
    "traceloop",
    "workflow",
];

/// Whole keys without a namespace under which libraries write content.
const BARE: &[&str] = &[
    "arguments",
    "completion",
    "input",
    "input_json",
    "messages",
    "output",
    "output_json",
    "prompt",
    "result",
];

/// What an event of a model call (`gen_ai.user.message`, `gen_ai.choice`) says under keys without a namespace.
const MODEL_EVENT_BODY: &[&str] = &["body", "content", "message", "tool_calls"];

/// What a failure said, wherever it stands.
const FAILURE_TEXT: &[&str] = &[
    ERROR_MESSAGE,
    EXCEPTION_MESSAGE,
    EXCEPTION_STACKTRACE,
    "error.stack",
    field::OTEL_STATUS_DESCRIPTION,
];

/// What an event keeps without its body: that it happened, and what the conventions count.
const EVENT_FACTS: &[&str] = &[
    EXCEPTION_TYPE,
    EVALUATION_NAME,
    EVALUATION_SCORE_VALUE,
    EVALUATION_SCORE_LABEL,
];

/// Removes what `level` holds back.
pub(crate) fn apply(span: &mut WireSpan, level: Content) {
    match level {
        Content::All => {}
        Content::NoMessages => hold_back_messages(span),
        Content::None => {
            hold_back_messages(span);
            hold_back_diagnostics(span);
        }
    }
}

fn hold_back_messages(span: &mut WireSpan) {
    span.attributes.0.retain(|attribute| !is_message(attribute));
    for event in &mut span.events {
        let of_model = event.name.starts_with("gen_ai.");
        event.attributes.0.retain(|attribute| {
            !(is_message(attribute) || of_model && MODEL_EVENT_BODY.contains(&attribute.key.as_ref()))
        });
        if event.name_class == Class::Message {
            hold_back_name(event);
        }
    }
}

fn hold_back_diagnostics(span: &mut WireSpan) {
    span.attributes
        .0
        .retain(|attribute| attribute.class != Class::Diagnostic && !FAILURE_TEXT.contains(&attribute.key.as_ref()));
    for event in &mut span.events {
        event
            .attributes
            .0
            .retain(|attribute| attribute.class == Class::Plain && EVENT_FACTS.contains(&attribute.key.as_ref()));
        if event.name_class != Class::Plain && event.name != EXCEPTION {
            hold_back_name(event);
        }
    }
    if let WireStatus::Error(text) = &mut span.status {
        text.clear();
    }
}

fn hold_back_name(event: &mut WireEvent) {
    event.name = Cow::Borrowed(NAMELESS);
    event.name_class = Class::Plain;
}

fn is_message(attribute: &Attribute) -> bool {
    attribute.class == Class::Message || is_content_key(&attribute.key)
}

/// The key alone says that its value is a prompt, a completion, an argument, a result, an input or an output.
fn is_content_key(key: &str) -> bool {
    let Some((root, _)) = key.split_once('.') else {
        return BARE.contains(&key);
    };
    if let Some((list, facts)) = LISTS.iter().find(|(list, _)| is_at_or_below(key, list)) {
        return key == *list || !last_segment(key).is_some_and(|field| facts.contains(&field));
    }
    SUBTREES.iter().any(|subtree| is_at_or_below(key, subtree))
        || (WITH_INPUT_AND_OUTPUT.contains(&root) && matches!(last_segment(key), Some("input" | "output")))
}

fn last_segment(key: &str) -> Option<&str> {
    key.rsplit('.').next()
}
