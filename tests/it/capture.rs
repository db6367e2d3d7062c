//! What is captured of a span: arguments, results, errors, events, panics, and types.

use std::{fmt, panic};

use agentops::{
    AgentOpsSpanExt, Usage,
    testing::{Attributes, StatusCode, Value},
};
use tracing::{Span, field, info, info_span, instrument};

use crate::harness::{arrived, arrived_with, named, text};

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("not JSON: {text}"))
}

#[derive(Debug)]
struct Place {
    _city: &'static str,
}

#[instrument(fields(agentops.kind = "tool", search.index = "docs"), ret)]
fn search(query: &str, limit: u32, place: Place, words: Vec<u8>, owned: String) -> usize {
    7
}

#[test]
fn arguments_are_the_input_and_the_returned_value_the_output() {
    let spans = arrived(|_| {
        search("rust", 5, Place { _city: "Paris" }, vec![1, 2], "Owned".to_owned());
    });
    let tool = named(&spans, "search.tool");
    let input = serde_json::json!({
        "args": [],
        "kwargs": { "query": "rust", "limit": 5, "place": "Place { _city: \"Paris\" }", "words": [1, 2], "owned": "Owned" },
    });
    for key in ["agentops.tool.input", "agentops.entity.input"] {
        assert_eq!(json(text(tool, key)), input, "{key}");
    }
    for key in ["agentops.tool.output", "agentops.entity.output", "tool.result"] {
        assert_eq!(text(tool, key), "7", "{key}");
    }
    assert_eq!(
        tool.attribute("query"),
        Some(&"rust".into()),
        "primitives can be searched"
    );
    assert_eq!(tool.attribute("limit"), Some(&5_i64.into()));
    assert_eq!(tool.attribute("place"), None, "Debug-formatted arguments cannot");
    assert_eq!(text(tool, "search.index"), "docs");
    assert_eq!(tool.status.code, StatusCode::Ok);
}

#[instrument(fields(agentops.kind = "task"), err)]
fn risky() -> Result<(), String> {
    Err("Something went wrong".to_owned())
}

#[test]
fn an_error_is_one_exception_and_the_status() {
    let spans = arrived(|_| risky().unwrap_err().clear());
    let task = named(&spans, "risky.task");
    assert_eq!(task.status.code, StatusCode::Error);
    assert_eq!(task.status.message, "Something went wrong");
    assert_eq!(text(task, "error.message"), "Something went wrong");
    let names: Vec<_> = task.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["exception"]);
    assert_eq!(
        task.events[0].attribute("exception.message"),
        Some(&"Something went wrong".into())
    );
}

#[test]
fn what_an_unmarked_function_returns_is_not_ours() {
    #[instrument(ret, err)]
    fn helper() -> Result<u8, String> {
        Err("not ours".to_owned())
    }
    #[instrument(fields(agentops.kind = "tool"))]
    fn tool() {
        helper().unwrap_err().clear();
    }
    let spans = arrived(|_| tool());
    let tool = named(&spans, "tool.tool");
    assert_eq!(tool.status.code, StatusCode::Ok);
    assert_eq!(tool.attribute("tool.result"), None);
    assert!(tool.events.is_empty(), "{:?}", tool.events);
}

#[derive(Debug)]
struct Refused(std::num::ParseIntError);
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}
impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn a_typed_error_tells_its_type_and_its_causes() {
    let spans = arrived(|_| {
        let span = info_span!("pay", agentops.kind = "tool").entered();
        span.record_error(&Refused("x".parse::<u8>().unwrap_err()));
    });
    let tool = named(&spans, "pay.tool");
    assert_eq!(tool.status.message, "Refused: refused");
    assert_eq!(text(tool, "error.type"), "Refused");
    assert_eq!(text(tool, "tool.status"), "failed");
    let exception = &tool.events[0];
    assert_eq!(exception.attribute("exception.type"), Some(&"Refused".into()));
    assert_eq!(
        exception.attribute("exception.stacktrace"),
        Some(&"caused by: invalid digit found in string".into())
    );
}

#[test]
fn explicit_input_and_output_are_sent_as_given() {
    let spans = arrived(|_| {
        let given = serde_json::json!({ "city": "Paris" });
        let span = info_span!("a", agentops.kind = "operation", agentops.input = %agentops::json(&given), unsaid = 1);
        span.record_output(&["x"]);
        let plain = info_span!(
            "b",
            agentops.kind = "operation",
            agentops.input = "just text",
            agentops.output = "done"
        );
        drop((span, plain));
    });
    let a = named(&spans, "a.operation");
    assert_eq!(
        json(text(a, "agentops.operation.input")),
        serde_json::json!({ "city": "Paris" })
    );
    assert_eq!(json(text(a, "agentops.entity.output")), serde_json::json!(["x"]));
    let b = named(&spans, "b.operation");
    assert_eq!(text(b, "agentops.operation.input"), "just text");
    assert_eq!(text(b, "agentops.operation.output"), "done");
}

