//! Two handles in one registry.

use agentops::{
    AgentOps, AgentOpsSpanExt as _, EndState, Usage,
    testing::{Collector, Span, StatusCode, draw},
};
use tracing::{Dispatch, dispatcher, info_span};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

use crate::guest::{DEADLINE, assert_whole, program, to};

/// Runs a program with two handles; gives what arrived of each.
fn arrived_at_both(program: impl FnOnce(&AgentOps, &AgentOps)) -> [Vec<Span>; 2] {
    let collectors = [Collector::start(), Collector::start()];
    let [first, second] = collectors.each_ref().map(|collector| to(collector).build().unwrap());
    let subscriber: Dispatch = registry().with(first.layer()).with(second.layer()).into();
    dispatcher::with_default(&subscriber, || program(&first, &second));
    for handle in [first, second] {
        handle.shutdown(DEADLINE).unwrap();
        let stats = handle.stats();
        assert_eq!(
            (stats.recorded, stats.open_spans, stats.open_bytes),
            (stats.exported, 0, 0),
            "{stats:?}"
        );
    }
    collectors.map(|collector| collector.spans())
}

#[test]
fn each_of_two_handles_has_its_own_whole_tree() {
    let [first, second] = arrived_at_both(|_, _| program());
    assert_whole(&first);
    assert_whole(&second);
    assert_ne!(first[0].trace_id, second[0].trace_id, "each has a session of its own");
}

#[test]
fn what_a_program_says_of_a_span_reaches_both() {
    let spans = arrived_at_both(|_, _| {
        let call = info_span!("call", gen_ai.operation.name = "chat", gen_ai.request.model = "gpt-4o");
        call.record_usage(&Usage::new(10, 2));
        call.record_attribute("attempt", 2);
        let tool = info_span!("pay", agentops.kind = "tool", agentops.name = tracing::field::Empty).entered();
        tool.record("agentops.name", "payment");
        tool.record_input(&"an invoice");
        tool.record_output(&serde_json::json!({ "paid": true }));
        tool.record_error(&std::io::Error::other("no money"));
        tool.record_evaluation("speed", 0.5, None, None);
    });
    for spans in spans {
        let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
        let (call, tool) = (named("chat gpt-4o"), named("payment.tool"));
        assert_eq!(call.attribute("gen_ai.usage.total_tokens"), Some(&12_i64.into()));
        assert_eq!(call.attribute("attempt"), Some(&2_i64.into()));
        assert_eq!(tool.text("agentops.tool.input"), Some("an invoice"));
        assert_eq!(tool.text("agentops.tool.output"), Some(r#"{"paid":true}"#));
        assert_eq!(tool.status.message, "Error: no money");
        assert_eq!(tool.events_named("gen_ai.evaluation.result").count(), 1);
    }
}

#[test]
fn a_session_of_one_handle_is_a_session_of_the_other_and_ends_as_it_does() {
    let spans = arrived_at_both(|first, second| {
        let session = first.session("by the first").start();
        session.in_scope(program);
        session.fail("no money");
        drop(session);
        let session = second.session("by the second").start();
        session.in_scope(program);
        session.end(EndState::Success);
    });
    for spans in spans {
        assert_eq!(
            draw(&spans),
            "by the first.session !no money\n  planner.agent\n    search.tool\n\n\
             by the second.session\n  planner.agent\n    search.tool\n"
        );
        let state = |name: &str| {
            let session = spans.iter().find(|span| span.name == name).unwrap();
            (
                session.status.code,
                session.text("agentops.session.end_state").map(str::to_owned),
            )
        };
        assert_eq!(
            state("by the first.session"),
            (StatusCode::Error, Some("Fail".to_owned()))
        );
        assert_eq!(
            state("by the second.session"),
            (StatusCode::Ok, Some("Success".to_owned()))
        );
    }
}

#[test]
fn what_is_asked_of_one_handle_stays_with_it() {
    let [first, second] = arrived_at_both(|first, second| {
        let session = first.session("night").with_tags(["secret"]).with_user_id("u-1").start();
        second.set_enabled(false);
        session.in_scope(program);
    });
    assert_eq!(draw(&first), "night.session\n  planner.agent\n    search.tool\n");
    assert_eq!(draw(&second), "night.session\n");
    assert_eq!(first[0].text("user.id"), Some("u-1"));
    assert_eq!(
        (second[0].attribute("user.id"), second[0].attribute("agentops.tags")),
        (None, None)
    );
}
