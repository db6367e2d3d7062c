//! The host's own OpenTelemetry context.

use opentelemetry::{Context, trace::TraceContextExt};

use crate::{hierarchy::SpanLink, propagation};

/// The span of the host's own OpenTelemetry that is current on this thread.
///
/// Read from OpenTelemetry's thread-local context, not through `tracing-opentelemetry`: this starts nothing and does not
/// depend on the order of layers.
pub(crate) fn current() -> Option<SpanLink> {
    propagation::in_context(|| Context::map_current(|cx| propagation::link_of(cx.span().span_context()))).flatten()
}
