//! How each provider counts tokens, and what leaves: cached tokens inside the input, thinking inside the output.

use super::*;

/// Input, output, read from a cache, written to it, thought, total.
type Counts = [Option<i64>; 6];

fn counts(span: &Span) -> Counts {
    let attributes = span.attributes();
    let pairs = [
        ("gen_ai.usage.prompt_tokens", "gen_ai.usage.input_tokens"),
        ("gen_ai.usage.completion_tokens", "gen_ai.usage.output_tokens"),
        (
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.cache_read.input_tokens",
        ),
        (
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
        ),
        ("gen_ai.usage.reasoning_tokens", "gen_ai.usage.reasoning.output_tokens"),
        ("gen_ai.usage.total_tokens", "gen_ai.usage.total_tokens"),
    ];
    pairs.map(|(ours, theirs)| {
        assert_eq!(attributes.get(ours), attributes.get(theirs), "{ours} and {theirs}");
        attributes.get_i64(ours)
    })
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn a_providers_usage_is_read_as_the_provider_counts() {
    for (provider, usage, expected) in [
        (
            "openai chat",
            r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,
                "prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":30}}"#,
            [Some(100), Some(50), Some(64), None, Some(30), Some(150)],
        ),
        (
            "openai responses",
            r#"{"input_tokens":100,"input_tokens_details":{"cached_tokens":64},"output_tokens":50,
                "output_tokens_details":{"reasoning_tokens":30},"total_tokens":150}"#,
            [Some(100), Some(50), Some(64), None, Some(30), Some(150)],
        ),
        (
            "anthropic",
            r#"{"input_tokens":10,"cache_read_input_tokens":60,"cache_creation_input_tokens":30,"output_tokens":50}"#,
            [Some(100), Some(50), Some(60), Some(30), None, Some(150)],
        ),
        (
            "anthropic without a hit",
            r#"{"input_tokens":100,"cache_read_input_tokens":0,"cache_creation_input_tokens":0,"output_tokens":50}"#,
            [Some(100), Some(50), Some(0), Some(0), None, Some(150)],
        ),
        (
            "bedrock",
            r#"{"inputTokens":60,"outputTokens":50,"totalTokens":150,"cacheReadInputTokens":30,"cacheWriteInputTokens":10}"#,
            [Some(100), Some(50), Some(30), Some(10), None, Some(150)],
        ),
        (
            "gemini",
            r#"{"usageMetadata":{"promptTokenCount":90,"toolUsePromptTokenCount":10,"candidatesTokenCount":20,
                "thoughtsTokenCount":30,"cachedContentTokenCount":64,"totalTokenCount":150}}"#,
            [Some(100), Some(50), Some(64), None, Some(30), Some(150)],
        ),
        (
            "gemini that only thought",
            r#"{"promptTokenCount":100,"thoughtsTokenCount":30,"totalTokenCount":130}"#,
            [Some(100), Some(30), None, None, Some(30), Some(130)],
        ),
        (
            "xai chat",
            r#"{"prompt_tokens":100,"completion_tokens":20,"total_tokens":150,
                "completion_tokens_details":{"reasoning_tokens":30}}"#,
            [Some(100), Some(50), None, None, Some(30), Some(150)],
        ),
        (
            "xai chat, more words than thoughts",
            r#"{"prompt_tokens":100,"completion_tokens":40,"total_tokens":150,
                "completion_tokens_details":{"reasoning_tokens":10}}"#,
            [Some(100), Some(50), None, None, Some(10), Some(150)],
        ),
        (
            "xai responses",
            r#"{"input_tokens":100,"output_tokens":50,"total_tokens":150,"output_tokens_details":{"reasoning_tokens":30}}"#,
            [Some(100), Some(50), None, None, Some(30), Some(150)],
        ),
        (
            "deepseek",
            r#"{"prompt_tokens":100,"completion_tokens":50,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36}"#,
            [Some(100), Some(50), Some(64), None, None, Some(150)],
        ),
        (
            "mistral",
            r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150}"#,
            [Some(100), Some(50), None, None, None, Some(150)],
        ),
        (
            "ollama",
            r#"{"prompt_eval_count":100,"eval_count":50}"#,
            [Some(100), Some(50), None, None, None, Some(150)],
        ),
        (
            "langfuse, parts of a sum",
            r#"{"input":36,"output":20,"input_cached_tokens":64,"output_reasoning_tokens":30,"total":150}"#,
            [Some(100), Some(50), Some(64), None, Some(30), Some(150)],
        ),
        (
            "langfuse, parts of its input",
            r#"{"input":100,"output":50,"cache_read_input_tokens":64,"total":150}"#,
            [Some(100), Some(50), Some(64), None, None, Some(150)],
        ),
    ] {
        assert_eq!(
            counts(&chat().text("langfuse.observation.usage_details", usage)),
            expected,
            "{provider}"
        );
    }
}

