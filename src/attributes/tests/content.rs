//! Inputs, outputs and arguments.

use super::*;

fn input(span: &Span) -> String {
    span.attributes().str("agentops.entity.input").to_owned()
}

fn output(span: &Span) -> String {
    span.attributes().str("agentops.entity.output").to_owned()
}

fn task() -> Span {
    marked("work", EntityKind::Task)
}

#[test]
fn input_and_output_stand_under_the_kinds_names_and_the_dashboards() {
    for kind in EntityKind::ALL.into_iter().filter(|kind| *kind != EntityKind::Llm) {
        let attributes = marked("x", kind)
            .text("agentops.input", "in")
            .text("agentops.output", "out")
            .attributes();
        for (side, value) in [("input", "in"), ("output", "out")] {
            for key in [format!("agentops.{kind}.{side}"), format!("agentops.entity.{side}")] {
                assert_eq!(attributes.str(&key), value);
                assert_eq!(attributes.class(&key), Class::Message);
            }
        }
    }
}

#[test]
fn a_functions_arguments_are_its_input_by_name() {
    let span = task()
        .text("q", "hi")
        .int("n", 3)
        .say("ok", Say::Bool(true))
        .say("x", Say::F64(0.5))
        .say("big", Say::U64(u64::MAX))
        .say("huge", Say::I128(i128::MAX))
        .say("nan", Say::F64(f64::NAN))
        .debug("name", &"Paris")
        .debug("list", &["a", "b"])
        .debug("maybe", &Some("x"))
        .json("args", r#"{"k":[1]}"#)
        .text("raw", "[1]")
        .debug("self", &"me")
        .text("message", "an argument like any other");
    assert_eq!(
        json(&input(&span)),
        json(
            r#"{"args":[],"kwargs":{"q":"hi","n":3,"ok":true,"x":0.5,"big":18446744073709551615,
            "huge":"170141183460469231731687303715884105727","nan":"NaN","name":"Paris","list":["a","b"],
            "maybe":"Some(\"x\")","args":{"k":[1]},"raw":"[1]","message":"an argument like any other"}}"#
        )
    );
    assert!(
        input(&span).starts_with(r#"{"args":[],"kwargs":{"q":"hi","n":3,"#),
        "compact, in order"
    );
}

#[test]
fn primitive_arguments_can_be_searched_for_and_formatted_ones_cannot() {
    let attributes = task()
        .text("user", "u-1")
        .int("n", 3)
        .say("ok", Say::Bool(true))
        .say("huge", Say::U64(u64::MAX))
        .debug("name", &"Paris")
        .json("args", "{}")
        .attributes();
    assert_eq!(attributes.get("user"), Some(&"u-1".into()));
    assert_eq!(attributes.get("n"), Some(&3.into()));
    assert_eq!(attributes.get("ok"), Some(&true.into()));
    assert_eq!(attributes.get("huge"), Some(&u64::MAX.to_string().into()));
    assert_eq!(attributes.class("user"), Class::Message);
    assert!(!attributes.has("name") && !attributes.has("args"));
}

