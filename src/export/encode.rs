//! [`Encoder`]: finished spans become encoded OTLP requests.
//!
//! The conversion is `opentelemetry-proto`'s own, so the wire is what any OpenTelemetry exporter writes. The exporter of
//! `opentelemetry-otlp` is not put in between, though its `HttpClient` trait would allow it: it reads
//! `OTEL_EXPORTER_OTLP_COMPRESSION` by itself, and where the host enables that crate's gzip feature, feature unification
//! enables it for us too. Requests would then arrive compressed behind the outbox's back, which could neither measure
//! nor split them.

use opentelemetry_proto::{
    tonic::{
        collector::trace::v1::ExportTraceServiceRequest,
        common::v1::{AnyValue, KeyValue, any_value::Value},
    },
    transform::{common::tonic::ResourceAttributesWithSchema, trace::tonic::group_spans_by_resource_and_scope},
};
use opentelemetry_sdk::{Resource, trace::SpanData};
use prost::Message;

use super::request::{EncodedRequest, halve, span_count};

/// Bytes of a request before compression, wherever the spans allow: the receivers' usual limit.
pub(super) const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// Encodes batches below one resource.
pub(crate) struct Encoder {
    resource: ResourceAttributesWithSchema,
}

impl Encoder {
    pub(crate) fn new(resource: &Resource) -> Self {
        Self {
            resource: resource.into(),
        }
    }

    /// One request, or more where one would be too large. A span that is too large alone gets a request of its own.
    pub(crate) fn encode(&self, batch: Vec<SpanData>) -> Vec<EncodedRequest> {
        if batch.is_empty() {
            return Vec::new();
        }
        let resource_spans = group_spans_by_resource_and_scope(batch, &self.resource);
        let mut requests = Vec::with_capacity(1);
        let mut open = vec![ExportTraceServiceRequest { resource_spans }];
        while let Some(message) = open.pop() {
            if message.encoded_len() <= MAX_REQUEST_BYTES || span_count(&message) < 2 {
                requests.push(EncodedRequest::new(&message));
            } else if let Some((first, second)) = halve(message) {
                open.push(second);
                open.push(first);
            }
        }
        requests
    }
}

/// The request as OTLP/JSON.
pub(crate) fn to_json(request: &EncodedRequest) -> Result<Vec<u8>, String> {
    let mut message = request.message()?;
    for resource in &mut message.resource_spans {
        for span in resource.scope_spans.iter_mut().flat_map(|scope| &mut scope.spans) {
            name_non_finite(&mut span.attributes);
            for event in &mut span.events {
                name_non_finite(&mut event.attributes);
            }
        }
    }
    serde_json::to_vec(&message).map_err(|error| error.to_string())
}

/// JSON has no NaN and no infinities: a serializer writes `null`, for which receivers refuse the whole request.
fn name_non_finite(attributes: &mut [KeyValue]) {
    for attribute in attributes {
        if let Some(AnyValue { value: Some(value) }) = &mut attribute.value
            && let Value::DoubleValue(number) = value
            && !number.is_finite()
        {
            *value = Value::StringValue(number.to_string());
        }
    }
}
