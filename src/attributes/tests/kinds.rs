//! Which kind a span is: every operation of the GenAI conventions, and who is believed where two say different things.

use super::{
    libraries::{Library, library},
    *,
};

/// A span of no known library with this operation.
fn operation(name: &'static str) -> Library {
    library("my_app", "step").text("gen_ai.operation.name", name)
}

#[test]
fn each_operation_of_the_conventions_has_its_kind() {
    for (name, kind) in [
        ("chat", EntityKind::Llm),
        ("chat_streaming", EntityKind::Llm),
        ("text_completion", EntityKind::Llm),
        ("generate_content", EntityKind::Llm),
        ("interactions", EntityKind::Llm),
        ("interactions_streaming", EntityKind::Llm),
        ("embeddings", EntityKind::Llm),
        ("rerank", EntityKind::Llm),
        ("transcription", EntityKind::Llm),
        ("image_generation", EntityKind::Llm),
        ("audio_generation", EntityKind::Llm),
        ("invoke_agent", EntityKind::Agent),
        ("create_agent", EntityKind::Agent),
        ("invoke_workflow", EntityKind::Workflow),
        ("execute_tool", EntityKind::Tool),
        ("guardrail", EntityKind::Guardrail),
        ("guardrail_check", EntityKind::Guardrail),
        ("plan", EntityKind::Operation),
        ("retrieval", EntityKind::Operation),
        ("evaluation", EntityKind::Operation),
        ("search_memory", EntityKind::Operation),
        ("create_memory_store", EntityKind::Operation),
    ] {
        // A model would make it a call of one, were the operation not known.
        let model = if kind == EntityKind::Llm {
            "tool.note"
        } else {
            "gen_ai.request.model"
        };
        assert_eq!(operation(name).map().kind, kind, "{name}");
        assert_eq!(operation(name).text(model, "m").map().kind, kind, "{name}");
        let source = operation(name).span().unwrap().record.kind;
        assert_eq!(source, Some((kind, KindSource::GenAiOperation)), "{name}");
    }
}

#[test]
fn an_operation_that_nobody_knows_leaves_the_kind_to_what_else_is_said() {
    let unknown = || operation("levitate");
    assert_eq!(unknown().span().unwrap().record.kind, None);
    assert_eq!(unknown().map().kind, EntityKind::Operation);
    assert_eq!(unknown().text("gen_ai.request.model", "m").map().kind, EntityKind::Llm);
}

/// One that says its kind in one way; the strongest first, each of another kind than its neighbours.
type Way = (KindSource, EntityKind, &'static str, &'static str);
const WAYS: [Way; 5] = [
    (KindSource::AgentOps, EntityKind::Workflow, "agentops.kind", "workflow"),
    (
        KindSource::GenAiOperation,
        EntityKind::Agent,
        "gen_ai.operation.name",
        "invoke_agent",
    ),
    (
        KindSource::OpenInference,
        EntityKind::Tool,
        "openinference.span.kind",
        "TOOL",
    ),
    (
        KindSource::Langfuse,
        EntityKind::Llm,
        "langfuse.observation.type",
        "generation",
    ),
    (KindSource::Traceloop, EntityKind::Task, "traceloop.span.kind", "task"),
];
const TABLE: (KindSource, EntityKind) = (KindSource::Table, EntityKind::Chain);
const WEAKEST: [Way; 2] = [
    (KindSource::Model, EntityKind::Llm, "gen_ai.request.model", "m"),
    (KindSource::McpMethod, EntityKind::Tool, "mcp.method.name", "tools/call"),
];

/// A span whose place is in the table of known libraries, or is not.
fn placed(known: bool) -> Library {
    if known {
        library("langchain_rust::chain", "chain.call")
    } else {
        library("my_app", "chain.call")
    }
}

fn assert_is(library: &Library, (source, kind): (KindSource, EntityKind)) {
    assert_eq!(library.span().unwrap().record.kind, Some((kind, source)));
    assert_eq!(library.map().kind, kind);
}

#[test]
fn each_way_to_say_a_kind_is_understood_alone() {
    for (source, kind, key, value) in WAYS.into_iter().chain(WEAKEST) {
        assert_is(&placed(false).text(key, value), (source, kind));
    }
    assert_is(&placed(true), TABLE);
    for (key, value, source, kind) in [
        (
            "agentops.span.kind",
            "guardrail",
            KindSource::AgentOps,
            EntityKind::Guardrail,
        ),
        ("langfuse.type", "agent", KindSource::Langfuse, EntityKind::Agent),
        ("langsmith.span.kind", "chain", KindSource::Traceloop, EntityKind::Chain),
        ("gen_ai.response.model", "m", KindSource::Model, EntityKind::Llm),
        ("gen_ai.system", "openai", KindSource::Model, EntityKind::Llm),
        ("gen_ai.provider.name", "openai", KindSource::Model, EntityKind::Llm),
    ] {
        assert_is(&placed(false).text(key, value), (source, kind));
    }
    let listed = placed(false).text("mcp.method.name", "tools/list");
    assert_eq!(listed.span().unwrap().record.kind, None);
    assert_eq!(listed.map().kind, EntityKind::Operation, "no tool was called");
}

#[test]
fn of_two_that_say_different_kinds_the_stronger_is_believed_in_either_order() {
    let alias = |library: Library| library.text("agentops.span.kind", "guardrail");
    for library in [
        alias(placed(false).text("agentops.kind", "workflow")),
        alias(placed(false)).text("agentops.kind", "workflow"),
    ] {
        assert_is(&library, (KindSource::AgentOps, EntityKind::Workflow));
    }
    for two in [&WAYS[..], &WEAKEST[..]].into_iter().flat_map(|ways| ways.windows(2)) {
        let [stronger, weaker] = [two[0], two[1]];
        for [(_, _, key, value), (_, _, other, said)] in [[stronger, weaker], [weaker, stronger]] {
            let library = placed(false).text(key, value).text(other, said);
            assert_is(&library, (stronger.0, stronger.1));
        }
    }
    let (source, kind, key, value) = WAYS[4];
    assert_is(&placed(true).text(key, value), (source, kind));
    for (_, _, key, value) in WEAKEST {
        assert_is(&placed(true).text(key, value), TABLE);
    }
}

#[test]
fn with_our_fields_alone_no_library_is_recognised() {
    for (_, _, key, value) in WAYS.into_iter().skip(1).chain(WEAKEST) {
        assert!(!classify::is_ours(key, true), "{key} = {value}");
        assert!(classify::is_ours(key, false), "{key} = {value}");
    }
    assert!(classify::is_ours("agentops.span.kind", true));
}
