//! The comparer finds every difference from the Python SDK that is not on the list, and misses none that is.

#![allow(clippy::unwrap_used, reason = "this is test code")]

mod support;

use std::sync::Arc;

use agentops::testing::{Attributes, OtelKind, Span, Status, StatusCode, Value};
use support::{Difference, Golden, Scenario, compare};

/// The scenario with one change, compared with itself.
fn doctored(change: impl FnOnce(&mut Scenario)) -> Result<(), String> {
    let golden = Golden::load().hierarchy;
    let mut ours = golden.clone();
    change(&mut ours);
    compare(&golden, &ours.spans, &[])
}

/// The one line that the comparer says about a change.
fn defect(change: impl FnOnce(&mut Scenario)) -> String {
    let said = doctored(change).unwrap_err();
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

/// The scenario with changes that are differences on the list: all of `expected`, and no other.
fn shows(golden: &Scenario, expected: &[Difference], change: impl FnOnce(&mut Scenario)) {
    let mut ours = golden.clone();
    change(&mut ours);
    compare(golden, &ours.spans, expected).unwrap();
    let unlisted = compare(golden, &ours.spans, &[]).unwrap_err();
    for difference in expected {
        assert!(
            unlisted.contains(&format!("{difference:?} is not expected")),
            "{difference:?}: {unlisted}"
        );
    }
}

fn hierarchy(expected: Difference, change: impl FnOnce(&mut Scenario)) {
    shows(&Golden::load().hierarchy, &[expected], change);
}

fn openai(expected: Difference, change: impl FnOnce(&mut Scenario)) {
    shows(&Golden::load().openai, &[expected], change);
}

fn set(span: &mut Span, key: &str, value: impl Into<Value>) {
    span.attributes.set(key, value);
}

#[test]
fn each_scenario_equals_itself_in_any_order_of_arrival_and_with_other_ids() {
    let Golden {
        putting_it_all_together,
        hierarchy,
        openai,
    } = Golden::load();
    for golden in [putting_it_all_together, hierarchy, openai] {
        let mut ours = golden.spans.clone();
        ours.reverse();
        for span in &mut ours {
            span.trace_id.insert(0, 'x');
            span.span_id.insert(0, 'x');
            span.parent_span_id = span.parent_span_id.take().map(|id| format!("x{id}"));
        }
        compare(&golden, &ours, &[]).unwrap();
    }
}

#[test]
fn the_capture_is_read_with_its_types() {
    let golden = Golden::load();
    assert_eq!(
        [&golden.putting_it_all_together, &golden.hierarchy, &golden.openai].map(|scenario| scenario.spans.len()),
        [4, 15, 12]
    );
    let search = golden.hierarchy.span("web_search.tool");
    assert_eq!(search.attribute("gen_ai.usage.total_cost").unwrap(), 0.05);
    assert_eq!(search.attribute("operation.version").unwrap(), 3);
    assert_eq!(
        golden
            .hierarchy
            .span("tagged_list.task")
            .attribute("agentops.tags")
            .unwrap(),
        ["t1", "t2"]
    );
    assert_eq!(
        golden
            .hierarchy
            .span("session.session")
            .attribute("trace.metadata.ok")
            .unwrap(),
        true
    );
    assert_eq!(
        golden
            .hierarchy
            .span("risky_operation.task")
            .events_named("exception")
            .count(),
        2
    );
    let call = golden.openai.span("openai.chat.completion");
    assert_eq!((call.otel_kind, call.status.code), (OtelKind::Client, StatusCode::Ok));
    assert_eq!(
        (call.scope_name.as_str(), call.scope_version.as_str()),
        ("openai", "1.99.9")
    );
    assert_eq!(golden.openai.resource.get("service.name").unwrap(), "agentops");
}

#[test]
fn a_wrong_value_is_found() {
    let said = defect(|ours| set(ours.span_mut("web_search.tool"), "operation.name", "search"));
    assert!(said.contains("web_search.tool: operation.name"), "{said}");
    defect(|ours| set(ours.span_mut("web_search.tool"), "gen_ai.usage.total_cost", 0.06));
    defect(|ours| {
        set(
            ours.span_mut("wf.workflow"),
            "agentops.workflow.output",
            "[{\"q\": \"hello\", \"limit\": 3}]",
        );
    });
}

#[test]
fn json_is_compared_as_json() {
    let compact = "[{\"limit\":2,\"q\":\"hello\"}]";
    doctored(|ours| set(ours.span_mut("wf.workflow"), "agentops.workflow.output", compact)).unwrap();
    // A text that is no structure is compared as it is.
    defect(|ours| set(ours.span_mut("tagged_dict.task"), "agentops.task.output", "1.0"));
}

#[test]
fn a_wrong_type_is_found() {
    let said = defect(|ours| set(ours.span_mut("web_search.tool"), "operation.version", "3"));
    assert!(said.contains("operation.version is string instead of int"), "{said}");
    // Of a value that differs by nature the type is compared, too.
    defect(|ours| set(ours.span_mut("session.session"), "cpu.percent", 52));
    doctored(|ours| set(ours.span_mut("session.session"), "cpu.percent", 1.5)).unwrap();
}

#[test]
fn a_missing_and_an_extra_key_are_found() {
    let said = defect(|ours| drop(ours.span_mut("ser.task").attributes.remove("agentops.task.output")));
    assert!(said.contains("ser.task: agentops.task.output is missing"), "{said}");
    let said = defect(|ours| set(ours.span_mut("ser.task"), "agentops.made.up", "x"));
    assert!(
        said.contains("ser.task: agentops.made.up is not in the capture"),
        "{said}"
    );
    // A key that is added to other kinds is not added to this one.
    defect(|ours| set(ours.span_mut("check.guardrail"), "agent.name", "customer_service"));
    defect(|ours| set(ours.span_mut("ser.task"), "tool.name", "ser"));
    defect(|ours| {
        set(
            ours.span_mut("web_search.tool"),
            "gen_ai.operation.name",
            "execute_tool",
        );
    });
}

#[test]
fn a_missing_and_an_extra_span_are_found() {
    let said = defect(|ours| ours.spans.retain(|span| span.name != "check.guardrail"));
    assert_eq!(said, "check.guardrail: missing");
    let said = defect(|ours| {
        let mut twice = ours.span("check.guardrail").clone();
        twice.span_id = "0123456789abcdef".to_owned();
        ours.spans.push(twice);
    });
    assert_eq!(said, "check.guardrail: not in the capture");
}

#[test]
fn a_wrong_name_kind_status_message_and_parent_are_found() {
    let renamed = doctored(|ours| ours.span_mut("ser.task").name = "ser.operation".to_owned()).unwrap_err();
    assert!(
        renamed.contains("ser.task: missing") && renamed.contains("ser.operation: not in the capture"),
        "{renamed}"
    );
    defect(|ours| ours.span_mut("ser.task").otel_kind = OtelKind::Client);
    defect(|ours| ours.span_mut("ser.task").status = Status::new(StatusCode::Error, ""));
    defect(|ours| ours.span_mut("risky_operation.task").status.message = "ValueError".to_owned());
    let said = defect(|ours| {
        let tool = ours.span("web_search.tool").span_id.clone();
        ours.span_mut("check.guardrail").parent_span_id = Some(tool);
    });
    assert_eq!(
        said,
        "check.guardrail: below web_search.tool instead of answer_query.task"
    );
    defect(|ours| ours.span_mut("check.guardrail").parent_span_id = Some("feedfeedfeedfeed".to_owned()));
    defect(|ours| ours.span_mut("check.guardrail").parent_span_id = None);
}

#[test]
fn a_wrong_event_is_found() {
    defect(|ours| ours.span_mut("risky_operation.task").events.clear());
    defect(|ours| ours.span_mut("risky_operation.task").events[0].name = "error".to_owned());
    defect(|ours| {
        ours.span_mut("risky_operation.task").events[0]
            .attributes
            .set("exception.type", "KeyError");
    });
    defect(|ours| {
        ours.span_mut("risky_operation.task").events[1]
            .attributes
            .set("extra", "x");
    });
    defect(|ours| {
        drop(
            ours.span_mut("risky_operation.task").events[0]
                .attributes
                .remove("exception.message"),
        );
    });
}

#[test]
fn a_listed_difference_that_does_not_occur_is_found() {
    let golden = Golden::load().hierarchy;
    let said = compare(&golden, &golden.spans, &[Difference::OkInsteadOfUnset]).unwrap_err();
    assert_eq!(said, "OkInsteadOfUnset is expected here and does not occur");
}

#[test]
fn ok_instead_of_unset_is_a_difference_and_unset_instead_of_ok_a_defect() {
    hierarchy(Difference::OkInsteadOfUnset, |ours| {
        for span in ours.spans.iter_mut().filter(|span| !span.is_error()) {
            span.status = Status::new(StatusCode::Ok, "");
        }
    });
    let golden = Golden::load().openai;
    let mut ours = golden.clone();
    ours.span_mut("openai.chat.completion").status = Status::default();
    assert!(compare(&golden, &ours.spans, &[Difference::OkInsteadOfUnset]).is_err());
}

#[test]
fn one_exception_event_is_a_difference() {
    hierarchy(Difference::OneExceptionEvent, |ours| {
        let events = &mut ours.span_mut("risky_operation.task").events;
        events.truncate(1);
        events[0].attributes.remove("exception.escaped");
        events[0].attributes.set("exception.stacktrace", "ValueError");
    });
}

#[test]
fn entity_keys_with_the_same_value_are_a_difference() {
    let copy = |span: &mut Span, from: &str, to: &str| {
        let value = span.attribute(from).unwrap().clone();
        span.attributes.set(to, value);
    };
    hierarchy(Difference::EntityKeys, |ours| {
        copy(
            ours.span_mut("wf.workflow"),
            "agentops.workflow.input",
            "agentops.entity.input",
        );
        copy(
            ours.span_mut("wf.workflow"),
            "agentops.workflow.output",
            "agentops.entity.output",
        );
        copy(
            ours.span_mut("customer_service.agent"),
            "agentops.entity.input",
            "agentops.agent.input",
        );
    });
    defect(|ours| set(ours.span_mut("wf.workflow"), "agentops.entity.input", "another"));
    defect(|ours| set(ours.span_mut("wf.workflow"), "agentops.task.input", "of another kind"));
}

#[test]
fn named_arguments_are_a_difference_if_they_are_the_same_arguments() {
    let named = |ours: &mut Scenario, input: &str| {
        set(ours.span_mut("web_search.tool"), "agentops.tool.input", input);
    };
    hierarchy(Difference::NamedArguments, |ours| {
        named(ours, "{\"args\":[],\"kwargs\":{\"q\":\"hello\",\"limit\":2}}");
        set(ours.span_mut("web_search.tool"), "q", "hello");
        set(ours.span_mut("web_search.tool"), "limit", 2);
    });
    for other in [
        "{\"args\":[],\"kwargs\":{\"q\":\"bye\",\"limit\":2}}",
        "{\"args\":[],\"kwargs\":{\"q\":\"hello\"}}",
        "{\"args\":[],\"kwargs\":{\"q\":\"hello\",\"limit\":2,\"more\":1}}",
        "{\"args\":[\"hello\"],\"kwargs\":{\"limit\":2},\"x\":",
        "[]",
    ] {
        defect(|ours| named(ours, other));
    }
    // An attribute that is no argument of that value.
    let said = doctored(|ours| {
        named(ours, "{\"args\":[],\"kwargs\":{\"q\":\"hello\",\"limit\":2}}");
        set(ours.span_mut("web_search.tool"), "limit", 3);
    });
    assert!(said.unwrap_err().contains("limit is not in the capture"));
}

#[test]
fn host_keys_are_a_difference_on_sessions_only() {
    hierarchy(Difference::HostKeys, |ours| {
        let session = ours.span_mut("session.session");
        set(session, "host.name", "0123456789abcdef");
        set(session, "host.node", "0123456789abcdef");
        set(session, "host.arch", "x86_64");
        set(session, "process.pid", 7);
        session.attributes.remove("cpu.percent");
    });
    shows(
        &Golden::load().putting_it_all_together,
        &[Difference::HostKeys],
        |ours| {
            set(ours.span_mut("default.session"), "host.name", "0123456789abcdef");
        },
    );
    defect(|ours| set(ours.span_mut("ser.task"), "host.name", "0123456789abcdef"));
    defect(|ours| drop(ours.span_mut("session.session").attributes.remove("host.system")));
}

#[test]
fn our_resource_is_a_difference_and_a_mixed_one_a_defect() {
    let resource = |pairs: &[(&str, &str)]| {
        let resource = Arc::new(pairs.iter().copied().collect());
        move |ours: &mut Scenario| {
            for span in &mut ours.spans {
                span.resource = Arc::clone(&resource);
            }
        }
    };
    let own = [("service.name", "probe"), ("agentops.sdk.name", "agentops-rust")];
    hierarchy(Difference::ResourceKeys, resource(&own));
    defect(resource(&own[..1]));
    defect(resource(&[own[0], own[1], ("agentops.project.id", "temporary")]));
}

#[test]
fn a_model_calls_name_is_a_difference_if_it_is_operation_and_model() {
    let shown = [Difference::LlmNames, Difference::AddedKeys, Difference::ProviderCase];
    let rename = |name: &'static str| {
        move |ours: &mut Scenario| {
            let call = ours.span_mut("openai.embeddings");
            call.name = name.to_owned();
            set(call, "agentops.span.kind", "llm");
            set(call, "gen_ai.operation.name", "embeddings");
            set(call, "gen_ai.system", "openai");
            set(call, "gen_ai.provider.name", "openai");
            set(call, "gen_ai.usage.input_tokens", 5);
        }
    };
    shows(
        &Golden::load().openai,
        &shown,
        rename("embeddings text-embedding-3-small"),
    );
    let golden = Golden::load().openai;
    let mut ours = golden.clone();
    rename("embeddings text-embedding-3-large")(&mut ours);
    assert!(compare(&golden, &ours.spans, &shown).is_err());
}

