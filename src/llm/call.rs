//! [`Call`]: a call of a model, made by the program itself.

use std::{fmt, future::Future};

use futures_core::Stream;
use serde::Serialize;
use tracing::{Instrument as _, Span};

use super::{CallStream, Gathering, Streaming};
use crate::{span_ext::AgentOpsSpanExt as _, usage::Usage};

/// A call of a model, as a span with everything that AgentOps and the GenAI conventions know of one.
///
/// It begins with one of the constructors, below the span that is current, and ends when it is dropped. Parameters and
/// prompts are given with `with_..`, what comes back is told with `record_..`. Keys and units are those of the GenAI
/// conventions of OpenTelemetry.
///
/// Messages, answers and tools are any serde value: a text, or JSON in the shape of the conventions, of `OpenAI`,
/// Anthropic, Gemini or Ollama. Prompts and answers are sent as [`Content`](crate::Content) says; facts about the call
/// (model, parameters, tokens) are recorded through `tracing`, so that other layers see them, too.
///
/// A request that goes through an HTTP client with [`capture`](crate::capture) inside of the call is the same call, and
/// counted once.
///
/// ```
/// use agentops::{Usage, llm::Call};
///
/// # async fn ask(_: &str) -> Result<String, std::io::Error> { Ok("It is sunny.".to_owned()) }
/// # async fn program() -> Result<(), std::io::Error> {
/// let call = Call::chat("openai", "gpt-4o")
///     .with_temperature(0.2)
///     .with_system("Be brief.")
///     .with_messages("What is the weather in Paris?");
/// let answer = call
///     .run(async |call| {
///         let answer = ask("What is the weather in Paris?").await?;
///         call.record_text(&answer);
///         call.record_usage(&Usage::new(120, 50).with_cache_read(64));
///         call.record_finish_reason("stop");
///         Ok::<_, std::io::Error>(answer)
///     })
///     .await?;
/// # drop(answer); Ok(()) }
/// ```
#[must_use = "a call that is dropped at once ends at once"]
#[derive(Debug)]
pub struct Call {
    span: Span,
    /// `None` where nobody records, and once it was told.
    gathering: Option<Box<Gathering>>,
}

impl Call {
    /// Begins a chat with a model of a provider: `chat` in the GenAI conventions. Both are lower-case names such as
    /// `openai` and `gpt-4o`; the conventions list the providers' under `gen_ai.provider.name`.
    pub fn chat(provider: impl AsRef<str>, model: impl AsRef<str>) -> Self {
        Self::new("chat", provider, model)
    }

    /// Begins the completion of a text: `text_completion`.
    pub fn text_completion(provider: impl AsRef<str>, model: impl AsRef<str>) -> Self {
        Self::new("text_completion", provider, model)
    }

    /// Begins a request for embeddings: `embeddings`.
    pub fn embeddings(provider: impl AsRef<str>, model: impl AsRef<str>) -> Self {
        Self::new("embeddings", provider, model)
    }

    /// Begins a call by the conventions' name of its operation (`gen_ai.operation.name`): `chat`, `generate_content`,
    /// `rerank`, `transcription`, ...
    pub fn new(operation: impl AsRef<str>, provider: impl AsRef<str>, model: impl AsRef<str>) -> Self {
        let span = tracing::info_span!(
            target: "agentops",
            "llm",
            agentops.name = tracing::field::Empty,
            agentops.prompt.name = tracing::field::Empty,
            agentops.prompt.version = tracing::field::Empty,
            gen_ai.operation.name = operation.as_ref(),
            gen_ai.provider.name = provider.as_ref(),
            gen_ai.conversation.id = tracing::field::Empty,
            gen_ai.output.type = tracing::field::Empty,
            gen_ai.request.model = model.as_ref(),
            gen_ai.request.stream = tracing::field::Empty,
            gen_ai.request.temperature = tracing::field::Empty,
            gen_ai.request.top_p = tracing::field::Empty,
            gen_ai.request.top_k = tracing::field::Empty,
            gen_ai.request.max_tokens = tracing::field::Empty,
            gen_ai.request.frequency_penalty = tracing::field::Empty,
            gen_ai.request.presence_penalty = tracing::field::Empty,
            gen_ai.request.seed = tracing::field::Empty,
            gen_ai.request.choice.count = tracing::field::Empty,
            gen_ai.request.stop_sequences = tracing::field::Empty,
            gen_ai.response.id = tracing::field::Empty,
            gen_ai.response.model = tracing::field::Empty,
            gen_ai.usage.input_tokens = tracing::field::Empty,
            gen_ai.usage.output_tokens = tracing::field::Empty,
            gen_ai.usage.cache_read.input_tokens = tracing::field::Empty,
            gen_ai.usage.cache_creation.input_tokens = tracing::field::Empty,
            gen_ai.usage.reasoning.output_tokens = tracing::field::Empty,
        );
        Self {
            gathering: Gathering::of(&span),
            span,
        }
    }

    /// A name of its own for the span; by default it is called after its operation and model: `chat gpt-4o`.
    pub fn with_name(self, name: impl AsRef<str>) -> Self {
        self.said("agentops.name", name.as_ref())
    }

