//! `s01_putting_it_together.py`: an auto-session, an agent that is a value, an operation, a call.

use agentops::{
    AgentScope, agent, task,
    testing::{Span, draw},
};

use crate::{
    calls::{ANSWER, QUESTION, ask},
    run::run,
    support::{Difference, Display, Golden, Message, compare},
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
    let ours = arrived();
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
    if let Err(said) = compare(&Golden::load().putting_it_all_together, &ours, &expected) {
        panic!("{said}\n{}", draw(&ours));
    }
}

#[test]
fn an_agent_with_an_operation_and_a_call_is_shown_as_fully() {
    let ours = arrived();
    let (display, python) = (
        Display::of(&ours),
        Display::of(&Golden::load().putting_it_all_together.spans),
    );
    let types = |display: &Display| display.bars.iter().map(|bar| bar.kind_type.clone()).collect::<Vec<_>>();
    assert_eq!(types(&display), types(&python));
    assert_eq!(
        (display.llm_calls, display.tool_calls, display.errors, display.tokens),
        (python.llm_calls, python.tool_calls, python.errors, python.tokens)
    );
    assert_eq!((display.name, display.tags), (python.name, python.tags));
    assert_eq!((display.warnings, display.lost), (vec![], vec![]));
    assert_eq!(display.agent_cards, ["assistant"]);
    assert_eq!((display.counts.success, display.counts.indeterminate), (4, 0));
    let call = ours.iter().find(|span| span.name == "chat gpt-4").unwrap();
    assert_eq!(
        Display::messages(call),
        [Message::new("user", QUESTION), Message::new("assistant", ANSWER)]
    );
}
