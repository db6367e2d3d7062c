//! Macros that declare every field that is known, so that a later `record` is never silently nothing.

/// A span of a call of a model, for programs that call one with plain `tracing`.
///
/// As `tracing::info_span!`, with `agentops.kind = "llm"` and all fields of the GenAI conventions declared: messages,
/// parameters, usage, finish reasons, and the rest that AgentOps reads. `Span::record` says nothing of a field that its
/// callsite did not declare; on this span it always does. Fields of its own may follow the name, and a `parent:` may
/// stand before it. [`llm::Call`](crate::llm::Call) is the same with types.
///
/// ```
/// let span = agentops::llm_span!("ask", gen_ai.request.model = "gpt-4o", gen_ai.provider.name = "openai");
/// span.in_scope(|| { /* call the model */ });
/// span.record("gen_ai.usage.input_tokens", 120_u64);
/// span.record("gen_ai.usage.output_tokens", 50_u64);
/// span.record("gen_ai.output.messages", "It is sunny in Paris.");
/// ```
#[macro_export]
macro_rules! llm_span {
    (parent: $parent:expr, $name:expr $(, $($fields:tt)*)?) => {
        $crate::llm_span!(@ { parent: $parent, } $name, $($($fields)*)?)
    };
    (@ { $($options:tt)* } $name:expr, $($fields:tt)*) => {
        $crate::__private::tracing::info_span!(
            $($options)* $name,
            agentops.kind = "llm",
            agentops.name = $crate::__private::tracing::field::Empty,
            agentops.version = $crate::__private::tracing::field::Empty,
            agentops.tags = $crate::__private::tracing::field::Empty,
            agentops.input = $crate::__private::tracing::field::Empty,
            agentops.output = $crate::__private::tracing::field::Empty,
            agentops.cost = $crate::__private::tracing::field::Empty,
            agentops.prompt.name = $crate::__private::tracing::field::Empty,
            agentops.prompt.version = $crate::__private::tracing::field::Empty,
            agentops.response.partial = $crate::__private::tracing::field::Empty,
            otel.name = $crate::__private::tracing::field::Empty,
            otel.kind = $crate::__private::tracing::field::Empty,
            otel.status_code = $crate::__private::tracing::field::Empty,
            otel.status_description = $crate::__private::tracing::field::Empty,
            error.type = $crate::__private::tracing::field::Empty,
            error.message = $crate::__private::tracing::field::Empty,
            user.id = $crate::__private::tracing::field::Empty,
            session.id = $crate::__private::tracing::field::Empty,
            agent.name = $crate::__private::tracing::field::Empty,
            server.address = $crate::__private::tracing::field::Empty,
            server.port = $crate::__private::tracing::field::Empty,
            gen_ai.operation.name = $crate::__private::tracing::field::Empty,
            gen_ai.provider.name = $crate::__private::tracing::field::Empty,
            gen_ai.system = $crate::__private::tracing::field::Empty,
            gen_ai.conversation.id = $crate::__private::tracing::field::Empty,
            gen_ai.output.type = $crate::__private::tracing::field::Empty,
            gen_ai.request.type = $crate::__private::tracing::field::Empty,
            gen_ai.request.model = $crate::__private::tracing::field::Empty,
            gen_ai.request.stream = $crate::__private::tracing::field::Empty,
            gen_ai.request.temperature = $crate::__private::tracing::field::Empty,
            gen_ai.request.top_p = $crate::__private::tracing::field::Empty,
            gen_ai.request.top_k = $crate::__private::tracing::field::Empty,
            gen_ai.request.max_tokens = $crate::__private::tracing::field::Empty,
            gen_ai.request.frequency_penalty = $crate::__private::tracing::field::Empty,
            gen_ai.request.presence_penalty = $crate::__private::tracing::field::Empty,
            gen_ai.request.seed = $crate::__private::tracing::field::Empty,
            gen_ai.request.choice.count = $crate::__private::tracing::field::Empty,
            gen_ai.request.stop_sequences = $crate::__private::tracing::field::Empty,
            gen_ai.request.encoding_formats = $crate::__private::tracing::field::Empty,
            gen_ai.embeddings.dimension.count = $crate::__private::tracing::field::Empty,
            gen_ai.response.id = $crate::__private::tracing::field::Empty,
            gen_ai.response.model = $crate::__private::tracing::field::Empty,
            gen_ai.response.finish_reasons = $crate::__private::tracing::field::Empty,
            gen_ai.response.time_to_first_chunk = $crate::__private::tracing::field::Empty,
            gen_ai.streaming.time_to_generate = $crate::__private::tracing::field::Empty,
            gen_ai.streaming.chunk_count = $crate::__private::tracing::field::Empty,
            openai.api.type = $crate::__private::tracing::field::Empty,
            openai.request.service_tier = $crate::__private::tracing::field::Empty,
            openai.response.system_fingerprint = $crate::__private::tracing::field::Empty,
            openai.response.service_tier = $crate::__private::tracing::field::Empty,
            gen_ai.usage.input_tokens = $crate::__private::tracing::field::Empty,
            gen_ai.usage.output_tokens = $crate::__private::tracing::field::Empty,
            gen_ai.usage.cache_read.input_tokens = $crate::__private::tracing::field::Empty,
            gen_ai.usage.cache_creation.input_tokens = $crate::__private::tracing::field::Empty,
            gen_ai.usage.cache_creation.ephemeral_1h_input_tokens = $crate::__private::tracing::field::Empty,
            gen_ai.usage.reasoning.output_tokens = $crate::__private::tracing::field::Empty,
            gen_ai.usage.total_tokens = $crate::__private::tracing::field::Empty,
            gen_ai.usage.prompt_cost = $crate::__private::tracing::field::Empty,
            gen_ai.usage.completion_cost = $crate::__private::tracing::field::Empty,
            gen_ai.usage.total_cost = $crate::__private::tracing::field::Empty,
            gen_ai.system_instructions = $crate::__private::tracing::field::Empty,
            gen_ai.input.messages = $crate::__private::tracing::field::Empty,
            gen_ai.output.messages = $crate::__private::tracing::field::Empty,
            gen_ai.tool.definitions = $crate::__private::tracing::field::Empty,
            $($fields)*
        )
    };
    ($name:expr $(, $($fields:tt)*)?) => {
        $crate::llm_span!(@ {} $name, $($($fields)*)?)
    };
}