#[test]
fn a_provider_in_lower_case_is_a_difference_and_another_provider_a_defect() {
    openai(Difference::ProviderCase, |ours| {
        set(ours.span_mut("openai.embeddings"), "gen_ai.system", "openai");
    });
    let golden = Golden::load().openai;
    let mut ours = golden.clone();
    set(ours.span_mut("openai.embeddings"), "gen_ai.system", "anthropic");
    assert!(compare(&golden, &ours.spans, &[]).is_err());
}

#[test]
fn no_tool_call_spans_and_no_request_headers_are_differences() {
    openai(Difference::NoToolCallSpans, |ours| {
        ours.spans.retain(|span| !span.name.starts_with("tool_call."));
    });
    openai(Difference::NoRequestHeaders, |ours| {
        for span in &mut ours.spans {
            span.attributes.remove("gen_ai.request.headers");
        }
    });
}

#[test]
fn a_cut_value_is_a_difference_and_a_short_one_a_defect() {
    let with_output = |output: String| {
        move |ours: &mut Scenario| {
            let big = ours.span_mut("big.task");
            set(big, "agentops.task.output", output.clone());
            set(big, "agentops.entity.output", output);
        }
    };
    hierarchy(Difference::CutNotDropped, with_output("x".repeat(999_990)));
    let said = doctored(with_output("x".to_owned())).unwrap_err();
    assert!(
        said.contains("big.task: agentops.task.output is not in the capture"),
        "{said}"
    );
}

