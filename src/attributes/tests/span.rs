//! What every span carries, and what its kind adds.

use super::*;
use crate::semconv::wire::OtelKind;

const EMPTY: &str = r#"{"args":[],"kwargs":{}}"#;

#[test]
fn every_kind_has_its_suffix_and_its_names() {
    for kind in EntityKind::ALL.into_iter().filter(|kind| *kind != EntityKind::Llm) {
        let wire = marked("plan", kind).map();
        assert_eq!(wire.name, format!("plan.{kind}"));
        assert_eq!(wire.attributes.str("agentops.span.kind"), kind.as_str());
        assert_eq!(wire.attributes.str("operation.name"), "plan");
        assert_eq!(wire.otel_kind, OtelKind::Internal);
        assert_eq!(wire.status, WireStatus::Ok);
        assert!(
            !wire.attributes.has("agentops.kind"),
            "the reserved field does not leave"
        );
    }
}

#[test]
fn a_kind_that_nobody_knows_is_exported_as_unknown() {
    let wire = span("x")
        .text("agentops.kind", "widget")
        .settled(EntityKind::Unknown, KindSource::AgentOps)
        .map();
    assert_eq!(
        (wire.name.as_str(), wire.attributes.str("agentops.span.kind")),
        ("x.unknown", "unknown")
    );
}

