//! `s02_hierarchy.py`: every kind of span, an error, generators, tags, cost, metadata, in a session of its own.
//!
//! Where Python has no equivalent in Rust:
//! * A generator's span stays current in Python after the generator has ended, so that what follows is below it. Here
//!   what follows runs inside the span.
//! * `update_trace_metadata` writes the tags as JSON text where all else writes a list, writes
//!   `workflow_name` as `workflow.name`, and leaves out a dict.

use std::{error::Error, fmt, num::ParseIntError};

use agentops::{AgentOps, AgentOpsSpanExt, EndState, testing::Span};
use serde::Serialize;
use tracing::{Span as Tracing, info_span, instrument};

use crate::{run::run, scenarios};

#[derive(Clone, Serialize)]
struct Hit {
    q: String,
    limit: u32,
}

#[instrument(fields(agentops.kind = "tool", agentops.name = "web_search", agentops.version = 3, agentops.cost = 0.05))]
fn search(q: &str, limit: u32) -> Vec<Hit> {
    let hits = vec![Hit { q: q.to_owned(), limit }];
    Tracing::current().record_output(&hits);
    hits
}

#[instrument(fields(agentops.kind = "guardrail", agentops.spec = "input"))]
fn check(text: &str) {
    Tracing::current().record_output(&serde_json::json!({ "tripwire_triggered": false }));
}

/// A Python exception has a traceback; an error of Rust has causes.
#[derive(Debug)]
struct ValueError(ParseIntError);

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Something went wrong")
    }
}

impl Error for ValueError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[instrument(fields(agentops.kind = "task"))]
fn risky_operation() -> Result<(), ValueError> {
    let failed = "x".parse::<u8>().map(drop).map_err(ValueError);
    if let Err(error) = &failed {
        Tracing::current().record_error(error);
    }
    failed
}

#[instrument(fields(agentops.kind = "task"))]
fn answer_query(query: &str) -> Vec<Hit> {
    check(query);
    let hits = search(query, 2);
    risky_operation().unwrap_err();
    Tracing::current().record_output(&hits);
    hits
}

#[instrument(fields(agentops.kind = "operation"), ret)]
fn real_operation(x: u32) -> u32 {
    x
}

#[instrument(fields(agentops.kind = "tool"))]
async fn atool(x: u32) {
    tokio::task::yield_now().await;
    Tracing::current().record_output(&serde_json::json!({ "x": x }));
}

#[instrument(fields(agentops.kind = "tool"))]
async fn astream_tool(n: u32) {
    for _ in 0..n {
        tokio::task::yield_now().await;
    }
}

async fn arun() {
    atool(7).await;
    astream_tool(2).await;
}

#[instrument(name = "wf", fields(agentops.kind = "workflow", agentops.version = 1))]
fn workflow(query: &str) {
    let hits = answer_query(query);
    real_operation(1);
    let stream_tool = info_span!("stream_tool", agentops.kind = "tool", agentops.cost = 0.01, n = 2).entered();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(arun());
    drop(stream_tool);
    Tracing::current().record_output(&hits);
}

/// Arguments of every sort; what is not written in Python's way by itself is given as its text.
fn ser() {
    let span = info_span!(
        "ser",
        agentops.kind = "task",
        a = 1,
        when = %"2024-01-02T03:04:05",
        dec = %"1.10",
        uid = %"00000000-0000-0000-0000-000000000001",
        col = %"red",
        st = ?[1],
        op = %"<opaque>",
        by = %"b'raw'",
    );
    span.record_output(&());
}

#[instrument(fields(agentops.kind = "task", agentops.tags = "t1,t2"), ret)]
fn tagged_list() -> &'static str {
    "plain string result"
}

#[instrument(fields(agentops.kind = "task", agentops.tag.team = "blue"), ret)]
fn tagged_dict() -> u8 {
    1
}

#[instrument(fields(agentops.kind = "task"))]
fn big() {
    Tracing::current().record_output(&"x".repeat(1_000_000));
}

fn program(agentops: &AgentOps) {
    let session = agentops.session("session").with_tags(["new-tag"]).start();
    session.in_scope(|| {
        let name = "customer_service";
        let agent = info_span!(
            "agent",
            agentops.kind = "agent",
            agentops.name = name,
            name = "bob",
            lang = "fr"
        );
        agent.in_scope(|| {
            workflow("hello");
            ser();
            tagged_list();
            tagged_dict();
            big();
        });
    });
    session.set_metadata("user_id", "u1");
    session.set_metadata("n", 3);
    session.set_metadata("ok", true);
    session.set_metadata("l", ["a", "b"]);
    session.span().record_attribute("workflow.name", "wfn");
    session.end(EndState::Success);
}

fn arrived() -> Vec<Span> {
    run(|builder| builder.with_auto_start_session(false), program)
}

#[test]
fn every_kind_of_span_sends_what_python_sends() {
    scenarios::hierarchy_sends_what_python_sends(&arrived());
}

#[test]
fn every_kind_of_span_is_shown_as_fully() {
    scenarios::hierarchy_is_shown_as_fully(&arrived());
}
