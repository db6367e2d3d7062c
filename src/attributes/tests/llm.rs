//! Calls of a model in both dialects.

use super::*;
use crate::attributes::{alias::TABLE, meaning::Read};

const INPUT: &str = "gen_ai.usage.input_tokens";
const READ: &str = "gen_ai.usage.cache_read.input_tokens";
const WRITTEN: &str = "gen_ai.usage.cache_creation.input_tokens";
/// What Anthropic itself calls the tokens that were read from its cache.
const RAW_READ: &str = "gen_ai.usage.cache_read_input_tokens";

#[test]
fn every_spelling_of_a_renaming_row_is_sent_in_both_dialects() {
    for row in TABLE.iter().filter(|row| !row.emit.is_empty()) {
        let bare = row.bare.iter().map(|key| (*key, KindSource::Table));
        for (key, source) in row
            .accepted
            .iter()
            .map(|key| (*key, KindSource::GenAiOperation))
            .chain(bare)
        {
            let (text, expected) = match row.read {
                Read::Text => ("Name-1", "Name-1".into()),
                Read::LowerCase => ("Name-1", "name-1".into()),
                Read::Count => ("7", 7.into()),
                Read::Number => ("0.25", 0.25.into()),
                Read::Flag => ("true", true.into()),
                Read::Usd => ("0.5", WireValue::F64(0.5)),
            };
            let attributes = span("x").text(key, text).settled(EntityKind::Llm, source).attributes();
            for name in row.emit {
                assert_eq!(attributes.get(name), Some(&expected), "{key} as {name}");
            }
            assert!(row.emit.contains(&key) || !attributes.has(key), "{key} is consumed");
        }
    }
}

#[test]
fn no_spelling_stands_in_two_rows() {
    let mut seen = std::collections::HashSet::new();
    for row in TABLE {
        for key in row.accepted.iter().chain(row.bare) {
            assert!(seen.insert(*key), "{key}");
        }
    }
}

#[test]
fn the_first_spelling_that_says_something_wins() {
    let attributes = chat()
        .text("gen_ai.system", "Azure")
        .text("gen_ai.provider.name", "")
        .int("gen_ai.usage.prompt_tokens", 1)
        .int("gen_ai.usage.input_tokens", 2)
        .attributes();
    assert_eq!(
        (attributes.str("gen_ai.system"), attributes.str("gen_ai.provider.name")),
        ("azure", "azure")
    );
    assert_eq!(attributes.get_i64("gen_ai.usage.prompt_tokens"), Some(2));
    assert_eq!(attributes.get_i64("gen_ai.usage.input_tokens"), Some(2));
}

#[test]
fn the_total_is_always_the_sum_of_input_and_output() {
    let total = |span: Span| span.attributes().get_i64("gen_ai.usage.total_tokens");
    assert_eq!(
        total(
            chat()
                .int("gen_ai.usage.input_tokens", 14)
                .int("gen_ai.usage.output_tokens", 8)
        ),
        Some(22)
    );
    let told = chat()
        .int("gen_ai.usage.input_tokens", 14)
        .int("gen_ai.usage.output_tokens", 8);
    assert_eq!(
        total(
            told.int("gen_ai.usage.total_tokens", 99)
                .int("gen_ai.usage.reasoning_tokens", 5)
        ),
        Some(22)
    );
    assert_eq!(total(chat().int("gen_ai.usage.input_tokens", 5)), Some(5));
    assert_eq!(total(chat().int("gen_ai.usage.total_tokens", 9)), Some(9));
    assert_eq!(total(chat()), None);
    let huge = chat()
        .int("gen_ai.usage.input_tokens", i64::MAX)
        .int("gen_ai.usage.output_tokens", 1);
    assert_eq!(total(huge), Some(i64::MAX));
}

#[test]
fn token_counts_are_whole_numbers_however_they_were_said() {
    let count = |span: Span| span.attributes().get("gen_ai.usage.prompt_tokens").cloned();
    let key = "gen_ai.usage.input_tokens";
    assert_eq!(count(chat().say(key, Say::U64(5))), Some(5.into()));
    assert_eq!(count(chat().text(key, " 5 ")), Some(5.into()));
    assert_eq!(count(chat().say(key, Say::F64(5.0))), Some(5.into()));
    assert_eq!(count(chat().debug(key, &"5")), Some(5.into()));
    for wrong in [
        Say::F64(5.5),
        Say::I64(-5),
        Say::U64(u64::MAX),
        Say::Bool(true),
        Say::Text("many", Origin::Str),
    ] {
        assert_eq!(count(chat().say(key, wrong)), None);
    }
}

