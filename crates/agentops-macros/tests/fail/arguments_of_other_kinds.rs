use agentops::{agent, guardrail, operation, tool};

#[agent(cost = 0.1)]
fn cost_of_an_agent() {}

#[operation(cost = 0.1)]
fn cost_of_an_operation() {}

#[tool(spec = "input")]
fn spec_of_a_tool() {}

#[guardrail(spec = "both")]
fn spec_of_nothing() {}

#[guardrail(spec = 1)]
fn spec_of_a_number() {}

#[tool(cost = "much")]
fn cost_of_a_text() {}

fn main() {}
