//! Trees: what hangs below what.

use std::{sync::Barrier, thread};

use agentops::{EndState, testing};
use proptest::prelude::*;
use tracing::{Span, info_span, instrument, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::harness::{DEADLINE, arrived, arrived_with, named, text, to, tree, tree_with};

fn llm_call(model: &str) {
    let _call = info_span!(
        "completion",
        gen_ai.operation.name = "chat",
        gen_ai.request.model = model
    )
    .entered();
}

#[instrument(fields(agentops.kind = "tool"))]
fn web_search(query: &str) {}

#[instrument(fields(agentops.kind = "operation"))]
fn answer_question(question: &str) {
    llm_call("gpt-4o");
    web_search(question);
}

#[instrument(fields(agentops.kind = "agent"))]
fn assistant() {
    answer_question("What is the capital of France?");
}

#[instrument(fields(agentops.kind = "operation"))]
fn collect() {}

#[instrument(fields(agentops.kind = "workflow"))]
fn report() {
    collect();
}

#[test]
fn a_run_with_agents_workflows_and_loose_calls_is_one_tree() {
    let tree = tree(|_| {
        assistant();
        report();
        llm_call("gpt-4o-mini");
    });
    assert_eq!(
        tree,
        "default.session\n  \
           assistant.agent\n    \
             answer_question.operation\n      \
               chat gpt-4o\n      \
               web_search.tool\n  \
           report.workflow\n    \
             collect.operation\n  \
           chat gpt-4o-mini\n"
    );
}

#[test]
fn five_levels_of_operations_nest() {
    #[instrument(name = "level", fields(agentops.kind = "operation"))]
    fn level(depth: u32) {
        if depth > 1 {
            level(depth - 1);
        }
    }
    let spans = arrived(|_| level(5));
    let mut span = spans
        .iter()
        .find(|span| span.attribute("depth") == Some(&1_i64.into()))
        .unwrap();
    for depth in 2..=5_i64 {
        span = spans
            .iter()
            .find(|other| Some(&other.span_id) == span.parent_span_id.as_ref())
            .unwrap();
        assert_eq!(span.attribute("depth"), Some(&depth.into()));
    }
}

#[test]
fn any_depth_of_unrelated_spans_collapses() {
    let tree = tree(|_| {
        let _agent = info_span!("planner", agentops.kind = "agent").entered();
        let _a = info_span!("a").entered();
        let _b = info_span!("b").entered();
        let _c = info_span!("c").entered();
        web_search("x");
    });
    assert_eq!(tree, "default.session\n  planner.agent\n    web_search.tool\n");
}

#[test]
fn unrelated_spans_that_another_layer_sees_collapse_too() {
    let collector = testing::Collector::start();
    let agentops = to(&collector).build().unwrap();
    let printing = tracing_subscriber::fmt::layer().with_writer(std::io::sink);
    with_default(
        tracing_subscriber::registry().with(printing).with(agentops.layer()),
        || {
            let _agent = info_span!("planner", agentops.kind = "agent").entered();
            let _a = info_span!("a").entered();
            web_search("x");
            let _explicit = info_span!(parent: &Span::current(), "b", agentops.kind = "task").entered();
        },
    );
    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(
        collector.tree(),
        "default.session\n  planner.agent\n    web_search.tool\n    b.task\n"
    );
}

#[test]
fn a_span_without_a_session_is_a_root_of_its_own_when_the_auto_session_is_off() {
    let tree = tree_with(
        |builder| builder.with_auto_start_session(false),
        |_| {
            web_search("a");
            web_search("b");
        },
    );
    assert_eq!(tree, "web_search.tool\n\nweb_search.tool\n");
}

#[test]
fn spans_below_one_unrelated_request_share_a_session_named_after_it() {
    let collector = testing::Collector::start();
    let agentops = to(&collector).with_auto_start_session(false).build().unwrap();
    let printing = tracing_subscriber::fmt::layer().with_writer(std::io::sink);
    with_default(
        tracing_subscriber::registry().with(printing).with(agentops.layer()),
        || {
            let _request = info_span!("POST /chat").entered();
            let _inner = info_span!("handler").entered();
            assistant();
            web_search("x");
        },
    );
    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(
        collector.tree(),
        "POST /chat.session\n  assistant.agent\n    answer_question.operation\n      chat gpt-4o\n      web_search.tool\n  \
         web_search.tool\n"
    );
}

#[test]
fn an_explicit_session_is_a_root_and_links_to_what_encloses_it() {
    let spans = arrived(|agentops| {
        let _agent = info_span!("planner", agentops.kind = "agent").entered();
        let session = agentops.session("inner").start();
        session.in_scope(|| web_search("x"));
        session.end(EndState::Success);
    });
    assert_eq!(
        testing::draw(&spans),
        "default.session\n  planner.agent\n\ninner.session\n  web_search.tool\n"
    );
    let (agent, inner) = (named(&spans, "planner.agent"), named(&spans, "inner.session"));
    assert_ne!(agent.trace_id, inner.trace_id);
    assert_eq!(inner.links.len(), 1);
    assert_eq!(
        (&inner.links[0].trace_id, &inner.links[0].span_id),
        (&agent.trace_id, &agent.span_id)
    );
}

#[test]
fn the_nearest_agent_is_named_on_what_works_for_it() {
    let spans = arrived(|_| {
        assistant();
        llm_call("loose");
        let _agent = info_span!("outer", agentops.kind = "agent").entered();
        let _inner = info_span!("inner", agentops.kind = "agent").entered();
        let _check = info_span!("check", agentops.kind = "guardrail").entered();
        web_search("deep");
    });
    assert_eq!(text(named(&spans, "chat gpt-4o"), "agent.name"), "assistant");
    assert_eq!(named(&spans, "chat loose").attribute("agent.name"), None);
    assert_eq!(
        named(&spans, "check.guardrail").attribute("agent.name"),
        None,
        "the dashboard would paint it as an agent"
    );
    let deep = spans
        .iter()
        .find(|span| span.attribute("query") == Some(&"deep".into()))
        .unwrap();
    assert_eq!(text(deep, "agent.name"), "inner");
}

#[test]
fn a_tool_that_follows_from_a_call_works_for_the_agent_of_that_call() {
    let spans = arrived(|_| {
        let chat = info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.request.model = "m",
            gen_ai.agent.name = "bob"
        );
        let tool = info_span!(
            "execute_tool",
            gen_ai.operation.name = "execute_tool",
            gen_ai.tool.name = "add"
        );
        tool.follows_from(&chat);
    });
    assert_eq!(text(named(&spans, "add.tool"), "agent.name"), "bob");
    assert_eq!(named(&spans, "add.tool").links.len(), 1);
}

