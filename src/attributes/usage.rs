//! Tokens and cost of a model call, whoever counted: every cached token inside the input, all thinking inside the output.

use serde_json::{Map, Value};

use super::{exchange::tokens::Tokens, meaning::Meaning, said::Said, value};
use crate::semconv::gen_ai;

/// What one call used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Usage {
    pub(super) input: Option<i64>,
    pub(super) output: Option<i64>,
    pub(super) cache_read: Option<i64>,
    pub(super) cache_creation: Option<i64>,
    pub(super) reasoning: Option<i64>,
    /// Input and output, always: where it is absent, the server counts cached tokens and thinking twice.
    pub(super) total: Option<i64>,
    /// USD.
    pub(super) prompt_cost: Option<f64>,
    pub(super) completion_cost: Option<f64>,
    pub(super) total_cost: Option<f64>,
}

impl Usage {
    pub(super) fn of(said: &Said<'_>) -> Self {
        let count = |meaning| said.get(meaning).and_then(value::count);
        let usd = |meaning| said.get(meaning).and_then(value::usd);
        let spelled = Self {
            input: count(Meaning::InputTokens),
            output: count(Meaning::OutputTokens),
            cache_read: count(Meaning::CacheRead),
            cache_creation: count(Meaning::CacheCreation),
            reasoning: count(Meaning::Reasoning),
            total: count(Meaning::TotalTokens),
            prompt_cost: usd(Meaning::PromptCost),
            completion_cost: usd(Meaning::CompletionCost),
            total_cost: usd(Meaning::TotalCost),
        };
        let spelled = spelled.inclusive(reports_exclusive_counts(said));
        let object = |meaning| match value::container(&value::text(said.get(meaning)?))? {
            Value::Object(object) => Some(object),
            _ => None,
        };
        let details = object(Meaning::UsageDetails).map(|object| Self::read(&object));
        let costs = object(Meaning::CostDetails);
        spelled
            .or(details.unwrap_or_default())
            .or(costs.map(|object| Self::read_costs(&object)).unwrap_or_default())
            // Two may have counted, each a part.
            .inclusive(false)
            .with_total()
    }

    /// The value of one of the meanings that are counted here.
    pub(super) fn count(&self, meaning: Meaning) -> Option<i64> {
        match meaning {
            Meaning::InputTokens => self.input,
            Meaning::OutputTokens => self.output,
            Meaning::CacheRead => self.cache_read,
            Meaning::CacheCreation => self.cache_creation,
            Meaning::Reasoning => self.reasoning,
            Meaning::TotalTokens => self.total,
            _ => None,
        }
    }

    /// The amount of one of the meanings that are priced here.
    pub(super) fn usd(&self, meaning: Meaning) -> Option<f64> {
        match meaning {
            Meaning::PromptCost => self.prompt_cost,
            Meaning::CompletionCost => self.completion_cost,
            Meaning::TotalCost => self.total_cost,
            _ => None,
        }
    }

    fn cached(&self) -> i64 {
        let count = |part: Option<i64>| part.unwrap_or(0);
        count(self.cache_read).saturating_add(count(self.cache_creation))
    }

    /// Adds to the input what was counted beside it, and to the output likewise. More cached tokens than input, or more
    /// thinking than output, can only have been counted so; of thinking the total says it, too (xAI, Gemini).
    fn inclusive(mut self, cached_is_beside: bool) -> Self {
        let (cached, thought) = (self.cached(), self.reasoning.unwrap_or(0));
        if let Some(input) = self.input
            && (cached_is_beside || cached > input)
        {
            self.input = Some(input.saturating_add(cached));
        }
        if let Some(output) = self.output {
            // A total that is cut short by the largest number says nothing.
            let spoken = self.input.unwrap_or(0).checked_add(output);
            let beside = spoken.and_then(|spoken| spoken.checked_add(thought));
            if thought > output || thought > 0 && beside.is_some() && self.total == beside {
                self.output = Some(output.saturating_add(thought));
            }
        }
        self
    }

