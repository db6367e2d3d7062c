//! What of a span leaves, and under which names.

use agentops::{
    Builder, Content, Price, Redactor, Semconv,
    testing::{Span, Value},
};
use tracing::{error, info_span};

use super::harness::{as_is, named, seen, seen_plain, variables};
use crate::scratch::Scratch;

/// Where the content of a run shows.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    messages: bool,
    errors: bool,
}

const ALL: Shown = Shown {
    messages: true,
    errors: true,
};
const NO_MESSAGES: Shown = Shown {
    messages: false,
    errors: true,
};
const NOTHING: Shown = Shown {
    messages: false,
    errors: false,
};

fn shown(settings: impl FnOnce(Builder) -> Builder) -> Shown {
    let question = r#"[{"role":"user","parts":[{"type":"text","content":"Where to?"}]}]"#;
    let seen = seen(settings, |_| {
        let model = "gpt-4o";
        let chat = info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.request.model = model,
            gen_ai.input.messages = question,
        );
        chat.in_scope(|| ());
        let tool = info_span!(
            "book",
            agentops.kind = "tool",
            agentops.input = "Paris",
            agentops.output = "booked"
        );
        tool.in_scope(|| error!("no money"));
    });
    let (chat, tool) = (named(&seen.spans, "chat gpt-4o"), named(&seen.spans, "book.tool"));
    assert_eq!(tool.text("tool.name"), Some("book"), "names stay");
    assert_eq!(chat.text("gen_ai.request.model"), Some("gpt-4o"));
    assert!(tool.is_error());
    let says = |span: &Span, text: &str| format!("{span:?}").contains(text);
    let messages = says(chat, "Where to?");
    assert_eq!([says(tool, "Paris"), says(tool, "booked")], [messages; 2], "{tool:?}");
    Shown {
        messages,
        errors: says(tool, "no money"),
    }
}

#[test]
fn content_leaves_as_far_as_it_was_allowed_to() {
    covers!("with_content_capture", "AGENTOPS_CAPTURE_CONTENT");
    assert_eq!(shown(as_is), ALL);
    for (name, content, expected) in [
        ("all", Content::All, ALL),
        ("no-messages", Content::NoMessages, NO_MESSAGES),
        ("none", Content::None, NOTHING),
    ] {
        assert_eq!(shown(|builder| builder.with_content_capture(content)), expected);
        let variable = [("AGENTOPS_CAPTURE_CONTENT", name)];
        assert_eq!(shown(|builder| builder.with_env(variables(&variable))), expected);
    }
    let variable = [("AGENTOPS_CAPTURE_CONTENT", "all")];
    let both = |builder: Builder| {
        builder
            .with_env(variables(&variable))
            .with_content_capture(Content::None)
    };
    assert_eq!(shown(both), NOTHING);
}

#[test]
fn the_variables_of_others_that_hold_messages_back_are_obeyed() {
    covers!(
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        "TRACELOOP_TRACE_CONTENT"
    );
    let under = |pairs: &[(&str, &str)]| shown(|builder| builder.with_env(variables(pairs)));
    let genai = |value| ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", value);
    let traceloop = |value| ("TRACELOOP_TRACE_CONTENT", value);
    assert_eq!(under(&[genai("true"), traceloop("true")]), ALL);
    assert_eq!(under(&[genai("NO_CONTENT")]), NO_MESSAGES);
    assert_eq!(under(&[traceloop("false")]), NO_MESSAGES);
    assert_eq!(under(&[genai("true"), traceloop("false")]), NO_MESSAGES);
    assert_eq!(under(&[genai("false"), ("AGENTOPS_CAPTURE_CONTENT", "all")]), ALL);
}

fn noted(settings: impl FnOnce(Builder) -> Builder) -> String {
    let note = "Paris, password=hunter2";
    let seen = seen(settings, |_| {
        info_span!("book", agentops.kind = "tool", trip.note = note).in_scope(|| ());
    });
    named(&seen.spans, "book.tool").text("trip.note").unwrap().to_owned()
}

#[test]
fn a_redactor_of_the_program_stands_in_for_the_one_that_masks_credentials() {
    covers!("with_redactor");
    assert_eq!(noted(as_is), "Paris, password=[redacted]");
    let own = |key: &str, value: &str| (key == "trip.note").then(|| value.replace("Paris", "[city]"));
    assert_eq!(noted(|builder| builder.with_redactor(own)), "[city], password=hunter2");
    let both = move |key: &str, value: &str| {
        let masked = own.redact(key, value);
        let credentials = agentops::CredentialRedactor;
        credentials.redact(key, masked.as_deref().unwrap_or(value)).or(masked)
    };
    assert_eq!(
        noted(|builder| builder.with_redactor(both)),
        "[city], password=[redacted]"
    );
}

