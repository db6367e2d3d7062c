//! [`Outbox`]: requests that wait, are on their way, or will be tried again.

use std::collections::VecDeque;

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::time::{Instant, sleep_until};

use super::{
    DropReason, Settled,
    auth::{Auth, Token},
    pending::Pending,
    request::EncodedRequest,
    retry,
    transport::{Outcome, Transport},
};
use crate::config::Secret;

/// Requests under way at once: enough to fill a connection that is far away, few enough to be polite.
const AT_ONCE: usize = 4;

/// Bytes under way at once, beside one request of any size: each has a compressed copy.
const BYTES_AT_ONCE: usize = 8 * 1024 * 1024;

/// So many refusals without anything accepted in between, and halving stops: then it is not one bad span but the
/// endpoint, and looking for the span would cost two requests for each.
const REFUSALS_IN_A_ROW: u32 = 32;

/// One attempt that came back.
struct Attempt {
    request: EncodedRequest,
    token: Option<u64>,
    outcome: Outcome,
}

/// A request that will be tried again.
struct Retry {
    due: Instant,
    request: EncodedRequest,
}

enum Event {
    Answered(Attempt),
    TokenChanged(Option<String>),
    TimePassed,
}

/// Delivers requests. Attempts that are under way live here, not in the future of [`progress`](Self::progress), so
/// that it can be dropped at any time.
pub(crate) struct Outbox {
    transport: Box<dyn Transport>,
    auth: Option<Auth>,
    ready: VecDeque<EncodedRequest>,
    retries: Vec<Retry>,
    under_way: FuturesUnordered<BoxFuture<'static, Attempt>>,
    bytes_under_way: usize,
    /// The destination asked to be left alone until then.
    hold: Option<Instant>,
    refusals: u32,
    pending: Pending,
    settled: Settled,
}

impl Outbox {
    pub(crate) fn new(transport: Box<dyn Transport>, auth: Option<Auth>) -> Self {
        Self {
            transport,
            auth,
            ready: VecDeque::new(),
            retries: Vec::new(),
            under_way: FuturesUnordered::new(),
            bytes_under_way: 0,
            hold: None,
            refusals: 0,
            pending: Pending::default(),
            settled: Settled::default(),
        }
    }

    /// Something to say with the next progress.
    pub(crate) fn note(&mut self, trouble: String) {
        self.settled.note(trouble);
    }

    pub(crate) fn push(&mut self, request: EncodedRequest) {
        self.pending.add(request.submitted(), request.spans(), request.bytes());
        self.ready.push_back(request);
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.pending.spans() == 0 && self.settled.is_empty()
    }

    /// Nothing is left to say.
    pub(crate) fn is_silent(&self) -> bool {
        self.settled.is_empty()
    }

    pub(crate) fn pending(&self) -> &Pending {
        &self.pending
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        &*self.transport
    }

    pub(crate) fn auth(&self) -> Option<&Auth> {
        self.auth.as_ref()
    }

    pub(crate) fn set_key(&mut self, key: Secret) {
        if let Some(auth) = &mut self.auth {
            auth.set_key(key);
        }
    }

    /// Cuts long values of requests that wait, the oldest first, until no more than `most` bytes are pending; answers
    /// how many.
    pub(crate) fn shorten(&mut self, most: usize) -> u64 {
        let Self {
            retries,
            ready,
            pending,
            ..
        } = self;
        let mut cut = 0;
        for request in retries.iter_mut().map(|retry| &mut retry.request).chain(ready) {
            if pending.bytes() <= most {
                break;
            }
            let before = request.bytes();
            cut += request.shorten();
            pending.shrink(before - request.bytes().min(before));
        }
        cut
    }

    pub(crate) fn abandon(&mut self, reason: DropReason) -> Settled {
        self.ready.clear();
        self.retries.clear();
        self.under_way.clear();
        self.bytes_under_way = 0;
        self.settled.drop(reason, self.pending.clear());
        std::mem::take(&mut self.settled)
    }

    /// Waits until something was settled, for ever where nothing is under way.
    pub(crate) async fn progress(&mut self) -> Settled {
        loop {
            let now = Instant::now();
            self.collect_due(now);
            self.expire_unauthorized(now);
            self.launch(now);
            if !self.settled.is_empty() {
                return std::mem::take(&mut self.settled);
            }
            match self.next_event().await {
                Event::Answered(attempt) => self.settle(attempt, Instant::now()),
                Event::TokenChanged(Some(trouble)) => self.settled.note(trouble),
                Event::TokenChanged(None) | Event::TimePassed => {}
            }
        }
    }

