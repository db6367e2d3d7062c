//! [`Tokens`]: token counts in each provider's own way of counting, as the GenAI conventions count them: cached tokens
//! are part of the input, tokens of thought part of the output.

use serde_json::{Map, Value};

use super::facts::Facts;
use crate::semconv::gen_ai;

/// The tokens of a call. What a provider does not say is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::attributes) struct Tokens {
    input: Option<u64>,
    output: Option<u64>,
    cache_read: Option<u64>,
    cache_creation: Option<u64>,
    /// Of these, for an hour rather than for minutes, which costs more.
    written_for_an_hour: Option<u64>,
    reasoning: Option<u64>,
    /// `input` does not count the cached ones yet.
    is_exclusive: bool,
}

impl Tokens {
    /// The counts below `usage`, `usageMetadata` or beside the answer (Ollama).
    pub(in crate::attributes) fn read(usage: &Map<String, Value>) -> Self {
        if usage.contains_key("promptTokenCount") || usage.contains_key("candidatesTokenCount") {
            gemini(usage)
        } else if usage.contains_key("inputTokens") || usage.contains_key("outputTokens") {
            bedrock(usage)
        } else if usage.contains_key("prompt_eval_count") || usage.contains_key("eval_count") {
            Self {
                input: count(usage, &["prompt_eval_count"]),
                output: count(usage, &["eval_count"]),
                ..Self::default()
            }
        } else if usage.contains_key("input_tokens") || usage.contains_key("output_tokens") {
            messages_or_responses(usage)
        } else {
            chat_completions(usage)
        }
    }

    /// A stream says its counts in several places; the later ones stand.
    pub(super) fn update(&mut self, later: Self) {
        self.input = later.input.or(self.input);
        self.output = later.output.or(self.output);
        self.cache_read = later.cache_read.or(self.cache_read);
        self.cache_creation = later.cache_creation.or(self.cache_creation);
        self.written_for_an_hour = later.written_for_an_hour.or(self.written_for_an_hour);
        self.reasoning = later.reasoning.or(self.reasoning);
        self.is_exclusive |= later.is_exclusive;
    }

    /// The tokens of several calls.
    pub(super) fn add(&mut self, other: &Self) {
        let (ours, other) = (self.inclusive(), other.inclusive());
        let sum = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0).saturating_add(b.unwrap_or(0))),
        };
        *self = Self {
            input: sum(ours.input, other.input),
            output: sum(ours.output, other.output),
            cache_read: sum(ours.cache_read, other.cache_read),
            cache_creation: sum(ours.cache_creation, other.cache_creation),
            written_for_an_hour: sum(ours.written_for_an_hour, other.written_for_an_hour),
            reasoning: sum(ours.reasoning, other.reasoning),
            is_exclusive: false,
        };
    }

    fn inclusive(mut self) -> Self {
        if std::mem::take(&mut self.is_exclusive) {
            let cached = self
                .cache_read
                .unwrap_or(0)
                .saturating_add(self.cache_creation.unwrap_or(0));
            self.input = self.input.map(|input| input.saturating_add(cached));
        }
        self
    }

    /// Input, output, read from a cache, written to one, and thought.
    pub(in crate::attributes) fn counts(&self) -> [Option<u64>; 5] {
        let counts = self.inclusive();
        [
            counts.input,
            counts.output,
            counts.cache_read,
            counts.cache_creation,
            counts.reasoning,
        ]
    }

    pub(super) fn say(&self, facts: &mut Facts) {
        let counts = self.inclusive();
        facts.count(gen_ai::USAGE_INPUT_TOKENS, counts.input);
        facts.count(gen_ai::USAGE_OUTPUT_TOKENS, counts.output);
        facts.count(gen_ai::USAGE_CACHE_READ, counts.cache_read);
        facts.count(gen_ai::USAGE_CACHE_CREATION, counts.cache_creation);
        let for_an_hour = counts.written_for_an_hour.filter(|count| *count > 0);
        facts.count(gen_ai::USAGE_CACHE_CREATION_1H, for_an_hour);
        facts.count(gen_ai::USAGE_REASONING_OUTPUT, counts.reasoning);
    }
}

/// `OpenAI` chat completions and what is compatible. xAI counts thoughts beside the output, which its total tells.
fn chat_completions(usage: &Map<String, Value>) -> Tokens {
    let input = count(usage, &["prompt_tokens"]);
    let output = count(usage, &["completion_tokens"]);
    let reasoning = count(usage, &["completion_tokens_details", "reasoning_tokens"]);
    let total = count(usage, &["total_tokens"]);
    let beside = match (input, output, reasoning, total) {
        (Some(input), Some(output), Some(reasoning), Some(total)) => {
            reasoning > 0 && input.saturating_add(output).saturating_add(reasoning) == total
        }
        _ => false,
    };
    Tokens {
        input,
        output: match (output, reasoning) {
            (Some(output), Some(reasoning)) if beside => Some(output.saturating_add(reasoning)),
            // Embeddings have no output.
            (output, _) => output,
        },
        cache_read: count(usage, &["prompt_tokens_details", "cached_tokens"])
            // DeepSeek, and Moonshot.
            .or_else(|| count(usage, &["prompt_cache_hit_tokens"]))
            .or_else(|| count(usage, &["cached_tokens"])),
        cache_creation: count(usage, &["prompt_tokens_details", "cache_write_tokens"]),
        reasoning,
        ..Tokens::default()
    }
}

