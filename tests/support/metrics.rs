//! Tokens and cost of a span as the server computes them.

use agentops::testing::Span;

use super::nested::text;

/// USD for a million tokens in and out, for a few models of the server's own price list: enough to tell a model that
/// it can price from one that it cannot.
const PRICES: [(&str, f64, f64); 6] = [
    ("gpt-4", 30.0, 60.0),
    ("gpt-4-0613", 30.0, 60.0),
    ("gpt-4o", 2.5, 10.0),
    ("gpt-4o-mini", 0.15, 0.6),
    ("gpt-4o-2024-08-06", 2.5, 10.0),
    ("text-embedding-3-small", 0.02, 0.0),
];

/// The server computes metrics only for spans with one of these keys, spelled exactly so.
const METRIC_KEYS: [&str; 16] = [
    "gen_ai.completion",
    "gen_ai.prompt",
    "gen_ai.usage",
    "gen_ai.usage.prompt_tokens",
    "gen_ai.usage.completion_tokens",
    "gen_ai.usage.total_tokens",
    "gen_ai.usage.prompt_cost",
    "gen_ai.usage.completion_cost",
    "gen_ai.usage.total_cost",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.reasoning_tokens",
    "ai.system",
    "ai.llm",
    "llm.request.model",
    "llm.response.model",
    "llm.system",
];

/// Tokens and cost of one span.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Metrics {
    pub(crate) prompt: u64,
    pub(crate) completion: u64,
    pub(crate) total: u64,
    /// USD with seven decimals, 0 where nothing is known.
    pub(crate) cost: f64,
}

impl Metrics {
    /// `None` for a span that the server computes none for.
    pub(crate) fn of(span: &Span) -> Option<Self> {
        span.attributes
            .keys()
            .any(|key| METRIC_KEYS.contains(&key))
            .then(|| Self::computed(span))
    }

    fn computed(span: &Span) -> Self {
        let field = |name: &str| {
            let value = span.attribute(&format!("gen_ai.usage.{name}")).map(text);
            value.filter(|text| !text.is_empty())
        };
        let tokens = |name| field(name).and_then(|text| text.parse::<u64>().ok());
        let count = |name| tokens(name).unwrap_or(0);
        let cost = |name| field(name).and_then(|text| text.parse::<f64>().ok());
        let (prompt, completion) = (count("prompt_tokens"), count("completion_tokens"));
        let (price_in, price_out) = price(span);
        // Without a total the server adds cached and reasoning tokens, which prompt and completion already include.
        let sum = prompt + completion + count("cache_read_input_tokens") + count("reasoning_tokens");
        let cost = cost("total_cost").unwrap_or_else(|| {
            cost("prompt_cost").unwrap_or(prompt as f64 * price_in)
                + cost("completion_cost").unwrap_or(completion as f64 * price_out)
        });
        Self {
            prompt,
            completion,
            total: tokens("total_tokens").unwrap_or(sum),
            cost: (cost * 1e7).round() / 1e7,
        }
    }
}

/// USD for a token in and out; the model that answered is asked first, and alone.
fn price(span: &Span) -> (f64, f64) {
    let model = |key| span.text(key).filter(|model| !model.is_empty());
    let model = model("gen_ai.response.model").or_else(|| model("gen_ai.request.model"));
    let known = PRICES.iter().find(|(name, ..)| Some(*name) == model);
    known.map_or((0.0, 0.0), |(_, price_in, price_out)| (price_in / 1e6, price_out / 1e6))
}
