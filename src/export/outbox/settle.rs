//! What an answer means for its request.

use tokio::time::Instant;

use super::{Attempt, Outbox, Retry};
use crate::export::{DropReason, request::EncodedRequest, retry, transport::Outcome, widen};

/// So many refusals without anything accepted in between, and halving stops: then it is not one bad span but the
/// endpoint, and looking for the span would cost two requests for each.
const REFUSALS_IN_A_ROW: u32 = 32;

impl Outbox {
    pub(super) fn settle(&mut self, attempt: Attempt, now: Instant) {
        let Attempt { number, token, outcome } = attempt;
        let Some(request) = self.attempted.remove(&number) else {
            return;
        };
        match outcome {
            Outcome::Unauthorized { reason } => return self.settle_unauthorized(request, token, reason, now),
            Outcome::Delivered | Outcome::Partial { .. } => {
                self.refusals = 0;
                if let Some(spool) = &mut self.spool {
                    spool.delivered();
                }
                if let (Some(auth), Some(token)) = (&mut self.auth, token) {
                    auth.accepted(token);
                }
            }
            Outcome::Retry { .. } | Outcome::Split { .. } | Outcome::Refused { .. } => {}
        }
        match outcome {
            Outcome::Delivered => self.done(request, 0),
            Outcome::Partial { rejected, message } => {
                self.done(request, rejected);
                let what = if rejected == 0 {
                    "advice"
                } else {
                    "part of a request was rejected"
                };
                self.settled.note(format!("{what}: {message}"));
            }
            Outcome::Retry { after, reason } => {
                // Who says "now", or names a moment that has passed, says nothing: it just failed.
                let after = after.filter(|after| *after >= retry::FIRST);
                let wait = after.unwrap_or_else(|| retry::backoff(request.attempts()));
                if after.is_some() {
                    // Held no longer than a request would be: those that come later find out for themselves.
                    self.hold = self.hold.max(Some(now + wait.min(retry::DEADLINE)));
                }
                if let Some(spool) = &mut self.spool {
                    spool.failed(now, after);
                }
                self.retry_at(now + wait, request, reason);
            }
            Outcome::Split { reason } => self.split(request, reason),
            Outcome::Refused { reason } => self.refuse(request, DropReason::Refused, reason),
            Outcome::Unauthorized { .. } => {}
        }
    }

    fn settle_unauthorized(&mut self, request: EncodedRequest, token: Option<u64>, reason: String, now: Instant) {
        if let (Some(auth), Some(token)) = (&mut self.auth, token) {
            auth.rejected(token, now);
            self.settled.note(format!("another token is fetched: {reason}"));
            self.ready.push_front(request);
        } else {
            self.refuse(request, DropReason::Unauthorized, reason);
        }
    }

    fn retry_at(&mut self, due: Instant, request: EncodedRequest, reason: String) {
        if self.spool.as_mut().is_some_and(|spool| spool.gives_up(&request)) {
            return self.refuse(request, DropReason::RetriesExhausted, reason);
        }
        let Err(request) = self.keep(request) else {
            return self.settled.note(reason);
        };
        if due > request.deadline() {
            self.refuse(request, DropReason::RetriesExhausted, reason);
        } else {
            self.settled.note(reason);
            self.retries.push(Retry { due, request });
        }
    }

    fn split(&mut self, request: EncodedRequest, reason: String) {
        self.refusals = self.refusals.saturating_add(1);
        let halves = if self.refusals < REFUSALS_IN_A_ROW {
            request.split()
        } else {
            None
        };
        let Some((first, second)) = halves else {
            return self.refuse(request, DropReason::Refused, reason);
        };
        self.forget(&request);
        for half in [second, first] {
            self.remember(&half);
            self.ready.push_front(half);
        }
    }

    fn refuse(&mut self, mut request: EncodedRequest, why: DropReason, reason: String) {
        self.forget(&request);
        self.lose(&request, why, request.spans());
        self.settled.explain(reason);
        if let Some(spool) = &mut self.spool {
            spool.settle(request.take_receipt());
        }
    }

    fn done(&mut self, mut request: EncodedRequest, rejected: usize) {
        self.forget(&request);
        let rejected = rejected.min(request.spans());
        let delivered = widen(request.spans() - rejected);
        self.settled.exported += delivered;
        if request.is_replayed() {
            self.settled.replayed += delivered;
        }
        self.lose(&request, DropReason::Refused, rejected);
        if let Some(spool) = &mut self.spool {
            spool.settle(request.take_receipt());
        }
    }

    fn lose(&mut self, request: &EncodedRequest, why: DropReason, spans: usize) {
        if request.receipt().is_some_and(|receipt| receipt.inherited) {
            self.settled.drop_bygone(why, widen(spans));
        } else {
            self.settled.drop(why, spans);
        }
    }
}