    async fn next_event(&mut self) -> Event {
        let wake = self.wake();
        let Self { under_way, auth, .. } = self;
        tokio::select! {
            Some(attempt) = under_way.next() => Event::Answered(attempt),
            trouble = async {
                match auth {
                    Some(auth) => auth.changed().await,
                    None => std::future::pending().await,
                }
            } => Event::TokenChanged(trouble),
            () = async {
                match wake {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            } => Event::TimePassed,
        }
    }

    /// When time alone gives something to do.
    fn wake(&self) -> Option<Instant> {
        let retry = self.retries.iter().map(|retry| retry.due).min();
        if self.ready.is_empty() {
            return retry;
        }
        let waits_for_token = self.auth.as_ref().filter(|auth| !auth.has_token());
        // While the destination is left alone, nothing would ask for a token: waking up for that would be in vain.
        let token = if self.hold.is_none() {
            waits_for_token.and_then(Auth::wake)
        } else {
            None
        };
        let expiry = waits_for_token.and_then(|_| self.ready.iter().map(EncodedRequest::deadline).min());
        [retry, self.hold, token, expiry].into_iter().flatten().min()
    }

    fn collect_due(&mut self, now: Instant) {
        if self.hold.is_some_and(|until| until <= now) {
            self.hold = None;
        }
        for retry in self.retries.extract_if(.., |retry| retry.due <= now) {
            self.ready.push_front(retry.request);
        }
    }

    /// Gives up what has waited for a token for too long.
    fn expire_unauthorized(&mut self, now: Instant) {
        let Self {
            auth,
            ready,
            pending,
            settled,
            ..
        } = self;
        let Some(auth) = auth.as_ref().filter(|auth| !auth.has_token()) else {
            return;
        };
        ready.retain(|request| {
            let in_time = request.deadline() > now;
            if !in_time {
                // Why there is no token was said when that was learned.
                pending.remove(request.submitted(), request.spans(), request.bytes());
                settled.drop(auth.drop_reason(), request.spans());
            }
            in_time
        });
    }

    fn launch(&mut self, now: Instant) {
        while self.hold.is_none() && self.has_way_for_next() {
            let token = match &mut self.auth {
                None => None,
                Some(auth) => match auth.token(now) {
                    Some(token) => Some(token),
                    None => return,
                },
            };
            let Some(mut request) = self.ready.pop_front() else {
                return;
            };
            if request.begin_attempt(now) {
                self.settled.retries += 1;
            }
            self.bytes_under_way += request.bytes();
            let (number, outcome) = (token.map(Token::number), self.transport.send(&request, token));
            self.under_way.push(Box::pin(async move {
                Attempt {
                    request,
                    token: number,
                    outcome: outcome.await,
                }
            }));
        }
    }

    fn has_way_for_next(&self) -> bool {
        let Some(next) = self.ready.front() else { return false };
        let fits = self.under_way.is_empty() || self.bytes_under_way + next.bytes() <= BYTES_AT_ONCE;
        fits && self.under_way.len() < AT_ONCE
    }

    fn settle(&mut self, attempt: Attempt, now: Instant) {
        let Attempt {
            request,
            token,
            outcome,
        } = attempt;
        self.bytes_under_way = self.bytes_under_way.saturating_sub(request.bytes());
        match outcome {
            Outcome::Unauthorized { reason } => return self.settle_unauthorized(request, token, reason, now),
            Outcome::Delivered | Outcome::Partial { .. } => {
                self.refusals = 0;
                if let (Some(auth), Some(token)) = (&mut self.auth, token) {
                    auth.accepted(token);
                }
            }
            Outcome::Retry { .. } | Outcome::Split { .. } | Outcome::Refused { .. } => {}
        }
        match outcome {
            Outcome::Delivered => self.done(&request, 0),
            Outcome::Partial { rejected, message } => {
                self.done(&request, rejected);
                let what = if rejected == 0 {
                    "advice"
                } else {
                    "part of a request was rejected"
                };
                self.settled.note(format!("{what}: {message}"));
            }
            Outcome::Retry { after, reason } => {
                let wait = after.unwrap_or_else(|| retry::backoff(request.attempts()));
                if after.is_some() {
                    // Held no longer than a request would be: those that come later find out for themselves.
                    self.hold = self.hold.max(Some(now + wait.min(retry::DEADLINE)));
                }
                self.retry_at(now + wait, request, reason);
            }
            Outcome::Split { reason } => self.split(&request, reason),
            Outcome::Refused { reason } => self.refuse(&request, DropReason::Refused, reason),
            Outcome::Unauthorized { .. } => {}
        }
    }

    fn settle_unauthorized(&mut self, request: EncodedRequest, token: Option<u64>, reason: String, now: Instant) {
        if let (Some(auth), Some(token)) = (&mut self.auth, token) {
            auth.rejected(token, now);
            self.settled.note(format!("another token is fetched: {reason}"));
            self.ready.push_front(request);
        } else {
            self.refuse(&request, DropReason::Unauthorized, reason);
        }
    }

    fn retry_at(&mut self, due: Instant, request: EncodedRequest, reason: String) {
        if due > request.deadline() {
            self.refuse(&request, DropReason::RetriesExhausted, reason);
        } else {
            self.settled.note(reason);
            self.retries.push(Retry { due, request });
        }
    }

    fn split(&mut self, request: &EncodedRequest, reason: String) {
        self.refusals = self.refusals.saturating_add(1);
        let halves = if self.refusals < REFUSALS_IN_A_ROW {
            request.split()
        } else {
            None
        };
        let Some((first, second)) = halves else {
            return self.refuse(request, DropReason::Refused, reason);
        };
        self.forget(request);
        for half in [second, first] {
            self.pending.add(half.submitted(), half.spans(), half.bytes());
            self.ready.push_front(half);
        }
    }

    fn refuse(&mut self, request: &EncodedRequest, why: DropReason, reason: String) {
        self.forget(request);
        self.settled.drop(why, request.spans());
        self.settled.explain(reason);
    }

    fn done(&mut self, request: &EncodedRequest, rejected: usize) {
        self.forget(request);
        let rejected = rejected.min(request.spans());
        self.settled.exported += super::widen(request.spans() - rejected);
        self.settled.drop(DropReason::Refused, rejected);
    }

    fn forget(&mut self, request: &EncodedRequest) {
        self.pending
            .remove(request.submitted(), request.spans(), request.bytes());
    }
}
