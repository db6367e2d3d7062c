//! Spans of libraries that were not run here, with the fields that their sources publish. Those that were run are tested
//! in the package `agentops-libraries`.

use super::*;

/// A span of a library at its own callsite.
pub(super) struct Library {
    target: &'static str,
    name: &'static str,
    fields: Vec<(&'static str, Say<'static>)>,
}

pub(super) fn library(target: &'static str, name: &'static str) -> Library {
    Library {
        target,
        name,
        fields: Vec::new(),
    }
}

impl Library {
    pub(super) fn text(mut self, key: &'static str, text: &'static str) -> Self {
        self.fields.push((key, Say::Text(text, Origin::Str)));
        self
    }

    fn int(mut self, key: &'static str, n: i64) -> Self {
        self.fields.push((key, Say::I64(n)));
        self
    }

    /// As the layer would record it; `None` where it would not.
    pub(super) fn span(&self) -> Option<Span> {
        let names: Vec<&'static str> = self.fields.iter().map(|(key, _)| *key).collect();
        let fields = FieldSet::new(Box::leak(names.into_boxed_slice()), Identifier(&CALLSITE));
        let (level, kind) = (Level::INFO, Kind::SPAN);
        let callsite = Metadata::new(self.name, self.target, level, None, None, None, fields, kind);
        let callsite: &'static Metadata<'static> = Box::leak(Box::new(callsite));
        if !classify::is_candidate(callsite, false) {
            return None;
        }
        let mut span = span("x");
        span.record = SpanRecord::new(callsite, span.record.start);
        for (key, said) in &self.fields {
            span.record.fields.set(*key, *said, CAP);
        }
        span.record.kind = classify::settle(&span.record.callsite, &span.record.fields);
        Some(span)
    }

    pub(super) fn map(&self) -> WireSpan {
        self.span().expect("a candidate").map()
    }
}

#[test]
fn langchain_rust_is_known_by_its_names() {
    let call = library("langchain_rust::llm::openai", "llm.generate")
        .text("provider", "OpenAI")
        .text("model", "gpt-4o")
        .text("stream", "false")
        .int("prompt_tokens", 14)
        .int("completion_tokens", 8)
        .int("total_tokens", 22)
        .map();
    assert_eq!((call.name.as_str(), call.kind), ("chat gpt-4o", EntityKind::Llm));
    assert_eq!(call.attributes.get_i64("gen_ai.usage.prompt_tokens"), Some(14));
    assert_eq!(call.attributes.str("gen_ai.provider.name"), "openai");

    let embedding = library("langchain_rust::embedding", "embed.query")
        .text("model", "small")
        .map();
    assert_eq!(
        (embedding.name.as_str(), embedding.kind),
        ("embeddings small", EntityKind::Llm)
    );
    assert_eq!(embedding.attributes.str("gen_ai.request.type"), "embedding");

    let tool = library("langchain_rust::agent", "tool.call").text("tool", "search");
    assert_eq!(tool.map().name, "search.tool");
    assert_eq!(tool.map().status, WireStatus::Ok);
    let failed = tool.text("error", "no network").map();
    assert_eq!(failed.status, WireStatus::Error("no network".to_owned()));
    assert_eq!(failed.attributes.str("tool.status"), "failed");

    let agent = library("langchain_rust::agent", "agent.run")
        .int("total_tokens", 30)
        .map();
    assert_eq!(agent.kind, EntityKind::Agent);
    assert_eq!(agent.attributes.get_i64("agentops.agent.usage.total_tokens"), Some(30));
    assert_eq!(
        library("langchain_rust::chain", "chain.call")
            .text("chain", "c")
            .map()
            .kind,
        EntityKind::Chain
    );
    assert_eq!(
        library("langchain_rust::agent", "agent.plan").int("step", 1).map().kind,
        EntityKind::Operation
    );
}

#[test]
fn names_of_known_libraries_mean_nothing_elsewhere() {
    for (target, name) in [
        ("my_app", "agent.run"),
        ("my_app", "tool"),
        ("my_app", "turn"),
        ("swiftide", "anything"),
        ("adk_agent", "anything"),
    ] {
        assert!(
            library(target, name).text("model", "gpt-4o").span().is_none(),
            "{target} {name}"
        );
    }
    assert!(
        library("codex_core::session", "turn")
            .text("model", "gpt-5")
            .span()
            .is_some(),
        "the control"
    );
}