    /// The sampling temperature.
    pub fn with_temperature(self, temperature: f64) -> Self {
        self.said("gen_ai.request.temperature", temperature)
    }

    /// Nucleus sampling: the share of probability that is sampled from.
    pub fn with_top_p(self, top_p: f64) -> Self {
        self.said("gen_ai.request.top_p", top_p)
    }

    /// How many of the likeliest tokens are sampled from.
    pub fn with_top_k(self, top_k: u64) -> Self {
        self.said("gen_ai.request.top_k", top_k)
    }

    /// The most tokens that the model may generate.
    pub fn with_max_tokens(self, tokens: u64) -> Self {
        self.said("gen_ai.request.max_tokens", tokens)
    }

    /// How much frequent tokens are avoided.
    pub fn with_frequency_penalty(self, penalty: f64) -> Self {
        self.said("gen_ai.request.frequency_penalty", penalty)
    }

    /// How much tokens that occurred are avoided.
    pub fn with_presence_penalty(self, penalty: f64) -> Self {
        self.said("gen_ai.request.presence_penalty", penalty)
    }

    /// The seed, with which the same request tends to give the same answer.
    pub fn with_seed(self, seed: i64) -> Self {
        self.said("gen_ai.request.seed", seed)
    }

    /// How many answers are asked for, where it is not one.
    pub fn with_choice_count(self, choices: u64) -> Self {
        self.said("gen_ai.request.choice.count", choices)
    }

    /// Texts at which the model stops.
    pub fn with_stop_sequences<T: AsRef<str>>(self, sequences: impl IntoIterator<Item = T>) -> Self {
        let sequences: Vec<String> = sequences.into_iter().map(|text| text.as_ref().to_owned()).collect();
        let json = serde_json::to_string(&sequences).unwrap_or_default();
        self.said("gen_ai.request.stop_sequences", json.as_str())
    }

    /// What the answer is to be: `text`, `json`, `image`, `speech`.
    pub fn with_output_type(self, output: impl AsRef<str>) -> Self {
        self.said("gen_ai.output.type", output.as_ref())
    }

    /// The provider's own id of the conversation that the call belongs to. Give none where the provider has none.
    pub fn with_conversation_id(self, id: impl AsRef<str>) -> Self {
        self.said("gen_ai.conversation.id", id.as_ref())
    }

    /// The stored prompt that the messages were made of: its name and version (`agentops.prompt.name`, `.version`).
    pub fn with_prompt(self, name: impl AsRef<str>, version: impl AsRef<str>) -> Self {
        self.said("agentops.prompt.name", name.as_ref())
            .said("agentops.prompt.version", version.as_ref())
    }

    /// The system prompt, where it is not among the messages.
    pub fn with_system<T: Serialize + ?Sized>(self, system: &T) -> Self {
        crate::span_ext::record_content(&self.span, "gen_ai.system_instructions", system);
        self
    }

    /// What the model is asked: a text, or messages.
    pub fn with_messages<T: Serialize + ?Sized>(self, messages: &T) -> Self {
        crate::span_ext::record_content(&self.span, "gen_ai.input.messages", messages);
        self
    }

    /// The tools that the model may call.
    pub fn with_tools<T: Serialize + ?Sized>(self, tools: &T) -> Self {
        crate::span_ext::record_content(&self.span, "gen_ai.tool.definitions", tools);
        self
    }

    /// The whole request in the provider's own shape, as it is sent: model, parameters, messages and tools are read out of
    /// it, later and on another thread. What was given by other methods stands. 1 MiB of it is kept.
    pub fn with_request<T: Serialize + ?Sized>(mut self, request: &T) -> Self {
        if let Some(gathering) = &mut self.gathering {
            gathering.raw_request(request);
        }
        self
    }

    /// Any other attribute, as [`AgentOpsSpanExt::record_attribute`](crate::AgentOpsSpanExt::record_attribute).
    pub fn with_attribute<T: Serialize + ?Sized>(self, key: impl Into<String>, value: &T) -> Self {
        self.span.record_attribute(key, value);
        self
    }

