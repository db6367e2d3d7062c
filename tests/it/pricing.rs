//! What model calls cost, by hand-computed figures.

use std::time::{Duration, UNIX_EPOCH};

use agentops::{
    AgentOpsSpanExt, Builder, Price, Usage,
    testing::{FixedClock, Span},
};
use tracing::info_span;

use crate::{
    harness::{arrived, arrived_with, named},
    scratch::Scratch,
};

fn call(provider: &str, model: &str, usage: &Usage) -> impl Fn() {
    let (provider, model, usage) = (provider.to_owned(), model.to_owned(), *usage);
    move || {
        let span = info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.provider.name = provider.as_str(),
            gen_ai.request.model = model.as_str(),
        );
        span.record_usage(&usage);
    }
}

fn costs(spans: &[Span], name: &str) -> Option<[f64; 3]> {
    let span = named(spans, name);
    let cost = |part: &str| span.attribute(&format!("gen_ai.usage.{part}_cost"))?.as_f64();
    Some([cost("prompt")?, cost("completion")?, cost("total")?])
}

fn assert_close(cost: [f64; 3], expected: [f64; 3]) {
    for (cost, expected) in cost.into_iter().zip(expected) {
        assert!((cost - expected).abs() < 1e-9, "{cost} is not {expected}");
    }
}

#[test]
fn a_known_model_costs_what_its_provider_bills_and_cached_tokens_are_cheaper() {
    // gpt-5: 1.25 and 10 USD per million, 0.125 for cached input.
    let mut total = 0.0;
    let spans = arrived_with(
        |builder| builder,
        |agentops| {
            call(
                "openai",
                "gpt-5",
                &Usage::new(1_000_000, 100_000).with_cache_read(400_000),
            )();
            agentops.force_flush(crate::harness::DEADLINE).unwrap();
            total = agentops.stats().cost;
        },
    );
    assert_close(
        costs(&spans, "chat gpt-5").unwrap(),
        [0.6 * 1.25 + 0.4 * 0.125, 1.0, 1.8],
    );
    assert!((total - 1.8).abs() < 1e-9, "the running total is {total}");
}

#[test]
fn the_programs_own_price_wins() {
    let own = |builder: Builder| {
        let price = Price::new(2.0, 8.0).with_cache_read(0.5).with_cache_creation(2.5);
        builder
            .with_price("house-model", price)
            .with_price("gpt-5", Price::new(1.0, 1.0))
    };
    let spans = arrived_with(own, |_| {
        let cached = Usage::new(1000, 100).with_cache_read(400).with_cache_creation(100);
        call("vllm", "house-model", &cached)();
        call("openai", "gpt-5", &Usage::new(500_000, 500_000))();
    });
    let prompt = (500.0 * 2.0 + 400.0 * 0.5 + 100.0 * 2.5) / 1e6;
    let completion = 100.0 * 8.0 / 1e6;
    assert_close(
        costs(&spans, "chat house-model").unwrap(),
        [prompt, completion, prompt + completion],
    );
    assert_close(costs(&spans, "chat gpt-5").unwrap(), [0.5, 0.5, 1.0]);
}

#[test]
fn what_has_no_known_price_has_no_cost() {
    let spans = arrived(|_| {
        call("openai", "no-such-model", &Usage::new(10, 10))();
        call("a-server-of-ours", "gpt-5", &Usage::new(10, 10))();
        call("openai", "gpt-5-mini", &Usage::new(10, 10))();
    });
    assert_eq!(costs(&spans, "chat no-such-model"), None);
    assert_eq!(costs(&spans, "chat gpt-5"), None, "who knows what that server bills");
    assert!(costs(&spans, "chat gpt-5-mini").is_some(), "the control");
}

#[test]
fn a_cost_that_was_told_stays() {
    let spans = arrived(|_| {
        let span = info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.provider.name = "openai",
            gen_ai.request.model = "gpt-5",
            gen_ai.usage.cost = 0.25,
        );
        span.record_usage(&Usage::new(1_000_000, 0));
    });
    let span = named(&spans, "chat gpt-5");
    assert_eq!(
        span.attribute("gen_ai.usage.total_cost")
            .and_then(agentops::testing::Value::as_f64),
        Some(0.25)
    );
    assert_eq!(span.attribute("gen_ai.usage.prompt_cost"), None);
}

