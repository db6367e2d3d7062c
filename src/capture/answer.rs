//! Requests and answers of reqwest.

use std::error::Error as _;

use reqwest::{Body, Request, Response, ResponseBuilderExt as _};

use super::{
    CapturedBody,
    call::Call,
    endpoint::{Address, Endpoint},
    settings::Settings,
};

/// The header that every client of Anthropic sends. Its value is not looked at.
pub(super) const ANTHROPIC: &str = "anthropic-version";

/// Begins to watch a request, if it is one to a model and recorded. A body that is a stream is not read.
pub(super) fn begin(settings: &Settings, request: &Request) -> Option<Call> {
    let url = request.url();
    let address = Address {
        method: request.method().as_str(),
        host: url.host_str()?,
        port: url.port_or_known_default(),
        path: url.path(),
        is_anthropic: request.headers().contains_key(ANTHROPIC),
    };
    let body = request.body().and_then(Body::as_bytes);
    Call::begin(Endpoint::of(&address, settings)?, body, settings)
}

/// The same answer, whose body tells what passes.
pub(super) fn captured(mut call: Call, response: Response) -> Response {
    call.answered(response.status(), response.headers());
    let url = response.url().clone();
    let (mut parts, body) = http::Response::from(response).into_parts();
    // An answer that is made anew asks for its address here.
    if let Ok(address) = http::Response::builder().url(url).body(()) {
        parts.extensions.extend(address.into_parts().0.extensions);
    }
    let body = Body::wrap(CapturedBody::new(body, Some(call), describe));
    Response::from(http::Response::from_parts(parts, body))
}

/// What went wrong, without the address that reqwest puts before it: its query may carry a key.
pub(super) fn describe(error: &reqwest::Error) -> String {
    /// Nobody reads more, and a chain may be a cycle.
    const MAX_CAUSES: usize = 8;
    let kind = if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "cannot connect"
    } else if error.is_redirect() {
        "too many redirects"
    } else if error.is_body() || error.is_decode() {
        "the answer broke off"
    } else {
        "the request failed"
    };
    let mut text = kind.to_owned();
    let mut cause = error.source();
    for _ in 0..MAX_CAUSES {
        let Some(reason) = cause else { break };
        cause = reason.source();
        // The last one says it; those before it say where they stood.
        if cause.is_none() && !reason.is::<reqwest::Error>() {
            text = format!("{kind}: {reason}");
        }
    }
    text
}
