//! Long values are cut where memory is short, so that the spans themselves can stay.

use opentelemetry::{KeyValue, Value};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue as WireKeyValue, any_value},
};
use opentelemetry_sdk::trace::SpanData;

use crate::policy::limits::{SHORT, cut_bytes};

/// Cuts the long values of a span; answers how many.
pub(crate) fn span(span: &mut SpanData) -> u64 {
    let of_events = span.events.events.iter_mut().flat_map(|event| &mut event.attributes);
    let values = span.attributes.iter_mut().chain(of_events);
    values.filter_map(key_value).count() as u64
}

fn key_value(pair: &mut KeyValue) -> Option<()> {
    let Value::String(text) = &mut pair.value else {
        return None;
    };
    (text.as_str().len() > SHORT).then(|| {
        let mut short = text.as_str().to_owned();
        cut_bytes(&mut short, SHORT);
        short.shrink_to_fit();
        *text = short.into();
    })
}

/// Cuts the long values of a request; answers how many.
pub(super) fn message(message: &mut ExportTraceServiceRequest) -> u64 {
    let scopes = message
        .resource_spans
        .iter_mut()
        .flat_map(|resource| &mut resource.scope_spans);
    let mut cut = 0;
    for span in scopes.flat_map(|scope| &mut scope.spans) {
        let of_events = span.events.iter_mut().flat_map(|event| &mut event.attributes);
        let values = span.attributes.iter_mut().chain(of_events);
        cut += values.filter_map(wire_key_value).count() as u64;
    }
    cut
}

fn wire_key_value(pair: &mut WireKeyValue) -> Option<()> {
    let Some(any_value::Value::StringValue(text)) = &mut pair.value.as_mut()?.value else {
        return None;
    };
    (text.len() > SHORT).then(|| cut_bytes(text, SHORT))
}