/// Anthropic counts cached tokens beside the input; `OpenAI`'s responses, with names alike, among it.
fn messages_or_responses(usage: &Map<String, Value>) -> Tokens {
    let own = |name| count(usage, &[name]);
    let (read, written) = (own("cache_read_input_tokens"), own("cache_creation_input_tokens"));
    Tokens {
        input: own("input_tokens"),
        output: own("output_tokens"),
        cache_read: read.or_else(|| count(usage, &["input_tokens_details", "cached_tokens"])),
        cache_creation: written,
        written_for_an_hour: count(usage, &["cache_creation", "ephemeral_1h_input_tokens"]),
        reasoning: count(usage, &["output_tokens_details", "reasoning_tokens"]),
        is_exclusive: read.is_some() || written.is_some(),
    }
}

/// Bedrock counts what is cached beside the input.
fn bedrock(usage: &Map<String, Value>) -> Tokens {
    let either = |name, other| count(usage, &[name]).or_else(|| count(usage, &[other]));
    Tokens {
        input: count(usage, &["inputTokens"]),
        output: count(usage, &["outputTokens"]),
        cache_read: either("cacheReadInputTokens", "cacheReadInputTokenCount"),
        cache_creation: either("cacheWriteInputTokens", "cacheWriteInputTokenCount"),
        is_exclusive: true,
        ..Tokens::default()
    }
}

/// Gemini counts thoughts beside the candidates, and what tools put into the prompt beside the prompt.
fn gemini(usage: &Map<String, Value>) -> Tokens {
    let own = |name| count(usage, &[name]);
    let (candidates, thoughts) = (own("candidatesTokenCount"), own("thoughtsTokenCount"));
    let add = |a: Option<u64>, b: Option<u64>| Some(a.or(b.map(|_| 0))?.saturating_add(b.unwrap_or(0)));
    Tokens {
        input: add(own("promptTokenCount"), own("toolUsePromptTokenCount")),
        output: add(candidates, thoughts),
        cache_read: own("cachedContentTokenCount"),
        reasoning: thoughts,
        ..Tokens::default()
    }
}

/// The count at the end of this path.
fn count(usage: &Map<String, Value>, path: &[&str]) -> Option<u64> {
    let (last, groups) = path.split_last()?;
    let group = groups
        .iter()
        .try_fold(usage, |group, name| group.get(*name).and_then(Value::as_object))?;
    group.get(*last)?.as_u64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// input, output, cache read, cache creation, reasoning
    fn counts(usage: &Value) -> [Option<u64>; 5] {
        let tokens = Tokens::read(usage.as_object().unwrap()).inclusive();
        [
            tokens.input,
            tokens.output,
            tokens.cache_read,
            tokens.cache_creation,
            tokens.reasoning,
        ]
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn each_provider_is_counted_in_its_own_way() {
        for (provider, usage, expected) in [
            (
                "OpenAI chat: cached and thought tokens are parts",
                json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
                    "prompt_tokens_details": {"cached_tokens": 40, "audio_tokens": 0},
                    "completion_tokens_details": {"reasoning_tokens": 30}}),
                [Some(100), Some(50), Some(40), None, Some(30)],
            ),
            (
                "xAI chat: thought tokens stand beside the output",
                json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 180,
                    "prompt_tokens_details": {"cached_tokens": 40},
                    "completion_tokens_details": {"reasoning_tokens": 30}}),
                [Some(100), Some(80), Some(40), None, Some(30)],
            ),
            (
                "OpenAI responses",
                json!({"input_tokens": 100, "input_tokens_details": {"cached_tokens": 40}, "output_tokens": 50,
                    "output_tokens_details": {"reasoning_tokens": 30}, "total_tokens": 150}),
                [Some(100), Some(50), Some(40), None, Some(30)],
            ),
            (
                "Anthropic: cached tokens stand beside the input",
                json!({"input_tokens": 10, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 70, "output_tokens": 50}),
                [Some(100), Some(50), Some(70), Some(20), None],
            ),
            (
                "Bedrock: cached tokens stand beside the input",
                json!({"inputTokens": 10, "outputTokens": 50, "totalTokens": 150, "cacheReadInputTokens": 70,
                    "cacheWriteInputTokens": 20}),
                [Some(100), Some(50), Some(70), Some(20), None],
            ),
            (
                "Gemini: thoughts stand beside the candidates",
                json!({"promptTokenCount": 90, "toolUsePromptTokenCount": 10, "candidatesTokenCount": 20,
                    "thoughtsTokenCount": 30, "cachedContentTokenCount": 40, "totalTokenCount": 150}),
                [Some(100), Some(50), Some(40), None, Some(30)],
            ),
            (
                "DeepSeek",
                json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
                    "prompt_cache_hit_tokens": 40, "prompt_cache_miss_tokens": 60}),
                [Some(100), Some(50), Some(40), None, None],
            ),
            (
                "Ollama",
                json!({"prompt_eval_count": 100, "eval_count": 50, "eval_duration": 7}),
                [Some(100), Some(50), None, None, None],
            ),
            (
                "embeddings",
                json!({"prompt_tokens": 8, "total_tokens": 8}),
                [Some(8), None, None, None, None],
            ),
            (
                "nonsense",
                json!({"prompt_tokens": -1, "completion_tokens": "many", "prompt_tokens_details": 7}),
                [None; 5],
            ),
        ] {
            assert_eq!(counts(&usage), expected, "{provider}");
        }
    }

    #[test]
    fn the_counts_of_a_stream_come_in_two_parts() {
        let mut tokens = Tokens::default();
        for usage in [
            json!({"input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 70, "output_tokens": 1}),
            json!({"output_tokens": 50}),
        ] {
            tokens.update(Tokens::read(usage.as_object().unwrap()));
        }
        assert_eq!(tokens.inclusive().input, Some(80));
        assert_eq!(tokens.inclusive().output, Some(50));
    }
}