#[test]
fn a_dict_tag_is_a_difference_beside_the_arguments() {
    hierarchy(Difference::DictTags, |ours| {
        set(ours.span_mut("tagged_dict.task"), "team", "blue");
    });
    defect(|ours| set(ours.span_mut("tagged_dict.task"), "team", 7));
    defect(|ours| set(ours.span_mut("tagged_dict.task"), "team", "red"));
    defect(|ours| set(ours.span_mut("tagged_dict.task"), "crew", "blue"));
}

#[test]
fn an_agent_that_ends_with_its_scope_is_a_difference() {
    // What comes after the agent is below what the agent is below.
    hierarchy(Difference::AgentEndsWithScope, |ours| {
        let session = ours.span("session.session").span_id.clone();
        for name in ["ser.task", "tagged_list.task", "tagged_dict.task", "big.task"] {
            ours.span_mut(name).parent_span_id = Some(session.clone());
        }
    });
    // An agent that Python never sent.
    openai(Difference::AgentEndsWithScope, |ours| {
        let (lost, session) = (
            ours.span("ask.task").clone(),
            ours.span("default.session").span_id.clone(),
        );
        let mut agent = Span::new("assistant.agent").with_attribute("agentops.span.kind", "agent");
        agent.trace_id = lost.trace_id;
        agent.span_id = lost.parent_span_id.unwrap();
        agent.parent_span_id = Some(session);
        agent.start_unix_nanos = lost.start_unix_nanos - 1;
        ours.spans.push(agent);
    });
    // An agent without anything below it is not one of those.
    let golden = Golden::load().openai;
    let mut ours = golden.clone();
    let mut agent = Span::new("stray.agent").with_attribute("agentops.span.kind", "agent");
    agent.span_id = "feedfeedfeedfeed".to_owned();
    ours.spans.push(agent);
    assert!(compare(&golden, &ours.spans, &[Difference::AgentEndsWithScope]).is_err());
}

