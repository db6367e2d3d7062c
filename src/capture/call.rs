//! [`Call`]: one captured request and its answer, told to a span exactly once.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use tracing::{Span, info_span};

use super::{endpoint::Endpoint, settings::Settings};
use crate::{
    hierarchy::Charge,
    record::{Ending, Excerpt, Exchange},
    span_ext::Recording,
};

/// Bytes of the beginning of a body where the memory budget has no room for more.
const SHORT: usize = 4096;

/// A request body that somebody else reads, until its call is over.
pub(super) type Shared = Arc<Mutex<Option<Sent>>>;

/// What was read of a request's body.
#[derive(Debug)]
pub(super) struct Sent {
    kept: Excerpt,
    /// A middleware has the whole body at once, which its call is charged for.
    #[cfg(feature = "tower")]
    charge: Charge,
}

impl Sent {
    /// The next piece.
    #[cfg(feature = "tower")]
    pub(super) fn push(&mut self, piece: &[u8]) {
        if !self.charge.has_room() {
            self.kept.close_head();
        }
        self.kept.push(piece);
        self.charge.hold(self.kept.bytes());
    }
}

/// A request to a model that is under way. Dropped before its end it says so.
#[derive(Debug)]
pub(super) struct Call {
    /// `None` once everything was told.
    open: Option<Box<Open>>,
    /// Of a request that is under way: polls are inside of it.
    span: Span,
}

#[derive(Debug)]
struct Open {
    recording: Recording,
    charge: Charge,
    exchange: Exchange,
    request: Option<Shared>,
    started: Instant,
    first: Option<Instant>,
}

impl Call {
    /// Begins to watch a request, where somebody records it. `body` is what is known of it now.
    pub(super) fn begin(endpoint: Endpoint, body: Option<&[u8]>, settings: &Settings) -> Option<Self> {
        let recording = place(&endpoint)?;
        let recorder = recording.recorder();
        if !recorder.instruments_llm_calls {
            return None;
        }
        let most = if recorder.has_room() {
            settings.max_body_bytes
        } else {
            settings.max_body_bytes.min(SHORT)
        };
        let mut request = Excerpt::new(most);
        request.push(body.unwrap_or_default());
        let mut open = Open {
            charge: Charge::new(Arc::clone(recorder)),
            started: recorder.clock.now(),
            first: None,
            exchange: Exchange {
                model: endpoint.model,
                streams: endpoint.streams,
                operation: Some(endpoint.operation),
                provider: Some(endpoint.provider),
                server: Some(endpoint.server),
                response: Excerpt::new(most),
                request,
                ..Exchange::default()
            },
            request: None,
            recording,
        };
        open.recharge();
        Some(Self {
            span: open.recording.span().clone(),
            open: Some(Box::new(open)),
        })
    }

    /// The request's body as it is sent, where it could not be read before.
    #[cfg(feature = "tower")]
    pub(super) fn share_request(&mut self) -> Option<Shared> {
        let open = self.open.as_mut()?;
        let sent = Sent {
            kept: std::mem::take(&mut open.exchange.request),
            charge: Charge::new(Arc::clone(open.recording.recorder())),
        };
        let shared = Arc::new(Mutex::new(Some(sent)));
        open.request = Some(Arc::clone(&shared));
        Some(shared)
    }

    /// The span to run the request in.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// The head of the answer arrived.
    pub(super) fn answered(&mut self, status: http::StatusCode, headers: &http::HeaderMap) {
        let Some(open) = &mut self.open else { return };
        open.exchange.status = Some(status.as_u16());
        let coding = headers.get(http::header::CONTENT_ENCODING);
        open.exchange.coding = coding.and_then(|coding| coding.to_str().ok()).map(str::to_owned);
        open.recharge();
        // The span is left to the answer's body, which is read wherever the program likes.
        self.span = Span::none();
    }

    /// A piece of the answer arrived.
    pub(super) fn chunk(&mut self, piece: &[u8]) {
        let Some(open) = &mut self.open else { return };
        // Servers keep a connection alive with comments until the model begins to speak.
        if open.first.is_none() && !matches!(piece.first(), None | Some(b':')) {
            open.first = Some(open.recording.recorder().clock.now());
        }
        if !open.recording.recorder().has_room() {
            open.exchange.response.close_head();
        }
        open.exchange.response.push(piece);
        open.recharge();
    }

    /// It is over; only the first end counts.
    pub(super) fn end(&mut self, ending: Ending) {
        if let Some(open) = self.open.take() {
            open.tell(ending);
        }
        self.span = Span::none();
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let answered = self.open.as_ref().is_some_and(|open| open.exchange.status.is_some());
        self.end(if answered { Ending::Abandoned } else { Ending::Cancelled });
    }
}

impl Open {
    fn recharge(&mut self) {
        self.charge.hold(self.exchange.bytes());
    }

    fn tell(mut self, ending: Ending) {
        if let Some(shared) = self.request.take() {
            let sent = shared.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.exchange.request = sent.map(|sent| sent.kept).unwrap_or_default();
        }
        if let Some(first) = self.first {
            let now = self.recording.recorder().clock.now();
            self.exchange.first_chunk = Some(first.saturating_duration_since(self.started));
            self.exchange.generation = Some(now.saturating_duration_since(first));
        }
        self.exchange.ending = ending;
        // From here on the bytes are the record's.
        self.charge.hold(0);
        let exchange = Arc::new(self.exchange);
        self.recording
            .change(|record| record.add_exchange(Arc::clone(&exchange)));
    }
}

/// Where the call is told: on the open span of whoever traces it already, else on a span of its own.
fn place(endpoint: &Endpoint) -> Option<Recording> {
    if let Some((enclosing, operation)) = Recording::enclosing_call()
        && operation.is_none_or(|operation| is_embedding(&operation) == is_embedding(endpoint.operation))
    {
        return Some(enclosing);
    }
    let (server, port) = &endpoint.server;
    Recording::of(info_span!(
        target: "agentops",
        "llm",
        gen_ai.operation.name = endpoint.operation,
        gen_ai.provider.name = &*endpoint.provider,
        server.address = server.as_str(),
        server.port = *port,
    ))
}

/// A request for embeddings is no part of a chat.
fn is_embedding(operation: &str) -> bool {
    operation.contains("embed")
}
