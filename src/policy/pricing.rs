//! What a call of a model cost: by the program's own price, else by the table of the crate `genai-prices` (feature
//! `pricing`). An unknown model has no cost, never 0.

use std::{sync::Arc, time::SystemTime};

use crate::{
    kind::EntityKind,
    price::Price,
    semconv::{
        gen_ai,
        wire::{AttributeSet, WireSpan, WireValue},
    },
};

/// The program's own prices, by model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prices(Arc<[(String, Price)]>);

/// What one call cost, in USD.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    prompt: f64,
    completion: f64,
    total: f64,
}

/// How a call is billed, beyond what it used. Each provider has its own tiers (`flex`, `priority`); batches have prices
/// of their own.
#[cfg_attr(not(feature = "pricing"), expect(dead_code, reason = "the table is not there"))]
struct Billing<'a> {
    provider: Option<&'a str>,
    tier: Option<&'a str>,
    at: SystemTime,
}

/// Where libraries say at which tier a call was served, else asked for.
const TIERS: [&str; 6] = [
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "gen_ai.response.service_tier",
    "openai.request.service_tier",
    "gen_ai.openai.request.service_tier",
    "gen_ai.request.service_tier",
];

/// The tokens of one call; `input` counts the cached ones, too, and `output` those the model thought with.
#[derive(Clone, Copy, Debug)]
struct Tokens {
    input: f64,
    output: f64,
    cache_read: f64,
    cache_creation: f64,
    /// Of these, for an hour.
    #[cfg_attr(not(feature = "pricing"), expect(dead_code, reason = "the table is not there"))]
    cache_creation_1h: f64,
}

impl Prices {
    pub(crate) fn new(own: Vec<(String, Price)>) -> Self {
        Self(own.into())
    }

    /// Puts the cost of a model call beside its tokens, unless the program or its library told it.
    pub(crate) fn apply(&self, span: &mut WireSpan, at: SystemTime) {
        const TOLD: [&str; 3] = [
            gen_ai::USAGE_PROMPT_COST,
            gen_ai::USAGE_COMPLETION_COST,
            gen_ai::USAGE_TOTAL_COST,
        ];
        let attributes = &mut span.attributes;
        if span.kind != EntityKind::Llm || TOLD.iter().any(|key| attributes.get(key).is_some()) {
            return;
        }
        let Some(tokens) = Tokens::of(attributes) else { return };
        let billing = Billing {
            provider: text(attributes, gen_ai::SYSTEM),
            tier: TIERS.iter().find_map(|key| text(attributes, key)),
            at,
        };
        let mut models = [gen_ai::RESPONSE_MODEL, gen_ai::REQUEST_MODEL];
        // What is asked for at Bedrock says where it runs, which has a price; the answer only says which model it is.
        if billing.provider.is_some_and(|provider| provider.contains("bedrock")) {
            models.reverse();
        }
        let cost = models.iter().find_map(|key| {
            let model = text(attributes, key)?;
            self.own(model, &tokens).or_else(|| by_table(model, &tokens, &billing))
        });
        if let Some(cost) = cost {
            attributes.set(gen_ai::USAGE_PROMPT_COST, rounded(cost.prompt));
            attributes.set(gen_ai::USAGE_COMPLETION_COST, rounded(cost.completion));
            attributes.set(gen_ai::USAGE_TOTAL_COST, rounded(cost.total));
        }
    }

    fn own(&self, model: &str, tokens: &Tokens) -> Option<Cost> {
        let (_, price) = self.0.iter().rev().find(|(name, _)| name == model)?;
        let fresh = tokens.input - tokens.cache_read - tokens.cache_creation;
        let prompt = fresh * price.input
            + tokens.cache_read * price.cache_read.unwrap_or(price.input)
            + tokens.cache_creation * price.cache_creation.unwrap_or(price.input);
        let (prompt, completion) = (prompt / MILLION, tokens.output * price.output / MILLION);
        Some(Cost {
            prompt,
            completion,
            total: prompt + completion,
        })
    }
}

const MILLION: f64 = 1_000_000.0;

/// What a span cost in USD, for the running total.
pub(crate) fn cost_of(span: &WireSpan) -> Option<f64> {
    match span.attributes.get(gen_ai::USAGE_TOTAL_COST)? {
        WireValue::F64(usd) => Some(*usd),
        _ => None,
    }
}

impl Tokens {
    fn of(attributes: &AttributeSet) -> Option<Self> {
        let count = |key| match attributes.get(key) {
            Some(WireValue::I64(tokens)) => Some(*tokens as f64),
            _ => None,
        };
        let (input, output) = (count(gen_ai::USAGE_INPUT_TOKENS), count(gen_ai::USAGE_OUTPUT_TOKENS));
        (input.is_some() || output.is_some()).then(|| Self {
            input: input.unwrap_or_default(),
            output: output.unwrap_or_default(),
            cache_read: count(gen_ai::USAGE_CACHE_READ).unwrap_or_default(),
            cache_creation: count(gen_ai::USAGE_CACHE_CREATION).unwrap_or_default(),
            cache_creation_1h: count(gen_ai::USAGE_CACHE_CREATION_1H).unwrap_or_default(),
        })
    }
}

fn text<'a>(attributes: &'a AttributeSet, key: &str) -> Option<&'a str> {
    match attributes.get(key)? {
        WireValue::Str(text) => Some(text),
        _ => None,
    }
}

/// Nine decimals: what the server's database keeps.
fn rounded(usd: f64) -> f64 {
    (usd * 1e9).round() / 1e9
}

/// The table knows the rules of each provider (cached reads and writes, tiers) and the prices of each day. A provider it
/// does not know, such as a server of one's own, costs nothing that we could name.
#[cfg(feature = "pricing")]
fn by_table(model: &str, tokens: &Tokens, billing: &Billing<'_>) -> Option<Cost> {
    use genai_prices::{PriceRequest, Usage, UsageKey};

    let mut usage = Usage::from([
        (UsageKey::INPUT_TOKENS, tokens.input),
        (UsageKey::OUTPUT_TOKENS, tokens.output),
    ]);
    for (key, count) in [
        (UsageKey::CACHE_READ_TOKENS, tokens.cache_read),
        (UsageKey::CACHE_WRITE_TOKENS, tokens.cache_creation),
        (
            UsageKey::CACHE_WRITE_1H_TOKENS,
            tokens.cache_creation_1h.min(tokens.cache_creation),
        ),
    ] {
        if count > 0.0 {
            usage.insert(key, count);
        }
    }
    let mut request = PriceRequest::new(model, &usage).with_timestamp(billing.at);
    if let Some(provider) = billing.provider {
        request = request.with_provider_id(in_the_table(provider));
    }
    request = match billing.tier {
        Some("batch") => request.with_price_context("processing", "batch"),
        Some(tier) => request.with_price_context("service_tier", tier),
        None => request,
    };
    let price = genai_prices::calculate(&request).ok()?;
    Some(Cost {
        prompt: price.input_price,
        completion: price.output_price,
        total: price.total_price,
    })
}

/// The table's name for a provider of the GenAI conventions. It knows most of them by parts of their names.
#[cfg(feature = "pricing")]
fn in_the_table(provider: &str) -> &str {
    match provider {
        "x_ai" => "x-ai",
        "gcp.gen_ai" => "google",
        provider if provider.starts_with("azure.") || provider.starts_with("az.") => "azure",
        provider => provider,
    }
}

#[cfg(not(feature = "pricing"))]
fn by_table(_model: &str, _tokens: &Tokens, _billing: &Billing<'_>) -> Option<Cost> {
    None
}