#[test]
fn stakai_writes_anthropics_counts_under_the_older_names() {
    let call = library("stakai::client", "chat")
        .text("gen_ai.operation.name", "chat")
        .text("gen_ai.provider.name", "openai")
        .text("gen_ai.request.model", "gpt-4o")
        .text(
            "gen_ai.input.messages",
            r#"[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]"#,
        )
        .text("gen_ai.response.finish_reasons", r#"["stop"]"#)
        .int("gen_ai.usage.input_tokens", 100)
        .int("gen_ai.usage.output_tokens", 8)
        .int("gen_ai.usage.cache_read_input_tokens", 64)
        .int("gen_ai.usage.cache_write_input_tokens", 16)
        .map();
    assert_eq!(call.name, "chat gpt-4o");
    for (key, tokens) in [
        ("gen_ai.usage.prompt_tokens", 100),
        ("gen_ai.usage.cache_read.input_tokens", 64),
        ("gen_ai.usage.cache_creation_input_tokens", 16),
        ("gen_ai.usage.total_tokens", 108),
    ] {
        assert_eq!(call.attributes.get_i64(key), Some(tokens), "{key}");
    }
    assert_eq!(call.attributes.str("gen_ai.prompt.0.content"), "Hi");
    assert_eq!(call.attributes.str("gen_ai.response.finish_reason"), "stop");
}

#[test]
fn autoagents_tasks_are_agents() {
    let task = library("autoagents::actor", "autoagents.task")
        .text("submission_id", "s-1")
        .text("actor_name", "planner")
        .text("task.description", "Plan it")
        .text("task.result", "Planned")
        .map();
    assert_eq!((task.name.as_str(), task.kind), ("planner.agent", EntityKind::Agent));
    assert_eq!(task.attributes.str("agentops.entity.input"), "Plan it");
    assert_eq!(task.attributes.str("agentops.entity.output"), "Planned");
    assert_eq!(
        library("autoagents", "autoagents.turn")
            .int("turn_number", 1)
            .map()
            .kind,
        EntityKind::Operation
    );
    let tool = library("autoagents::tools", "autoagents.tool_call")
        .text("tool_call_id", "c1")
        .text("tool_name", "search")
        .text("tool.arguments", r#"{"q":"x"}"#)
        .map();
    assert_eq!(tool.name, "search.tool");
    assert_eq!(tool.attributes.str("tool.call.id"), "c1");
    assert_eq!(tool.attributes.str("tool.parameters"), r#"{"q":"x"}"#);
}

#[test]
fn goose_is_known_by_gen_ai_fields_and_its_generations_by_their_name() {
    let agent = library("goose::state_machine", "invoke_agent goose")
        .text("gen_ai.operation.name", "invoke_agent")
        .text("gen_ai.agent.name", "goose")
        .text("gen_ai.conversation.id", "c-1")
        .text("session.id", "s-1")
        .text("session.user", "u-1")
        .text("trace_input", "Fix it")
        .text("trace_output", "Fixed")
        .map();
    assert_eq!((agent.name.as_str(), agent.kind), ("goose.agent", EntityKind::Agent));
    assert_eq!(agent.attributes.str("session.id"), "s-1");
    assert_eq!(agent.attributes.str("user.id"), "u-1");

    let call = library("goose::tracing::provider_generation", "provider_generation")
        .text("observation_type", "GENERATION")
        .text("provider", "openai")
        .text("model", "gpt-4o")
        .text("model_parameters_json", r#"{"temperature":0.5}"#)
        .text("input_json", r#"[{"role":"user","content":"Fix it"}]"#)
        .text("output_json", r#"{"role":"assistant","content":"Fixed"}"#)
        .text("usage_details_json", r#"{"input":14,"output":8,"total":22}"#)
        .text("cost_details_json", r#"{"total":0.5}"#)
        .text("completion_start_time", "1970-01-01T00:00:01Z")
        .map();
    assert_eq!((call.name.as_str(), call.kind), ("chat gpt-4o", EntityKind::Llm));
    assert_eq!(call.attributes.str("gen_ai.prompt.0.content"), "Fix it");
    assert_eq!(call.attributes.str("gen_ai.completion.0.content"), "Fixed");
    assert_eq!(call.attributes.get_i64("gen_ai.usage.total_tokens"), Some(22));
    assert_eq!(call.attributes.get("gen_ai.usage.total_cost"), Some(&0.5.into()));
    assert_eq!(
        call.attributes.get("gen_ai.streaming.time_to_first_token"),
        Some(&0.999_999.into())
    );
}

#[test]
fn a_turn_of_codex_is_a_step_whose_thread_is_the_session() {
    let turn = library("codex_core::tasks", "turn")
        .text("otel.name", "session_task.turn")
        .text("thread.id", "t-1")
        .text("turn.id", "1")
        .text("model", "gpt-5-codex")
        .int("codex.turn.token_usage.input_tokens", 100)
        .map();
    assert_eq!(
        (turn.name.as_str(), turn.kind),
        ("session_task.turn.operation", EntityKind::Operation)
    );
    assert_eq!(turn.attributes.str("session.id"), "t-1");
    assert_eq!(
        turn.attributes.get_i64("codex.turn.token_usage.input_tokens"),
        Some(100)
    );
    let call = library("codex_core::client", "handle_responses")
        .int("gen_ai.usage.input_tokens", 100)
        .int("gen_ai.usage.output_tokens", 20)
        .int("codex.usage.reasoning_output_tokens", 5)
        .map();
    assert_eq!(call.kind, EntityKind::Llm);
    assert_eq!(call.attributes.get_i64("gen_ai.usage.reasoning_tokens"), Some(5));
    assert_eq!(call.attributes.get_i64("gen_ai.usage.total_tokens"), Some(120));
}

#[test]
fn swiftides_agents_steps_and_pipelines_are_known_and_its_generations_are_calls() {
    for (name, kind) in [
        ("agent.query", EntityKind::Agent),
        ("agent.run_once", EntityKind::Agent),
        ("step", EntityKind::Operation),
        ("tool", EntityKind::Tool),
        ("indexing_pipeline.run", EntityKind::Workflow),
        ("query_pipeline.query", EntityKind::Workflow),
    ] {
        assert_eq!(library("swiftide_agents::agent", name).map().kind, kind, "{name}");
    }
    let tool = library("swiftide_agents::agent", "tool")
        .text("otel.name", "tool.search")
        .map();
    assert_eq!(tool.name, "tool.search.tool");
    let call = library("swiftide_integrations::openai", "chat_completion")
        .text("langfuse.type", "GENERATION")
        .text("langfuse.model", "gpt-4o")
        .text("langfuse.input", r#"[{"role":"user","content":"Hi"}]"#)
        .text(
            "langfuse.usage",
            r#"{"prompt_tokens":14,"completion_tokens":8,"total_tokens":22}"#,
        )
        .map();
    assert_eq!((call.name.as_str(), call.kind), ("chat gpt-4o", EntityKind::Llm));
    assert_eq!(call.attributes.get_i64("gen_ai.usage.total_tokens"), Some(22));
    assert_eq!(call.attributes.str("gen_ai.prompt.0.content"), "Hi");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn openinference_spans_are_read_key_by_key() {
    let call = library("my_app", "llm")
        .text("openinference.span.kind", "LLM")
        .text("llm.system", "openai")
        .text("llm.model_name", "gpt-4o")
        .text("input.value", "the whole request, which says less")
        .text("llm.input_messages.0.message.role", "system")
        .text("llm.input_messages.0.message.content", "Be brief.")
        .text("llm.input_messages.1.message.role", "user")
        .text("llm.input_messages.1.message.contents.0.message_content.type", "text")
        .text(
            "llm.input_messages.1.message.contents.0.message_content.text",
            "What is it?",
        )
        .text("llm.input_messages.1.message.contents.1.message_content.type", "image")
        .text(
            "llm.input_messages.1.message.contents.1.message_content.image.image.url",
            "data:image/png;base64,aGVsbG8=",
        )
        .text("llm.output_messages.0.message.role", "assistant")
        .text("llm.output_messages.0.message.tool_calls.0.tool_call.id", "c1")
        .text(
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.name",
            "look",
        )
        .text(
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments",
            r#"{"at":1}"#,
        )
        .int("llm.token_count.prompt", 14)
        .int("llm.token_count.completion", 8)
        .map();
    assert_eq!((call.name.as_str(), call.kind), ("chat gpt-4o", EntityKind::Llm));
    let attributes = &call.attributes;
    for (key, text) in [
        ("gen_ai.prompt.0.role", "system"),
        ("gen_ai.prompt.0.content", "Be brief."),
        ("gen_ai.prompt.1.role", "user"),
        (
            "gen_ai.prompt.1.content",
            "What is it?\n[image/png, 5 bytes, sha256:2cf24dba5fb0a30e]",
        ),
        ("gen_ai.completion.0.role", "assistant"),
        ("gen_ai.completion.0.tool_calls.0.id", "c1"),
        ("gen_ai.completion.0.tool_calls.0.name", "look"),
        ("gen_ai.completion.0.tool_calls.0.arguments", r#"{"at":1}"#),
    ] {
        assert_eq!(attributes.str(key), text, "{key}");
    }
    assert_eq!(attributes.below("llm.input_messages"), [""; 0], "once is enough");
    assert_eq!(
        json(attributes.str("gen_ai.output.messages"))[0]["parts"][0]["name"],
        "look"
    );
    for (kind, expected) in [
        ("AGENT", EntityKind::Agent),
        ("TOOL", EntityKind::Tool),
        ("CHAIN", EntityKind::Chain),
        ("EMBEDDING", EntityKind::Llm),
        ("RETRIEVER", EntityKind::Operation),
        ("RERANKER", EntityKind::Operation),
        ("EVALUATOR", EntityKind::Operation),
        ("PROMPT", EntityKind::Operation),
        ("GUARDRAIL", EntityKind::Guardrail),
    ] {
        assert_eq!(
            library("my_app", "x").text("openinference.span.kind", kind).map().kind,
            expected,
            "{kind}"
        );
    }
}

#[test]
fn langfuse_observations_are_read() {
    let call = library("my_app", "answer")
        .text("langfuse.observation.type", "generation")
        .text("langfuse.observation.model.name", "gpt-4o")
        .text(
            "langfuse.observation.input",
            r#"{"messages":[{"role":"user","content":"Hi"}]}"#,
        )
        .text("langfuse.observation.output", "Hello")
        .text("langfuse.observation.level", "ERROR")
        .text("langfuse.observation.status_message", "cut off")
        .text("langfuse.user.id", "u-1")
        .text("langfuse.session.id", "s-1")
        .map();
    assert_eq!(call.name, "chat gpt-4o");
    assert_eq!(call.status, WireStatus::Error("cut off".to_owned()));
    for (key, text) in [
        ("gen_ai.prompt.0.content", "Hi"),
        ("gen_ai.completion.0.content", "Hello"),
        ("user.id", "u-1"),
        ("session.id", "s-1"),
    ] {
        assert_eq!(call.attributes.str(key), text, "{key}");
    }
    let fine = library("my_app", "x")
        .text("langfuse.observation.type", "span")
        .text("langfuse.observation.level", "DEFAULT");
    assert_eq!(
        (fine.map().status, fine.map().kind),
        (WireStatus::Ok, EntityKind::Operation)
    );
}

#[test]
fn traceloop_and_langsmith_kinds_are_known() {
    let workflow = library("my_app", "x")
        .text("traceloop.span.kind", "workflow")
        .text("traceloop.entity.name", "report")
        .text("traceloop.entity.input", r#"{"a":1}"#)
        .text("traceloop.association.properties.session_id", "s-1")
        .map();
    assert_eq!(workflow.name, "report.workflow");
    assert_eq!(workflow.attributes.str("agentops.workflow.input"), r#"{"a":1}"#);
    assert_eq!(workflow.attributes.str("session.id"), "s-1");
    for (word, expected) in [
        ("task", EntityKind::Task),
        ("agent", EntityKind::Agent),
        ("tool", EntityKind::Tool),
    ] {
        assert_eq!(
            library("my_app", "x").text("traceloop.span.kind", word).map().kind,
            expected
        );
        let expected = library("my_app", "x").text("langsmith.span.kind", word).map().kind;
        assert_eq!(expected.as_str(), word);
    }
}

#[test]
fn functions_are_told_in_both_dialects_whoever_defined_them() {
    for definitions in [
        r#"[{"type":"function","name":"look","description":"Look at it","parameters":{"type":"object"}}]"#,
        r#"[{"type":"function","function":{"name":"look","description":"Look at it","parameters":{"type":"object"}}}]"#,
        r#"[{"name":"look","description":"Look at it","input_schema":{"type":"object"}}]"#,
        r#"[{"functionDeclarations":[{"name":"look","description":"Look at it","parameters":{"type":"object"}}]}]"#,
        r#"{"tools":[{"toolSpec":{"name":"look","description":"Look at it","inputSchema":{"json":{"type":"object"}}}}]}"#,
    ] {
        let attributes = chat().text("gen_ai.tool.definitions", definitions).attributes();
        for (key, text) in [
            ("name", "look"),
            ("description", "Look at it"),
            ("parameters", r#"{"type":"object"}"#),
        ] {
            let key = format!("gen_ai.request.functions.0.{key}");
            assert_eq!(attributes.str(&key), text, "{definitions}");
        }
        assert_eq!(attributes.str("gen_ai.tool.definitions"), definitions);
        assert_eq!(
            attributes.class("gen_ai.request.functions.0.parameters"),
            Class::Message
        );
    }
}
