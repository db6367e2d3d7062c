//! The spans of rig 0.44 as they arrive.

use super::*;

const INPUT: &str = r#"[{"role":"system","parts":[{"type":"text","content":"You forecast."}]},{"role":"user","parts":[{"type":"text","content":"Weather in Paris?"}]}]"#;
const OUTPUT: &str = r#"[{"role":"assistant","parts":[{"type":"tool_call","id":"call_1","name":"weather","arguments":{"city":"Paris"}}],"finish_reason":"tool_call"}]"#;

fn recognised(name: &'static str, operation: &str, kind: EntityKind) -> Span {
    span(name)
        .text("gen_ai.operation.name", operation)
        .settled(kind, KindSource::GenAiOperation)
}

fn usage(span: Span) -> Span {
    span.say("gen_ai.usage.input_tokens", Say::U64(120))
        .say("gen_ai.usage.output_tokens", Say::U64(20))
        .say("gen_ai.usage.cache_read.input_tokens", Say::U64(100))
        .say("gen_ai.usage.cache_creation.input_tokens", Say::U64(0))
        .say("gen_ai.usage.tool_use_prompt_tokens", Say::U64(0))
        .say("gen_ai.usage.reasoning_tokens", Say::U64(8))
}

fn chat_span() -> Span {
    usage(recognised("chat", "chat", EntityKind::Llm).say("rig.completion_parent", Say::Bool(true)))
        .text(
            "gen_ai.system_instructions",
            r#"[{"type":"text","content":"You forecast."}]"#,
        )
        .text("gen_ai.provider.name", "openai")
        .text("gen_ai.request.model", "gpt-4o")
        .say("gen_ai.request.stream", Say::Bool(true))
        .text("gen_ai.response.id", "chatcmpl-1")
        .text("gen_ai.response.model", "gpt-4o-2024-08-06")
        .text("gen_ai.input.messages", INPUT)
        .text("gen_ai.output.messages", OUTPUT)
        .text("gen_ai.agent.name", "forecaster")
}

