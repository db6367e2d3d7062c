//! `s02_hierarchy.py`: every kind of span, an error, generators, tags, cost, metadata, in a session of its own.
//!
//! Where Python has no equivalent in Rust:
//! * A generator's span stays current in Python after the generator has ended, so that what follows is below it. Here
//!   what follows has the generator's span for its parent.
//! * `update_trace_metadata` writes the tags as JSON text where all else writes a list, writes `workflow_name` as
//!   `workflow.name`, and leaves out a dict.

use std::{error::Error, fmt, num::ParseIntError};

use agentops::{
    AgentOps, AgentOpsSpanExt, AgentScope, EndState, agent, guardrail, operation, task, testing::Span, tool, workflow,
};
use futures::{Stream, StreamExt as _, stream};
use serde::Serialize;
use serde_json::{Value, json};
use tracing::Span as Tracing;

use crate::{run::run, scenarios};

#[derive(Clone, Serialize)]
struct Hit {
    q: String,
    limit: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Color {
    Red,
}

#[tool(name = "web_search", cost = 0.05, version = 3)]
fn search(q: &str, limit: u32) -> Vec<Hit> {
    vec![Hit { q: q.to_owned(), limit }]
}

#[tool(parent = above, skip(above))]
async fn atool(x: u32, above: &Tracing) -> Value {
    tokio::task::yield_now().await;
    json!({ "x": x })
}

/// Gives its span, too: what follows in Python is below it.
#[tool(cost = 0.01, skip(below))]
fn stream_tool(n: u32, below: &mut Tracing) -> impl Stream<Item = u32> + use<> {
    *below = Tracing::current();
    stream::iter(0..n)
}

#[tool(parent = above, skip(above))]
async fn astream_tool(n: u32, above: &Tracing) -> impl Stream<Item = u32> + use<> {
    stream::iter(0..n)
}

#[guardrail(spec = "input")]
fn check(text: &str) -> Value {
    assert!(!text.is_empty());
    json!({ "tripwire_triggered": false })
}

#[task]
#[allow(clippy::too_many_arguments, clippy::many_single_char_names, reason = "as in Python")]
#[allow(unused_variables, reason = "it is about what they look like")]
fn ser(a: u32, when: &str, dec: &str, uid: &str, col: Color, st: [u32; 1], op: &str, by: &str) {}

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

#[task]
fn risky_operation() -> Result<u8, ValueError> {
    "x".parse().map_err(ValueError)
}

#[operation]
fn real_operation(x: u32) -> u32 {
    x
}

#[task(tags("t1", "t2"))]
fn tagged_list() -> &'static str {
    "plain string result"
}

#[task(tags(team = "blue"))]
fn tagged_dict() -> u8 {
    1
}

#[task]
fn big() -> String {
    "x".repeat(1_000_000)
}

struct CustomerServiceAgent {
    scope: AgentScope,
}

#[agent(name = "customer_service")]
impl CustomerServiceAgent {
    fn new(name: &str, lang: &str) -> Self {
        let scope = AgentScope::new("customer_service");
        scope
            .span()
            .record_input(&json!({ "args": [name], "kwargs": { "lang": lang } }));
        Self { scope }
    }

    #[task]
    fn answer_query(&self, query: &str) -> Vec<Hit> {
        check(query);
        let hits = search(query, 2);
        assert!(risky_operation().is_err());
        hits
    }

    #[workflow(name = "wf", version = 1)]
    fn run(&self, query: &str) -> Vec<Hit> {
        let hits = self.answer_query(query);
        real_operation(1);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut generator = Tracing::none();
        runtime.block_on(async {
            assert_eq!(stream_tool(2, &mut generator).count().await, 2);
            arun(&generator).await;
        });
        hits
    }
}

async fn arun(above: &Tracing) {
    atool(7, above).await;
    assert_eq!(astream_tool(2, above).await.count().await, 2);
}

fn program(agentops: &AgentOps) {
    let session = agentops.session("session").with_tags(["new-tag"]).start();
    session.in_scope(|| {
        let agent = CustomerServiceAgent::new("bob", "fr");
        agent.scope.in_scope(|| {
            agent.run("hello");
            let uid = "00000000-0000-0000-0000-000000000001";
            ser(
                1,
                "2024-01-02T03:04:05",
                "1.10",
                uid,
                Color::Red,
                [1],
                "<opaque>",
                "b'raw'",
            );
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
