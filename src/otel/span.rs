//! A mapped span as OpenTelemetry's `SpanData`.

use std::time::{Duration, Instant, SystemTime};

use opentelemetry::{
    Array, InstrumentationScope, KeyValue, Value,
    trace::{Event, Link, SpanId, SpanKind, Status},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use crate::{
    clock::Start,
    hierarchy::Lineage,
    propagation::span_context,
    semconv::{
        agentops,
        wire::{Attribute, AttributeSet, OtelKind, WireSpan, WireStatus, WireValue},
    },
};

/// Puts ids and times to a mapped span.
pub(crate) fn build(span: WireSpan, lineage: &Lineage, start: &Start, end: Instant) -> SpanData {
    let trace = &lineage.trace;
    let mut events = SpanEvents::default();
    events.dropped_count = span.dropped_events;
    events.events = span
        .events
        .into_iter()
        .map(|event| {
            let at = wall(start.unix_nanos_at(event.at));
            Event::new(event.name, at, key_values(event.attributes), 0)
        })
        .collect();
    let mut links = SpanLinks::default();
    links.links = lineage
        .links
        .iter()
        .map(|link| Link::with_context(span_context(link.trace_id, link.span_id, true, link.remote)))
        .collect();
    SpanData {
        span_context: span_context(trace.id, lineage.span_id, true, false),
        parent_span_id: lineage.parent.map_or(SpanId::INVALID, |parent| parent.0.into()),
        parent_span_is_remote: lineage.parent_is_remote,
        span_kind: match span.otel_kind {
            OtelKind::Internal => SpanKind::Internal,
            OtelKind::Client => SpanKind::Client,
            OtelKind::Server => SpanKind::Server,
            OtelKind::Producer => SpanKind::Producer,
            OtelKind::Consumer => SpanKind::Consumer,
        },
        name: span.name.into(),
        start_time: wall(start.unix_nanos),
        end_time: wall(start.unix_nanos_at(end)),
        attributes: key_values(span.attributes),
        dropped_attributes_count: span.dropped_attributes,
        events,
        links,
        status: match span.status {
            WireStatus::Unset => Status::Unset,
            WireStatus::Ok => Status::Ok,
            WireStatus::Error(description) => Status::error(description),
        },
        instrumentation_scope: InstrumentationScope::builder(agentops::SCOPE).build(),
    }
}

/// Bytes that a span holds until it is encoded.
pub(crate) fn bytes(span: &SpanData) -> usize {
    let events = span
        .events
        .iter()
        .map(|event| 64 + event.name.len() + key_values_bytes(&event.attributes));
    size_of::<SpanData>() + span.name.len() + key_values_bytes(&span.attributes) + events.sum::<usize>()
}

fn key_values_bytes(key_values: &[KeyValue]) -> usize {
    let value = |value: &Value| match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(texts)) => texts.iter().map(|text| 24 + text.as_str().len()).sum(),
        _ => 0,
    };
    key_values
        .iter()
        .map(|pair| size_of::<KeyValue>() + pair.key.as_str().len() + value(&pair.value))
        .sum()
}

fn wall(unix_nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(unix_nanos)
}

fn key_values(attributes: AttributeSet) -> Vec<KeyValue> {
    attributes.0.into_iter().map(key_value).collect()
}

fn key_value(attribute: Attribute) -> KeyValue {
    let value = match attribute.value {
        WireValue::Bool(value) => Value::Bool(value),
        WireValue::I64(value) => Value::I64(value),
        WireValue::F64(value) => Value::F64(value),
        WireValue::Str(value) => Value::String(value.into()),
        WireValue::StrArray(values) => Value::Array(Array::String(values.into_iter().map(Into::into).collect())),
    };
    KeyValue::new(attribute.key, value)
}