    /// The call's span: a parent for others, and where [`AgentOpsSpanExt`](crate::AgentOpsSpanExt) says more.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Runs `work` inside the call.
    pub fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        self.span.in_scope(work)
    }

    /// A future that is polled inside the call. It keeps the span open as long as it lives.
    pub fn instrument<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        future.instrument(self.span.clone())
    }

    /// Makes the whole call: `Err` is recorded as its error; a future that is dropped before it is done has
    /// `agentops.cancelled = true` and the status Error.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn run<T, E, F>(mut self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Self) -> Result<T, E>,
        E: fmt::Display,
    {
        let mut unfinished = Unfinished(Some(self.span.clone()));
        let span = self.span.clone();
        let result = work(&mut self).instrument(span).await;
        unfinished.0 = None;
        if let (Err(error), Some(gathering)) = (&result, &mut self.gathering) {
            gathering.failed::<E>(error, None);
        }
        result
    }

    /// Begins a streamed answer. The guard that it gives ends the call.
    pub fn stream(mut self) -> Streaming {
        self.span.record("gen_ai.request.stream", true);
        Streaming::new(std::mem::replace(&mut self.span, Span::none()), self.gathering.take())
    }

    /// Makes a stream's end the call's: each item is shown to `each`, which tells what is in it. The call ends when the
    /// stream does, or when it is dropped, which marks the answer as partial.
    ///
    /// ```
    /// use agentops::llm::Call;
    /// use futures::StreamExt as _;
    ///
    /// # async fn program(pieces: impl futures::Stream<Item = Result<String, std::io::Error>>) {
    /// let pieces = Call::chat("mine", "my-model").observe(pieces, |streaming, piece| match piece {
    ///     Ok(text) => streaming.text(text),
    ///     Err(error) => streaming.fail(error),
    /// });
    /// # let mut pieces = std::pin::pin!(pieces); pieces.next().await;
    /// # }
    /// ```
    pub fn observe<S, D>(self, stream: S, each: D) -> CallStream<S, D>
    where
        S: Stream,
        D: FnMut(&mut Streaming, &S::Item),
    {
        CallStream::new(self.stream(), stream, each)
    }

    /// The provider's id of the answer.
    pub fn record_response_id(&mut self, id: impl AsRef<str>) {
        self.span.record("gen_ai.response.id", id.as_ref());
    }

    /// The model that answered, which may be called otherwise than the one that was asked.
    pub fn record_response_model(&mut self, model: impl AsRef<str>) {
        self.span.record("gen_ai.response.model", model.as_ref());
    }

    /// Why the model stopped: `stop`, `length`, `tool_calls`, or whatever the provider calls it.
    pub fn record_finish_reason(&mut self, reason: impl AsRef<str>) {
        if let Some(gathering) = &mut self.gathering {
            gathering.finish_reason(reason.as_ref());
        }
    }

    /// The tokens of the call.
    pub fn record_usage(&mut self, usage: &Usage) {
        record_usage(&self.span, usage);
    }

    /// What the model said. What is said in several times is one text.
    pub fn record_text(&mut self, text: impl AsRef<str>) {
        if let Some(gathering) = &mut self.gathering {
            gathering.text(text.as_ref());
        }
    }

    /// What the model thought, where the provider tells it.
    pub fn record_reasoning(&mut self, text: impl AsRef<str>) {
        if let Some(gathering) = &mut self.gathering {
            gathering.reasoning(text.as_ref());
        }
    }

    /// A call of a tool that the model asks for, with the provider's id of it.
    pub fn record_tool_call<T: Serialize + ?Sized>(&mut self, id: Option<&str>, name: &str, arguments: &T) {
        if let Some(gathering) = &mut self.gathering {
            gathering.whole_tool_call(id, name, arguments);
        }
    }

    /// The whole answer in the provider's own shape: words, tool calls, tokens in its own way of counting, finish reasons and
    /// errors are read out of it, later and on another thread. What was told by other methods stands. 1 MiB of it is
    /// kept.
    pub fn record_response<T: Serialize + ?Sized>(&mut self, response: &T) {
        if let Some(gathering) = &mut self.gathering {
            gathering.raw_response(response);
        }
    }

    /// What went wrong, with its type and causes. The first error stands.
    pub fn record_error<E: std::error::Error + ?Sized>(&mut self, error: &E) {
        if let Some(gathering) = &mut self.gathering {
            gathering.failed::<E>(&error, error.source());
        }
    }

    /// The result of an evaluation of the answer: its name, its score, and in words what the score means and why it was
    /// given. An event `gen_ai.evaluation.result`.
    pub fn record_evaluation<'a>(
        &mut self,
        name: &str,
        value: f64,
        label: impl Into<Option<&'a str>>,
        explanation: impl Into<Option<&'a str>>,
    ) {
        self.span.record_evaluation(name, value, label, explanation);
    }

    /// Ends the call, as dropping it does.
    pub fn end(self) {}

    fn said(self, key: &'static str, value: impl tracing::field::Value) -> Self {
        self.span.record(key, value);
        self
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(gathering) = self.gathering.take() {
            gathering.tell(None);
        }
    }
}

/// Tokens, said through `tracing`.
pub(super) fn record_usage(span: &Span, usage: &Usage) {
    span.record("gen_ai.usage.input_tokens", usage.input);
    span.record("gen_ai.usage.output_tokens", usage.output);
    for (key, tokens) in [
        ("gen_ai.usage.cache_read.input_tokens", usage.cache_read),
        ("gen_ai.usage.cache_creation.input_tokens", usage.cache_creation),
        ("gen_ai.usage.reasoning.output_tokens", usage.reasoning),
    ] {
        if let Some(tokens) = tokens {
            span.record(key, tokens);
        }
    }
}

/// Nobody waited for the end, if this is dropped with the span.
struct Unfinished(Option<Span>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(span) = self.0.take()
            && !std::thread::panicking()
        {
            crate::span_ext::cancelled(&span);
        }
    }
}
