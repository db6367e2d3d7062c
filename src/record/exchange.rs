//! [`Exchange`]: what went to a model and what came back, as it went over the wire. Read on the pipeline thread.

use std::{sync::Arc, time::Duration};

use super::Excerpt;

/// A request to a model and the answer to it.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    /// The program told it, in the provider's words; else it was captured.
    pub(crate) is_told: bool,
    /// Where it is said beside the body: the path (Gemini, Bedrock), the deployment (Azure).
    pub(crate) model: Option<String>,
    /// The address asks for a stream; else the request's body says whether one was asked for.
    pub(crate) streams: bool,
    /// The GenAI name of the operation, where the address tells it.
    pub(crate) operation: Option<&'static str>,
    pub(crate) provider: Option<Arc<str>>,
    /// The server's name and port.
    pub(crate) server: Option<(String, Option<u16>)>,
    /// The status of the HTTP answer.
    pub(crate) status: Option<u16>,
    pub(crate) request: Excerpt,
    pub(crate) response: Excerpt,
    /// How the response is encoded beyond JSON: the value of `content-encoding`.
    pub(crate) coding: Option<String>,
    /// From the beginning to the first of the answer, and from there to its end.
    pub(crate) first_chunk: Option<Duration>,
    pub(crate) generation: Option<Duration>,
    pub(crate) ending: Ending,
}

/// How an exchange ended.
#[derive(Debug, Default)]
#[cfg_attr(
    not(any(feature = "reqwest-middleware", feature = "tower")),
    allow(dead_code, reason = "for `capture` only")
)]
pub(crate) enum Ending {
    /// With the end of the answer.
    #[default]
    Complete,
    /// The program wanted no more of the answer.
    Abandoned,
    /// The program no longer waited for an answer.
    Cancelled,
    /// It broke: before the answer, or in the middle of it.
    Broken(String),
}

impl Exchange {
    /// Exchanges of one span beyond this are not kept: a library that asks again and again inside one span of its own.
    pub(crate) const MOST: usize = 32;

    /// Cuts bodies that are longer than twice `longest` bytes; tells how many were.
    pub(crate) fn shorten(&mut self, longest: usize) -> u32 {
        u32::from(self.request.shorten(longest)) + u32::from(self.response.shorten(longest))
    }

    /// Bytes held, for the memory budget.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.request.bytes() + self.response.bytes()
    }
}