#[test]
fn long_values_are_cut_and_marked() {
    covers!("with_attribute_value_length", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT");
    let long = "é".repeat(100);
    let value = |settings: &dyn Fn(Builder) -> Builder| {
        let seen = seen(settings, |_| {
            info_span!("book", agentops.kind = "tool", trip.note = long).in_scope(|| ());
        });
        named(&seen.spans, "book.tool").text("trip.note").unwrap().to_owned()
    };
    let cut = |characters: usize| format!("{}...[truncated]", "é".repeat(characters - "...[truncated]".len()));
    let variable = [("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "40")];
    assert_eq!(value(&as_is), long);
    assert_eq!(value(&|builder| builder.with_attribute_value_length(50)), cut(50));
    assert_eq!(value(&|builder| builder.with_env(variables(&variable))), cut(40));
    assert_eq!(
        value(&|builder| builder.with_env(variables(&variable)).with_attribute_value_length(50)),
        cut(50)
    );
}

/// The name of a tool, by AgentOps and by the GenAI conventions.
fn names(spans: &[Span]) -> [Option<&Value>; 2] {
    let tool = named(spans, "book.tool");
    ["tool.name", "gen_ai.tool.name"].map(|key| tool.attribute(key))
}

#[test]
fn tools_speak_the_dialect_that_was_asked_for() {
    covers!("with_semconv", "AGENTOPS_SEMCONV");
    let program = |_: &agentops::AgentOps| info_span!("book", agentops.kind = "tool").in_scope(|| ());
    let ours = |settings: &dyn Fn(Builder) -> Builder| {
        for seen in [seen(settings, program), seen_plain(settings, program)] {
            assert_eq!(names(&seen.spans), [Some(&"book".into()), None]);
        }
    };
    let both = |settings: &dyn Fn(Builder) -> Builder| {
        for seen in [seen(settings, program), seen_plain(settings, program)] {
            assert_eq!(names(&seen.spans), [Some(&"book".into()); 2]);
        }
    };
    assert_eq!(
        names(&seen(as_is, program).spans)[1],
        None,
        "AgentOps' by default with a key"
    );
    assert!(names(&seen_plain(as_is, program).spans)[1].is_some(), "else both");
    let variable =
        |name: &'static str| move |builder: Builder| builder.with_env(variables(&[("AGENTOPS_SEMCONV", name)]));
    ours(&|builder| builder.with_semconv(Semconv::AgentOps));
    both(&|builder| builder.with_semconv(Semconv::GenAi));
    both(&|builder| builder.with_semconv(Semconv::Both));
    ours(&variable("agentops"));
    both(&variable("gen-ai"));
    both(&variable("both"));
    ours(&|builder| variable("both")(builder).with_semconv(Semconv::AgentOps));
}

#[test]
fn a_model_costs_what_the_program_says() {
    covers!("with_price");
    let program = |_: &agentops::AgentOps| {
        info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.request.model = "house-model",
            gen_ai.usage.input_tokens = 1_000_000,
            gen_ai.usage.output_tokens = 500_000,
        )
        .in_scope(|| ());
    };
    let cost = |settings: &dyn Fn(Builder) -> Builder| {
        let seen = seen(settings, program);
        let call = named(&seen.spans, "chat house-model").clone();
        call.attribute("gen_ai.usage.total_cost").and_then(Value::as_f64)
    };
    assert_eq!(cost(&as_is), None, "nobody knows it");
    assert_eq!(
        cost(&|builder| builder.with_price("house-model", Price::new(2.0, 8.0))),
        Some(6.0)
    );
}

#[test]
fn prices_stand_in_a_file_that_the_builder_or_the_environment_names() {
    covers!("with_price_file", "AGENTOPS_PRICE_FILE");
    let one = Scratch::with(r#"{ "house-model": { "input": 1, "output": 0 } }"#);
    let two = Scratch::with(r#"{ "house-model": { "input": 2, "output": 0 } }"#);
    let cost = |settings: &dyn Fn(Builder) -> Builder| {
        let seen = seen(settings, |_| {
            let (model, operation) = ("house-model", "chat");
            let input = 1_000_000;
            info_span!(
                "chat",
                gen_ai.operation.name = operation,
                gen_ai.request.model = model,
                gen_ai.usage.input_tokens = input
            );
        });
        let call = named(&seen.spans, "chat house-model");
        call.attribute("gen_ai.usage.total_cost").and_then(Value::as_f64)
    };
    let variable = [("AGENTOPS_PRICE_FILE", two.path().to_str().unwrap())];
    assert_eq!(cost(&as_is), None);
    assert_eq!(cost(&|builder| builder.with_price_file(&one)), Some(1.0));
    assert_eq!(cost(&|builder| builder.with_env(variables(&variable))), Some(2.0));
    let both = |builder: Builder| builder.with_env(variables(&variable)).with_price_file(&one);
    assert_eq!(cost(&both), Some(1.0));

    std::fs::write(&one, r#"{ "house-model": { "input": 1 } }"#).unwrap();
    let refused = agentops::builder()
        .with_env(|_| None)
        .with_price_file(&one)
        .build()
        .unwrap_err();
    assert!(refused.is_invalid_setting());
    let said = refused.to_string();
    for part in [
        "with_price_file is ",
        "house-model: missing field `output`",
        "in USD per million tokens",
    ] {
        assert!(said.contains(part), "{said}");
    }
}
