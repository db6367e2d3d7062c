//! [`Request`]: an HTTP request as it arrived.

use std::fmt;

use hyper::http::request::Parts;

use super::{Span, decode};

/// An HTTP request as it arrived.
///
/// Its `Debug` shows the line, the status and the size, never a header's value or the body: a test run with a real key
/// must not print it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request {
    /// The method, such as `POST`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers, names in lower case, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body as sent, compressed if it was.
    pub body: Vec<u8>,
    /// The status of the answer; `None` as long as there is none.
    pub status: Option<u16>,
}

impl Request {
    pub(super) fn new(parts: &Parts, body: Vec<u8>) -> Self {
        let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            method: parts.method.to_string(),
            path: parts
                .uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
            body,
            status: None,
        }
    }

    /// The value of a header, the first if there are several; the name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body, decompressed; `None` if its encoding is unknown or broken.
    pub fn decompressed(&self) -> Option<Vec<u8>> {
        decode::decompress(self).ok()
    }

    /// The spans it carries; none if it is no OTLP request.
    pub fn spans(&self) -> Vec<Span> {
        if self.route() != super::server::TRACES {
            return Vec::new();
        }
        decode::spans(self).unwrap_or_default()
    }

    /// The path without its query.
    pub(super) fn route(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, {} bytes, ", self.method, self.route(), self.body.len())?;
        match self.status {
            Some(status) => write!(f, "answered {status}"),
            None => f.write_str("not answered"),
        }
    }
}
