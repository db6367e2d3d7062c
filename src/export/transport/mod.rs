//! [`Transport`]: one attempt to hand a request over.

pub(crate) mod console;
pub(crate) mod file;
#[cfg(feature = "grpc")]
pub(crate) mod grpc;
pub(crate) mod http;
pub(crate) mod own_headers;

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{auth::Token, request::EncodedRequest};

/// Smaller requests gain nothing from compression.
const GZIP_ABOVE_BYTES: usize = 8 * 1024;

/// What one attempt came to. Every reason is safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All spans arrived.
    Delivered,
    /// All arrived except so many; with none rejected the message is advice.
    Partial { rejected: usize, message: String },
    /// Another attempt may succeed, not before the time the destination asked for.
    Retry { after: Option<Duration>, reason: String },
    /// Too large, or one of the spans is not accepted: halves may be.
    Split { reason: String },
    /// No attempt will succeed.
    Refused { reason: String },
    /// The token, or the lack of one, was refused.
    Unauthorized { reason: String },
}

/// One attempt to hand a request over. Retrying, splitting and waiting for a token are the outbox's.
pub(crate) trait Transport: Send + Sync {
    /// Starts an attempt; nothing that takes long happens before the future is polled.
    fn send(&self, request: &EncodedRequest, token: Option<&Token>) -> BoxFuture<'static, Outcome>;

    /// Nothing follows.
    fn close(&self) {}
}
