//! A small program under test, an agent that calls a tool, and what must arrive of it.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::time::Duration;

use agentops::{
    AgentOpsSpanExt as _, Builder,
    testing::{Collector, Span, StatusCode, draw},
};
use tracing::{debug, debug_span, info, info_span, instrument};

/// Longer than anything takes on a busy machine; what does not hang never waits for it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A builder that knows no environment and sends to `collector`.
pub(crate) fn to(collector: &Collector) -> Builder {
    to_endpoints(collector.auth_endpoint(), collector.traces_endpoint())
}

/// As [`to`], for another process.
pub(crate) fn to_endpoints(auth: String, traces: String) -> Builder {
    agentops::builder()
        .with_env(|_| None)
        .with_api_key("11111111-2222-4333-8444-555555555555")
        .with_endpoint(auth)
        .with_exporter_endpoint(traces)
        .with_session_replay_log(false)
}

/// Spans of ours and unrelated ones, events at both sides of the event level, arguments, a result, and a word that no
/// callsite declared.
pub(crate) fn program() {
    let _request = info_span!("request").entered();
    planner("rust");
}

#[instrument(fields(agentops.kind = "agent"))]
pub(crate) fn planner(question: &str) {
    info!("thinking");
    debug!("not at the event level");
    let _step = debug_span!("step").entered();
    search(question);
}

#[instrument(fields(agentops.kind = "tool"), ret)]
fn search(query: &str) -> usize {
    tracing::Span::current().record_attribute("search.index", "docs");
    query.len()
}

/// Below the auto-session.
pub(crate) const TREE: &str = "default.session\n  planner.agent\n    search.tool\n";

/// All of [`program`] arrived, and nothing else.
#[track_caller]
pub(crate) fn assert_whole(spans: &[Span]) {
    assert_eq!(draw(spans), TREE);
    assert_told(spans);
}

/// What was said of the agent and the tool arrived.
#[track_caller]
pub(crate) fn assert_told(spans: &[Span]) {
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (agent, tool) = (named("planner.agent"), named("search.tool"));
    let events: Vec<_> = agent.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(events, ["thinking"]);
    assert_eq!(agent.text("question"), Some("rust"));
    assert_eq!(tool.text("tool.result"), Some("4"));
    assert_eq!(
        tool.text("search.index"),
        Some("docs"),
        "AgentOpsSpanExt found the span"
    );
    assert_eq!((agent.status.code, tool.status.code), (StatusCode::Ok, StatusCode::Ok));
}
