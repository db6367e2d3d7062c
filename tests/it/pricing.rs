//! What model calls cost, by hand-computed figures.

use agentops::{AgentOpsSpanExt, Builder, Price, Usage, testing::Span};
use tracing::info_span;

use crate::harness::{arrived, arrived_with, named};

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
