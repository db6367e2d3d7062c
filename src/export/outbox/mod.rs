//! [`Outbox`]: requests that wait, are on their way, or will be tried again. `settle` decides what an answer means for its
//! request, `keep` moves requests between memory and the spool.

mod keep;
mod settle;

use std::collections::{HashMap, VecDeque};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::time::{Instant, sleep_until};

use super::{
    DropReason, Settled,
    auth::{Auth, Token},
    pending::Pending,
    request::EncodedRequest,
    spool::Spool,
    transport::{Outcome, Transport},
};
use crate::config::Secret;

/// Requests under way at once: enough to fill a connection that is far away, few enough to be polite.
const AT_ONCE: usize = 4;

/// Bytes under way at once, beside one request of any size: each has a compressed copy.
const BYTES_AT_ONCE: usize = 8 * 1024 * 1024;

/// One attempt that came back.
struct Attempt {
    /// The number of the request under way.
    number: u64,
    token: Option<u64>,
    outcome: Outcome,
}

/// A request that will be tried again.
struct Retry {
    due: Instant,
    request: EncodedRequest,
}

/// How much may be in memory, and in one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) spans: usize,
    pub(crate) bytes: usize,
    /// Spans of one request.
    pub(crate) batch: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            spans: usize::MAX,
            bytes: usize::MAX,
            batch: usize::MAX,
        }
    }
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
    spool: Option<Spool>,
    /// Written to disk, and waiting for others to travel with.
    gathered: Vec<EncodedRequest>,
    ready: VecDeque<EncodedRequest>,
    retries: Vec<Retry>,
    under_way: FuturesUnordered<BoxFuture<'static, Attempt>>,
    /// The requests of the attempts under way, by their numbers.
    attempted: HashMap<u64, EncodedRequest>,
    attempts: u64,
    limits: Limits,
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
            spool: None,
            gathered: Vec::new(),
            ready: VecDeque::new(),
            retries: Vec::new(),
            under_way: FuturesUnordered::new(),
            attempted: HashMap::new(),
            attempts: 0,
            limits: Limits::default(),
            hold: None,
            refusals: 0,
            pending: Pending::default(),
            settled: Settled::default(),
        }
    }

    /// Keeps on disk what cannot be sent.
    pub(crate) fn with_spool(mut self, spool: Option<Spool>, limits: Limits) -> Self {
        (self.spool, self.limits) = (spool, limits);
        self
    }

    pub(crate) fn is_durable(&self) -> bool {
        self.spool.as_ref().is_some_and(Spool::is_durable)
    }

    pub(crate) fn spool(&self) -> Option<&Spool> {
        self.spool.as_ref()
    }

    /// Something to say with the next progress.
    pub(crate) fn note(&mut self, trouble: String) {
        self.settled.note(trouble);
    }

    pub(crate) fn push(&mut self, request: EncodedRequest) {
        self.remember(&request);
        self.ready.push_back(request);
    }

    /// Nothing is under way, and nothing that could be. What earlier processes left is worth waiting for while it
    /// can be sent.
    pub(crate) fn is_idle(&self) -> bool {
        let spool = self.spool.as_ref();
        let is_replaying = spool.is_some_and(|spool| spool.own_spans() > 0 || spool.is_replaying());
        self.pending.spans() == 0 && !is_replaying && self.settled.is_empty()
    }

    /// What was submitted at `moment` or before is settled.
    pub(crate) fn is_settled_up_to(&self, moment: Instant) -> bool {
        let waits = self.spool.as_ref().is_some_and(|spool| spool.own_spans() > 0);
        !waits && self.is_silent() && self.pending.is_settled_up_to(moment)
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
        if let Some(spool) = &mut self.spool {
            spool.set_key(&key);
        }
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
        self.keep_all();
        self.gathered.clear();
        self.ready.clear();
        self.retries.clear();
        self.under_way.clear();
        self.attempted.clear();
        self.settled.drop(reason, self.pending.clear());
        self.news()
    }

    /// Nothing follows.
    pub(crate) fn close(&mut self) {
        self.transport.close();
        if let Some(spool) = &mut self.spool {
            spool.close_down();
        }
    }

    fn news(&mut self) -> Settled {
        if let Some(spool) = &mut self.spool {
            spool.tell(&mut self.settled);
        }
        std::mem::take(&mut self.settled)
    }

    /// Waits until something was settled, for ever where nothing is under way.
    pub(crate) async fn progress(&mut self) -> Settled {
        loop {
            let now = Instant::now();
            self.collect_due(now);
            self.expire_unauthorized(now);
            self.tend(now);
            self.launch(now);
            self.relieve();
            let settled = self.news();
            if !settled.is_empty() {
                return settled;
            }
            match self.next_event().await {
                Event::Answered(attempt) => self.settle(attempt, Instant::now()),
                Event::TokenChanged(Some(trouble)) => {
                    self.settled.note(trouble);
                    self.keep_ready(Instant::now());
                }
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
        let tend = self.spool.as_ref().map(Spool::due);
        // What waits on disk asks for a token when it is its time, and not before.
        let replays = self.can_replay(Instant::now());
        let retry = [retry, tend].into_iter().flatten().min();
        if self.ready.is_empty() && !replays {
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
            spool,
            ..
        } = self;
        let Some(auth) = auth.as_ref().filter(|auth| !auth.has_token()) else {
            return;
        };
        ready.retain_mut(|request| {
            let in_time = request.deadline() > now;
            if !in_time {
                // Why there is no token was said when that was learned.
                pending.remove(request.submitted(), request.spans(), request.bytes());
                settled.drop(auth.drop_reason(), request.spans());
                if let Some(spool) = spool {
                    spool.settle(request.take_receipt());
                }
            }
            in_time
        });
    }

    fn launch(&mut self, now: Instant) {
        while self.hold.is_none() && self.has_way_for_next(now) {
            let token = match &mut self.auth {
                None => None,
                Some(auth) => match auth.token(now) {
                    Some(token) => Some(token),
                    None => return,
                },
            };
            // What waits on disk is older than what waits in memory.
            let most = self.limits.batch;
            let replayed = self.spool.as_mut().and_then(|spool| spool.next(most, now));
            let Some(mut request) = replayed.or_else(|| self.ready.pop_front()) else {
                return;
            };
            if request.begin_attempt(now) {
                self.settled.retries += 1;
            }
            if request.is_replayed() {
                self.pending.add(request.submitted(), 0, request.bytes());
            }
            let (token, outcome) = (token.map(Token::number), self.transport.send(&request, token));
            self.attempts += 1;
            let number = self.attempts;
            self.attempted.insert(number, request);
            self.under_way.push(Box::pin(async move {
                Attempt {
                    number,
                    token,
                    outcome: outcome.await,
                }
            }));
        }
    }

    fn has_way_for_next(&self, now: Instant) -> bool {
        let next = match self.ready.front() {
            Some(request) => request.bytes(),
            None if self.can_replay(now) => 0,
            None => return false,
        };
        let under_way: usize = self.attempted.values().map(EncodedRequest::bytes).sum();
        let fits = self.under_way.is_empty() || under_way + next <= BYTES_AT_ONCE;
        fits && self.under_way.len() < AT_ONCE
    }

    fn remember(&mut self, request: &EncodedRequest) {
        let (submitted, spans, bytes) = weight(request);
        self.pending.add(submitted, spans, bytes);
    }

    fn forget(&mut self, request: &EncodedRequest) {
        let (submitted, spans, bytes) = weight(request);
        self.pending.remove(submitted, spans, bytes);
    }
}

/// What a request counts for in memory. The spans of one that was read from the disk are counted there.
fn weight(request: &EncodedRequest) -> (Instant, usize, usize) {
    let spans = if request.is_replayed() { 0 } else { request.spans() };
    (request.submitted(), spans, request.bytes())
}
