//! The display oracle says what AgentOps' dashboard would: on spans made by hand, and on those of its own Python SDK.

mod support;

use agentops::testing::{Span, Status, StatusCode};
use support::{
    Bar, Display, Golden, Message, Warning,
    display::{StatusCounts, Tokens},
    nested::{lost_keys, nest},
};

/// A span with text attributes in this order.
fn span(name: &str, attributes: &[(&str, &str)]) -> Span {
    attributes
        .iter()
        .fold(Span::new(name), |span, (key, value)| span.with_attribute(*key, *value))
}

fn bar_type(name: &str, attributes: &[(&str, &str)]) -> String {
    Display::of(&[span(name, attributes)]).bars.remove(0).kind_type
}

#[test]
fn dotted_keys_become_objects_and_lists() {
    let span = span(
        "s",
        &[
            ("a.b", "1"),
            ("a.list.0.x", "2"),
            ("a.list.1.x", "3"),
            ("plain.0", "4"),
            ("plain.1", "5"),
        ],
    );
    let nested = serde_json::json!({ "a": { "b": "1", "list": [{ "x": "2" }, { "x": "3" }] }, "plain": ["4", "5"] });
    assert_eq!(nest(&span.attributes), nested);
    assert_eq!(lost_keys(&span), <[&str; 0]>::default());
}

#[test]
fn every_value_is_a_text() {
    let span = Span::new("s")
        .with_attribute("bool", true)
        .with_attribute("int", 7)
        .with_attribute("double", 0.5)
        .with_attribute("list", ["a", "b"]);
    let nested = serde_json::json!({ "bool": "true", "int": "7", "double": "0.5", "list": "[\"a\",\"b\"]" });
    assert_eq!(nest(&span.attributes), nested);
}

#[test]
fn a_key_that_is_a_value_and_a_prefix_loses_one_of_the_two() {
    assert_eq!(
        lost_keys(&span("s", &[("tool", "x"), ("tool.name", "y")])),
        ["tool.name"]
    );
    assert_eq!(
        lost_keys(&span("s", &[("tool.name", "y"), ("tool", "x")])),
        ["tool.name"]
    );
    let raw_prompt = span("s", &[("gen_ai.prompt", "hi"), ("gen_ai.prompt.0.role", "user")]);
    assert_eq!(lost_keys(&raw_prompt), ["gen_ai.prompt.0.role"]);
}

#[test]
fn a_list_that_does_not_begin_with_zero_loses_its_first_ten() {
    let span = span("s", &[("p.1.role", "a"), ("p.0.role", "b"), ("p.10.role", "c")]);
    assert_eq!(lost_keys(&span), ["p.1.role", "p.0.role"]);
    assert_eq!(
        nest(&span.attributes),
        serde_json::json!({ "p": { "10": { "role": "c" } } })
    );
}

#[test]
fn a_name_below_a_list_is_lost_and_a_gap_is_filled() {
    let span = span(
        "s",
        &[
            ("p.0.role", "a"),
            ("p.version", "1"),
            ("p.2.role", "b"),
            ("p.99999999999999999999.role", "c"),
        ],
    );
    assert_eq!(lost_keys(&span), ["p.version", "p.99999999999999999999.role"]);
    assert_eq!(
        nest(&span.attributes),
        serde_json::json!({ "p": [{ "role": "a" }, {}, { "role": "b" }] })
    );
}

proptest::proptest! {
    #[test]
    fn no_keys_are_too_strange_and_what_is_not_lost_is_there(
        keys in proptest::collection::vec("[ab0129.]{0,8}", 0..12)
    ) {
        let span = keys.iter().fold(Span::new("s"), |span, key| span.with_attribute(key.as_str(), key.as_str()));
        let lost = lost_keys(&span);
        let nested = nest(&span.attributes).to_string();
        for key in keys.iter().filter(|key| !lost.contains(key)) {
            let there = nested.contains(&format!("\"{key}\""));
            proptest::prop_assert!(there, "{key} is not in {nested}", key = key, nested = nested);
        }
    }
}

