//! [`AgentOpsSpanExt`]: what `Span::record` cannot say. It says nothing of a field that the callsite did not declare;
//! these methods need no declaration.
//!
//! Without the feature `export` nobody records, and every method does nothing.

#[cfg(any(feature = "reqwest-middleware", feature = "tower"))]
mod enclosing;
#[cfg(feature = "export")]
mod gathering;
#[cfg(feature = "export")]
mod life;
#[cfg(all(feature = "export", feature = "macros"))]
mod notes;
#[cfg(feature = "export")]
mod recorded;
#[cfg(feature = "export")]
mod recording;

#[cfg(feature = "export")]
pub(crate) use gathering::Gathering;
#[cfg(feature = "export")]
pub(crate) use life::cancelled;
#[cfg(all(feature = "export", feature = "macros"))]
pub use notes::{Notebook, Notes};
#[cfg(feature = "export")]
pub(crate) use recorded::{record_content, touch, with_recorded};
#[cfg(feature = "export")]
pub(crate) use recording::Recording;

use serde::Serialize;
#[cfg(not(feature = "export"))]
use tracing::Span;

use crate::usage::Usage;

/// Inputs, outputs, usage, errors and ids of a [`tracing::Span`] that AgentOps records.
///
/// On a span that is not recorded (disabled, not marked, already ended) every method does nothing, and nothing is
/// serialised.
///
/// ```
/// use agentops::AgentOpsSpanExt;
///
/// #[tracing::instrument(fields(agentops.kind = "tool"), skip_all)]
/// fn search(query: &str) -> Vec<String> {
///     let span = tracing::Span::current();
///     span.record_input(&serde_json::json!({ "query": query }));
///     let found = vec![format!("a page on {query}")];
///     span.record_output(&found);
///     span.record_attribute("search.index", "docs");
///     found
/// }
/// # search("rust");
/// ```
pub trait AgentOpsSpanExt: sealed::Sealed {
    /// The input, as JSON; sent as given, with no arguments around it. A string is sent as it is.
    fn record_input<T: Serialize + ?Sized>(&self, input: &T);

    /// The output, as JSON; a string is sent as it is.
    fn record_output<T: Serialize + ?Sized>(&self, output: &T);

    /// An attribute: booleans, integers, floats and strings with their own type, anything else as JSON text. The
    /// reserved fields (`agentops.name`, ...) mean what they mean in a callsite; a kind that was settled stays.
    fn record_attribute(&self, key: impl Into<String>, value: impl Serialize);

    /// The tokens of a model call.
    fn record_usage(&self, usage: &Usage);

    /// An error: status Error and one `exception` event with its type, message and source chain. The first error of a
    /// span stands.
    fn record_error<E: std::error::Error + ?Sized>(&self, error: &E);

    /// The result of an evaluation of what this span did, as an event `gen_ai.evaluation.result`: its name, its score, and
    /// in words what the score means and why it was given, or `None`.
    fn record_evaluation<'a>(
        &self,
        name: &str,
        value: f64,
        label: impl Into<Option<&'a str>>,
        explanation: impl Into<Option<&'a str>>,
    );

    /// The trace's id as 32 hexadecimal digits; `None` where the span is not recorded.
    fn trace_id(&self) -> Option<String>;

    /// The span's id as 16 hexadecimal digits; `None` where the span is not recorded.
    fn span_id(&self) -> Option<String>;

    /// Continues the trace that the carrier's `traceparent` names, and serves whom its `baggage` names; a carrier without a
    /// valid `traceparent` changes nothing. Carriers: [`propagation`](crate::propagation).
    ///
    /// # Errors
    /// The span's ids were seen before, by a child or through [`trace_id`](Self::trace_id) or
    /// [`inject`](Self::inject): call this right after the span is made.
    #[cfg(feature = "export")]
    fn set_remote_parent(
        &self,
        carrier: &dyn opentelemetry::propagation::Extractor,
    ) -> Result<(), crate::error::AlreadyObserved>;

    /// Writes `traceparent` into a carrier, so that another process continues the trace below this span, and `baggage` with
    /// the `user.id` and `session.id` of its session, where it has them. Carriers: [`propagation`](crate::propagation).
    #[cfg(feature = "export")]
    fn inject(&self, carrier: &mut dyn opentelemetry::propagation::Injector);
}

mod sealed {
    /// Only spans have these methods.
    pub trait Sealed {}
    impl Sealed for tracing::Span {}
}

/// Nothing is recorded.
#[cfg(not(feature = "export"))]
pub(crate) fn record_content<T: Serialize + ?Sized>(_span: &Span, _key: &'static str, _value: &T) {}

/// Nothing is recorded.
#[cfg(not(feature = "export"))]
pub(crate) fn cancelled(_span: &Span) {}

#[cfg(not(feature = "export"))]
impl AgentOpsSpanExt for Span {
    fn record_input<T: Serialize + ?Sized>(&self, _input: &T) {}
    fn record_output<T: Serialize + ?Sized>(&self, _output: &T) {}
    fn record_attribute(&self, _key: impl Into<String>, _value: impl Serialize) {}
    fn record_usage(&self, _usage: &Usage) {}
    fn record_error<E: std::error::Error + ?Sized>(&self, _error: &E) {}
    fn record_evaluation<'a>(
        &self,
        _name: &str,
        _value: f64,
        _label: impl Into<Option<&'a str>>,
        _explanation: impl Into<Option<&'a str>>,
    ) {
    }
    fn trace_id(&self) -> Option<String> {
        None
    }
    fn span_id(&self) -> Option<String> {
        None
    }
}