/// A chat with these fields and counts, on 1 November 2026: the table has the prices of each day.
fn billed(fields: &[(&str, &str)], counts: &[(&str, u64)]) -> Option<[f64; 3]> {
    let day = UNIX_EPOCH + Duration::from_secs(1_793_491_200);
    let on_that_day = |builder: Builder| builder.with_clock(FixedClock::at(day, Duration::from_millis(1)));
    let spans = arrived_with(on_that_day, |_| {
        let span = info_span!("chat", gen_ai.operation.name = "chat");
        for (key, text) in fields {
            span.record_attribute(*key, text);
        }
        for (key, count) in counts {
            span.record_attribute(format!("gen_ai.usage.{key}"), count);
        }
        span.record_attribute("agentops.name", "call");
    });
    costs(&spans, "call")
}

const CLAUDE: [(&str, &str); 2] = [
    ("gen_ai.provider.name", "anthropic"),
    ("gen_ai.request.model", "claude-sonnet-4-5"),
];

/// claude-sonnet-4-5: 3 and 15 USD per million, 0.30 for what is read from a cache and 3.75 for what is written.
#[test]
fn tokens_written_to_a_cache_cost_more_and_those_read_from_it_less() {
    let cost = billed(
        &CLAUDE,
        &[
            ("input_tokens", 100_000),
            ("cache_read.input_tokens", 40_000),
            ("cache_creation.input_tokens", 20_000),
            ("output_tokens", 10_000),
        ],
    );
    let prompt = 0.04 * 3.0 + 0.04 * 0.3 + 0.02 * 3.75;
    assert_close(cost.unwrap(), [prompt, 0.15, prompt + 0.15]);
}

/// Twice the price of input for what stays in a cache for an hour, 1.25 times that for what stays for minutes.
#[test]
fn tokens_written_to_a_cache_for_an_hour_cost_more_than_those_for_minutes() {
    let written = |for_an_hour: u64| {
        let counts = [
            ("input_tokens", 100_000),
            ("cache_creation.input_tokens", 50_000),
            ("cache_creation.ephemeral_1h_input_tokens", for_an_hour),
            ("output_tokens", 10_000),
        ];
        billed(&CLAUDE, &counts).unwrap()
    };
    for (for_an_hour, prompt) in [
        (0, 0.05 * 3.0 + 0.05 * 3.75),
        (20_000, 0.05 * 3.0 + 0.03 * 3.75 + 0.02 * 6.0),
        (50_000, 0.05 * 3.0 + 0.05 * 6.0),
        (90_000, 0.05 * 3.0 + 0.05 * 6.0),
    ] {
        assert_close(written(for_an_hour), [prompt, 0.15, prompt + 0.15]);
    }
}

/// claude-sonnet-4-5 at Bedrock: 3 and 15 USD per million wherever there is room, 10 % more in a region of one's choice.
/// The answer of either says the same model.
#[test]
fn where_a_model_of_bedrock_runs_has_a_price() {
    for (asked, factor) in [
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", 1.0),
        ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", 1.1),
        ("arn:aws:bedrock:eu-west-1:1:application-inference-profile/x", 1.1),
    ] {
        let fields = [
            ("gen_ai.provider.name", "aws.bedrock"),
            ("gen_ai.request.model", asked),
            ("gen_ai.response.model", "claude-sonnet-4-5-20250929"),
        ];
        let cost = billed(&fields, &[("input_tokens", 100_000), ("output_tokens", 10_000)]);
        assert_close(cost.unwrap(), [0.3 * factor, 0.15 * factor, 0.45 * factor]);
    }
}

#[test]
fn counts_beside_the_input_cost_what_the_same_counts_inside_it_cost() {
    let cost = billed(
        &CLAUDE,
        &[
            ("input_tokens", 40_000),
            ("cache_read_input_tokens", 40_000),
            ("cache_creation_input_tokens", 20_000),
            ("output_tokens", 10_000),
        ],
    );
    let prompt = 0.04 * 3.0 + 0.04 * 0.3 + 0.02 * 3.75;
    assert_close(cost.unwrap(), [prompt, 0.15, prompt + 0.15]);
}

