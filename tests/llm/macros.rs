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

/// What every span of ours may be told.
const ON_ALL: &[&str] = &[
    "agent.name",
    "agentops.input",
    "agentops.kind",
    "agentops.name",
    "agentops.output",
    "agentops.tags",
    "agentops.version",
    "error.message",
    "error.type",
    "otel.kind",
    "otel.name",
    "otel.status_code",
    "otel.status_description",
    "session.id",
    "user.id",
];

/// The attributes of inference and embeddings in the GenAI conventions, and what AgentOps reads beyond them.
const ON_CALLS: &[&str] = &[
    "agentops.cost",
    "agentops.prompt.name",
    "agentops.prompt.version",
    "agentops.response.partial",
    "gen_ai.conversation.id",
    "gen_ai.embeddings.dimension.count",
    "gen_ai.input.messages",
    "gen_ai.operation.name",
    "gen_ai.output.messages",
    "gen_ai.output.type",
    "gen_ai.provider.name",
    "gen_ai.request.choice.count",
    "gen_ai.request.encoding_formats",
    "gen_ai.request.frequency_penalty",
    "gen_ai.request.max_tokens",
    "gen_ai.request.model",
    "gen_ai.request.presence_penalty",
    "gen_ai.request.seed",
    "gen_ai.request.stop_sequences",
    "gen_ai.request.stream",
    "gen_ai.request.temperature",
    "gen_ai.request.top_k",
    "gen_ai.request.top_p",
    "gen_ai.request.type",
    "gen_ai.response.finish_reasons",
    "gen_ai.response.id",
    "gen_ai.response.model",
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.streaming.chunk_count",
    "gen_ai.streaming.time_to_generate",
    "gen_ai.system",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.completion_cost",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.prompt_cost",
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.total_cost",
    "gen_ai.usage.total_tokens",
    "openai.api.type",
    "openai.request.service_tier",
    "openai.response.service_tier",
    "openai.response.system_fingerprint",
    "server.address",
    "server.port",
];

const ON_TOOLS: &[&str] = &[
    "agentops.cost",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.id",
    "gen_ai.tool.call.outcome",
    "gen_ai.tool.call.result",
    "gen_ai.tool.description",
    "gen_ai.tool.name",
    "gen_ai.tool.type",
    "jsonrpc.request.id",
    "mcp.method.name",
    "mcp.protocol.version",
    "mcp.session.id",
];

const ON_AGENTS: &[&str] = &[
    "agent.id",
    "agent.role",
    "agent.tools",
    "gen_ai.agent.description",
    "gen_ai.agent.id",
    "gen_ai.agent.name",
    "gen_ai.agent.version",
    "gen_ai.conversation.id",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.system_instructions",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
];

#[test]
fn every_field_that_is_known_can_be_recorded_late() {
    arrived(|_| {
        for (span, known) in [
            (llm_span!("x"), ON_CALLS),
            (tool_span!("x"), ON_TOOLS),
            (agent_span!("x"), ON_AGENTS),
        ] {
            let declared = span.metadata().unwrap().fields();
            let missing: Vec<_> = ON_ALL
                .iter()
                .chain(known)
                .filter(|name| declared.field(**name).is_none())
                .collect();
            assert!(missing.is_empty(), "{missing:?}");
            assert!(declared.field("gen_ai.no.such.thing").is_none(), "the control");
        }
    });
}