#[test]
fn every_type_of_field_has_its_own_type_on_the_wire() {
    let spans = arrived(|_| {
        let _span = info_span!(
            "types",
            agentops.kind = "operation",
            t.bool = true,
            t.i64 = -1_i64,
            t.u64 = 7_u64,
            t.huge = u64::MAX,
            t.i128 = 12_i128,
            t.f64 = 0.5,
            t.str = "text",
            t.debug = ?Some(1),
            t.display = %"shown",
            t.literal = ?"quoted",
            t.bytes = &b"\x00\x01"[..],
        );
    });
    let span = named(&spans, "types.operation");
    let typed = |key: &str| format!("{:?}", span.attribute(key).unwrap());
    assert_eq!(typed("t.bool"), "Bool(true)");
    assert_eq!(typed("t.i64"), "Int(-1)");
    assert_eq!(typed("t.u64"), "Int(7)");
    assert_eq!(typed("t.huge"), "String(\"18446744073709551615\")");
    assert_eq!(typed("t.i128"), "Int(12)");
    assert_eq!(typed("t.f64"), "Double(0.5)");
    assert_eq!(typed("t.str"), "String(\"text\")");
    assert_eq!(typed("t.debug"), "String(\"Some(1)\")");
    assert_eq!(typed("t.display"), "String(\"shown\")");
    assert_eq!(typed("t.literal"), "String(\"quoted\")");
    assert_eq!(typed("t.bytes"), "String(\"AAE=\")");
}

#[test]
fn events_inside_a_span_become_its_events_and_an_error_its_status() {
    let spans = arrived(|_| {
        let _span = info_span!("work", agentops.kind = "operation").entered();
        info!(step = 1, "started");
        tracing::debug!("below the event level");
        let _inner = info_span!("unrelated").entered();
        tracing::error!(code = 5, "the disk is full");
    });
    let work = named(&spans, "work.operation");
    let names: Vec<_> = work.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["started", "the disk is full"]);
    assert_eq!(work.events[0].attribute("step"), Some(&1_i64.into()));
    assert_eq!(
        (work.status.code, work.status.message.as_str()),
        (StatusCode::Error, "the disk is full")
    );
}

#[test]
fn a_late_record_changes_kind_name_and_attributes_but_not_the_tree() {
    let spans = arrived(|_| {
        let span = info_span!(
            "span",
            gen_ai.operation.name = field::Empty,
            agentops.name = field::Empty,
            gen_ai.request.model = field::Empty
        );
        let child = info_span!(parent: &span, "child", agentops.kind = "tool");
        drop(child);
        span.record("gen_ai.operation.name", "invoke_agent");
        span.record("agentops.name", "late");
    });
    assert_eq!(
        agentops::testing::draw(&spans),
        "default.session\n  late.agent\n    child.tool\n"
    );
}

#[test]
fn an_undeclared_attribute_can_be_said_all_the_same() {
    let spans = arrived(|_| {
        let span = info_span!("chat", gen_ai.operation.name = "chat", gen_ai.request.model = "gpt-4o");
        span.record_attribute("team", "blue");
        span.record_attribute("attempt", 2);
        span.record_attribute("attempt", 3);
        span.record_usage(&Usage::new(100, 20).with_cache_read(40).with_reasoning(5));
        span.record_evaluation("relevance", 0.9, Some("good"), None);
    });
    let call = named(&spans, "chat gpt-4o");
    assert_eq!(call.attribute("attempt"), Some(&3_i64.into()));
    for (key, tokens) in [
        ("gen_ai.usage.prompt_tokens", 100_i64),
        ("gen_ai.usage.input_tokens", 100),
        ("gen_ai.usage.completion_tokens", 20),
        ("gen_ai.usage.total_tokens", 120),
        ("gen_ai.usage.cache_read_input_tokens", 40),
        ("gen_ai.usage.cache_read.input_tokens", 40),
        ("gen_ai.usage.reasoning_tokens", 5),
    ] {
        assert_eq!(call.attribute(key), Some(&tokens.into()), "{key}");
    }
    assert_eq!(call.events[0].name, "gen_ai.evaluation.result");
    assert_eq!(
        call.events[0].attribute("gen_ai.evaluation.score.label"),
        Some(&"good".into())
    );
}

