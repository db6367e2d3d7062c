//! OTLP over HTTP, as protobuf or JSON.

use std::io::Write;

use bytes::Bytes;
use flate2::{Compression as Level, write::GzEncoder};
use futures_util::{FutureExt, future::BoxFuture};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use reqwest::{
    Client, StatusCode,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT},
};
use url::Url;

use super::{GZIP_ABOVE_BYTES, Outcome, Transport, own_headers::OwnHeaders};
use crate::{
    config::{Compression, Protocol, Shown},
    export::{
        auth::Token,
        client::{self, Answer, Silence},
        encode, endpoint,
        mask::Mask,
        request::EncodedRequest,
    },
};

/// Posts requests to one URL.
pub(crate) struct Http {
    client: Client,
    traces: Url,
    headers: HeaderMap,
    protocol: Protocol,
    compression: Compression,
    mask: Mask,
}

impl Http {
    pub(crate) fn new(
        client: Client,
        traces: Url,
        own: OwnHeaders,
        protocol: Protocol,
        compression: Compression,
    ) -> Self {
        let OwnHeaders {
            accepted: mut headers,
            mut mask,
            ..
        } = own;
        headers.insert(USER_AGENT, HeaderValue::from_static(client::USER_AGENT));
        mask.hide_credentials(&traces);
        Self {
            client,
            traces,
            headers,
            protocol,
            compression,
            mask,
        }
    }

    /// The body as it goes out, with the headers that say what it is.
    fn payload(&self, request: &EncodedRequest) -> Result<(HeaderMap, Bytes), String> {
        let mut headers = self.headers.clone();
        let (kind, body) = match self.protocol {
            Protocol::HttpProtobuf | Protocol::Grpc => ("application/x-protobuf", request.body().clone()),
            Protocol::HttpJson => ("application/json", encode::to_json(request)?.into()),
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if self.compression == Compression::Gzip && body.len() > GZIP_ABOVE_BYTES {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            return Ok((headers, gzip(&body).map_err(|error| error.to_string())?));
        }
        Ok((headers, body))
    }
}

impl Transport for Http {
    fn send(&self, request: &EncodedRequest, token: Option<&Token>) -> BoxFuture<'static, Outcome> {
        let (mut headers, body) = match self.payload(request) {
            Ok(payload) => payload,
            Err(reason) => return std::future::ready(Outcome::Refused { reason }).boxed(),
        };
        let mut mask = self.mask.clone();
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, token.header().clone());
            mask.hide(token.secret().expose());
        }
        let (traces, protocol, spans) = (self.traces.clone(), self.protocol, request.spans());
        // `headers` replaces what the client sets by itself: there is one `authorization`, also where the URL
        // carries credentials.
        let post = self.client.post(traces.clone()).headers(headers).body(body);
        async move {
            match Answer::to(post).await {
                Ok(answer) => judge(&answer, &traces, protocol, spans, &mask),
                Err(Silence { reason, permanent }) => {
                    let reason = format!("{}: {}", Shown(&traces), mask.apply(&reason));
                    if permanent {
                        Outcome::Refused { reason }
                    } else {
                        Outcome::Retry { after: None, reason }
                    }
                }
            }
        }
        .boxed()
    }
}

fn gzip(body: &[u8]) -> std::io::Result<Bytes> {
    // Spans are repetitive text: the fastest level leaves little on the table, and this is the pipeline's only thread.
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Level::fast());
    encoder.write_all(body)?;
    encoder.finish().map(Bytes::from)
}

/// What an answer means for the request.
fn judge(answer: &Answer, traces: &Url, protocol: Protocol, spans: usize, mask: &Mask) -> Outcome {
    let status = answer.status;
    if status.is_success() {
        return judge_success(answer, protocol, spans, mask);
    }
    if status.is_redirection() {
        return Outcome::Refused {
            reason: describe_redirect(answer, traces, mask),
        };
    }
    let reason = format!("{} answered {}", Shown(traces), answer.describe(mask));
    match status {
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE if spans > 1 => Outcome::Split { reason },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Outcome::Unauthorized { reason },
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Outcome::Retry {
            after: answer.retry_after(),
            reason,
        },
        _ if status.is_server_error() => Outcome::Retry {
            after: answer.retry_after(),
            reason,
        },
        _ => Outcome::Refused { reason },
    }
}

/// A receiver may take a request and reject some of its spans.
fn judge_success(answer: &Answer, protocol: Protocol, spans: usize, mask: &Mask) -> Outcome {
    let (rejected, message) = match protocol {
        Protocol::HttpProtobuf | Protocol::Grpc => ExportTraceServiceResponse::decode(answer.body.as_slice())
            .ok()
            .and_then(|response| response.partial_success)
            .map_or((0, String::new()), |partial| {
                (partial.rejected_spans, partial.error_message)
            }),
        Protocol::HttpJson => read_partial_json(&answer.body),
    };
    let rejected = usize::try_from(rejected).unwrap_or(0).min(spans);
    if rejected == 0 && message.is_empty() {
        return Outcome::Delivered;
    }
    Outcome::Partial {
        rejected,
        message: mask.excerpt(message.as_bytes()),
    }
}

/// Numbers of 64 bits are strings in OTLP/JSON, and numbers in the answers of some receivers.
fn read_partial_json(body: &[u8]) -> (i64, String) {
    let answer: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let field = |name| answer.get("partialSuccess").and_then(|partial| partial.get(name));
    let rejected = field("rejectedSpans")
        .and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
        .unwrap_or_default();
    let message = field("errorMessage")
        .and_then(|value| value.as_str())
        .unwrap_or_default();
    (rejected, message.to_owned())
}

fn describe_redirect(answer: &Answer, traces: &Url, mask: &Mask) -> String {
    let to = match answer.location(traces) {
        Some(to) if endpoint::same_origin(&to, traces) => mask.apply(&Shown(&to).to_string()),
        Some(to) => mask.apply(&format!("{}, another origin", Shown(&to))),
        None => "nowhere".to_owned(),
    };
    format!(
        "{} answered {}, a redirect to {to}; redirects are not followed, so that no credential follows them: set the \
         endpoint to the final address",
        Shown(traces),
        answer.status
    )
}