#[test]
fn the_names_ending_decides_the_type_before_anything_else() {
    for kind in ["session", "agent", "operation", "task", "workflow", "tool"] {
        assert_eq!(
            bar_type(
                &format!("x.{kind}"),
                &[("gen_ai.system", "openai"), ("agent.name", "a")]
            ),
            kind
        );
    }
}

#[test]
fn without_an_ending_a_model_call_is_recognised_and_then_the_first_known_key() {
    assert_eq!(
        bar_type("chat gpt-4", &[("agent.name", "a"), ("gen_ai.system", "openai")]),
        "llm"
    );
    assert_eq!(
        bar_type("check.guardrail", &[("agentops.span.kind", "guardrail")]),
        "other"
    );
    // What attribution on a guardrail would do.
    assert_eq!(
        bar_type(
            "check.guardrail",
            &[("agentops.span.kind", "guardrail"), ("agent.name", "a")]
        ),
        "agent"
    );
    assert_eq!(bar_type("x", &[("tool.name", "t"), ("agent.name", "a")]), "tool");
    assert_eq!(bar_type("x", &[("agent.name", "a"), ("tool.name", "t")]), "agent");
    // The server looks below other keys, too.
    assert_eq!(bar_type("x", &[("agentops.tool.input", "{}")]), "tool");
    assert_eq!(bar_type("x", &[("agentops.gen_ai.x", "y")]), "other");
    assert_eq!(bar_type("x", &[("agentops.span.kind", "workflow")]), "workflow");
    assert_eq!(bar_type("x", &[]), "other");
}

#[test]
fn an_error_overrides_the_type_and_shows_its_message() {
    let mut failed = span("x.tool", &[]);
    failed.status = Status::new(StatusCode::Error, "IoError: gone");
    let mut silent = span("y.tool", &[]);
    silent.status = Status::new(StatusCode::Error, "");
    let display = Display::of(&[failed, silent]);
    let bar = |name: &str, error: &str| Bar {
        name: name.to_owned(),
        kind_type: "error".to_owned(),
        status: StatusCode::Error,
        error: Some(error.to_owned()),
    };
    assert_eq!(display.bars, [bar("x.tool", "IoError: gone"), bar("y.tool", "Error")]);
    assert_eq!(display.errors, 2);
}

#[test]
fn an_agents_card_shows_its_name_or_with_an_id_its_role() {
    let spans = [
        span("a.agent", &[("agent.name", "writer")]),
        span(
            "b.agent",
            &[("agent.name", "hidden"), ("agent.id", "7"), ("agent.role", "editor")],
        ),
        span("c.agent", &[("agent.id", "8")]),
        span(
            "d.agent",
            &[("agent.name", "described"), ("agent.description", "has no card")],
        ),
        span("e.workflow", &[("agent.name", "of a workflow")]),
        // The first key decides: the span is a model call, or it is an agent's.
        span("chat x", &[("gen_ai.operation.name", "chat"), ("agent.name", "late")]),
        span("f.task", &[("agent.name", "writer")]),
    ];
    assert_eq!(Display::of(&spans).agent_cards, ["writer", "editor", "Unknown Agent"]);
}

#[test]
fn the_header_counts_what_carries_the_keys() {
    let spans = [
        span(
            "chat x",
            &[
                ("gen_ai.request.model", "gpt-4o"),
                ("gen_ai.response.model", "gpt-4o-2024-08-06"),
            ],
        ),
        span("priced.tool", &[("tool.name", "t"), ("gen_ai.usage.total_cost", "0.5")]),
        span("other.tool", &[("agentops.tool.input", "{}")]),
    ];
    let display = Display::of(&spans);
    assert_eq!((display.llm_calls, display.tool_calls), (2, 1));
    assert_eq!(display.models, ["gpt-4o-2024-08-06"]);
    assert_eq!(display.cost, Some(0.5));
}