#[test]
fn an_evaluation_arrives_with_its_name_its_score_and_the_words_for_it() {
    let spans = arrived(|_| {
        let span = info_span!("chat", gen_ai.operation.name = "chat", gen_ai.request.model = "gpt-4o");
        span.record_evaluation("relevance", 0.9, Some("good"), Some("it answers the question"));
        span.record_evaluation("tone", -1.0, None, None);
    });
    let [relevance, tone] = &named(&spans, "chat gpt-4o").events[..] else {
        panic!("{:?}", named(&spans, "chat gpt-4o").events)
    };
    assert_eq!([&relevance.name, &tone.name], ["gen_ai.evaluation.result"; 2]);
    let said = [
        ("gen_ai.evaluation.name", Value::from("relevance")),
        ("gen_ai.evaluation.score.value", Value::from(0.9)),
        ("gen_ai.evaluation.score.label", Value::from("good")),
        ("gen_ai.evaluation.explanation", Value::from("it answers the question")),
    ];
    assert_eq!(relevance.attributes, Attributes::from_iter(said));
    let said = [
        ("gen_ai.evaluation.name", Value::from("tone")),
        ("gen_ai.evaluation.score.value", Value::from(-1.0)),
    ];
    assert_eq!(
        tone.attributes,
        Attributes::from_iter(said),
        "and no words where there are none"
    );
}

#[test]
fn ids_are_told_where_a_span_is_recorded() {
    let mut told = None;
    let spans = arrived(|_| {
        let span = info_span!("a", agentops.kind = "tool");
        told = span.trace_id().zip(span.span_id());
        assert_eq!(info_span!("unrelated").trace_id(), None);
        assert_eq!(Span::none().span_id(), None);
    });
    let span = named(&spans, "a.tool");
    assert_eq!(told, Some((span.trace_id.clone(), span.span_id.clone())));
}

#[test]
fn a_span_left_by_a_panic_is_an_error_and_its_healthy_neighbours_are_not() {
    agentops::builder()
        .with_env(|_| None)
        .build()
        .unwrap()
        .install_handlers()
        .unwrap();
    let spans = arrived(|_| {
        let _agent = info_span!("agent", agentops.kind = "agent").entered();
        let caught = panic::catch_unwind(|| {
            let _tool = info_span!("tool", agentops.kind = "tool").entered();
            panic!("the tool broke");
        });
        assert!(caught.is_err());
    });
    let tool = named(&spans, "tool.tool");
    assert_eq!(tool.status.message, "panic: the tool broke");
    assert_eq!(tool.events.len(), 1);
    assert_eq!(tool.events[0].attribute("exception.type"), Some(&"panic".into()));
    let place = tool.events[0]
        .attribute("exception.stacktrace")
        .unwrap()
        .as_str()
        .unwrap();
    assert!(place.contains("capture.rs"), "{place}");
    assert_eq!(named(&spans, "agent.agent").status.code, StatusCode::Ok);
}

#[test]
fn a_panic_that_was_caught_is_not_told_of_a_later_one_without_a_message() {
    agentops::builder()
        .with_env(|_| None)
        .build()
        .unwrap()
        .install_handlers()
        .unwrap();
    let caught = |broken: fn()| assert!(panic::catch_unwind(broken).is_err());
    let spans = arrived(|_| {
        caught(|| info_span!("first", agentops.kind = "task").in_scope(|| panic!("of the first request")));
        // The same thread serves another request, which hands on a panic that the hook is not told of.
        caught(|| info_span!("second", agentops.kind = "task").in_scope(|| panic::resume_unwind(Box::new("quiet"))));
    });
    assert_eq!(
        named(&spans, "first.task").status.message,
        "panic: of the first request"
    );
    let second = named(&spans, "second.task");
    assert_eq!(second.status.message, "panic: the span was left by a panic");
    assert!(!format!("{second:?}").contains("first request"));
}

#[test]
fn a_kind_may_be_said_by_the_name_that_it_has_on_the_wire() {
    let spans = arrived(|_| {
        let late = info_span!("late", agentops.span.kind = field::Empty);
        late.record("agentops.span.kind", "Guardrail");
        let both = info_span!("both", agentops.span.kind = "agent", agentops.kind = "tool");
        drop((late, both, info_span!("plain", agentops.span.kind = "workflow")));
    });
    for (name, kind) in [
        ("late.guardrail", "guardrail"),
        ("both.tool", "tool"),
        ("plain.workflow", "workflow"),
    ] {
        assert_eq!(text(named(&spans, name), "agentops.span.kind"), kind);
    }
}

#[test]
fn a_value_over_the_limit_is_cut_and_marked() {
    let long = "é".repeat(200);
    let spans = arrived_with(
        |builder| builder.with_attribute_value_length(100),
        |_| drop(info_span!("a", agentops.kind = "tool", t.long = long.as_str())),
    );
    let kept = text(named(&spans, "a.tool"), "t.long");
    let mark = "...[truncated]";
    assert_eq!(kept, "é".repeat(100 - mark.len()) + mark);
}
