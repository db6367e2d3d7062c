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

#[cfg(test)]
mod tests {
    use opentelemetry::{
        InstrumentationScope,
        trace::{Event, SpanContext, SpanId, SpanKind, Status},
    };
    use opentelemetry_proto::transform::{
        common::tonic::ResourceAttributesWithSchema, trace::tonic::group_spans_by_resource_and_scope,
    };
    use opentelemetry_sdk::{
        Resource,
        trace::{SpanEvents, SpanLinks},
    };

    use super::*;
    use crate::{clock::Clock, policy::limits::MARK};

    /// A span with two long values, one of them its event's, and short ones.
    fn long() -> SpanData {
        let start = Clock::System.start().wall();
        let pairs = |long: &str| {
            vec![
                KeyValue::new("short", "short"),
                KeyValue::new("long", "é".repeat(long.len())),
            ]
        };
        let mut events = SpanEvents::default();
        events.events = vec![Event::new("event", start, pairs(&"x".repeat(1_000)), 0)];
        SpanData {
            span_context: SpanContext::NONE,
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: "long".into(),
            start_time: start,
            end_time: start,
            attributes: [pairs(&"x".repeat(500)), vec![KeyValue::new("number", 7)]].concat(),
            dropped_attributes_count: 0,
            events,
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: InstrumentationScope::default(),
        }
    }

    #[test]
    fn a_span_and_its_request_are_cut_alike_and_marked_and_only_once() {
        let mut cut = long();
        assert_eq!(span(&mut cut), 2);
        assert_eq!(span(&mut cut), 0, "nothing is long any more");
        let text = cut.attributes[1].value.as_str();
        assert!(
            text.starts_with('é') && text.ends_with(MARK) && text.len() <= SHORT,
            "{text}"
        );
        assert_eq!(cut.attributes[0].value.as_str(), "short");

        let resource: ResourceAttributesWithSchema = (&Resource::builder_empty().build()).into();
        let request = |span: SpanData| ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(vec![span], &resource),
        };
        let mut whole = request(long());
        let expected = request(cut);
        assert_eq!(message(&mut whole), 2);
        let attributes = |request: &ExportTraceServiceRequest| {
            let span = &request.resource_spans[0].scope_spans[0].spans[0];
            (span.attributes.clone(), span.events[0].attributes.clone())
        };
        assert_eq!(attributes(&whole), attributes(&expected));
        assert_eq!(message(&mut whole), 0);
    }
}
