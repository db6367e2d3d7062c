//! W3C trace context and baggage in and out of carriers, and ids as OpenTelemetry knows them.

use opentelemetry::{
    Context, Key, StringValue,
    baggage::{BaggageExt as _, BaggageMetadata, KeyValueMetadata},
    propagation::{Extractor, Injector, TextMapPropagator},
    trace::{SpanContext, TraceContextExt, TraceFlags, TraceState},
};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use super::in_context;
use crate::{
    hierarchy::{RemoteParent, SpanId, SpanLink, TraceFacts, TraceId},
    semconv::agentops::{SESSION_ID, USER_ID},
};

/// The span that the carrier's `traceparent` names, and whom it serves by its `baggage`; `None` where there is no
/// `traceparent` or it is not valid.
pub(crate) fn extract(carrier: &dyn Extractor) -> Option<RemoteParent> {
    if !carrier.get("traceparent").is_some_and(is_well_formed) {
        return None;
    }
    // An empty context, not the current one: a host span of this process is not a remote parent.
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), carrier);
    let span = link_of(context.span().span_context())?;
    let context = BaggagePropagator::new().extract_with_context(&Context::new(), carrier);
    let told = |key| {
        let value = context.baggage().get(key)?.as_str().trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    Some(RemoteParent {
        span,
        user_id: told(USER_ID),
        session_id: told(SESSION_ID),
    })
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

/// Writes `traceparent` for a span of ours, and whom its session serves as `baggage`, beside what the host's own
/// OpenTelemetry has there: a carrier has room for one.
pub(crate) fn inject(
    trace_id: TraceId,
    span_id: SpanId,
    sampled: bool,
    facts: &TraceFacts,
    carrier: &mut dyn Injector,
) {
    let context = Context::new().with_remote_span_context(span_context(trace_id, span_id, sampled, false));
    TraceContextPropagator::new().inject_context(&context, carrier);
    let of_host = |host: &Context| {
        let entries = host.baggage().iter();
        let entry = |(key, (value, more)): (&Key, &(StringValue, BaggageMetadata))| {
            KeyValueMetadata::new(key.clone(), value.clone(), more.clone())
        };
        entries.map(entry).collect::<Vec<_>>()
    };
    let theirs = in_context(|| Context::map_current(of_host)).unwrap_or_default();
    let ours = [(USER_ID, &facts.user_id), (SESSION_ID, &facts.session_id)];
    let ours = ours
        .into_iter()
        .filter_map(|(key, id)| Some(KeyValueMetadata::new(key, id.clone()?, BaggageMetadata::default())));
    let context = Context::new().with_baggage(theirs.into_iter().chain(ours));
    BaggagePropagator::new().inject_context(&context, carrier);
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
