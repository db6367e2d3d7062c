//! Properties of the translation: what leaves is understood again as the same, and nothing that is said makes it panic.

use proptest::prelude::*;

use super::*;
use crate::record::Key;

/// Keys with a meaning, with none, and such that stand in each other's way.
const KEYS: &[&str] = &[
    "agentops.input",
    "agentops.output",
    "agent.name",
    "anything.else",
    "gen_ai.agent.name",
    "gen_ai.completion",
    "gen_ai.completion.0.content",
    "gen_ai.completion.0.tool_calls.0.name",
    "gen_ai.conversation.id",
    "gen_ai.embeddings.dimension.count",
    "gen_ai.input.messages",
    "gen_ai.operation.name",
    "gen_ai.output.messages",
    "gen_ai.prompt",
    "gen_ai.prompt.0",
    "gen_ai.prompt.0.role",
    "gen_ai.prompt.1.content",
    "gen_ai.prompt.99999999999999999999999.content",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.request.stream",
    "gen_ai.response.finish_reasons",
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.definitions",
    "gen_ai.tool.name",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.completion_tokens",
    "gen_ai.usage.cost",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.total_tokens",
    "input.value",
    "openai.response.system_fingerprint",
    "langfuse.observation.completion_start_time",
    "langfuse.observation.cost_details",
    "langfuse.observation.input",
    "langfuse.observation.usage_details",
    "llm.input_messages",
    "llm.input_messages.0.message.content",
    "llm.input_messages.0.message.contents.1.message_content.text",
    "llm.input_messages.0.message.tool_calls.0.tool_call.function.name",
    "llm.output_messages.0.message.role",
    "llm.output_messages.x.message.role",
    "output.value",
    "url.full",
];

/// Counts whose sum is no number any more.
const MOST_OF_ALL: &str = r#"{"input":1,"cache_read_input_tokens":9223372036854775807,"output":-3}"#;

/// Texts that some reader takes for more than a text.
const TEXTS: &[&str] = &[
    "",
    "Hi",
    "\u{0}",
    "7",
    "-7",
    "1e400",
    "true",
    "chat",
    "execute_tool",
    "anthropic",
    "null",
    "[]",
    "{}",
    "[[[[]]]]",
    MOST_OF_ALL,
    r#"{"messages":[{"role":"user","content":[{"type":"image","source":{"data":"aGk=","media_type":"image/png"}}]}]}"#,
    r#"{"output":[{"type":"reasoning","summary":[]},{"type":"message","role":"assistant","content":null}]}"#,
    r#"{"promptTokenCount":3,"thoughtsTokenCount":4}"#,
    r#"{"role":"user","parts":[{"type":"text","content":"Hi"},{"text":7},null,[]]}"#,
    r#"[{"name":"f","parameters":{}},{"functionDeclarations":[{"name":"g"}]},7]"#,
    r#"[{"role":"assistant","tool_calls":[{"function":{"name":"f"}},7],"finish_reason":7}]"#,
    r#"[{"role":"user","content":"Hi"},{"type":"function_call","name":"f"}]"#,
    r#"[{"type":"text","content":"You are brief."}]"#,
    r#"["stop","length"]"#,
    "2026-03-01T12:00:00Z",
    "data:image/png;base64,aGk=",
];

fn text() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(TEXTS).prop_map(str::to_owned);
    prop_oneof![4 => known, 1 => ".*", 1 => r#"[\[\]{}",:a-z0-9 ]{0,40}"#]
}

fn kind() -> impl Strategy<Value = EntityKind> {
    proptest::sample::select(
        &[
            EntityKind::Llm,
            EntityKind::Agent,
            EntityKind::Tool,
            EntityKind::Operation,
        ][..],
    )
}

fn semconv() -> impl Strategy<Value = Semconv> {
    proptest::sample::select(&[Semconv::AgentOps, Semconv::GenAi, Semconv::Both][..])
}

fn fields() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    proptest::collection::vec((proptest::sample::select(KEYS), text()), 0..12)
}

fn saying(kind: EntityKind, semconv: Semconv, fields: &[(&'static str, String)]) -> Span {
    let start = span("x").settled(kind, KindSource::GenAiOperation).semconv(semconv);
    fields.iter().fold(start, |span, (key, text)| span.text(key, text))
}

/// A span that says what left, as a relay that knows nothing of it would pass it on.
fn again(sent: &AttributeSet, kind: EntityKind, semconv: Semconv) -> Span {
    let mut span = span("x").settled(kind, KindSource::GenAiOperation).semconv(semconv);
    for attribute in sent.iter() {
        let say = match &attribute.value {
            WireValue::Bool(value) => Say::Bool(*value),
            WireValue::I64(value) => Say::I64(*value),
            WireValue::F64(value) => Say::F64(*value),
            WireValue::Str(text) => Say::Text(text, Origin::Str),
            WireValue::StrArray(list) => {
                let json = serde_json::to_string(list).unwrap();
                span.record
                    .fields
                    .set(Key::Told(&attribute.key), Say::Text(&json, Origin::List), CAP);
                continue;
            }
        };
        span.record.fields.set(Key::Told(&attribute.key), say, CAP);
    }
    span
}

fn sorted(attributes: &AttributeSet) -> Vec<(String, String)> {
    let mut all: Vec<_> = attributes
        .iter()
        .map(|attribute| (attribute.key.clone().into_owned(), format!("{:?}", attribute.value)))
        .collect();
    all.sort();
    all
}

#[test]
fn a_sum_beyond_the_largest_number_does_not_say_that_thinking_was_counted_beside_the_rest() {
    let fields = [
        ("langfuse.observation.usage_details", MOST_OF_ALL.to_owned()),
        ("gen_ai.usage.completion_tokens", "7".to_owned()),
        ("gen_ai.usage.reasoning_tokens", "7".to_owned()),
    ];
    let once = saying(EntityKind::Llm, Semconv::Both, &fields).attributes();
    let twice = again(&once, EntityKind::Llm, Semconv::Both).attributes();
    assert_eq!(once.get("gen_ai.usage.completion_tokens"), Some(&WireValue::I64(7)));
    assert_eq!(sorted(&twice), sorted(&once));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_call_that_was_translated_is_translated_into_itself(semconv in semconv(), fields in fields()) {
        let once = saying(EntityKind::Llm, semconv, &fields).attributes();
        let twice = again(&once, EntityKind::Llm, semconv).attributes();
        prop_assert_eq!(sorted(&twice), sorted(&once));
    }

    #[test]
    fn nothing_that_is_said_makes_the_translation_panic(
        kind in kind(), semconv in semconv(), fields in fields(), key in ".*", value in ".*",
    ) {
        let mut span = saying(kind, semconv, &fields);
        span.record.fields.set(Key::Told(&key), Say::Text(&value, Origin::Str), CAP);
        let wire = map(&span.record, &span.lineage, &span.policy);
        prop_assert_eq!(wire.kind, kind);
        prop_assert_eq!(wire.attributes.str("agentops.span.kind"), kind.as_str());
    }
}