#[test]
fn counts_that_are_spelled_out_win_over_those_in_an_object() {
    let both = chat()
        .int("gen_ai.usage.input_tokens", 7)
        .text("langfuse.observation.usage_details", r#"{"input":100,"output":50}"#);
    assert_eq!(counts(&both), [Some(7), Some(50), None, None, None, Some(57)]);
}

#[test]
fn thinking_beside_the_output_is_added_where_that_is_what_the_counts_say() {
    let chat = |output: i64, total: Option<i64>| {
        let span = chat()
            .int("gen_ai.usage.input_tokens", 100)
            .int("gen_ai.usage.output_tokens", output)
            .int("gen_ai.usage.reasoning_tokens", 30);
        counts(&match total {
            Some(total) => span.int("gen_ai.usage.total_tokens", total),
            None => span,
        })[1]
    };
    assert_eq!(chat(50, None), Some(50), "by definition a part of it");
    assert_eq!(chat(50, Some(150)), Some(50));
    assert_eq!(chat(50, Some(180)), Some(80), "the total says so");
    assert_eq!(chat(20, None), Some(50), "no part is larger than the whole");
}

#[test]
fn what_is_no_usage_counts_nothing() {
    for usage in [
        "",
        "{}",
        "[]",
        "null",
        "7",
        r#"{"input":-1}"#,
        r#"{"input":"many"}"#,
        r#"{"usage":{"usage":{}}}"#,
    ] {
        assert_eq!(
            counts(&chat().text("langfuse.observation.usage_details", usage)),
            [None; 6],
            "{usage}"
        );
    }
    let huge =
        r#"{"input_tokens":9223372036854775807,"cache_read_input_tokens":9223372036854775807,"output_tokens":1}"#;
    let most = Some(i64::MAX);
    assert_eq!(
        counts(&chat().text("langfuse.observation.usage_details", huge)),
        [most, Some(1), most, None, None, most]
    );
}

#[test]
fn what_two_counted_of_one_call_is_parts_of_one_whole() {
    let call = chat()
        .text(
            "langfuse.observation.usage_details",
            r#"{"promptTokenCount":3,"thoughtsTokenCount":4}"#,
        )
        .int("gen_ai.usage.cache_creation_input_tokens", 7);
    // More was cached than asked, so it was counted beside it.
    let expected = [Some(10), Some(4), None, Some(7), Some(4), Some(14)];
    assert_eq!(counts(&call), expected);
}

#[test]
fn langfuses_costs_are_the_calls_costs() {
    let attributes = chat()
        .text(
            "langfuse.observation.cost_details",
            r#"{"input":0.1,"output":0.25,"total":0.35}"#,
        )
        .attributes();
    for (key, usd) in [("prompt", 0.1), ("completion", 0.25), ("total", 0.35)] {
        assert_eq!(
            attributes.get(&format!("gen_ai.usage.{key}_cost")),
            Some(&usd.into()),
            "{key}"
        );
    }
}

#[test]
fn a_runs_totals_are_never_usage_whoever_counts() {
    let agent = span("invoke_agent")
        .settled(EntityKind::Agent, KindSource::GenAiOperation)
        .text("gen_ai.provider.name", "anthropic")
        .int("gen_ai.usage.input_tokens", 10)
        .int("gen_ai.usage.cache_read_input_tokens", 90)
        .int("gen_ai.usage.output_tokens", 5);
    for semconv in [Semconv::AgentOps, Semconv::GenAi, Semconv::Both] {
        let attributes = span_with(&agent, semconv);
        assert_eq!(attributes.below("gen_ai.usage"), [""; 0]);
        assert_eq!(attributes.get_i64("agentops.agent.usage.prompt_tokens"), Some(100));
        assert_eq!(attributes.get_i64("agentops.agent.usage.total_tokens"), Some(105));
    }
}

fn span_with(span: &Span, semconv: Semconv) -> AttributeSet {
    let mut policy = span.policy.clone();
    policy.semconv = semconv;
    translate(&span.record, &span.lineage, &policy).attributes
}
