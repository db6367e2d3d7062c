//! Ids as OpenTelemetry knows them, and W3C trace context in and out of carriers such as HTTP headers.

use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator},
    trace::{SpanContext, TraceContextExt, TraceFlags, TraceState},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use crate::hierarchy::{SpanId, SpanLink, TraceId};

/// The span that the carrier's `traceparent` names; `None` where there is none or it is not valid.
pub(crate) fn extract(carrier: &dyn Extractor) -> Option<SpanLink> {
    // An empty context, not the current one: a host span of this process is not a remote parent.
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), carrier);
    link_of(context.span().span_context())
}

/// Writes `traceparent` for a span of ours.
pub(crate) fn inject(trace_id: TraceId, span_id: SpanId, sampled: bool, carrier: &mut dyn Injector) {
    let context = Context::new().with_remote_span_context(span_context(trace_id, span_id, sampled, false));
    TraceContextPropagator::new().inject_context(&context, carrier);
}

/// A span context as a link; `None` where it is not valid.
pub(crate) fn link_of(context: &SpanContext) -> Option<SpanLink> {
    context.is_valid().then(|| SpanLink {
        trace_id: TraceId(u128::from_be_bytes(context.trace_id().to_bytes())),
        span_id: SpanId(u64::from_be_bytes(context.span_id().to_bytes())),
        remote: context.is_remote(),
    })
}

/// Ids as OpenTelemetry's span context.
pub(crate) fn span_context(trace_id: TraceId, span_id: SpanId, sampled: bool, remote: bool) -> SpanContext {
    let flags = if sampled {
        TraceFlags::SAMPLED
    } else {
        TraceFlags::default()
    };
    SpanContext::new(trace_id.0.into(), span_id.0.into(), flags, remote, TraceState::NONE)
}