#[test]
fn cached_tokens_are_part_of_the_input() {
    let input = |fields: &[(&'static str, i64)]| {
        let span = fields.iter().fold(chat(), |span, (key, n)| span.int(key, *n));
        let attributes = span.attributes();
        assert_eq!(
            attributes.get("gen_ai.usage.prompt_tokens"),
            attributes.get("gen_ai.usage.input_tokens")
        );
        attributes.get_i64("gen_ai.usage.input_tokens")
    };
    assert_eq!(
        input(&[(INPUT, 100), (READ, 40), (WRITTEN, 60)]),
        Some(100),
        "inclusive"
    );
    assert_eq!(input(&[(INPUT, 100), (READ, 101)]), Some(201), "exclusive");
    assert_eq!(
        input(&[(INPUT, 100), (READ, 60), (WRITTEN, 60)]),
        Some(220),
        "exclusive together"
    );
    assert_eq!(input(&[(READ, 60)]), None, "nobody said how much went in");
}

#[test]
fn providers_that_count_cached_tokens_beside_the_input_are_known_by_their_names_for_them() {
    let input = |provider: &str, read: &'static str| {
        let span = chat()
            .text("gen_ai.system", provider)
            .int("gen_ai.usage.input_tokens", 100)
            .int(read, 40);
        span.attributes().get_i64("gen_ai.usage.prompt_tokens")
    };
    assert_eq!(input("Anthropic", RAW_READ), Some(140));
    assert_eq!(input("aws.bedrock", RAW_READ), Some(140));
    assert_eq!(input("openai", RAW_READ), Some(100));
    assert_eq!(
        input("anthropic", READ),
        Some(100),
        "the conventions define it as part of the input"
    );
}

#[test]
fn the_kind_of_call_is_said_in_both_dialects() {
    for (fields, request_type, operation) in [
        (vec![], "chat", "chat"),
        (
            vec![("gen_ai.operation.name", "text_completion")],
            "completion",
            "text_completion",
        ),
        (vec![("gen_ai.operation.name", "embeddings")], "embedding", "embeddings"),
        (vec![("gen_ai.operation.name", "rerank")], "rerank", "rerank"),
        (
            vec![("gen_ai.operation.name", "generate_content")],
            "chat",
            "generate_content",
        ),
        (vec![("gen_ai.request.type", "embedding")], "embedding", "embeddings"),
        (
            vec![("openinference.span.kind", "EMBEDDING")],
            "embedding",
            "embeddings",
        ),
    ] {
        let span = fields
            .iter()
            .fold(marked("x", EntityKind::Llm), |span, (key, text)| span.text(key, text));
        let attributes = span.attributes();
        assert_eq!(attributes.str("gen_ai.request.type"), request_type, "{fields:?}");
        assert_eq!(attributes.str("gen_ai.operation.name"), operation, "{fields:?}");
    }
}

#[test]
fn a_recognised_call_has_the_conventions_name_and_a_hand_made_one_its_own() {
    let name = |span: Span| span.map().name;
    assert_eq!(name(chat().text("gen_ai.request.model", "gpt-4o")), "chat gpt-4o");
    assert_eq!(
        name(chat().text("gen_ai.response.model", "gpt-4o-2024")),
        "chat gpt-4o-2024"
    );
    assert_eq!(name(chat()), "chat");
    assert_eq!(name(span("ask").text("gen_ai.request.model", "m")), "chat m");
    assert_eq!(
        name(marked("ask", EntityKind::Llm).text("gen_ai.request.model", "m")),
        "ask"
    );
    assert_eq!(
        name(
            chat()
                .text("gen_ai.request.model", "m")
                .text("agentops.name", "summarise")
        ),
        "summarise"
    );
    assert_eq!(
        chat()
            .text("gen_ai.request.model", "m")
            .attributes()
            .str("operation.name"),
        "chat"
    );
}

#[test]
fn no_call_is_named_like_another_kind() {
    for kind in EntityKind::ALL.into_iter().filter(|kind| *kind != EntityKind::Llm) {
        let own = marked("x", EntityKind::Llm)
            .text("agentops.name", &format!("my.{kind}"))
            .map();
        assert_eq!(own.name, format!("my_{kind}"));
        assert_eq!(own.attributes.str("operation.name"), format!("my.{kind}"));
        assert_eq!(
            chat().text("gen_ai.request.model", &format!("m.{kind}")).map().name,
            format!("chat m_{kind}")
        );
    }
    assert_eq!(
        marked("x", EntityKind::Llm)
            .text("agentops.name", "my.agents")
            .map()
            .name,
        "my.agents"
    );
}

