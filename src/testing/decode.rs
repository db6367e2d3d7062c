//! From an OTLP request to [`Span`]s.

use std::{io::Read as _, sync::Arc};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value},
    resource::v1::Resource,
    trace::v1::{self as otlp, ScopeSpans, span, status},
};
use prost::Message as _;

use super::{Attributes, Event, Link, OtelKind, Request, Span, Status, StatusCode, Value};

/// Why a request carries no spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undecodable {
    /// A `Content-Type` or `Content-Encoding` that is not understood.
    Unsupported,
    /// A body that is not what its headers say.
    Broken,
}

/// How a request and its answer are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Protobuf,
    Json,
}

impl Encoding {
    pub(super) fn of(request: &Request) -> Result<Self, Undecodable> {
        let content_type = request.header("content-type").unwrap_or_default();
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/x-protobuf" => Ok(Self::Protobuf),
            "application/json" => Ok(Self::Json),
            _ => Err(Undecodable::Unsupported),
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// The body without its compression.
pub(super) fn decompress(request: &Request) -> Result<Vec<u8>, Undecodable> {
    match request.header("content-encoding").map(str::trim) {
        None | Some("" | "identity") => Ok(request.body.clone()),
        Some("gzip") => {
            let mut plain = Vec::new();
            let mut gzip = flate2::read::GzDecoder::new(request.body.as_slice());
            gzip.read_to_end(&mut plain).map_err(|_| Undecodable::Broken)?;
            Ok(plain)
        }
        Some(_) => Err(Undecodable::Unsupported),
    }
}

/// The spans of a request, in order.
pub(super) fn spans(request: &Request) -> Result<Vec<Span>, Undecodable> {
    let encoding = Encoding::of(request)?;
    let body = decompress(request)?;
    let message = match encoding {
        Encoding::Protobuf => ExportTraceServiceRequest::decode(body.as_slice()).map_err(|_| Undecodable::Broken)?,
        Encoding::Json => serde_json::from_slice(&body).map_err(|_| Undecodable::Broken)?,
    };
    let mut spans = Vec::new();
    for group in message.resource_spans {
        let Resource { attributes, .. } = group.resource.unwrap_or_default();
        let resource = Arc::new(self::attributes(attributes));
        for ScopeSpans {
            scope, spans: members, ..
        } in group.scope_spans
        {
            let scope = scope.unwrap_or_default();
            spans.extend(members.into_iter().map(|member| Span {
                scope_name: scope.name.clone(),
                scope_version: scope.version.clone(),
                resource: Arc::clone(&resource),
                ..span(member)
            }));
        }
    }
    Ok(spans)
}

fn span(span: otlp::Span) -> Span {
    let kind = match span.kind() {
        span::SpanKind::Unspecified => OtelKind::Unspecified,
        span::SpanKind::Internal => OtelKind::Internal,
        span::SpanKind::Server => OtelKind::Server,
        span::SpanKind::Client => OtelKind::Client,
        span::SpanKind::Producer => OtelKind::Producer,
        span::SpanKind::Consumer => OtelKind::Consumer,
    };
    Span {
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_span_id: (!span.parent_span_id.is_empty()).then(|| hex(&span.parent_span_id)),
        trace_state: span.trace_state,
        flags: span.flags,
        name: span.name,
        otel_kind: kind,
        start_unix_nanos: span.start_time_unix_nano,
        end_unix_nanos: span.end_time_unix_nano,
        status: status(span.status.unwrap_or_default()),
        attributes: attributes(span.attributes),
        events: span.events.into_iter().map(event).collect(),
        links: span.links.into_iter().map(link).collect(),
        dropped_attributes: span.dropped_attributes_count,
        dropped_events: span.dropped_events_count,
        dropped_links: span.dropped_links_count,
        ..Span::default()
    }
}

fn status(status: otlp::Status) -> Status {
    let code = match status.code() {
        status::StatusCode::Unset => StatusCode::Unset,
        status::StatusCode::Ok => StatusCode::Ok,
        status::StatusCode::Error => StatusCode::Error,
    };
    Status {
        code,
        message: status.message,
    }
}

fn event(event: span::Event) -> Event {
    Event {
        name: event.name,
        unix_nanos: event.time_unix_nano,
        attributes: attributes(event.attributes),
    }
}

fn link(link: span::Link) -> Link {
    Link {
        trace_id: hex(&link.trace_id),
        span_id: hex(&link.span_id),
        flags: link.flags,
        attributes: attributes(link.attributes),
    }
}

fn attributes(pairs: Vec<KeyValue>) -> Attributes {
    pairs.into_iter().map(|pair| (pair.key, value(pair.value))).collect()
}

fn value(any: Option<AnyValue>) -> Value {
    match any.and_then(|any| any.value) {
        Some(any_value::Value::StringValue(text)) => Value::String(text),
        Some(any_value::Value::BoolValue(truth)) => Value::Bool(truth),
        Some(any_value::Value::IntValue(number)) => Value::Int(number),
        Some(any_value::Value::DoubleValue(number)) => Value::Double(number),
        Some(any_value::Value::BytesValue(bytes)) => Value::Bytes(bytes),
        Some(any_value::Value::ArrayValue(array)) => {
            Value::Array(array.values.into_iter().map(|any| value(Some(any))).collect())
        }
        Some(any_value::Value::KvlistValue(map)) => Value::Map(attributes(map.values)),
        // An index into a table of strings belongs to profiles and says nothing here.
        Some(any_value::Value::StringValueStrindex(_)) | None => Value::Empty,
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}