#[test]
fn a_session_that_is_its_own_root_is_a_difference() {
    let mut golden = Golden::load().hierarchy;
    let mut inner = Span::new("inner.session").with_attribute("agentops.span.kind", "session");
    inner.trace_id.clone_from(&golden.spans[0].trace_id);
    inner.span_id = "feedfeedfeedfeed".to_owned();
    inner.parent_span_id = Some(golden.span("session.session").span_id.clone());
    inner.resource = Arc::clone(&golden.spans[0].resource);
    inner.start_unix_nanos = u64::MAX;
    golden.spans.push(inner);
    let make_root = |ours: &mut Scenario| {
        let inner = ours.span_mut("inner.session");
        inner.trace_id = "f".repeat(32);
        inner.parent_span_id = None;
    };
    shows(&golden, &[Difference::SessionsAreRoots], make_root);
}

#[test]
fn an_auto_session_with_nothing_in_it_is_not_sent() {
    let mut golden = Golden::load().putting_it_all_together;
    golden.spans.retain(|span| span.name == "default.session");
    shows(&golden, &[Difference::EmptyAutoSession], |ours| ours.spans.clear());
    // One with something in it is.
    let golden = Golden::load().putting_it_all_together;
    let rest: Vec<_> = golden
        .spans
        .iter()
        .filter(|span| span.name != "default.session")
        .cloned()
        .collect();
    assert!(compare(&golden, &rest, &[Difference::EmptyAutoSession]).is_err());
}

