//! [`Failure`]: how the collector fails when it is told to.

use std::fmt;

use bytes::Bytes;

/// How the collector answers a request when it is told to fail.
///
/// Where the spans of such a request are kept, [`Collector::spans`](super::Collector::spans) shows them: a sender that
/// sends them again shows up as a duplicate.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "give it to `Collector::fail_next`"]
pub struct Failure {
    pub(super) action: Action,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Bytes>,
}

/// What a [`Failure`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Answers with this status; nothing is kept.
    Status(u16),
    /// Answers as usual once released.
    Hold,
    /// Never answers; nothing is kept.
    Silence,
    /// Drops the connection instead of answering; nothing is kept.
    Reset,
    /// Keeps the spans and drops the connection in the middle of the answer.
    Truncate,
    /// Keeps the spans and answers with a body that is none.
    Malformed,
    /// Accepts all but the last `rejected` spans and says so.
    Partial { rejected: usize, message: String },
}

impl Failure {
    /// Answers with `status`, such as 503, with an empty body unless [`with_body`](Self::with_body) gives one. The
    /// spans are not kept. A number that is no HTTP status counts as 500.
    pub fn status(status: u16) -> Self {
        Self::from(Action::Status(status))
    }

    /// Sends the client elsewhere: status 307 and a `Location` header. The spans are not kept.
    pub fn redirect(url: impl Into<String>) -> Self {
        Self::status(307).with_header("location", url)
    }

    /// Holds the request back until [`Collector::release`](super::Collector::release) and then answers as usual.
    pub fn hold() -> Self {
        Self::from(Action::Hold)
    }

    /// Reads the request and never answers, until the client gives up. The spans are not kept.
    pub fn no_answer() -> Self {
        Self::from(Action::Silence)
    }

    /// Reads the request and drops the connection without an answer. The spans are not kept.
    pub fn reset() -> Self {
        Self::from(Action::Reset)
    }

    /// Keeps the spans, answers 200 and drops the connection in the middle of the body.
    pub fn truncated() -> Self {
        Self::from(Action::Truncate)
    }

    /// Keeps the spans and answers 200 with a body that cannot be decoded. A token answered so is not issued.
    pub fn malformed() -> Self {
        Self::from(Action::Malformed)
    }

    /// Keeps all but the last `rejected` spans and answers 200 with an OTLP partial success. With 0 rejected it is a
    /// warning. On the auth route it does nothing.
    pub fn partial(rejected: usize, message: impl Into<String>) -> Self {
        Self::from(Action::Partial {
            rejected,
            message: message.into(),
        })
    }

    /// Adds a header to the answer, such as `Retry-After`. What cannot stand in a header is left out.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The body of an answer with a [`status`](Self::status).
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(Bytes::from(body.into()));
        self
    }
}

impl From<Action> for Failure {
    fn from(action: Action) -> Self {
        Self {
            action,
            headers: Vec::new(),
            body: None,
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.action, f)
    }
}