#[test]
fn a_prompt_in_one_string_becomes_messages() {
    let attributes = chat()
        .text("gen_ai.prompt", "Hi")
        .text("gen_ai.completion", "Hello!")
        .attributes();
    assert!(!attributes.has("gen_ai.prompt") && !attributes.has("gen_ai.completion"));
    assert_eq!(attributes.str("gen_ai.prompt.0.role"), "user");
    assert_eq!(attributes.str("gen_ai.prompt.0.content"), "Hi");
    assert_eq!(attributes.str("gen_ai.completion.0.role"), "assistant");
    assert_eq!(attributes.str("gen_ai.completion.0.content"), "Hello!");
    assert_eq!(
        json(attributes.str("gen_ai.input.messages")),
        json(r#"[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]"#)
    );
    for key in attributes
        .keys()
        .into_iter()
        .filter(|key| key.starts_with("gen_ai.prompt.") || key.contains("messages"))
    {
        assert_eq!(attributes.class(key), Class::Message, "{key}");
    }
}

#[test]
fn the_explicit_input_and_output_of_a_call_are_its_messages() {
    let attributes = marked("ask", EntityKind::Llm)
        .text("agentops.input", r#"[{"role":"user","content":"Hi"}]"#)
        .debug("return", &"Hello!")
        .attributes();
    assert_eq!(attributes.str("gen_ai.prompt.0.content"), "Hi");
    assert_eq!(attributes.str("gen_ai.completion.0.content"), "Hello!");
    assert_eq!(attributes.below("agentops."), ["agentops.span.kind"]);
}

#[test]
fn the_arguments_of_a_call_are_no_input_but_are_not_lost() {
    let attributes = marked("ask", EntityKind::Llm)
        .text("question", "why?")
        .debug("list", &[1])
        .attributes();
    assert_eq!((attributes.str("question"), attributes.str("list")), ("why?", "[1]"));
    assert_eq!(attributes.class("list"), Class::Message);
    assert_eq!(attributes.below("gen_ai.prompt"), [""; 0]);
}

#[test]
fn why_the_model_stopped_is_said_in_both_dialects() {
    let check = |attributes: AttributeSet| {
        assert_eq!(attributes.str("gen_ai.response.finish_reason"), "length");
        assert_eq!(
            attributes.get("gen_ai.response.finish_reasons"),
            Some(&vec!["length".to_owned()].into())
        );
        assert_eq!(attributes.str("gen_ai.completion.0.finish_reason"), "length");
    };
    let answer = || chat().text("gen_ai.completion", "Hello");
    check(
        answer()
            .text("gen_ai.response.finish_reasons", r#"["length"]"#)
            .attributes(),
    );
    check(answer().text("gen_ai.response.finish_reason", "length").attributes());
    check(
        chat()
            .text(
                "gen_ai.output.messages",
                r#"[{"role":"assistant","parts":[],"finish_reason":"length"}]"#,
            )
            .attributes(),
    );
}

#[test]
fn costs_have_nine_decimals_and_an_unknown_one_is_not_there() {
    let attributes = chat().say("gen_ai.usage.total_cost", Say::F64(0.1 + 0.2)).attributes();
    assert_eq!(attributes.get("gen_ai.usage.total_cost"), Some(&WireValue::F64(0.3)));
    assert!(
        !chat()
            .text("gen_ai.request.model", "mine")
            .attributes()
            .keys()
            .iter()
            .any(|key| key.contains("cost"))
    );
}

#[test]
fn a_call_carries_both_dialects_whichever_was_asked_for() {
    let keys = |semconv| {
        let span = chat()
            .semconv(semconv)
            .int("gen_ai.usage.input_tokens", 3)
            .text("gen_ai.prompt", "Hi");
        span.attributes()
            .keys()
            .iter()
            .map(|key| (*key).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(Semconv::AgentOps), keys(Semconv::GenAi));
    assert_eq!(keys(Semconv::AgentOps), keys(Semconv::Both));
}

#[test]
fn a_conversation_id_is_never_invented() {
    assert!(
        !chat()
            .told(|facts| facts.session_id = Some("s".to_owned()))
            .attributes()
            .has("gen_ai.conversation.id")
    );
    assert_eq!(
        chat()
            .text("gen_ai.conversation.id", "c")
            .attributes()
            .str("gen_ai.conversation.id"),
        "c"
    );
}