#[test]
fn keys_that_the_contract_adds_are_a_difference_if_they_agree_with_the_older_ones() {
    hierarchy(Difference::AddedKeys, |ours| {
        set(ours.span_mut("session.session"), "instrumentation.version", "0.1.0");
        set(
            ours.span_mut("customer_service.agent"),
            "agent.name",
            "customer_service",
        );
        let tool = ours.span_mut("web_search.tool");
        set(tool, "agent.name", "customer_service");
        set(tool, "tool.name", "web_search");
        set(tool, "tool.status", "succeeded");
        set(ours.span_mut("risky_operation.task"), "error.type", "ValueError");
    });
    let with_input_tokens = |tokens: i64| {
        let golden = Golden::load().openai;
        let mut ours = golden.clone();
        let call = ours.span_mut("openai.embeddings");
        set(call, "agentops.span.kind", "llm");
        set(call, "gen_ai.usage.input_tokens", tokens);
        compare(&golden, &ours.spans, &[Difference::AddedKeys])
    };
    with_input_tokens(5).unwrap();
    assert!(with_input_tokens(6).unwrap_err().contains("gen_ai.usage.input_tokens"));

    let with_reason = |key: &str, reason: Value| {
        let golden = Golden::load().putting_it_all_together;
        let mut ours = golden.clone();
        let call = ours.span_mut("openai.chat.completion");
        set(call, "agentops.span.kind", "llm");
        set(call, key, reason);
        compare(&golden, &ours.spans, &[Difference::AddedKeys])
    };
    with_reason("gen_ai.response.finish_reason", "stop".into()).unwrap();
    with_reason("gen_ai.response.finish_reasons", ["stop"].into()).unwrap();
    for (key, reason) in [
        ("gen_ai.response.finish_reason", Value::from("length")),
        ("gen_ai.response.finish_reasons", ["length"].into()),
        ("gen_ai.response.finish_reasons", ["stop", "stop"].into()),
    ] {
        assert!(with_reason(key, reason).unwrap_err().contains(key));
    }
}