/// A span of a call of a tool, with all its fields declared: see [`llm_span!`](crate::llm_span).
///
/// ```
/// let span = agentops::tool_span!("weather", gen_ai.tool.call.id = "call_1");
/// span.record("agentops.input", r#"{"city":"Paris"}"#);
/// span.record("agentops.output", "sunny");
/// ```
#[macro_export]
macro_rules! tool_span {
    (parent: $parent:expr, $name:expr $(, $($fields:tt)*)?) => {
        $crate::tool_span!(@ { parent: $parent, } $name, $($($fields)*)?)
    };
    (@ { $($options:tt)* } $name:expr, $($fields:tt)*) => {
        $crate::__private::tracing::info_span!(
            $($options)* $name,
            agentops.kind = "tool",
            agentops.name = $crate::__private::tracing::field::Empty,
            agentops.version = $crate::__private::tracing::field::Empty,
            agentops.tags = $crate::__private::tracing::field::Empty,
            agentops.input = $crate::__private::tracing::field::Empty,
            agentops.output = $crate::__private::tracing::field::Empty,
            agentops.cost = $crate::__private::tracing::field::Empty,
            otel.name = $crate::__private::tracing::field::Empty,
            otel.kind = $crate::__private::tracing::field::Empty,
            otel.status_code = $crate::__private::tracing::field::Empty,
            otel.status_description = $crate::__private::tracing::field::Empty,
            error.type = $crate::__private::tracing::field::Empty,
            error.message = $crate::__private::tracing::field::Empty,
            user.id = $crate::__private::tracing::field::Empty,
            session.id = $crate::__private::tracing::field::Empty,
            agent.name = $crate::__private::tracing::field::Empty,
            gen_ai.tool.name = $crate::__private::tracing::field::Empty,
            gen_ai.tool.type = $crate::__private::tracing::field::Empty,
            gen_ai.tool.description = $crate::__private::tracing::field::Empty,
            gen_ai.tool.call.id = $crate::__private::tracing::field::Empty,
            gen_ai.tool.call.arguments = $crate::__private::tracing::field::Empty,
            gen_ai.tool.call.result = $crate::__private::tracing::field::Empty,
            gen_ai.tool.call.outcome = $crate::__private::tracing::field::Empty,
            mcp.method.name = $crate::__private::tracing::field::Empty,
            mcp.session.id = $crate::__private::tracing::field::Empty,
            mcp.protocol.version = $crate::__private::tracing::field::Empty,
            jsonrpc.request.id = $crate::__private::tracing::field::Empty,
            $($fields)*
        )
    };
    ($name:expr $(, $($fields:tt)*)?) => {
        $crate::tool_span!(@ {} $name, $($($fields)*)?)
    };
}

