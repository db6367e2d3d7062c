//! One HTTP exchange: the client, a bounded answer, and errors that are safe to show.

use std::{error::Error, fmt, time::Duration};

use reqwest::{
    Client, ClientBuilder, RequestBuilder, StatusCode,
    header::{HeaderMap, LOCATION, RETRY_AFTER},
    redirect::Policy,
};
use url::Url;

use super::{mask::Mask, retry};
use crate::clock::Clock;

pub(crate) const USER_AGENT: &str = concat!("agentops-rust/", env!("CARGO_PKG_VERSION"));

/// An answer is read so far; nothing that matters comes later.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// A client for these endpoints.
pub(crate) fn client(timeout: Duration, endpoints: &[&Url]) -> Result<Client, String> {
    made(|| client_builder(timeout), endpoints)
}

/// A client that speaks nothing but HTTP/2, as gRPC does.
#[cfg(feature = "grpc")]
pub(crate) fn http2_client(timeout: Duration, endpoint: &Url) -> Result<Client, String> {
    // One connection carries all requests, and a request that is given up leaves it open: where nothing comes back any
    // more it has to be found out, or the next ones would wait on it in vain, too.
    let builder = || {
        client_builder(timeout)
            .http2_prior_knowledge()
            .http2_keep_alive_interval(timeout / 2)
            .http2_keep_alive_timeout(timeout / 4)
    };
    made(builder, &[endpoint])
}

/// Redirects are not followed, so that a token stays with the origin it is for.
fn client_builder(timeout: Duration) -> ClientBuilder {
    Client::builder()
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .referer(false)
        .timeout(timeout)
}

fn made(builder: impl Fn() -> ClientBuilder, endpoints: &[&Url]) -> Result<Client, String> {
    let without_tls = endpoints.iter().all(|url| url.scheme() == "http");
    builder()
        .build()
        // A container without certificates can still reach a collector beside it.
        .or_else(|error| {
            if without_tls {
                builder().tls_certs_only([]).build()
            } else {
                Err(error)
            }
        })
        .map_err(|error| {
            format!(
                "the HTTP client could not be made: {}",
                root_cause(&error.without_url())
            )
        })
}

/// What a server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The beginning of the body.
    pub(crate) body: Vec<u8>,
}

/// Why a server said nothing.
#[derive(Debug)]
pub(crate) struct Silence {
    pub(crate) reason: String,
    /// The request itself cannot be sent; another attempt would fail the same way.
    pub(crate) permanent: bool,
}

impl Answer {
    pub(crate) async fn to(request: RequestBuilder) -> Result<Self, Silence> {
        let mut response = request.send().await.map_err(Silence::from)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        // The status is what counts: a body that breaks off is taken as far as it came.
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = MAX_ANSWER_BYTES - body.len();
            body.extend(chunk.iter().take(room));
            if body.len() == MAX_ANSWER_BYTES {
                break;
            }
        }
        Ok(Self { status, headers, body })
    }

    /// How long the server asks to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry::retry_after(self.headers.get(RETRY_AFTER)?.to_str().ok()?, Clock::wall())
    }

    /// Where a redirect leads.
    pub(crate) fn location(&self, from: &Url) -> Option<Url> {
        from.join(self.headers.get(LOCATION)?.to_str().ok()?).ok()
    }

    /// The status and the beginning of the body, without secrets.
    pub(crate) fn describe(&self, mask: &Mask) -> String {
        let excerpt = mask.excerpt(&self.body);
        if excerpt.is_empty() {
            self.status.to_string()
        } else {
            format!("{}: {excerpt}", self.status)
        }
    }
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl Error for Silence {}

impl From<reqwest::Error> for Silence {
    fn from(error: reqwest::Error) -> Self {
        // A URL may carry credentials, in its query too.
        let error = error.without_url();
        let reason = match () {
            () if error.is_timeout() => "no answer in time".to_owned(),
            () if error.is_connect() => format!("no connection: {}", root_cause(&error)),
            () => root_cause(&error),
        };
        Self {
            reason,
            permanent: error.is_builder(),
        }
    }
}

/// The innermost error says what happened; those around it say that something did.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
