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
    if !carrier.get("traceparent").is_some_and(is_well_formed) {
        return None;
    }
    // An empty context, not the current one: a host span of this process is not a remote parent.
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), carrier);
    link_of(context.span().span_context())
}

/// The propagator reads ids of fewer digits than the standard demands, too.
fn is_well_formed(traceparent: &str) -> bool {
    let is_hex = |text: &str, digits: usize| {
        text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let parts: Vec<&str> = traceparent.trim().splitn(5, '-').collect();
    let [version, trace_id, span_id, flags, later @ ..] = parts.as_slice() else {
        return false;
    };
    // What later versions append is for them to know.
    let is_known = *version != "ff" && (*version != "00" || later.is_empty());
    is_hex(version, 2) && is_known && is_hex(trace_id, 32) && is_hex(span_id, 16) && is_hex(flags, 2)
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