/// Turns the first program into what the contract wants on the wire.
fn as_specified(ours: &mut Scenario) {
    let resource: Attributes = [("service.name", "probe"), ("agentops.sdk.name", "agentops-rust")]
        .into_iter()
        .collect();
    let resource = Arc::new(resource);
    for span in &mut ours.spans {
        span.status = Status::new(StatusCode::Ok, "");
        span.resource = Arc::clone(&resource);
    }
    let session = ours.span_mut("default.session");
    set(session, "host.name", "0123456789abcdef");
    set(session, "instrumentation.name", "agentops-rust");
    let agent = ours.span_mut("assistant.agent");
    set(agent, "agentops.agent.input", "{\"args\":[],\"kwargs\":{}}");
    set(agent, "agentops.entity.input", "{\"args\":[],\"kwargs\":{}}");
    set(agent, "agent.name", "assistant");
    set(agent, "agentops.tags", ["production"]);
    let task = ours.span_mut("answer_question.task");
    for key in ["agentops.task.input", "agentops.entity.input"] {
        set(
            task,
            key,
            "{\"args\":[],\"kwargs\":{\"question\":\"What's the capital of France?\"}}",
        );
    }
    set(task, "question", "What's the capital of France?");
    set(task, "agentops.entity.output", "The capital of France is Paris.");
    let call = ours.span_mut("openai.chat.completion");
    "chat gpt-4".clone_into(&mut call.name);
    set(call, "agentops.span.kind", "llm");
    set(call, "operation.name", "chat gpt-4");
    set(call, "agent.name", "assistant");
    set(call, "gen_ai.system", "openai");
    set(call, "gen_ai.provider.name", "openai");
    set(call, "gen_ai.operation.name", "chat");
    set(call, "gen_ai.usage.input_tokens", 14);
    set(call, "gen_ai.usage.output_tokens", 8);
    set(call, "gen_ai.usage.total_cost", 0.0009);
    set(call, "gen_ai.input.messages", "[]");
}

#[test]
fn a_program_with_every_difference_it_should_show_passes() {
    let golden = Golden::load().putting_it_all_together;
    let mut ours = golden.clone();
    as_specified(&mut ours);
    let expected = [
        Difference::OkInsteadOfUnset,
        Difference::EntityKeys,
        Difference::NamedArguments,
        Difference::HostKeys,
        Difference::ResourceKeys,
        Difference::LlmNames,
        Difference::ProviderCase,
        Difference::AddedKeys,
    ];
    compare(&golden, &ours.spans, &expected).unwrap();
    for (at, left_out) in expected.iter().enumerate() {
        let rest: Vec<_> = expected
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at)
            .map(|(_, it)| *it)
            .collect();
        let said = compare(&golden, &ours.spans, &rest).unwrap_err();
        assert!(
            said.starts_with(&format!("{left_out:?} is not expected here")),
            "{said}"
        );
    }
}
