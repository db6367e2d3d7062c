//! What can be said between the parentheses.

use agentops::{agent, chain, guardrail, operation, task, testing, tool, workflow};
use tracing::{Level, Span, info_span};

use crate::harness::{arrived, arrived_with, named, text};

const VERSION: &str = "1.2";

#[tool(name = "web_search", version = 3, cost = 0.05, tags("a", "b \"c\"", team = "blue"))]
fn search(query: &str) -> usize {
    query.len()
}

#[operation(name = format!("answer to {question}"), version = VERSION)]
fn answer(question: &str) {}

#[guardrail(spec = "output")]
fn check(text: &str) -> bool {
    !text.is_empty()
}

#[chain]
fn links() {}

#[test]
fn name_version_cost_tags_and_spec_are_what_the_contract_says() {
    let spans = arrived(|_| {
        search("rust");
        answer("everything");
        check("x");
        links();
    });
    let tool = named(&spans, "web_search.tool");
    assert_eq!(text(tool, "operation.name"), "web_search");
    assert_eq!(tool.attribute("operation.version"), Some(&3_i64.into()));
    assert_eq!(tool.attribute("gen_ai.usage.total_cost"), Some(&0.05.into()));
    assert_eq!(tool.attribute("agentops.tags"), Some(&vec!["a", "b \"c\""].into()));
    assert_eq!(text(tool, "team"), "blue");
    let answer = named(&spans, "answer to everything.operation");
    assert_eq!(text(answer, "operation.version"), "1.2");
    let check = named(&spans, "check.guardrail");
    assert_eq!(text(check, "agentops.guardrail.spec"), "output");
    assert_eq!(text(check, "agentops.guardrail.output"), "true");
    assert_eq!(named(&spans, "links.chain").kind(), Some("chain"));
}

#[task(fields(search.index = "docs", late, %shown, answer = 42, "odd key" = true, own = "said by hand"))]
fn fields(shown: &str, own: u8) {
    Span::current().record("late", own + 6);
}

#[test]
fn fields_are_as_in_tracing() {
    let spans = arrived(|_| fields("x", 1));
    let span = named(&spans, "fields.task");
    assert_eq!(text(span, "search.index"), "docs");
    assert_eq!(span.attribute("late"), Some(&7_i64.into()));
    assert_eq!(span.attribute("answer"), Some(&42_i64.into()));
    assert_eq!(
        text(span, "own"),
        "said by hand",
        "what is said by hand is not captured again"
    );
    assert!(text(span, "agentops.task.input").contains("\"shown\":\"x\""));
}

#[tool(level = "debug")]
fn quiet() {}

#[tool(level = Level::TRACE)]
fn silent() {}

#[tool(level = 5)]
fn loud() {}

#[test]
fn a_level_is_a_name_a_number_or_a_path() {
    use tracing::level_filters::LevelFilter;
    let at = |level: LevelFilter| {
        let spans = arrived_with(
            |builder| builder.with_max_level(level),
            |_| {
                quiet();
                silent();
                loud();
            },
        );
        testing::draw(&spans)
    };
    assert_eq!(at(LevelFilter::ERROR), "default.session\n  loud.tool\n");
    assert_eq!(at(LevelFilter::DEBUG), "default.session\n  quiet.tool\n  loud.tool\n");
    assert_eq!(
        at(LevelFilter::TRACE),
        "default.session\n  quiet.tool\n  silent.tool\n  loud.tool\n"
    );
}

#[operation(parent = above, skip_all)]
fn below(above: &Span) {}

#[operation(follows_from = causes.iter().map(Span::id), skip(causes))]
fn after(causes: &[Span]) {}

#[test]
fn a_parent_and_causes_can_be_named() {
    let spans = arrived(|_| {
        let agent = info_span!("agent", agentops.kind = "agent");
        let _elsewhere = info_span!("elsewhere", agentops.kind = "workflow").entered();
        below(&agent);
        after(std::slice::from_ref(&agent));
    });
    let agent = named(&spans, "agent.agent");
    let below = named(&spans, "below.operation");
    assert_eq!(below.parent_span_id.as_deref(), Some(&*agent.span_id));
    let after = named(&spans, "after.operation");
    assert_ne!(after.parent_span_id.as_deref(), Some(&*agent.span_id));
    assert_eq!(after.links[0].span_id, agent.span_id);
}

mod elsewhere {
    pub(crate) mod renamed {
        pub(crate) use agentops::__private;
    }
}

#[workflow(crate = elsewhere::renamed)]
fn through_a_path() -> u8 {
    1
}

#[workflow(crate = "crate::arguments::elsewhere::renamed")]
fn through_a_text() -> u8 {
    2
}

#[test]
fn the_crate_can_be_anywhere() {
    let spans = arrived(|_| assert_eq!(through_a_path() + through_a_text(), 3));
    assert_eq!(named(&spans, "through_a_path.workflow").kind(), Some("workflow"));
    assert_eq!(named(&spans, "through_a_text.workflow").kind(), Some("workflow"));
}

#[agent]
fn r#loop(r#type: u8) -> u8 {
    r#type
}

#[test]
fn raw_names_are_said_without_their_mark() {
    let spans = arrived(|_| assert_eq!(r#loop(3), 3));
    assert!(text(named(&spans, "loop.agent"), "agentops.agent.input").contains("\"type\":3"));
}
