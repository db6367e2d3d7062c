//! The examples of the documents with their own words: all decorators, the hierarchy, `risky_operation`.

use agentops::{
    AgentScope, agent, guardrail, operation, session, task,
    testing::{Span, StatusCode, draw},
    tool, workflow,
};

use crate::{run::run, support::Display};

#[tool(cost = 0.05)]
fn web_search(query: &str) -> String {
    format!("results for {query}")
}

#[guardrail(spec = "input")]
fn is_polite(text: &str) -> bool {
    !text.is_empty()
}

#[operation]
fn risky_operation() -> Result<(), std::num::ParseIntError> {
    "Something went wrong".parse::<u8>().map(drop)
}

#[task]
fn collect(topic: &str) -> String {
    is_polite(topic);
    web_search(topic)
}

struct Researcher {
    scope: AgentScope,
}

#[agent(name = "researcher")]
impl Researcher {
    #[operation]
    fn research(&self, topic: &str) -> String {
        let found = collect(topic);
        assert!(risky_operation().is_err());
        found
    }
}

#[workflow]
fn report(topic: &str) -> String {
    let agent = Researcher {
        scope: AgentScope::new("researcher"),
    };
    agent.scope.in_scope(|| agent.research(topic))
}

#[session(name = "my_session")]
fn my_session() -> Result<String, String> {
    Ok(report("tracing"))
}

fn arrived() -> Vec<Span> {
    run(|builder| builder, |_| assert!(my_session().is_ok()))
}

#[test]
fn all_decorators_make_the_tree_of_the_documents() {
    let ours = arrived();
    assert_eq!(
        draw(&ours),
        "my_session.session\n  report.workflow\n    researcher.agent\n      research.operation\n        collect.task\n          \
         is_polite.guardrail\n          web_search.tool\n        risky_operation.operation !ParseIntError: invalid digit \
         found in string\n"
    );
    let failed = ours.iter().find(|span| span.is_error()).unwrap();
    assert_eq!(failed.events_named("exception").count(), 1);
    assert_eq!(failed.text("agent.name"), Some("researcher"));
}

#[test]
fn all_decorators_are_shown() {
    let display = Display::of(&arrived());
    let types: Vec<_> = display.bars.iter().map(|bar| bar.kind_type.as_str()).collect();
    assert_eq!(
        types,
        [
            "session",
            "workflow",
            "agent",
            "operation",
            "task",
            "other",
            "tool",
            "error"
        ]
    );
    assert_eq!(display.agent_cards, ["researcher"]);
    assert_eq!((display.tool_calls, display.errors, display.cost), (1, 1, Some(0.05)));
    assert_eq!((display.warnings, display.lost), (vec![], vec![]));
    assert_eq!(display.sessions[0].name, "my_session.session");
    assert_eq!(display.counts.indeterminate, 0);
    assert_eq!(
        display.sessions[0].status,
        StatusCode::Error,
        "the list shows the span that started last"
    );
}
