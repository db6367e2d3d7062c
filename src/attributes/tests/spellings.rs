//! Every spelling that libraries use for one thing, and what both dialects make of it. The left side is written out here
//! rather than read from the table, so that a spelling that falls out of the table is missed.

use super::*;

/// What libraries write, where it may stand, and what leaves for AgentOps and under the GenAI conventions.
struct Row {
    accepted: &'static [&'static str],
    /// Only at callsites of known libraries.
    bare: &'static [&'static str],
    said: &'static str,
    legacy: &'static str,
    gen_ai: Option<&'static str>,
    expected: WireValue,
}

fn count(
    accepted: &'static [&'static str],
    bare: &'static [&'static str],
    legacy: &'static str,
    gen_ai: Option<&'static str>,
) -> Row {
    Row {
        accepted,
        bare,
        said: "7",
        legacy,
        gen_ai,
        expected: 7.into(),
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn rows() -> Vec<Row> {
    vec![
        count(
            &[
                "gen_ai.usage.input_tokens",
                "gen_ai.usage.prompt_tokens",
                "usage.input_tokens",
                "usage.prompt_tokens",
                "llm.token_count.prompt",
                "llm.usage.prompt_tokens",
                "codex.turn.token_usage.input_tokens",
            ],
            &["prompt_tokens", "input_tokens"],
            "gen_ai.usage.prompt_tokens",
            Some("gen_ai.usage.input_tokens"),
        ),
        count(
            &[
                "gen_ai.usage.output_tokens",
                "gen_ai.usage.completion_tokens",
                "usage.output_tokens",
                "usage.completion_tokens",
                "llm.token_count.completion",
                "llm.usage.completion_tokens",
                "codex.turn.token_usage.output_tokens",
            ],
            &["completion_tokens", "output_tokens"],
            "gen_ai.usage.completion_tokens",
            Some("gen_ai.usage.output_tokens"),
        ),
        count(
            &[
                "gen_ai.usage.cache_read.input_tokens",
                "gen_ai.usage.cache_read_input_tokens",
                "gen_ai.usage.cached_tokens",
                "gen_ai.usage.cached_input_tokens",
                "gen_ai.usage.cache_read_tokens",
                "llm.token_count.prompt_details.cache_read",
                "codex.turn.token_usage.cached_input_tokens",
            ],
            &["cached_tokens", "cache_read_tokens", "cache_read_input_tokens"],
            "gen_ai.usage.cache_read_input_tokens",
            Some("gen_ai.usage.cache_read.input_tokens"),
        ),
        count(
            &[
                "gen_ai.usage.cache_creation.input_tokens",
                "gen_ai.usage.cache_creation_input_tokens",
                "gen_ai.usage.cache_write_input_tokens",
                "gen_ai.usage.cache_write.input_tokens",
                "gen_ai.usage.cache_write_tokens",
                "gen_ai.usage.cache_creation_tokens",
                "llm.token_count.prompt_details.cache_write",
            ],
            &[
                "cache_write_tokens",
                "cache_write_input_tokens",
                "cache_creation_tokens",
                "cache_creation_input_tokens",
            ],
            "gen_ai.usage.cache_creation_input_tokens",
            Some("gen_ai.usage.cache_creation.input_tokens"),
        ),
        count(
            &[
                "gen_ai.usage.reasoning.output_tokens",
                "gen_ai.usage.reasoning_tokens",
                "gen_ai.usage.reasoning_output_tokens",
                "gen_ai.usage.thinking_tokens",
                "codex.usage.reasoning_output_tokens",
                "codex.turn.token_usage.reasoning_output_tokens",
                "llm.token_count.completion_details.reasoning",
                "llm.usage.reasoning_tokens",
            ],
            &["reasoning_tokens", "thinking_tokens"],
            "gen_ai.usage.reasoning_tokens",
            Some("gen_ai.usage.reasoning.output_tokens"),
        ),
        count(
            &[
                "gen_ai.usage.total_tokens",
                "usage.total_tokens",
                "llm.token_count.total",
                "llm.usage.total_tokens",
                "codex.usage.total_tokens",
                "codex.turn.token_usage.total_tokens",
            ],
            &["total_tokens"],
            "gen_ai.usage.total_tokens",
            None,
        ),
        Row {
            accepted: &["gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"],
            bare: &["provider"],
            said: "OpenAI",
            legacy: "gen_ai.system",
            gen_ai: Some("gen_ai.provider.name"),
            expected: "openai".into(),
        },
        Row {
            accepted: &[
                "gen_ai.request.model",
                "llm.model_name",
                "llm.request.model",
                "langfuse.observation.model.name",
                "langfuse.model",
                "model.name",
                "embedding.model_name",
                "reranker.model_name",
            ],
            bare: &["model"],
            said: "gpt-4o",
            legacy: "gen_ai.request.model",
            gen_ai: None,
            expected: "gpt-4o".into(),
        },
        Row {
            accepted: &[
                "gen_ai.response.time_to_first_chunk",
                "gen_ai.streaming.time_to_first_token",
            ],
            bare: &[],
            said: "0.25",
            legacy: "gen_ai.streaming.time_to_first_token",
            gen_ai: Some("gen_ai.response.time_to_first_chunk"),
            expected: 0.25.into(),
        },
        Row {
            accepted: &["gen_ai.response.time_to_first_token_ms"],
            bare: &["time_to_first_token_ms"],
            said: "250",
            legacy: "gen_ai.streaming.time_to_first_token",
            gen_ai: Some("gen_ai.response.time_to_first_chunk"),
            expected: 0.25.into(),
        },
        // The span starts a microsecond after the beginning of 1970.
        Row {
            accepted: &["langfuse.observation.completion_start_time"],
            bare: &["completion_start_time"],
            said: "1970-01-01T01:00:00.250001+01:00",
            legacy: "gen_ai.streaming.time_to_first_token",
            gen_ai: Some("gen_ai.response.time_to_first_chunk"),
            expected: 0.25.into(),
        },
        Row {
            accepted: &[
                "gen_ai.request.stream",
                "gen_ai.request.streaming",
                "gen_ai.is_streaming",
                "llm.is_streaming",
            ],
            bare: &["stream"],
            said: "true",
            legacy: "gen_ai.request.streaming",
            gen_ai: Some("gen_ai.request.stream"),
            expected: true.into(),
        },
    ]
}

#[test]
fn each_spelling_of_a_number_or_a_name_is_sent_in_both_dialects_and_under_no_other_name() {
    for row in rows() {
        let bare = row.bare.iter().map(|key| (*key, KindSource::Table));
        let dotted = row.accepted.iter().map(|key| (*key, KindSource::GenAiOperation));
        for (key, source) in dotted.chain(bare) {
            let attributes = span("x")
                .text(key, row.said)
                .settled(EntityKind::Llm, source)
                .attributes();
            let emitted: Vec<&str> = [Some(row.legacy), row.gen_ai].into_iter().flatten().collect();
            for name in &emitted {
                assert_eq!(attributes.get(name), Some(&row.expected), "{key} as {name}");
            }
            assert!(emitted.contains(&key) || !attributes.has(key), "{key} is consumed");
        }
        for key in row.bare {
            let attributes = chat().text(key, row.said).attributes();
            assert!(!attributes.has(row.legacy), "{key} is an argument anywhere else");
            assert_eq!(attributes.str(key), row.said);
        }
    }
}

#[test]
fn a_spelling_that_is_added_to_the_table_is_added_here() {
    for row in rows() {
        let first = row.accepted[0];
        let known = crate::attributes::alias::TABLE.iter();
        let known = known.filter(|known| known.accepted.first() == Some(&first));
        let known: Vec<&str> = known
            .flat_map(|row| row.accepted.iter().chain(row.bare))
            .copied()
            .collect();
        assert!(
            known.len() >= row.accepted.len() + row.bare.len(),
            "{first} stands first in the table, too"
        );
        let missing: Vec<_> = known
            .iter()
            .filter(|key| !row.accepted.contains(key) && !row.bare.contains(key))
            .collect();
        assert!(missing.is_empty(), "{first}: {missing:?}");
    }
}

const SAID: &str = r#"[{"role":"assistant","content":"Hi"}]"#;

#[test]
fn each_spelling_of_messages_is_sent_in_both_dialects() {
    let prompt = &[
        "gen_ai.input.messages",
        "gen_ai.prompt",
        "input.value",
        "langfuse.observation.input",
        "langfuse.input",
        "traceloop.entity.input",
        "agentops.input",
        "input_json",
        "trace_input",
    ];
    let completion = &[
        "gen_ai.output.messages",
        "gen_ai.completion",
        "output.value",
        "langfuse.observation.output",
        "langfuse.output",
        "traceloop.entity.output",
        "agentops.output",
        "output_json",
        "trace_output",
    ];
    for (keys, legacy, gen_ai) in [
        (prompt, "gen_ai.prompt", "gen_ai.input.messages"),
        (completion, "gen_ai.completion", "gen_ai.output.messages"),
    ] {
        for key in keys {
            let source = if key.contains('.') {
                KindSource::GenAiOperation
            } else {
                KindSource::Table
            };
            let attributes = span("x").text(key, SAID).settled(EntityKind::Llm, source).attributes();
            assert_eq!(attributes.str(&format!("{legacy}.0.content")), "Hi", "{key}");
            assert_eq!(attributes.str(&format!("{legacy}.0.role")), "assistant", "{key}");
            assert_eq!(
                json(attributes.str(gen_ai)),
                json(r#"[{"role":"assistant","parts":[{"type":"text","content":"Hi"}]}]"#),
                "{key}"
            );
            assert!(*key == gen_ai || !attributes.has(key), "{key} is consumed");
        }
    }
}

#[test]
fn messages_that_were_numbered_for_agentops_are_sent_in_json_too() {
    let attributes = chat()
        .text("gen_ai.prompt.0.role", "user")
        .text("gen_ai.prompt.0.content", "Hi")
        .text("gen_ai.completion.0.role", "assistant")
        .text("gen_ai.completion.0.content", "")
        .text("gen_ai.completion.0.tool_calls.0.name", "f")
        .text("gen_ai.completion.0.tool_calls.0.arguments", "{}")
        .attributes();
    assert_eq!(
        json(attributes.str("gen_ai.input.messages")),
        json(r#"[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]"#)
    );
    let answer = json(attributes.str("gen_ai.output.messages"));
    assert_eq!(answer[0]["parts"][1]["name"], "f");
    assert_eq!(attributes.str("gen_ai.completion.0.tool_calls.0.name"), "f");
}

#[test]
fn each_spelling_of_why_a_model_stopped_is_sent_in_both_dialects() {
    for (key, said) in [
        ("gen_ai.response.finish_reasons", r#"["stop"]"#),
        ("gen_ai.response.finish_reason", "stop"),
        ("gen_ai.response.stop_reason", "stop"),
        ("llm.finish_reason", "stop"),
        ("llm.response.finish_reason", "stop"),
    ] {
        let attributes = chat().text(key, said).text("gen_ai.completion", "Hi").attributes();
        let list = WireValue::StrArray(vec!["stop".to_owned()]);
        assert_eq!(attributes.get("gen_ai.response.finish_reasons"), Some(&list), "{key}");
        assert_eq!(attributes.str("gen_ai.response.finish_reason"), "stop", "{key}");
        assert_eq!(attributes.str("gen_ai.completion.0.finish_reason"), "stop", "{key}");
    }
}

#[test]
fn each_spelling_of_tools_and_agents_is_sent_in_the_dialects_that_are_asked_for() {
    let tool: &[(&[&str], &str, &str)] = &[
        (
            &["gen_ai.tool.name", "tool.name", "tool_name", "tool"],
            "tool.name",
            "gen_ai.tool.name",
        ),
        (
            &["gen_ai.tool.call.id", "tool.call.id", "tool_call_id"],
            "tool.call.id",
            "gen_ai.tool.call.id",
        ),
        (
            &["gen_ai.tool.call.arguments", "tool.parameters", "tool.arguments"],
            "tool.parameters",
            "gen_ai.tool.call.arguments",
        ),
        (
            &["gen_ai.tool.call.result", "tool.result"],
            "tool.result",
            "gen_ai.tool.call.result",
        ),
    ];
    let agent: &[(&[&str], &str, &str)] = &[
        (
            &["gen_ai.agent.name", "agent.name", "agent_name", "actor_name"],
            "agent.name",
            "gen_ai.agent.name",
        ),
        (&["gen_ai.agent.id", "agent.id"], "agent.id", "gen_ai.agent.id"),
    ];
    for (kind, rows) in [(EntityKind::Tool, tool), (EntityKind::Agent, agent)] {
        for (keys, legacy, gen_ai) in rows {
            for key in *keys {
                let said = |semconv| {
                    let span = span("x").text(key, "said").settled(kind, KindSource::Table);
                    span.semconv(semconv).attributes()
                };
                let ours = said(Semconv::AgentOps);
                assert_eq!(ours.str(legacy), "said", "{key}");
                assert_eq!(ours.below("gen_ai."), [""; 0], "{key}");
                let both = said(Semconv::Both);
                assert_eq!((both.str(legacy), both.str(gen_ai)), ("said", "said"), "{key}");
            }
        }
    }
}

#[test]
fn each_spelling_of_a_session_stands_on_every_kind_of_span() {
    for (key, source) in [
        ("session.id", KindSource::GenAiOperation),
        ("gen_ai.conversation.id", KindSource::GenAiOperation),
        ("langfuse.session.id", KindSource::GenAiOperation),
        ("gcp.vertex.agent.session_id", KindSource::GenAiOperation),
        ("thread.id", KindSource::Table),
    ] {
        for kind in [EntityKind::Llm, EntityKind::Agent, EntityKind::Operation] {
            let said = span("x").text(key, "c-1").settled(kind, source);
            assert_eq!(said.attributes().str("session.id"), "c-1", "{key}");
            let is_conversation = key == "gen_ai.conversation.id";
            let both = said.semconv(Semconv::Both).attributes();
            assert_eq!(
                both.has("gen_ai.conversation.id"),
                is_conversation,
                "{key} is not made one"
            );
        }
    }
    let own = chat()
        .text("gen_ai.conversation.id", "c-1")
        .told(|facts| facts.session_id = Some("s-1".to_owned()));
    let own = own.attributes();
    assert_eq!(
        (own.str("session.id"), own.str("gen_ai.conversation.id")),
        ("s-1", "c-1")
    );
}