#[test]
fn tokens_without_a_total_count_cached_and_reasoning_ones_twice() {
    let call = Span::new("chat x")
        .with_attribute("gen_ai.usage.prompt_tokens", 100)
        .with_attribute("gen_ai.usage.completion_tokens", 10)
        .with_attribute("gen_ai.usage.cache_read_input_tokens", 80)
        .with_attribute("gen_ai.usage.reasoning_tokens", 5);
    let tokens = |span: Span| Display::of(&[span]).tokens;
    assert_eq!(
        tokens(call.clone()),
        Tokens {
            prompt: 100,
            completion: 10,
            total: 195
        }
    );
    let with_total = call.with_attribute("gen_ai.usage.total_tokens", 110);
    assert_eq!(
        tokens(with_total),
        Tokens {
            prompt: 100,
            completion: 10,
            total: 110
        }
    );
    // Today's names alone mean nothing to the server.
    let modern = Span::new("chat x").with_attribute("gen_ai.usage.input_tokens", 100);
    assert_eq!(tokens(modern), Tokens::default());
}

#[test]
fn cost_is_what_was_sent_else_what_the_model_costs_else_a_warning() {
    let call = |model: &str| {
        Span::new("chat")
            .with_attribute("gen_ai.request.model", model)
            .with_attribute("gen_ai.usage.prompt_tokens", 1_000)
            .with_attribute("gen_ai.usage.completion_tokens", 1_000)
    };
    let shown = |span: Span| {
        let display = Display::of(&[span]);
        (display.cost, display.warnings)
    };
    assert_eq!(shown(call("gpt-4")), (Some(0.09), vec![]));
    let unknown = Warning::UnknownCost("chat".to_owned());
    assert_eq!(shown(call("mine")), (None, vec![unknown.clone()]));
    assert_eq!(
        shown(call("mine").with_attribute("gen_ai.usage.total_cost", 0.25)),
        (Some(0.25), vec![])
    );
    let parts = call("mine")
        .with_attribute("gen_ai.usage.prompt_cost", 0.25)
        .with_attribute("gen_ai.usage.completion_cost", 0.5);
    assert_eq!(shown(parts), (Some(0.75), vec![]));
    // A cost of 0 is as good as none, and so is one below the seventh decimal.
    assert_eq!(
        shown(call("gpt-4").with_attribute("gen_ai.usage.total_cost", 0.0)),
        (None, vec![unknown.clone()])
    );
    assert_eq!(
        shown(call("mine").with_attribute("gen_ai.usage.total_cost", 4e-8)),
        (None, vec![unknown.clone()])
    );
    // An agent with a model among its `gen_ai` keys would warn, too.
    let agent = Span::new("a.agent").with_attribute("gen_ai.request.model", "gpt-4");
    assert_eq!(shown(agent).1, [Warning::UnknownCost("a.agent".to_owned())]);
    assert_eq!(
        shown(Span::new("a.agent").with_attribute("agent.models", "gpt-4")).1,
        []
    );
}

#[test]
fn a_trace_of_one_session_span_shows_the_instrumentation_warning() {
    let session = span("default.session", &[]);
    let warning = Warning::OnlyASession("default.session".to_owned());
    assert_eq!(Display::of(std::slice::from_ref(&session)).warnings, [warning]);
    assert_eq!(Display::of(&[session, span("x.task", &[])]).warnings, []);
}

#[test]
fn the_list_reads_the_span_that_started_first_and_judges_by_the_last() {
    let at = |mut span: Span, start: u64, code: StatusCode| {
        span.start_unix_nanos = start;
        span.status = Status::new(code, "");
        span
    };
    let session = Span::new("run.session")
        .with_attribute("agentops.tags", ["a", "b"])
        .with_attribute("instrumentation.version", "0.1.0");
    let spans = [
        at(Span::new("last.task"), 30, StatusCode::Error),
        at(session, 10, StatusCode::Ok),
        at(Span::new("x.task"), 20, StatusCode::Unset),
    ];
    let display = Display::of(&spans);
    assert_eq!(
        (display.name.as_str(), display.version.as_deref()),
        ("run.session", Some("0.1.0"))
    );
    assert_eq!(display.tags, ["a", "b"]);
    assert_eq!(
        display.counts,
        StatusCounts {
            success: 1,
            fail: 1,
            indeterminate: 1
        }
    );
    let [row] = &display.sessions[..] else {
        panic!("one trace")
    };
    assert_eq!((row.name.as_str(), row.spans, row.errors), ("run.session", 3, 1));
    assert_eq!((row.status, row.duration_nanos), (StatusCode::Error, 20));
    // Before the session has arrived, its child stands for it.
    assert_eq!(Display::of(&spans[..1]).tags, <[&str; 0]>::default());
}

