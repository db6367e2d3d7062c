//! Calls of models by programs that make them themselves: typed spans by hand, streamed answers included.
//!
//! | a program | uses |
//! | --- | --- |
//! | has a library that makes spans (rig, genai) | nothing of this |
//! | has a library that makes none | the module [`capture`](crate::capture), at its HTTP client |
//! | calls a model itself | [`Call`] |
//! | streams the answer | [`Call::stream`], or [`Call::observe`] around a `Stream` |
//! | wants plain `tracing` | the macros [`llm_span!`](crate::llm_span), [`tool_span!`](crate::tool_span) and [`agent_span!`](crate::agent_span) |
//!
//! Without the feature `export` nothing is recorded, and all of it costs a disabled span.

mod call;
#[cfg(not(feature = "export"))]
mod silence;
mod spans;
mod stream;
mod streaming;

pub use call::Call;
pub use stream::CallStream;
pub use streaming::Streaming;

#[cfg(feature = "export")]
use crate::span_ext::Gathering;
#[cfg(not(feature = "export"))]
use silence::Gathering;