#[test]
fn a_name_that_the_program_gives_wins_over_otels_and_that_over_the_callsites() {
    let cases: &[(&[(&'static str, &str)], &str)] = &[
        (&[], "callsite"),
        (&[("otel.name", "otel")], "otel"),
        (&[("otel.name", "otel"), ("agentops.name", "given")], "given"),
        (&[("otel.name", "otel"), ("agentops.name", " ")], "otel"),
    ];
    for (fields, name) in cases {
        let span = fields
            .iter()
            .fold(marked("callsite", EntityKind::Task), |span, (key, value)| {
                span.text(key, value)
            });
        let wire = span.map();
        assert_eq!(wire.name, format!("{name}.task"));
        assert_eq!(wire.attributes.str("operation.name"), *name);
        assert!(!wire.attributes.has("otel.name"));
    }
}

#[test]
fn a_version_keeps_its_type() {
    let version = |span: Span| span.attributes().get("operation.version").cloned();
    assert_eq!(
        version(marked("x", EntityKind::Tool).int("agentops.version", 3)),
        Some(WireValue::I64(3))
    );
    assert_eq!(
        version(marked("x", EntityKind::Tool).text("agentops.version", "3.1")),
        Some("3.1".into())
    );
    assert_eq!(version(marked("x", EntityKind::Tool)), None);
}

#[test]
fn otel_kind_wins_over_the_one_that_the_kind_has() {
    assert_eq!(chat().map().otel_kind, OtelKind::Client);
    assert_eq!(chat().text("otel.kind", "Internal").map().otel_kind, OtelKind::Internal);
    assert_eq!(
        marked("x", EntityKind::Task)
            .text("otel.kind", "SERVER")
            .map()
            .otel_kind,
        OtelKind::Server
    );
}

#[test]
fn a_candidate_that_nothing_settled_is_a_call_where_a_model_is_named() {
    assert_eq!(span("x").text("gen_ai.request.model", "m").map().kind, EntityKind::Llm);
    assert_eq!(span("x").text("gen_ai.system", "openai").map().kind, EntityKind::Llm);
    assert_eq!(
        span("x").text("gen_ai.conversation.id", "c").map().kind,
        EntityKind::Operation
    );
    assert_eq!(
        span("x").text("model", "m").map().kind,
        EntityKind::Operation,
        "an argument is no model"
    );
}

#[test]
fn root_spans_say_who_instrumented_them_and_others_do_not() {
    let root = marked("x", EntityKind::Agent).at_root(TraceRoot::Bare).attributes();
    assert_eq!(root.str("instrumentation.name"), "agentops-rust");
    assert_eq!(root.str("instrumentation.version"), env!("CARGO_PKG_VERSION"));
    assert!(!marked("x", EntityKind::Agent).attributes().has("instrumentation.name"));
}

#[test]
fn an_agent_has_its_name_before_any_model_key_and_a_role_only_with_an_id() {
    let plain = marked("researcher", EntityKind::Agent).attributes();
    assert_eq!(plain.str("agent.name"), "researcher");
    assert!(!plain.has("agent.id") && !plain.has("agent.role"));

    let with_id = marked("researcher", EntityKind::Agent)
        .text("agent.id", "a-1")
        .attributes();
    assert_eq!(
        (with_id.str("agent.id"), with_id.str("agent.role")),
        ("a-1", "researcher")
    );

    let span = marked("run", EntityKind::Agent)
        .text("gen_ai.agent.name", "critic")
        .text("agent.role", "judge");
    let given = span.semconv(Semconv::Both).attributes();
    assert_eq!((given.str("agent.name"), given.str("agent.role")), ("critic", "judge"));
    let place = |wanted: &str| given.keys().iter().position(|key| key.starts_with(wanted)).unwrap();
    assert!(place("agent.name") < place("gen_ai."));
}

#[test]
fn the_totals_of_a_run_are_no_usage_and_its_models_ask_for_no_price() {
    for semconv in [Semconv::AgentOps, Semconv::GenAi, Semconv::Both] {
        let agent = marked("run", EntityKind::Agent)
            .semconv(semconv)
            .int("gen_ai.usage.input_tokens", 30)
            .int("gen_ai.usage.output_tokens", 5)
            .int("gen_ai.usage.tool_use_prompt_tokens", 2)
            .text("gen_ai.request.model", "gpt-4o")
            .text("gen_ai.response.model", "gpt-4o-2024")
            .attributes();
        assert_eq!(agent.get_i64("agentops.agent.usage.prompt_tokens"), Some(30));
        assert_eq!(agent.get_i64("agentops.agent.usage.completion_tokens"), Some(5));
        assert_eq!(agent.get_i64("agentops.agent.usage.tool_use_prompt_tokens"), Some(2));
        assert_eq!(
            agent.get("agent.models"),
            Some(&vec!["gpt-4o".to_owned(), "gpt-4o-2024".to_owned()].into())
        );
        assert_eq!(agent.below("gen_ai.usage"), [""; 0]);
        assert!(!agent.has("gen_ai.request.model"));
    }
}

#[test]
fn spans_that_work_for_an_agent_name_it_and_those_that_would_be_painted_as_one_do_not() {
    use EntityKind::{Chain, Guardrail, Http, Llm, Operation, Session, Task, Tool, Workflow};
    for kind in [Llm, Tool, Task, Operation, Workflow] {
        assert_eq!(
            marked("x", kind).below_agent("planner").attributes().str("agent.name"),
            "planner",
            "{kind}"
        );
    }
    for kind in [Guardrail, Chain, Http, Session] {
        let span = marked("x", kind)
            .below_agent("planner")
            .text("gen_ai.agent.name", "planner");
        assert_eq!(span.attributes().below("agent."), [""; 0], "{kind}");
    }
}

#[test]
fn a_call_below_no_agent_names_the_one_that_its_library_names() {
    let own = chat().text("gen_ai.agent.name", "rigged");
    assert_eq!(own.attributes().str("agent.name"), "rigged");
    let below = chat()
        .text("gen_ai.agent.name", "rigged")
        .below_agent("planner")
        .attributes();
    assert_eq!(
        (below.str("agent.name"), below.str("gen_ai.agent.name")),
        ("planner", "rigged")
    );
    assert!(!chat().below_agent("").attributes().has("agent.name"));
}

#[test]
fn the_name_that_a_layer_attributes_by_is_the_one_that_leaves() {
    for span in [
        marked("run", EntityKind::Agent),
        marked("run", EntityKind::Agent).text("agentops.name", "planner"),
        span("invoke_agent")
            .text("gen_ai.agent.name", "r")
            .settled(EntityKind::Agent, KindSource::GenAiOperation),
    ] {
        assert_eq!(
            crate::hierarchy::agent_name(&span.record),
            span.attributes().str("agent.name")
        );
    }
}

#[test]
fn a_tool_says_what_was_called_with_what_and_what_came_of_it() {
    let tool = marked("search", EntityKind::Tool)
        .text("q", "rust")
        .int("limit", 2)
        .text("return", "found")
        .map();
    let attributes = &tool.attributes;
    assert_eq!(attributes.str("tool.name"), "search");
    assert_eq!(attributes.str("tool.parameters"), r#"{"q":"rust","limit":2}"#);
    assert_eq!(attributes.str("tool.result"), "found");
    assert_eq!(attributes.str("tool.status"), "succeeded");
    assert_eq!(attributes.below("gen_ai."), [""; 0]);

    let failed = marked("search", EntityKind::Tool)
        .failed(None, "no network", None)
        .attributes();
    assert_eq!(failed.str("tool.status"), "failed");
    assert_eq!(
        marked("now", EntityKind::Tool).attributes().str("tool.parameters"),
        "{}"
    );
    let explicit = marked("x", EntityKind::Tool)
        .int("n", 1)
        .text("agentops.input", "raw")
        .attributes();
    assert_eq!(explicit.str("tool.parameters"), "raw");
}

#[test]
fn gen_ai_fields_of_tools_become_tool_fields_and_stay_only_where_asked_for() {
    let tool = |semconv| {
        marked("x", EntityKind::Tool)
            .semconv(semconv)
            .text("gen_ai.operation.name", "execute_tool")
            .text("gen_ai.tool.name", "weather")
            .text("gen_ai.tool.call.id", "call_1")
            .text("gen_ai.tool.type", "function")
            .text("gen_ai.tool.call.arguments", r#"{"city":"Paris"}"#)
            .text("gen_ai.tool.call.result", "sunny")
            .text("gen_ai.conversation.id", "c-1")
            .attributes()
    };
    let ours = tool(Semconv::AgentOps);
    assert_eq!(ours.below("gen_ai"), [""; 0]);
    for (key, value) in [
        ("tool.name", "weather"),
        ("tool.call.id", "call_1"),
        ("tool.call.type", "function"),
        ("tool.parameters", r#"{"city":"Paris"}"#),
        ("tool.result", "sunny"),
        ("agentops.entity.input", r#"{"city":"Paris"}"#),
        ("agentops.tool.output", "sunny"),
        ("conversation.id", "c-1"),
    ] {
        assert_eq!(ours.str(key), value, "{key}");
    }
    for semconv in [Semconv::GenAi, Semconv::Both] {
        let both = tool(semconv);
        assert_eq!(both.str("tool.name"), "weather");
        assert_eq!(both.str("gen_ai.operation.name"), "execute_tool");
        assert_eq!(both.str("gen_ai.tool.name"), "weather");
        assert_eq!(both.str("gen_ai.tool.call.result"), "sunny");
        assert_eq!(both.str("gen_ai.conversation.id"), "c-1");
    }
}

#[test]
fn a_hand_made_tool_or_agent_speaks_the_gen_ai_dialect_where_asked_for() {
    let tool = marked("search", EntityKind::Tool)
        .semconv(Semconv::GenAi)
        .below_agent("planner")
        .attributes();
    assert_eq!(tool.str("gen_ai.operation.name"), "execute_tool");
    assert_eq!(
        (tool.str("gen_ai.tool.name"), tool.str("gen_ai.agent.name")),
        ("search", "planner")
    );
    let agent = marked("planner", EntityKind::Agent)
        .semconv(Semconv::GenAi)
        .attributes();
    assert_eq!(
        (agent.str("gen_ai.operation.name"), agent.str("gen_ai.agent.name")),
        ("invoke_agent", "planner")
    );
    let workflow = marked("flow", EntityKind::Workflow).semconv(Semconv::Both).attributes();
    assert_eq!(workflow.str("gen_ai.operation.name"), "invoke_workflow");
}

#[test]
fn a_cost_is_a_double_on_units_of_work() {
    for kind in [EntityKind::Tool, EntityKind::Operation, EntityKind::Task] {
        let cost = |span: Span| span.attributes().get("gen_ai.usage.total_cost").cloned();
        assert_eq!(
            cost(marked("x", kind).say("agentops.cost", Say::F64(0.05))),
            Some(WireValue::F64(0.05))
        );
        assert_eq!(
            cost(marked("x", kind).int("agentops.cost", 2)),
            Some(WireValue::F64(2.0))
        );
        assert_eq!(
            cost(marked("x", kind).text("agentops.cost", "0.01")),
            Some(WireValue::F64(0.01))
        );
        assert_eq!(cost(marked("x", kind).say("agentops.cost", Say::F64(f64::NAN))), None);
        assert_eq!(cost(marked("x", kind).int("agentops.cost", -1)), None);
    }
    let workflow = marked("x", EntityKind::Workflow).int("agentops.cost", 2).attributes();
    assert_eq!(workflow.below("gen_ai"), [""; 0]);
}

#[test]
fn a_guardrail_says_what_it_checks() {
    let guard = marked("check", EntityKind::Guardrail)
        .text("agentops.spec", "input")
        .attributes();
    assert_eq!(guard.str("agentops.guardrail.spec"), "input");
    assert_eq!(guard.str("agentops.guardrail.input"), EMPTY);
    assert!(!guard.has("agentops.spec"));
}

#[test]
fn an_http_exchange_shows_neither_query_nor_headers() {
    let http = marked("get", EntityKind::Http)
        .text("http.method", "GET")
        .text("http.url", "https://api.example.com/v1/find?key=abc&q=x#top")
        .text("http.status_code", "200")
        .text("http.request.header.authorization", "Basic x")
        .text("http.response.headers", "{}")
        .text("url.query", "key=abc")
        .attributes();
    assert_eq!(http.str("http.request.method"), "GET");
    assert_eq!(http.str("url.full"), "https://api.example.com/v1/find?REDACTED");
    assert_eq!(http.get_i64("http.response.status_code"), Some(200));
    assert!(
        !http
            .keys()
            .iter()
            .any(|key| key.contains("header") || *key == "url.query" || *key == "http.url")
    );
    let plain = marked("get", EntityKind::Http)
        .text("url.full", "https://example.com/a")
        .attributes();
    assert_eq!(plain.str("url.full"), "https://example.com/a");
}