#[test]
fn tags_that_are_no_list_are_none_or_break_the_page() {
    let tags = |text: &str| {
        let display = Display::of(&[span("x.task", &[("agentops.tags", text)])]);
        (display.tags, display.warnings)
    };
    assert_eq!(tags("a,b"), (vec![], vec![]));
    assert_eq!(
        tags("\"a\""),
        (vec![], vec![Warning::UnreadableTags("x.task".to_owned())])
    );
}

#[test]
fn the_message_view_drops_a_prompt_without_content_and_shows_calls_by_name_and_arguments() {
    let call = span(
        "chat x",
        &[
            ("gen_ai.prompt.0.role", "system"),
            ("gen_ai.prompt.0.content", "Be brief."),
            ("gen_ai.prompt.1.role", "assistant"),
            ("gen_ai.prompt.1.tool_calls.0.name", "weather"),
            ("gen_ai.prompt.2.role", "tool"),
            ("gen_ai.prompt.2.content", ""),
            ("gen_ai.prompt.3.content", "And now?"),
            ("gen_ai.completion.0.role", "assistant"),
            ("gen_ai.completion.0.content", "Wait."),
            ("gen_ai.completion.0.tool_calls.0.id", "call_1"),
            ("gen_ai.completion.0.tool_calls.0.name", "weather"),
            ("gen_ai.completion.0.tool_calls.0.arguments", "{\"city\":\"Paris\"}"),
            ("gen_ai.completion.1.tool_calls.0.name", "stop"),
        ],
    );
    assert_eq!(
        Display::messages(&call),
        [
            Message::new("system", "Be brief."),
            Message::new("tool", ""),
            Message::new("user", "And now?"),
            Message::new("assistant", "Wait."),
            Message::call("weather", "{\"city\":\"Paris\"}"),
            Message::call("stop", ""),
        ]
    );
}

#[test]
fn a_completion_is_shown_by_its_first_key() {
    let shown = |keys: &[&str]| {
        let value = |key: &str| if key == "content" { "Paris." } else { key }.to_owned();
        let call = keys.iter().fold(Span::new("chat"), |span, key| {
            span.with_attribute(format!("gen_ai.completion.0.{key}"), value(key))
        });
        Display::messages(&call)
    };
    assert_eq!(
        shown(&["content", "role", "finish_reason"]),
        [Message::new("assistant", "Paris.")]
    );
    assert_eq!(shown(&["role", "content"]), [Message::new("assistant", "role")]);
    assert_eq!(
        shown(&["finish_reason", "role"]),
        [Message::new("assistant", "finish_reason")]
    );
}

#[test]
fn the_tool_view_reads_the_tool_keys_and_else_the_entity() {
    let mut failed = span(
        "search.tool",
        &[
            ("agentops.entity.input", "not shown"),
            ("tool.name", "search"),
            ("tool.parameters", "{\"q\":1}"),
            ("tool.result", "none"),
        ],
    );
    failed.status = Status::new(StatusCode::Error, "status text");
    let view = Display::tool(&failed);
    assert_eq!((view.name.as_str(), view.parameters.as_str()), ("search", "{\"q\":1}"));
    assert_eq!((view.result.as_str(), view.error.as_str()), ("none", "status text"));
    assert_eq!(
        Display::tool(&failed.with_attribute("error.message", "told")).error,
        "told"
    );

    let plain = span(
        "x.tool",
        &[
            ("operation.name", "x"),
            ("agentops.entity.input", "i"),
            ("agentops.entity.output", "o"),
        ],
    );
    let view = Display::tool(&plain);
    assert_eq!(
        (view.name.as_str(), view.parameters.as_str(), view.result.as_str()),
        ("x", "i", "o")
    );
    let python = span("x.tool", &[("operation.name", "x"), ("agentops.tool.input", "i")]);
    assert_eq!(Display::tool(&python).parameters, "");
}