/// A span of an agent, with all its fields declared: see [`llm_span!`](crate::llm_span).
///
/// ```
/// let span = agentops::agent_span!("planner", agentops.version = "2");
/// span.in_scope(|| { /* work */ });
/// span.record("agentops.output", "a plan");
/// ```
#[macro_export]
macro_rules! agent_span {
    (parent: $parent:expr, $name:expr $(, $($fields:tt)*)?) => {
        $crate::agent_span!(@ { parent: $parent, } $name, $($($fields)*)?)
    };
    (@ { $($options:tt)* } $name:expr, $($fields:tt)*) => {
        $crate::__private::tracing::info_span!(
            $($options)* $name,
            agentops.kind = "agent",
            agentops.name = $crate::__private::tracing::field::Empty,
            agentops.version = $crate::__private::tracing::field::Empty,
            agentops.tags = $crate::__private::tracing::field::Empty,
            agentops.input = $crate::__private::tracing::field::Empty,
            agentops.output = $crate::__private::tracing::field::Empty,
            otel.name = $crate::__private::tracing::field::Empty,
            otel.kind = $crate::__private::tracing::field::Empty,
            otel.status_code = $crate::__private::tracing::field::Empty,
            otel.status_description = $crate::__private::tracing::field::Empty,
            error.type = $crate::__private::tracing::field::Empty,
            error.message = $crate::__private::tracing::field::Empty,
            user.id = $crate::__private::tracing::field::Empty,
            session.id = $crate::__private::tracing::field::Empty,
            agent.name = $crate::__private::tracing::field::Empty,
            agent.id = $crate::__private::tracing::field::Empty,
            agent.role = $crate::__private::tracing::field::Empty,
            agent.tools = $crate::__private::tracing::field::Empty,
            gen_ai.agent.name = $crate::__private::tracing::field::Empty,
            gen_ai.agent.id = $crate::__private::tracing::field::Empty,
            gen_ai.agent.description = $crate::__private::tracing::field::Empty,
            gen_ai.agent.version = $crate::__private::tracing::field::Empty,
            gen_ai.provider.name = $crate::__private::tracing::field::Empty,
            gen_ai.system_instructions = $crate::__private::tracing::field::Empty,
            gen_ai.usage.input_tokens = $crate::__private::tracing::field::Empty,
            gen_ai.usage.output_tokens = $crate::__private::tracing::field::Empty,
            gen_ai.request.model = $crate::__private::tracing::field::Empty,
            gen_ai.conversation.id = $crate::__private::tracing::field::Empty,
            $($fields)*
        )
    };
    ($name:expr $(, $($fields:tt)*)?) => {
        $crate::agent_span!(@ {} $name, $($($fields)*)?)
    };
}