/// Above 200,000 tokens of input: 6 and 22.50 USD per million.
#[test]
fn a_long_prompt_is_billed_at_its_tier() {
    let cost = |input| billed(&CLAUDE, &[("input_tokens", input), ("output_tokens", 10_000)]).unwrap();
    assert_close(cost(200_000), [0.6, 0.15, 0.75]);
    assert_close(cost(300_000), [1.8, 0.225, 2.025]);
}

/// gpt-5: 1.25 and 10 USD per million.
#[test]
fn thinking_is_billed_as_the_output_that_it_is_part_of() {
    let gpt = [("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "gpt-5")];
    let counts = [("input_tokens", 1_000), ("output_tokens", 10_000)];
    let thought = [counts[0], counts[1], ("reasoning.output_tokens", 9_000)];
    let expected = [0.00125, 0.1, 0.10125];
    assert_close(billed(&gpt, &counts).unwrap(), expected);
    assert_close(billed(&gpt, &thought).unwrap(), expected);
}

/// claude-haiku-4-5: 1 and 5 USD per million, half of it in a batch.
#[test]
fn a_batch_is_billed_at_the_price_of_batches() {
    let haiku = [
        ("gen_ai.provider.name", "anthropic"),
        ("gen_ai.request.model", "claude-haiku-4-5"),
    ];
    let batch = [haiku[0], haiku[1], ("gen_ai.response.service_tier", "batch")];
    let counts = [("input_tokens", 100_000), ("output_tokens", 10_000)];
    assert_close(billed(&haiku, &counts).unwrap(), [0.1, 0.05, 0.15]);
    assert_close(billed(&batch, &counts).unwrap(), [0.05, 0.025, 0.075]);
}

#[test]
fn providers_are_found_by_the_names_that_the_conventions_give_them() {
    for (provider, model) in [
        ("openai", "gpt-5"),
        ("azure.ai.openai", "gpt-5"),
        ("anthropic", "claude-sonnet-4-5"),
        ("aws.bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("gcp.gemini", "gemini-2.5-pro"),
        ("gcp.vertex_ai", "gemini-2.5-pro"),
        ("gcp.gen_ai", "gemini-2.5-pro"),
        ("x_ai", "grok-4"),
        ("xai", "grok-4"),
        ("mistral_ai", "mistral-large-latest"),
        ("deepseek", "deepseek-chat"),
        ("groq", "llama-3.3-70b-versatile"),
        ("cohere", "command-r-plus"),
        ("perplexity", "sonar"),
        ("moonshot_ai", "kimi-k2-0905-preview"),
    ] {
        let fields = [("gen_ai.provider.name", provider), ("gen_ai.request.model", model)];
        let cost = billed(&fields, &[("input_tokens", 1_000), ("output_tokens", 1_000)]);
        assert!(
            cost.is_some_and(|[_, _, total]| total > 0.0),
            "{provider} {model}: {cost:?}"
        );
    }
}

#[test]
fn prices_of_a_file_win_over_the_table_and_those_of_the_program_over_both() {
    let file =
        r#"{ "gpt-5": { "input": 4, "output": 4 }, "house-model": { "input": 2, "output": 8, "cache_read": 1 } }"#;
    let path = Scratch::with(file);
    let spans = arrived_with(
        |builder| builder.with_price("gpt-5", Price::new(1.0, 1.0)).with_price_file(&path),
        |_| {
            call("openai", "gpt-5", &Usage::new(500_000, 500_000))();
            call(
                "vllm",
                "house-model",
                &Usage::new(100_000, 10_000).with_cache_read(50_000),
            )();
        },
    );
    assert_close(costs(&spans, "chat gpt-5").unwrap(), [0.5, 0.5, 1.0]);
    assert_close(costs(&spans, "chat house-model").unwrap(), [0.15, 0.08, 0.23]);
}
