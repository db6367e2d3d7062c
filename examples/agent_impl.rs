//! An agent that is a type: its marked methods work for it, and its span lives as long as a value of the type.
//!
//! Run with `cargo run --example agent_impl`. No account is needed: the tree is printed when the session ends.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use agentops::{AgentOpsSpanExt as _, AgentScope, Export, agent, guardrail, operation, tool};

/// Somebody who answers questions. While it lives, so does its span.
struct CustomerService {
    scope: AgentScope,
    answered: u32,
}

// Every marked method gets its span, and everything below it belongs to `customer_service`.
#[agent(name = "customer_service")]
impl CustomerService {
    fn new(language: &str) -> Self {
        let scope = AgentScope::new("customer_service");
        scope.span().record_attribute("agent.language", language);
        Self { scope, answered: 0 }
    }

    /// Below the agent's own span, wherever it is called. What it calls is below it.
    #[operation(parent = self.scope.span())]
    fn answer(&mut self, question: &str) -> Result<String, String> {
        if !Self::is_polite(question) {
            return Err(format!("{question:?} is not polite"));
        }
        self.answered += 1;
        Ok(self.look_up(question))
    }

    #[tool(name = "faq", cost = 0.001)]
    fn look_up(&self, question: &str) -> String {
        format!("answer {} to {question:?}: 42", self.answered)
    }

    #[guardrail(spec = "input")]
    fn is_polite(text: &str) -> bool {
        text.contains("please")
    }
}

fn main() -> Result<(), agentops::InitError> {
    let _guard = agentops::builder().with_export(Export::Console).try_init()?;
    let mut service = CustomerService::new("en");
    for question in ["What is the answer, please?", "Answer me!"] {
        println!("{:?}", service.answer(question));
    }
    // Its span ends here, then the session does.
    drop(service);
    Ok(())
}
