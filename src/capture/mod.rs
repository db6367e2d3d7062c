//! Capture at the HTTP client: calls of models by libraries that make no spans.
//!
//! [`HttpCapture`] is given to an HTTP client: as a middleware of `reqwest-middleware` (feature `reqwest-middleware`),
//! or as a layer of `tower` (feature `tower`). It knows a request to a model by its address, and makes an `llm` span of
//! it and its answer: model, parameters, messages, tool calls, tokens in the provider's own way of counting, finish
//! reasons, errors, and the times of a streamed answer. Every other request passes as if it were not there.
//!
//! | library | how it gets a client that captures |
//! | --- | --- |
//! | anything over `reqwest-middleware` | `ClientBuilder::new(client).with(HttpCapture::new()).build()` |
//! | rig | `ReqwestMiddlewareClient::from(..)` of such a client, given to `connect` of a provider's configuration |
//! | async-openai | a service for `with_http_service`, as below |
//! | hyper | `HttpCapture::new().layer(client)`, a `tower` service |
//!
//! ```text
//! let http = HttpCapture::new().layer(reqwest::Client::new());
//! let service = tower::service_fn(move |request: HttpRequestFactory| {
//!     let http = http.clone();
//!     async move { Ok::<_, OpenAIError>(http.oneshot(request.build().await?).await?) }
//! });
//! let openai = async_openai::Client::new().with_http_service(service);
//! ```
//!
//! | API | known by |
//! | --- | --- |
//! | `OpenAI` chat completions, completions, responses, embeddings, and everything compatible | the path |
//! | Anthropic messages | the path, with its host or the header `anthropic-version`; at Bedrock and Vertex AI as below |
//! | Gemini and Vertex AI `generateContent`, streamed or not, and embeddings | the path |
//! | Bedrock `converse` and `invoke`; Vertex AI `rawPredict`, streamed or not | the path, with its host or one that was named |
//! | Ollama chat, generate and embeddings | the path, with its port 11434 or a host that was named |
//!
//! **What the program sees** is what the server sent, byte for byte and piece by piece as it arrives: nothing waits for
//! the end of an answer. What we keep of it is bounded ([`HttpCapture::with_max_body_bytes`]) and counts towards
//! the memory budget of the handle; it is read on the pipeline thread. An answer that cannot be read leaves a span with
//! what is known without it: Bedrock's streams, which AWS frames in a way of its own, and what `invoke` gets of models
//! that answer neither as Anthropic's nor as Amazon's do.
//!
//! **Counted once.** Inside an open `llm` span that is recorded (rig's, or one of [`llm::Call`](crate::llm::Call)), no
//! span of its own is made. What that span does not say itself is added to it: parameters, finish reasons, messages,
//! times; tokens only if it tells none. Where it made several requests, the last answer stands, and tokens are
//! summed. A request for embeddings inside a chat is not that chat's, and has a span of its own.
//!
//! **Retries.** Each HTTP request outside such a span is a span of its own. A middleware that retries and stands outside
//! of the capture makes one span for each attempt; one that stands inside of it hides its attempts.
//!
//! **Never recorded**: headers, the query of an address, bodies that are not of a model's API. How much of a
//! conversation leaves is [`Content`](crate::Content)'s to say, as everywhere.
//!
//! With [`with_instrument_llm_calls(false)`](crate::Builder::with_instrument_llm_calls) nothing is captured. The spans
//! are seen by [`AgentOps::layer`](crate::AgentOps::layer) alone, not by a span processor.

mod answer;
mod body;
mod call;
mod endpoint;
mod provider;
#[cfg(feature = "reqwest-middleware")]
mod reqwest;
mod settings;
#[cfg(feature = "tower")]
mod tower;

pub use body::CapturedBody;
pub use settings::HttpCapture;
#[cfg(feature = "tower")]
pub use tower::{CapturedFuture, CapturedRequest, CapturedService};
