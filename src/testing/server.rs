//! The HTTP side of the collector: connections, routes, answers.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Response, StatusCode,
    body::{Frame, Incoming},
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message as _;
use tokio::{net::TcpListener, sync::oneshot};

use super::{
    Failure, Request,
    decode::{self, Encoding, Undecodable},
    failure::Action,
    state::Shared,
};

pub(super) const AUTH: &str = "/v3/auth/token";
pub(super) const TRACES: &str = "/v1/traces";

type Body = UnsyncBoxBody<Bytes, Dropped>;

/// The connection is dropped without, or in the middle of, an answer.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

/// Serves until `stop` is used or dropped.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stop: oneshot::Receiver<()>) {
    loop {
        let connection = tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = connection else {
            // The connection was gone before it was taken, or the process is out of files, which takes a moment.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let shared = Arc::clone(&shared);
                async move { serve_one(&shared, request).await }
            });
            // An error here is a client that went away or a failure that was asked for.
            drop(
                http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await,
            );
        });
    }
}

async fn serve_one(shared: &Shared, request: hyper::Request<Incoming>) -> Result<Response<Body>, Dropped> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    let request = Request::new(&parts, body.into());
    let arrival = shared.arrive(request.clone());
    let failure = failure_for(shared, &request);
    let action = failure.as_ref().map(|failure| &failure.action);
    let mut answer = match action {
        Some(Action::Silence) => std::future::pending().await,
        Some(Action::Reset) => return Err(Dropped),
        Some(Action::Status(status)) => Answer::bare(*status),
        Some(Action::Hold) => {
            shared.released(&arrival).await;
            answer(shared, &request, action)
        }
        _ => answer(shared, &request, action),
    };
    if let Some(failure) = failure {
        answer.headers = failure.headers;
        if let Some(body) = failure.body {
            answer.body = body;
        }
    }
    let response = answer.into_response();
    shared.answered(&arrival, response.status().as_u16());
    Ok(response)
}

/// The failure that this request meets: the next of its route's script, else what the rule says.
fn failure_for(shared: &Shared, request: &Request) -> Option<Failure> {
    let (scripted, rule) = shared.change(|state| match request.route() {
        AUTH => (state.auth_script.next(), None),
        TRACES => (state.traces_script.next(), state.rule.clone()),
        _ => (None, None),
    });
    // The rule is the test's: it runs without the lock.
    scripted.or_else(|| rule?(request))
}

fn answer(shared: &Shared, request: &Request, action: Option<&Action>) -> Answer {
    match (request.method.as_str(), request.route()) {
        ("POST", AUTH) => answer_key(shared, request, action),
        ("POST", TRACES) => answer_spans(shared, request, action),
        _ => Answer::error(404, "not found"),
    }
}

fn answer_key(shared: &Shared, request: &Request, action: Option<&Action>) -> Answer {
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let Some(key) = body
        .get("api_key")
        .and_then(|key| key.as_str())
        .filter(|key| is_uuid(key))
    else {
        return Answer::error(400, "the API key is not a UUID");
    };
    shared.change(|state| {
        if !state.authorization.accepts(key) {
            return Answer::error(403, "the API key is unknown");
        }
        if action == Some(&Action::Malformed) {
            return Answer {
                body: Bytes::from_static(b"{\"token\":"),
                ..Answer::json(&serde_json::Value::Null)
            };
        }
        let answer = Answer::json(&serde_json::json!({
            "token": state.authorization.issue(),
            "project_id": "00000000-0000-4000-8000-000000000001",
            "project_prem_status": "free",
        }));
        Answer {
            cut: action == Some(&Action::Truncate),
            ..answer
        }
    })
}

fn answer_spans(shared: &Shared, request: &Request, action: Option<&Action>) -> Answer {
    if !shared.lock().authorization.admits(request.header("authorization")) {
        return Answer::error(401, "the token is missing, unknown or expired");
    }
    let Ok(encoding) = Encoding::of(request) else {
        return Answer::error(415, "neither OTLP protobuf nor OTLP JSON");
    };
    let mut spans = match decode::spans(request) {
        Ok(spans) => spans,
        Err(Undecodable::Unsupported) => return Answer::error(415, "the content encoding is not understood"),
        Err(Undecodable::Broken) => return Answer::error(400, "the body is no OTLP request"),
    };
    let partial_success = match action {
        Some(Action::Partial { rejected, message }) => {
            let kept = spans.len().saturating_sub(*rejected);
            let rejected_spans = i64::try_from(spans.len() - kept).unwrap_or(i64::MAX);
            spans.truncate(kept);
            Some(ExportTracePartialSuccess {
                rejected_spans,
                error_message: message.clone(),
            })
        }
        _ => None,
    };
    shared.change(|state| state.keep(spans));
    let body = match action {
        // Neither the beginning of a protobuf field nor of a JSON value.
        Some(Action::Malformed) => Bytes::from_static(&[0xff, 0xff, 0xff]),
        _ => accepted(encoding, partial_success),
    };
    Answer {
        content_type: encoding.content_type(),
        body,
        cut: action == Some(&Action::Truncate),
        ..Answer::bare(200)
    }
}

fn accepted(encoding: Encoding, partial_success: Option<ExportTracePartialSuccess>) -> Bytes {
    match encoding {
        Encoding::Protobuf => ExportTraceServiceResponse { partial_success }.encode_to_vec().into(),
        Encoding::Json => {
            let body = partial_success.map_or_else(
                || serde_json::json!({}),
                |partial| {
                    serde_json::json!({ "partialSuccess": {
                        "rejectedSpans": partial.rejected_spans.to_string(),
                        "errorMessage": partial.error_message,
                    }})
                },
            );
            body.to_string().into()
        }
    }
}

/// An answer before it becomes HTTP.
struct Answer {
    status: u16,
    content_type: &'static str,
    headers: Vec<(String, String)>,
    body: Bytes,
    /// The connection is dropped after the first bytes of the body.
    cut: bool,
}

impl Answer {
    fn bare(status: u16) -> Self {
        Self {
            status,
            content_type: "text/plain",
            headers: Vec::new(),
            body: Bytes::new(),
            cut: false,
        }
    }

    fn json(body: &serde_json::Value) -> Self {
        Self {
            content_type: "application/json",
            body: body.to_string().into(),
            ..Self::bare(200)
        }
    }

    fn error(status: u16, reason: &str) -> Self {
        Self {
            status,
            ..Self::json(&serde_json::json!({ "error": reason }))
        }
    }

    fn into_response(self) -> Response<Body> {
        let body = if self.cut {
            let begin = Frame::data(Bytes::from_static(b"\x0a"));
            // Between the two the connection is idle, which makes it send what it has.
            let end = stream::once(async {
                tokio::task::yield_now().await;
                Err(Dropped)
            });
            StreamBody::new(stream::iter([Ok(begin)]).chain(end)).boxed_unsync()
        } else {
            Full::new(self.body).map_err(|never| match never {}).boxed_unsync()
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status)
            .ok()
            .filter(|status| !status.is_informational())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// 8-4-4-4-12 hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let mut groups = text.split('-');
    [8, 4, 4, 4, 12].into_iter().all(|length| {
        groups
            .next()
            .is_some_and(|group| group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
    }) && groups.next().is_none()
}