/// A random nest of operations: each number is how many children the next span has.
fn nest(session: &str, shape: &mut impl Iterator<Item = u8>, depth: u8) {
    let _span = info_span!("op", agentops.kind = "operation", of = session).entered();
    if depth < 6 {
        for _ in 0..shape.next().unwrap_or(0) % 3 {
            nest(session, shape, depth + 1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn fifty_concurrent_sessions_in_four_threads_never_mix(shapes in prop::collection::vec(prop::collection::vec(0_u8..9, 1..20), 50)) {
        let spans = arrived_with(|builder| builder.with_auto_start_session(false), |agentops| {
            let barrier = Barrier::new(4);
            let dispatch = tracing::dispatcher::get_default(Clone::clone);
            thread::scope(|scope| {
                for part in 0..4 {
                    let (barrier, shapes, dispatch) = (&barrier, &shapes, dispatch.clone());
                    scope.spawn(move || tracing::dispatcher::with_default(&dispatch, || {
                        barrier.wait();
                        let mine = shapes.iter().enumerate().filter(|(index, _)| index % 4 == part);
                        let sessions: Vec<_> = mine.map(|(index, shape)| {
                            (agentops.session(format!("s{index}")).start(), format!("s{index}"), shape)
                        }).collect();
                        for (session, name, shape) in &sessions {
                            session.in_scope(|| nest(name, &mut shape.iter().copied(), 0));
                        }
                        for (session, name, shape) in &sessions {
                            session.in_scope(|| nest(name, &mut shape.iter().copied(), 0));
                            session.end(EndState::Success);
                        }
                    }));
                }
            });
        });
        let sessions: Vec<_> = spans.iter().filter(|span| span.kind() == Some("session")).collect();
        prop_assert_eq!(sessions.len(), 50);
        for span in spans.iter().filter(|span| span.kind() != Some("session")) {
            let session = sessions.iter().find(|session| session.trace_id == span.trace_id).unwrap();
            prop_assert_eq!(text(session, "operation.name"), text(span, "of"));
            let parent = spans.iter().find(|parent| Some(&parent.span_id) == span.parent_span_id.as_ref()).unwrap();
            prop_assert_eq!(&parent.trace_id, &span.trace_id);
        }
    }
}
