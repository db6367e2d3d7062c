//! [`Counts`]: the tokens of a model call, which both dialects have to agree on.

use agentops::testing::{Span, Value};

/// The tokens of a model call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Every cached token included.
    pub input: Option<i64>,
    /// All thinking included.
    pub output: Option<i64>,
    /// Read from a cache.
    pub cache_read: Option<i64>,
    /// Written to a cache.
    pub cache_creation: Option<i64>,
    /// Thinking.
    pub reasoning: Option<i64>,
    /// Input and output.
    pub total: Option<i64>,
}

impl Counts {
    /// Those of a span, as integers.
    ///
    /// # Panics
    ///
    /// If the names of AgentOps and those of the GenAI conventions do not say the same.
    pub fn of(span: &Span) -> Self {
        let both = |ours: &str, theirs: &str| {
            let count = |name: &str| span.attribute(&format!("gen_ai.usage.{name}")).and_then(Value::as_i64);
            assert_eq!(count(ours), count(theirs), "{ours} and {theirs} of {}", span.name);
            count(ours)
        };
        Self {
            input: both("prompt_tokens", "input_tokens"),
            output: both("completion_tokens", "output_tokens"),
            cache_read: both("cache_read_input_tokens", "cache_read.input_tokens"),
            cache_creation: both("cache_creation_input_tokens", "cache_creation.input_tokens"),
            reasoning: both("reasoning_tokens", "reasoning.output_tokens"),
            total: both("total_tokens", "total_tokens"),
        }
    }
}
