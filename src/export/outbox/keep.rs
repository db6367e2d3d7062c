//! Between memory and the spool.

use tokio::time::Instant;

use super::{Limits, Outbox, weight};
use crate::export::{request::EncodedRequest, spool::Opening};

impl Outbox {
    /// Writes a request to disk, to be sent with the next batch.
    pub(crate) fn gather(&mut self, mut request: EncodedRequest) {
        if let Some(spool) = &mut self.spool {
            spool.hold(&mut request);
        }
        self.remember(&request);
        self.gathered.push(request);
    }

    /// Sends what was gathered.
    pub(crate) fn send_gathered(&mut self) {
        let parts = std::mem::take(&mut self.gathered);
        for part in &parts {
            self.forget(part);
        }
        for request in EncodedRequest::join(parts) {
            self.push(request);
        }
    }

    /// Looks at the disk where that is due.
    pub(crate) fn tend(&mut self, now: Instant) {
        if let Some(spool) = &mut self.spool {
            spool.tend(now);
        }
    }

    /// Spans that were gathered.
    pub(crate) fn gathered_spans(&self) -> usize {
        self.gathered.iter().map(EncodedRequest::spans).sum()
    }

    /// Notes on disk which spans are open now, and which are no longer.
    pub(crate) fn note_open(&mut self, openings: &[Opening], closed: &[u64]) {
        if let Some(spool) = &mut self.spool {
            spool.close(closed);
            spool.open(openings);
        }
    }

    /// Writes everything to disk that is still in memory, where there is a spool: what is under way may have arrived.
    pub(super) fn keep_all(&mut self) {
        if self.spool.is_none() {
            return;
        }
        self.under_way.clear();
        let mut attempted: Vec<_> = std::mem::take(&mut self.attempted).into_iter().collect();
        attempted.sort_by_key(|(number, _)| *number);
        let attempted = attempted.into_iter().map(|(_, request)| request);
        let retried = std::mem::take(&mut self.retries).into_iter().map(|retry| retry.request);
        let ready = std::mem::take(&mut self.ready).into_iter();
        let gathered = std::mem::take(&mut self.gathered).into_iter();
        let all: Vec<_> = attempted.chain(retried).chain(ready).chain(gathered).collect();
        for request in all {
            // What the disk does not take stays in the count of what is pending, and is lost.
            drop(self.keep(request));
        }
    }

    /// Keeps a request on disk instead of in memory. Given back where that cannot be done.
    pub(super) fn keep(&mut self, request: EncodedRequest) -> Result<(), EncodedRequest> {
        let Some(spool) = &mut self.spool else {
            return Err(request);
        };
        let (submitted, spans, bytes) = weight(&request);
        spool.keep(request)?;
        self.pending.remove(submitted, spans, bytes);
        Ok(())
    }

    /// There is no token, and the last attempt to get one failed: nothing can be sent now.
    pub(super) fn keep_ready(&mut self, now: Instant) {
        let Some(spool) = self
            .spool
            .as_mut()
            .filter(|_| self.auth.as_ref().is_some_and(|auth| !auth.has_token()))
        else {
            return;
        };
        spool.failed(now, None);
        for request in std::mem::take(&mut self.ready) {
            if let Err(request) = self.keep(request) {
                self.ready.push_back(request);
            }
        }
    }

    /// Keeps on disk what memory has too little room for: a destination that does not answer holds up the rest for as
    /// long as a request may take.
    pub(super) fn relieve(&mut self) {
        let Limits { spans, bytes, .. } = self.limits;
        while self.spool.is_some()
            && (self.pending.spans() > spans / 2 || self.pending.bytes() > bytes / 2)
            && let Some(request) = self.ready.pop_front()
        {
            if let Err(request) = self.keep(request) {
                self.ready.push_front(request);
                return;
            }
        }
    }

    pub(super) fn can_replay(&self, now: Instant) -> bool {
        let spool = self.spool.as_ref();
        spool.is_some_and(|spool| spool.is_to_replay() && spool.may_replay(now))
    }
}
