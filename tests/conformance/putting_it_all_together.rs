//! `s01_putting_it_together.py`: an auto-session, an agent, an operation (whose kind is `task` in Python), a call.

use agentops::testing::Span;
use tracing::instrument;

use crate::{
    calls::{QUESTION, ask},
    run::run,
    scenarios,
};

#[instrument(fields(agentops.kind = "task"), ret)]
fn answer_question(question: &str) -> String {
    ask(&serde_json::json!([{ "role": "user", "content": question }]).to_string())
}

#[instrument(fields(agentops.kind = "agent"))]
fn assistant() {
    answer_question(QUESTION);
}

fn arrived() -> Vec<Span> {
    run(|builder| builder.with_tags(["production"]), |_| assistant())
}

#[test]
fn an_agent_with_an_operation_and_a_call_sends_what_python_sends() {
    scenarios::putting_it_all_together_sends_what_python_sends(&arrived());
}

#[test]
fn an_agent_with_an_operation_and_a_call_is_shown_as_fully() {
    scenarios::putting_it_all_together_is_shown_as_fully(&arrived());
}