#[test]
fn a_function_without_arguments_has_empty_ones() {
    use EntityKind::{Agent, Chain, Guardrail, Http, Llm, Operation, Session, Task, Tool, Workflow};
    for kind in [Agent, Workflow, Task, Operation, Tool, Guardrail, Chain] {
        assert_eq!(input(&marked("x", kind)), r#"{"args":[],"kwargs":{}}"#, "{kind}");
    }
    for kind in [Session, Llm, Http] {
        assert!(!marked("x", kind).attributes().has("agentops.entity.input"), "{kind}");
    }
    let recognised = span("execute_tool").settled(Tool, KindSource::GenAiOperation);
    assert!(
        !recognised.attributes().has("agentops.entity.input"),
        "nobody said that it had no arguments"
    );
}

#[test]
fn an_explicit_input_is_sent_as_given() {
    assert_eq!(input(&task().int("n", 3).text("agentops.input", "hello")), "hello");
    assert_eq!(input(&task().text("agentops.input", r#"{ "a": 1 }"#)), r#"{ "a": 1 }"#);
    assert_eq!(
        input(&task().debug("agentops.input", &"quoted \"once\"\n")),
        "quoted \"once\"\n"
    );
    assert_eq!(input(&task().json("agentops.input", "\"a string\"")), "a string");
    assert_eq!(input(&task().int("agentops.input", 5)), "5");
    assert_eq!(
        task()
            .int("n", 3)
            .text("agentops.input", "hello")
            .attributes()
            .get_i64("n"),
        Some(3)
    );
}

#[test]
fn what_a_function_returns_is_its_output_unless_it_says_another() {
    assert_eq!(output(&task().debug("return", &"Paris")), "Paris");
    assert_eq!(output(&task().debug("return", &Some("x"))), "Some(\"x\")");
    assert_eq!(output(&task().debug("return", &vec![1, 2])), "[1, 2]");
    assert_eq!(output(&task().int("return", 1)), "1");
    assert_eq!(
        output(&task().text("agentops.output", "said").debug("return", &"Paris")),
        "said"
    );
    let attributes = task().text("return", "x").attributes();
    assert!(!attributes.has("return") && attributes.str("agentops.entity.input") == r#"{"args":[],"kwargs":{}}"#);
    assert!(!task().attributes().has("agentops.entity.output"));
}

#[test]
fn only_what_is_exactly_one_string_literal_is_unquoted() {
    for (said, shown) in [
        (r#""Paris""#, "Paris"),
        (r#""a \"b\" \\ \u{1f600} \t \'""#, "a \"b\" \\ \u{1f600} \t '"),
        (r#""a" and "b""#, r#""a" and "b""#),
        (r#""open"#, r#""open"#),
        (r#""bad \q escape""#, r#""bad \q escape""#),
        (r#""bad \u{110000}""#, r#""bad \u{110000}""#),
        ("Some(\"x\")", "Some(\"x\")"),
        ("\"", "\""),
    ] {
        let span = task().say("app.note", Say::Text(said, Origin::Debug));
        assert_eq!(span.attributes().str("app.note"), shown);
    }
    assert_eq!(
        task().text("app.note", "\"kept\"").attributes().str("app.note"),
        "\"kept\""
    );
}

#[test]
fn every_rust_string_survives_debug() {
    use proptest::prelude::*;
    proptest!(|(text in any::<String>())| {
        let attributes = task().debug("app.note", &text).attributes();
        prop_assert_eq!(attributes.get_str("app.note"), Some(text.as_str()));
    });
}

#[test]
fn a_value_that_was_cut_says_so_wherever_it_goes() {
    let long = "word ".repeat(2000);
    let explicit = marked("x", EntityKind::Tool).cut_text("agentops.input", &long);
    assert_eq!(
        cut_keys(&explicit),
        ["agentops.tool.input", "agentops.entity.input", "tool.parameters"].map(str::to_owned)
    );
    let arguments = task().cut_text("a", &long).int("n", 1);
    assert!(cut_keys(&arguments).contains(&"agentops.entity.input".to_owned()));
    assert!(cut_keys(&arguments).contains(&"a".to_owned()));
    let message = chat().cut_text("gen_ai.prompt", &long);
    assert!(cut_keys(&message).contains(&"gen_ai.prompt.0.content".to_owned()));
    assert!(cut_keys(&message).contains(&"gen_ai.input.messages".to_owned()));
}

#[test]
fn a_cut_argument_goes_last_so_that_its_end_can_be_discarded() {
    let long = "word ".repeat(2000);
    let span = task().cut_text("first", &long).cut_text("second", &long).int("n", 1);
    let (kwargs, cut) = crate::attributes::io::kwargs(&[
        ("first", span.record.fields.get("first").unwrap()),
        ("second", span.record.fields.get("second").unwrap()),
        ("n", span.record.fields.get("n").unwrap()),
    ]);
    assert!(cut);
    assert_eq!(kwargs.keys().collect::<Vec<_>>(), ["first", "n", "second"]);
    let first = kwargs["first"].as_str().unwrap();
    assert!(first.len() <= long.len() - crate::policy::limits::REDACTION_MARGIN);
    assert!(first.ends_with("word"), "no word is split");
}

/// The keys that are marked as cut.
fn cut_keys(span: &Span) -> Vec<String> {
    span.attributes()
        .iter()
        .filter(|attribute| attribute.cut)
        .map(|attribute| attribute.key.clone().into_owned())
        .collect()
}

#[test]
fn contents_under_the_names_of_other_libraries_are_inputs_and_outputs() {
    for (input, output) in [
        ("input.value", "output.value"),
        ("langfuse.observation.input", "langfuse.observation.output"),
        ("traceloop.entity.input", "traceloop.entity.output"),
        ("gen_ai.prompt", "gen_ai.completion"),
        ("gen_ai.input.messages", "gen_ai.output.messages"),
    ] {
        let attributes = marked("x", EntityKind::Agent)
            .text(input, "in")
            .text(output, "out")
            .attributes();
        assert_eq!(attributes.str("agentops.agent.input"), "in", "{input}");
        assert_eq!(attributes.str("agentops.entity.output"), "out", "{output}");
        assert!(!attributes.has(input) && !attributes.has(output));
    }
}

#[test]
fn names_without_a_dot_are_aliases_only_in_known_libraries() {
    let library = span("tool.call")
        .text("tool", "search")
        .settled(EntityKind::Tool, KindSource::Table)
        .attributes();
    assert_eq!(library.str("tool.name"), "search");
    let own = marked("call", EntityKind::Tool).text("tool", "search").attributes();
    assert_eq!(
        (own.str("tool.name"), own.str("tool.parameters")),
        ("call", r#"{"tool":"search"}"#)
    );
}