#[test]
fn a_chat_shows_its_tokens_models_and_messages_in_both_dialects() {
    let wire = chat_span().map();
    assert_eq!((wire.name.as_str(), wire.kind), ("chat gpt-4o", EntityKind::Llm));
    let attributes = &wire.attributes;
    for (key, count) in [
        ("gen_ai.usage.prompt_tokens", 120),
        ("gen_ai.usage.input_tokens", 120),
        ("gen_ai.usage.completion_tokens", 20),
        ("gen_ai.usage.output_tokens", 20),
        ("gen_ai.usage.total_tokens", 140),
        ("gen_ai.usage.cache_read_input_tokens", 100),
        ("gen_ai.usage.cache_read.input_tokens", 100),
        ("gen_ai.usage.cache_creation_input_tokens", 0),
        ("gen_ai.usage.cache_creation.input_tokens", 0),
        ("gen_ai.usage.reasoning_tokens", 8),
        ("gen_ai.usage.reasoning.output_tokens", 8),
        ("gen_ai.usage.tool_use_prompt_tokens", 0),
    ] {
        assert_eq!(attributes.get_i64(key), Some(count), "{key}");
    }
    for (key, text) in [
        ("gen_ai.system", "openai"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "gpt-4o"),
        ("gen_ai.response.model", "gpt-4o-2024-08-06"),
        ("gen_ai.response.id", "chatcmpl-1"),
        ("gen_ai.request.type", "chat"),
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.input.messages", INPUT),
        ("gen_ai.output.messages", OUTPUT),
        ("gen_ai.prompt.0.content", "You forecast."),
        ("gen_ai.prompt.0.role", "system"),
        ("gen_ai.prompt.1.content", "Weather in Paris?"),
        ("gen_ai.prompt.1.role", "user"),
        ("gen_ai.completion.0.content", ""),
        ("gen_ai.completion.0.role", "assistant"),
        ("gen_ai.completion.0.finish_reason", "tool_call"),
        ("gen_ai.completion.0.tool_calls.0.id", "call_1"),
        ("gen_ai.completion.0.tool_calls.0.name", "weather"),
        ("gen_ai.completion.0.tool_calls.0.arguments", r#"{"city":"Paris"}"#),
        ("agent.name", "forecaster"),
    ] {
        assert_eq!(attributes.str(key), text, "{key}");
    }
    assert_eq!(attributes.get("gen_ai.request.streaming"), Some(&true.into()));
    assert_eq!(attributes.get("gen_ai.request.stream"), Some(&true.into()));
    assert_eq!(
        attributes.below("gen_ai.prompt.2"),
        [""; 0],
        "the system prompt is there once"
    );
    assert_eq!(attributes.below("agentops."), ["agentops.span.kind"]);
}

#[test]
fn a_chat_without_content_telemetry_still_shows_its_usage() {
    let attributes = usage(recognised("chat", "chat", EntityKind::Llm)).attributes();
    assert_eq!(attributes.get_i64("gen_ai.usage.total_tokens"), Some(140));
    assert_eq!(attributes.below("gen_ai.prompt"), [""; 0]);
    assert!(!attributes.has("gen_ai.input.messages"));
}

#[test]
fn an_executed_tool_is_named_after_the_tool() {
    let tool = |outcome: &str| {
        recognised("execute_tool", "execute_tool", EntityKind::Tool)
            .text("gen_ai.tool.type", "function")
            .text("gen_ai.tool.name", "weather")
            .debug("gen_ai.tool.call.id", &format_args!("call_1"))
            .text("gen_ai.tool.call.arguments", r#"{"city":"Paris"}"#)
            .text("gen_ai.tool.call.result", "sunny")
            .text("gen_ai.tool.call.outcome", outcome)
            .below_agent("forecaster")
    };
    let wire = tool("success").map();
    assert_eq!((wire.name.as_str(), wire.status), ("weather.tool", WireStatus::Ok));
    for (key, text) in [
        ("operation.name", "weather"),
        ("tool.name", "weather"),
        ("tool.parameters", r#"{"city":"Paris"}"#),
        ("tool.result", "sunny"),
        ("tool.status", "succeeded"),
        ("tool.call.id", "call_1"),
        ("tool.call.type", "function"),
        ("agentops.entity.input", r#"{"city":"Paris"}"#),
        ("agentops.entity.output", "sunny"),
        ("agent.name", "forecaster"),
    ] {
        assert_eq!(wire.attributes.str(key), text, "{key}");
    }
    assert_eq!(wire.attributes.below("gen_ai"), [""; 0]);

    let failed = tool("error").text("gen_ai.tool.error.type", "timeout").map();
    assert_eq!(failed.status, WireStatus::Error("timeout".to_owned()));
    assert_eq!(
        (
            failed.attributes.str("tool.status"),
            failed.attributes.str("error.type")
        ),
        ("failed", "timeout")
    );
    assert_eq!(
        tool("denied").map().status,
        WireStatus::Error("tool call: denied".to_owned())
    );
    assert_eq!(tool("skipped").map().status, WireStatus::Ok);
}

#[test]
fn an_invoked_agent_is_named_after_the_agent_and_counts_no_usage() {
    let agent = usage(recognised("invoke_agent", "invoke_agent", EntityKind::Agent))
        .text("gen_ai.agent.name", "forecaster")
        .text(
            "gen_ai.system_instructions",
            r#"[{"type":"text","content":"You forecast."}]"#,
        )
        .text("gen_ai.prompt", "Weather in Paris?")
        .text("gen_ai.completion", "Sunny.");
    let wire = agent.map();
    assert_eq!(wire.name, "forecaster.agent");
    for (key, text) in [
        ("operation.name", "forecaster"),
        ("agent.name", "forecaster"),
        ("agentops.agent.input", "Weather in Paris?"),
        ("agentops.entity.input", "Weather in Paris?"),
        ("agentops.agent.output", "Sunny."),
        ("agentops.entity.output", "Sunny."),
    ] {
        assert_eq!(wire.attributes.str(key), text, "{key}");
    }
    assert_eq!(wire.attributes.get_i64("agentops.agent.usage.prompt_tokens"), Some(120));
    assert_eq!(wire.attributes.below("gen_ai"), [""; 0]);
    assert_eq!(wire.attributes.class("system_instructions"), Class::Message);
}
