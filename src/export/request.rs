//! [`EncodedRequest`]: the one unit of sizing, sending, retrying and splitting.

use std::sync::Arc;

use bytes::Bytes;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, ScopeSpans},
};
use prost::Message;
use tokio::time::Instant;

use super::{encode::MAX_REQUEST_BYTES, retry, shorten, spool::Receipt};

/// An encoded `ExportTraceServiceRequest`, uncompressed. A clone shares the body.
#[derive(Clone, Debug)]
pub(crate) struct EncodedRequest {
    body: Bytes,
    spans: usize,
    /// Its long values were cut.
    short: bool,
    attempts: u32,
    submitted: Instant,
    first_attempt: Option<Instant>,
    /// Where it stands on disk.
    receipt: Option<Arc<Receipt>>,
}

impl EncodedRequest {
    pub(crate) fn new(message: &ExportTraceServiceRequest) -> Self {
        Self {
            body: message.encode_to_vec().into(),
            spans: span_count(message),
            short: false,
            attempts: 0,
            submitted: Instant::now(),
            first_attempt: None,
            receipt: None,
        }
    }

    /// A request as it was before, with so many spans.
    pub(crate) fn from_disk(body: Bytes, spans: usize) -> Self {
        Self {
            body,
            spans,
            short: false,
            attempts: 0,
            submitted: Instant::now(),
            first_attempt: None,
            receipt: None,
        }
    }

    /// One request of several, or as many as their size asks for. A message of this kind is a list, so that one after
    /// the other they are one.
    pub(crate) fn join(parts: Vec<Self>) -> Vec<Self> {
        let mut joined: Vec<Vec<Self>> = Vec::new();
        let mut bytes = 0;
        for part in parts {
            bytes += part.bytes();
            match joined.last_mut() {
                Some(last) if bytes <= MAX_REQUEST_BYTES => last.push(part),
                _ => {
                    bytes = part.bytes();
                    joined.push(vec![part]);
                }
            }
        }
        joined.into_iter().filter_map(Self::concatenate).collect()
    }

    fn concatenate(mut parts: Vec<Self>) -> Option<Self> {
        if parts.len() < 2 {
            return parts.pop();
        }
        let submitted = parts.iter().map(Self::submitted).min()?;
        let spans = parts.iter().map(Self::spans).sum();
        let mut body = Vec::with_capacity(parts.iter().map(Self::bytes).sum());
        for part in &parts {
            body.extend_from_slice(&part.body);
        }
        let receipts: Vec<_> = parts.into_iter().filter_map(|part| part.receipt).collect();
        Some(Self {
            submitted,
            receipt: Receipt::join(&receipts),
            ..Self::from_disk(body.into(), spans)
        })
    }

    /// Where it stands on disk.
    pub(crate) fn receipt(&self) -> Option<&Receipt> {
        self.receipt.as_deref()
    }

    pub(crate) fn set_receipt(&mut self, receipt: Arc<Receipt>) {
        self.receipt = Some(receipt);
    }

    pub(crate) fn take_receipt(&mut self) -> Option<Arc<Receipt>> {
        self.receipt.take()
    }

    /// Its spans are counted where they wait on disk, not as held in memory.
    pub(crate) fn is_replayed(&self) -> bool {
        self.receipt.as_ref().is_some_and(|receipt| receipt.replayed)
    }

    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }

    pub(crate) fn spans(&self) -> usize {
        self.spans
    }

    pub(crate) fn bytes(&self) -> usize {
        self.body.len()
    }

    /// When its spans were handed in; halves keep it.
    pub(crate) fn submitted(&self) -> Instant {
        self.submitted
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// An attempt begins. Answers whether it is another one than the first.
    pub(crate) fn begin_attempt(&mut self, now: Instant) -> bool {
        self.first_attempt.get_or_insert(now);
        self.attempts = self.attempts.saturating_add(1);
        self.attempts > 1
    }

    /// When to give up: counted from the first attempt, and from the submission while there was none.
    pub(crate) fn deadline(&self) -> Instant {
        self.first_attempt.unwrap_or(self.submitted) + retry::DEADLINE
    }

    /// The message again, for what must look inside.
    pub(crate) fn message(&self) -> Result<ExportTraceServiceRequest, String> {
        ExportTraceServiceRequest::decode(self.body.clone()).map_err(|error| error.to_string())
    }

    /// Cuts its long values, once; answers how many. What stands on disk stays as it is there: it need not be in memory.
    pub(crate) fn shorten(&mut self) -> u64 {
        if self.receipt.is_some() || std::mem::replace(&mut self.short, true) {
            return 0;
        }
        let Ok(mut message) = self.message() else { return 0 };
        let cut = shorten::message(&mut message);
        if cut > 0 {
            self.body = message.encode_to_vec().into();
        }
        cut
    }

    /// Two requests with half of the spans each, under the same deadline; `None` where there is nothing to halve.
    pub(crate) fn split(&self) -> Option<(Self, Self)> {
        let (first, second) = halve(self.message().ok()?)?;
        let half = |message: &ExportTraceServiceRequest| Self {
            short: self.short,
            submitted: self.submitted,
            first_attempt: self.first_attempt,
            receipt: self.receipt.clone(),
            ..Self::new(message)
        };
        Some((half(&first), half(&second)))
    }
}

pub(crate) fn span_count(message: &ExportTraceServiceRequest) -> usize {
    message
        .resource_spans
        .iter()
        .flat_map(|resource| &resource.scope_spans)
        .map(|scope| scope.spans.len())
        .sum()
}

/// The first and the second half of the spans, each below a copy of its resource and scope.
pub(super) fn halve(
    message: ExportTraceServiceRequest,
) -> Option<(ExportTraceServiceRequest, ExportTraceServiceRequest)> {
    let total = span_count(&message);
    if total < 2 {
        return None;
    }
    let mut room = total / 2;
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for resource in message.resource_spans {
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        for mut scope in resource.scope_spans {
            let spans = scope.spans.split_off(room.min(scope.spans.len()));
            room -= scope.spans.len();
            if !spans.is_empty() {
                tail.push(ScopeSpans {
                    spans,
                    scope: scope.scope.clone(),
                    schema_url: scope.schema_url.clone(),
                });
            }
            if !scope.spans.is_empty() {
                head.push(scope);
            }
        }
        let below = |scope_spans| ResourceSpans {
            resource: resource.resource.clone(),
            schema_url: resource.schema_url.clone(),
            scope_spans,
        };
        if !head.is_empty() {
            first.push(below(head));
        }
        if !tail.is_empty() {
            second.push(below(tail));
        }
    }
    let message = |resource_spans| ExportTraceServiceRequest { resource_spans };
    Some((message(first), message(second)))
}