    /// What is not known here comes from `other`.
    fn or(self, other: Self) -> Self {
        Self {
            input: self.input.or(other.input),
            output: self.output.or(other.output),
            cache_read: self.cache_read.or(other.cache_read),
            cache_creation: self.cache_creation.or(other.cache_creation),
            reasoning: self.reasoning.or(other.reasoning),
            total: self.total.or(other.total),
            prompt_cost: self.prompt_cost.or(other.prompt_cost),
            completion_cost: self.completion_cost.or(other.completion_cost),
            total_cost: self.total_cost.or(other.total_cost),
        }
    }

    fn with_total(mut self) -> Self {
        if self.input.is_some() || self.output.is_some() {
            let (input, output) = (self.input.unwrap_or(0), self.output.unwrap_or(0));
            self.total = Some(input.saturating_add(output));
        }
        self
    }

    /// A provider's usage object, as the provider counts, or Langfuse's.
    fn read(object: &Map<String, Value>) -> Self {
        if let Some(Value::Object(inner)) = first(object, &["usage", "usageMetadata"]) {
            return Self::read(inner);
        }
        let count = |names: &[&str]| first(object, names).and_then(whole);
        if object.contains_key("input") || object.contains_key("output") {
            let counts = Self {
                input: count(&["input"]),
                output: count(&["output"]),
                cache_read: count(&["input_cached_tokens", "cache_read_input_tokens"]),
                cache_creation: count(&["input_cache_creation", "cache_creation_input_tokens"]),
                reasoning: count(&["output_reasoning_tokens"]),
                total: count(&["total"]),
                ..Self::default()
            };
            // Langfuse's are parts of a sum, where there is a sum that says so.
            let is_sum = counts.cached() > 0 && counts.total == counts.sum_of_all();
            return counts.inclusive(is_sum);
        }
        let [input, output, cache_read, cache_creation, reasoning] = Tokens::read(object).counts();
        let signed = |count: Option<u64>| count.map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        Self {
            input: signed(input),
            output: signed(output),
            cache_read: signed(cache_read),
            cache_creation: signed(cache_creation),
            reasoning: signed(reasoning),
            ..Self::default()
        }
    }

    /// Everything that was counted, as if nothing were part of anything else.
    fn sum_of_all(&self) -> Option<i64> {
        let sum = self.input?.saturating_add(self.output.unwrap_or(0));
        Some(
            sum.saturating_add(self.cached())
                .saturating_add(self.reasoning.unwrap_or(0)),
        )
    }

    /// Langfuse's costs.
    fn read_costs(object: &Map<String, Value>) -> Self {
        let usd = |name: &str| object.get(name)?.as_f64().filter(|usd| *usd >= 0.0).map(value::rounded);
        Self {
            prompt_cost: usd("input"),
            completion_cost: usd("output"),
            total_cost: usd("total"),
            ..Self::default()
        }
    }
}

/// Anthropic and Bedrock count cached tokens beside the input, and a library that passes their numbers on keeps their
/// names for them. The GenAI names are defined as part of the input, and libraries that use them have added.
fn reports_exclusive_counts(said: &Said<'_>) -> bool {
    let provider = said
        .text(Meaning::Provider)
        .map(|provider| provider.trim().to_ascii_lowercase());
    let is_exclusive = provider.is_some_and(|provider| provider.contains("anthropic") || provider.contains("bedrock"));
    is_exclusive
        && [Meaning::CacheRead, Meaning::CacheCreation]
            .iter()
            .filter_map(|meaning| said.key(*meaning))
            .all(|key| {
                matches!(
                    key,
                    gen_ai::USAGE_CACHE_READ_INPUT_TOKENS | gen_ai::USAGE_CACHE_CREATION_INPUT_TOKENS
                )
            })
}

fn first<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names
        .iter()
        .filter_map(|name| object.get(*name))
        .find(|value| !value.is_null())
}

fn whole(value: &Value) -> Option<i64> {
    value.as_i64().filter(|count| *count >= 0)
}
