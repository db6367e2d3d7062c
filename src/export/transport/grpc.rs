//! OTLP over gRPC. `tonic` knows frames and statuses, `reqwest` carries them.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Buf, BufMut, Bytes};
use futures_util::{FutureExt, future::BoxFuture};
use http::uri::PathAndQuery;
use http_body_util::{BodyExt, combinators::MapErr};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message;
use reqwest::{
    Client, StatusCode,
    header::{AUTHORIZATION, HeaderMap, RETRY_AFTER},
};
use tonic::{
    Code, Request, Response, Status,
    codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataMap,
};
use tonic_types::StatusExt;
use tower_service::Service;
use url::Url;

use super::{GZIP_ABOVE_BYTES, Outcome, Transport, own_headers::OwnHeaders};
use crate::{
    clock::Clock,
    config::{Compression, Shown},
    export::{
        auth::Token,
        client::{self, Silence},
        mask::Mask,
        request::EncodedRequest,
        retry,
    },
};

/// Calls the export method of one endpoint.
pub(crate) struct Grpc {
    carrier: Carrier,
    path: PathAndQuery,
    headers: HeaderMap,
    timeout: Duration,
    compression: Compression,
    mask: Mask,
}

impl Grpc {
    /// `method` is the whole URL of the export method.
    pub(crate) fn new(
        timeout: Duration,
        method: Url,
        own: OwnHeaders,
        compression: Compression,
    ) -> Result<Self, String> {
        let OwnHeaders {
            accepted: headers,
            mut mask,
            ..
        } = own;
        mask.hide_credentials(&method);
        let path = method
            .path()
            .parse()
            .map_err(|error| format!("{}: {error}", Shown(&method)))?;
        let client = client::http2_client(timeout, &method)?;
        Ok(Self {
            carrier: Carrier { client, method },
            path,
            headers,
            timeout,
            compression,
            mask,
        })
    }
}

impl Transport for Grpc {
    fn send(&self, request: &EncodedRequest, token: Option<&Token>) -> BoxFuture<'static, Outcome> {
        let (mut headers, mut mask) = (self.headers.clone(), self.mask.clone());
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, token.header().clone());
            mask.hide(token.secret().expose());
        }
        let (body, spans) = (request.body().clone(), request.spans());
        let mut grpc = tonic::client::Grpc::new(self.carrier.clone());
        if self.compression == Compression::Gzip && body.len() > GZIP_ABOVE_BYTES {
            grpc = grpc.send_compressed(CompressionEncoding::Gzip);
        }
        let mut call = Request::from_parts(MetadataMap::from_headers(headers), http::Extensions::new(), body);
        call.set_timeout(self.timeout);
        let (path, method) = (self.path.clone(), self.carrier.method.clone());
        async move {
            match grpc.unary(call, path, PassBytes).await {
                Ok(answer) => judge_success(answer, spans, &mask),
                Err(status) => judge(&status, &method, spans, &mask),
            }
        }
        .boxed()
    }
}

/// A receiver may take a request and reject some of its spans.
fn judge_success(answer: Response<ExportTraceServiceResponse>, spans: usize, mask: &Mask) -> Outcome {
    let ExportTracePartialSuccess {
        rejected_spans,
        error_message,
    } = answer.into_inner().partial_success.unwrap_or_default();
    let rejected = usize::try_from(rejected_spans).unwrap_or(0).min(spans);
    if rejected == 0 && error_message.is_empty() {
        return Outcome::Delivered;
    }
    Outcome::Partial {
        rejected,
        message: mask.excerpt(error_message.as_bytes()),
    }
}

