//! Spans that declare every known field.

use agentops::{agent_span, llm_span, testing::draw, tool_span};

use crate::harness::{arrived, named, text};

#[test]
fn what_is_recorded_late_is_never_nothing() {
    let spans = arrived(|_| {
        let agent = agent_span!("planner", agentops.version = "2");
        let call = llm_span!(parent: &agent, "ask", gen_ai.request.model = "gpt-4o", team = "blue");
        call.record("gen_ai.provider.name", "openai");
        call.record("gen_ai.usage.input_tokens", 120);
        call.record("gen_ai.usage.output_tokens", 50);
        call.record("gen_ai.usage.cache_read.input_tokens", 64);
        call.record("gen_ai.input.messages", "What is the weather?");
        call.record("gen_ai.output.messages", "It is sunny.");
        call.record("gen_ai.response.finish_reasons", r#"["stop"]"#);
        let tool = tool_span!(parent: agent.id(), "weather");
        tool.record("gen_ai.tool.call.id", "call_1");
        tool.record("agentops.output", "sunny");
        agent.record("agent.id", "a-1");
        agent.record("agentops.output", "a plan");
    });
    assert_eq!(
        draw(&spans),
        "default.session\n  planner.agent\n    ask\n    weather.tool\n"
    );
    let call = named(&spans, "ask");
    assert_eq!(text(call, "gen_ai.system"), "openai");
    assert_eq!(text(call, "gen_ai.completion.0.content"), "It is sunny.");
    assert_eq!(text(call, "gen_ai.response.finish_reason"), "stop");
    assert_eq!(text(call, "team"), "blue");
    assert_eq!(call.attribute("gen_ai.usage.total_tokens"), Some(&170_i64.into()));
    let tool = named(&spans, "weather.tool");
    assert_eq!(
        (text(tool, "tool.result"), text(tool, "tool.call.id")),
        ("sunny", "call_1")
    );
    let agent = named(&spans, "planner.agent");
    assert_eq!(
        (text(agent, "agent.id"), text(agent, "operation.version")),
        ("a-1", "2")
    );
    assert_eq!(text(agent, "agentops.entity.output"), "a plan");
}

#[test]
fn a_name_alone_and_a_field_that_is_known_already_are_fine() {
    let spans = arrived(|_| {
        drop(llm_span!("plain"));
        drop(tool_span!("costly", agentops.cost = 0.05, agentops.input = "x",));
    });
    assert_eq!(draw(&spans), "default.session\n  plain\n  costly.tool\n");
    let cost = named(&spans, "costly.tool").attribute("gen_ai.usage.total_cost");
    assert_eq!(cost, Some(&0.05.into()));
}