#[test]
fn python_putting_it_all_together_as_displayed() {
    let golden = Golden::load().putting_it_all_together;
    let display = Display::of(&golden.spans);
    let types: Vec<_> = display
        .bars
        .iter()
        .map(|bar| (bar.name.as_str(), bar.kind_type.as_str()))
        .collect();
    assert_eq!(
        types,
        [
            ("default.session", "session"),
            ("assistant.agent", "agent"),
            ("answer_question.task", "task"),
            ("openai.chat.completion", "llm"),
        ]
    );
    assert_eq!((display.llm_calls, display.tool_calls, display.errors), (1, 0, 0));
    assert_eq!(
        display.tokens,
        Tokens {
            prompt: 14,
            completion: 8,
            total: 22
        }
    );
    assert_eq!(
        (display.cost, display.models.as_slice()),
        (Some(0.0009), ["gpt-4-0613".to_owned()].as_slice())
    );
    assert_eq!(
        (display.name.as_str(), display.tags),
        ("default.session", vec!["production".to_owned()])
    );
    // Python's faults: healthy spans count as indeterminate, no agent has a card, no version is shown.
    assert_eq!(
        display.counts,
        StatusCounts {
            success: 1,
            fail: 0,
            indeterminate: 3
        }
    );
    assert_eq!((display.agent_cards.len(), display.version), (0, None));
    assert_eq!((display.warnings, display.lost), (vec![], vec![]));
    // And its answer is shown as the reason for which it ended.
    assert_eq!(
        Display::messages(golden.span("openai.chat.completion")),
        [
            Message::new("user", "What's the capital of France?"),
            Message::new("assistant", "stop"),
        ]
    );
}

#[test]
fn python_hierarchy_as_displayed() {
    let golden = Golden::load().hierarchy;
    let display = Display::of(&golden.spans);
    assert_eq!(display.types_of("check.guardrail"), ["other"]);
    assert_eq!(display.types_of("web_search.tool"), ["tool"]);
    assert_eq!(display.types_of("risky_operation.task"), ["error"]);
    // A priced tool counts as a model call, and no tool of Python's as a tool call.
    assert_eq!((display.llm_calls, display.tool_calls, display.errors), (2, 0, 1));
    assert_eq!(
        display.counts,
        StatusCounts {
            success: 0,
            fail: 1,
            indeterminate: 14
        }
    );
    assert_eq!((display.cost, display.tags), (Some(0.06), vec!["new-tag".to_owned()]));
    assert_eq!((display.warnings, display.lost), (vec![], vec![]));
    assert_eq!(Display::tool(golden.span("web_search.tool")).parameters, "");
    assert_eq!(display.sessions[0].spans, 15);
}

#[test]
fn python_model_calls_as_displayed() {
    let golden = Golden::load().openai;
    let display = Display::of(&golden.spans);
    assert_eq!((display.llm_calls, display.tool_calls, display.errors), (8, 1, 1));
    assert_eq!(display.types_of("tool_call.get_weather"), ["tool"]);
    assert_eq!(display.models, ["gpt-4-0613", "boom", "text-embedding-3-small"]);
    assert_eq!(
        display.warnings,
        [Warning::UnknownCost("openai.chat.completion".to_owned())]
    );
    assert_eq!(
        display.tokens,
        Tokens {
            prompt: 89,
            completion: 48,
            total: 137
        }
    );

    let calls: Vec<_> = golden
        .spans
        .iter()
        .filter(|span| span.name == "openai.chat.completion")
        .collect();
    let last = |at: usize| Display::messages(calls[at]).pop().unwrap();
    // Streamed content comes first and is shown; a call with tools shows neither content nor tools.
    assert_eq!(last(1), Message::new("assistant", "Paris."));
    assert_eq!(last(2), Message::new("assistant", "tool_calls"));
    let roles: Vec<_> = Display::messages(calls[3])
        .into_iter()
        .map(|message| message.role)
        .collect();
    assert_eq!(roles, ["user", "tool", "assistant"]);
}