/// What a status means for the request, by the table of the OTLP specification ("OTLP/gRPC Response").
fn judge(status: &Status, method: &Url, spans: usize, mask: &Mask) -> Outcome {
    let source = std::error::Error::source(status);
    if let Some(Silence { reason, permanent }) = source.and_then(|source| source.downcast_ref()) {
        let reason = format!("{}: {}", Shown(method), mask.apply(reason));
        return if *permanent {
            Outcome::Refused { reason }
        } else {
            Outcome::Retry { after: None, reason }
        };
    }
    let message = mask.excerpt(status.message().as_bytes());
    let separator = if message.is_empty() { "" } else { ": " };
    let reason = format!(
        "{} answered gRPC status {:?}{separator}{message}",
        Shown(method),
        status.code()
    );
    let after = retry_delay(status);
    match status.code() {
        Code::Unauthenticated | Code::PermissionDenied => Outcome::Unauthorized { reason },
        // The word of tonic's own servers for a message above their limit; waiting would not make it smaller.
        Code::OutOfRange if spans > 1 && is_about_size(status.message()) => Outcome::Split { reason },
        Code::OutOfRange if is_about_size(status.message()) => Outcome::Refused { reason },
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => Outcome::Retry { after, reason },
        Code::ResourceExhausted if after.is_some() => Outcome::Retry { after, reason },
        // Without a delay it is a message above the server's limit.
        Code::ResourceExhausted | Code::InvalidArgument if spans > 1 => Outcome::Split { reason },
        _ => Outcome::Refused { reason },
    }
}

fn is_about_size(message: &str) -> bool {
    message.contains("message length too large")
}

/// How long the server asks to wait.
fn retry_delay(status: &Status) -> Option<Duration> {
    let asked = status.get_details_retry_info()?.retry_delay?;
    Some(asked.min(retry::LONGEST_RETRY_AFTER))
}

/// The request is encoded already.
struct PassBytes;

impl Codec for PassBytes {
    type Encode = Bytes;
    type Decode = ExportTraceServiceResponse;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for PassBytes {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, body: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(body);
        Ok(())
    }
}

impl Decoder for PassBytes {
    type Item = ExportTraceServiceResponse;
    type Error = Status;

    /// The status is what counts: an answer that is none says nothing about any span.
    fn decode(&mut self, answer: &mut DecodeBuf<'_>) -> Result<Option<Self::Item>, Status> {
        let answer = answer.copy_to_bytes(answer.remaining());
        Ok(Some(ExportTraceServiceResponse::decode(answer).unwrap_or_default()))
    }
}

/// Carries calls with the client that OTLP over HTTP uses: the same TLS, roots, proxies and time limit.
#[derive(Clone)]
struct Carrier {
    client: Client,
    method: Url,
}

type Frames = MapErr<reqwest::Body, fn(reqwest::Error) -> Silence>;

impl Service<http::Request<tonic::body::Body>> for Carrier {
    type Response = http::Response<Frames>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let post = self.client.post(self.method.clone()).headers(parts.headers);
        async move {
            let body = body.collect().await?.to_bytes();
            let response = post.body(body).send().await.map_err(Silence::from)?;
            if let Some(status) = without_grpc(response.status(), response.headers()) {
                return Err(status.into());
            }
            let of_body: fn(reqwest::Error) -> Silence = Silence::from;
            Ok(http::Response::from(response).map(|body: reqwest::Body| body.map_err(of_body)))
        }
        .boxed()
    }
}

/// What answered is no gRPC server, but something on the way to it: its HTTP status says what is the matter, by gRPC's
/// table of such answers, and what follows is no message.
fn without_grpc(http: StatusCode, headers: &HeaderMap) -> Option<Status> {
    if http.is_success() || headers.contains_key("grpc-status") {
        return None;
    }
    let code = match http {
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::NOT_FOUND => Code::Unimplemented,
        StatusCode::PAYLOAD_TOO_LARGE => Code::ResourceExhausted,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Code::Unavailable,
        _ if http.is_server_error() => Code::Unavailable,
        _ => Code::Internal,
    };
    let after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let after = after.and_then(|text| retry::retry_after(text, Clock::wall()));
    let message = format!("HTTP {http}");
    Some(match after {
        Some(after) => {
            Status::with_error_details(code, message, tonic_types::ErrorDetails::with_retry_info(Some(after)))
        }
        None => Status::new(code, message),
    })
}
