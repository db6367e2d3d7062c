//! `s01_putting_it_together.py`: an auto-session, an agent that is a value, an operation, a call.

use agentops::{AgentScope, agent, task, testing::Span};

use crate::{
    calls::{ANSWER, QUESTION, ask},
    run::run,
    scenarios,
};

struct AssistantAgent {
    scope: AgentScope,
}

#[agent(name = "assistant")]
impl AssistantAgent {
    fn new() -> Self {
        Self {
            scope: AgentScope::new("assistant"),
        }
    }

    #[task(parent = self.scope.span())]
    fn answer_question(&self, question: &str) -> String {
        ask(&serde_json::json!([{ "role": "user", "content": question }]).to_string())
    }
}

fn arrived() -> Vec<Span> {
    run(
        |builder| builder.with_tags(["production"]),
        |_| assert_eq!(AssistantAgent::new().answer_question(QUESTION), ANSWER),
    )
}

#[test]
fn an_agent_with_an_operation_and_a_call_sends_what_python_sends() {
    scenarios::putting_it_all_together_sends_what_python_sends(&arrived());
}

#[test]
fn an_agent_with_an_operation_and_a_call_is_shown_as_fully() {
    scenarios::putting_it_all_together_is_shown_as_fully(&arrived());
}
