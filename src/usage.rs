//! [`Usage`]: the tokens of one model call.

/// The tokens of one model call, for [`record_usage`](crate::AgentOpsSpanExt::record_usage).
///
/// `input` counts all input tokens, those read from and written to a cache included; `output` counts reasoning tokens
/// too (the OpenTelemetry GenAI conventions). A provider that counts cached tokens beside its input (Anthropic,
/// Bedrock) is recognised where the cache counts exceed the input.
///
/// ```
/// use agentops::{AgentOpsSpanExt, Usage};
///
/// let span = tracing::info_span!("chat", agentops.kind = "llm", gen_ai.request.model = "gpt-4o");
/// span.record_usage(&Usage::new(1200, 80).with_cache_read(1024).with_reasoning(32));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Input tokens.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// Input tokens that were read from a cache.
    pub cache_read: Option<u64>,
    /// Input tokens that were written to a cache.
    pub cache_creation: Option<u64>,
    /// Output tokens that the model thought with.
    pub reasoning: Option<u64>,
}

impl Usage {
    /// Input and output tokens.
    pub const fn new(input: u64, output: u64) -> Self {
        Self {
            input,
            output,
            cache_read: None,
            cache_creation: None,
            reasoning: None,
        }
    }

    /// Input tokens that were read from a cache.
    #[must_use]
    pub const fn with_cache_read(mut self, tokens: u64) -> Self {
        self.cache_read = Some(tokens);
        self
    }

    /// Input tokens that were written to a cache.
    #[must_use]
    pub const fn with_cache_creation(mut self, tokens: u64) -> Self {
        self.cache_creation = Some(tokens);
        self
    }

    /// Output tokens that the model thought with.
    #[must_use]
    pub const fn with_reasoning(mut self, tokens: u64) -> Self {
        self.reasoning = Some(tokens);
        self
    }
}
