//! [`Replay`]: when the next request is sent from the disk. One at a time, so that they arrive in order.

use std::{
    collections::BTreeSet,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::Instant;

use super::{Receipt, shelf::EntryId};
use crate::export::retry;

/// A request that failed so often, each time after others were delivered, is given up: it is the request.
pub(super) const MOST_STRIKES: u8 = 5;

/// Sends from the disk.
#[derive(Debug, Default)]
pub(super) struct Replay {
    /// What is under way lives as long as its receipt does.
    under_way: Weak<Receipt>,
    /// In a row.
    failures: u32,
    due: Option<Instant>,
    /// Something was delivered since the last failure.
    delivered: bool,
}

impl Replay {
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.strong_count() > 0
    }

    /// Nothing speaks against another attempt, as far as is known.
    pub(super) fn is_hopeful(&self) -> bool {
        self.failures == 0
    }

    /// When there may be another attempt; `None` is at once.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn start(&mut self, receipt: &Arc<Receipt>) {
        self.under_way = Arc::downgrade(receipt);
    }

    /// What is under way.
    pub(super) fn entries(&self) -> Vec<EntryId> {
        self.under_way
            .upgrade()
            .map(|receipt| receipt.entries.clone())
            .unwrap_or_default()
    }

    /// The segments that what is under way stands in.
    pub(super) fn segments(&self) -> BTreeSet<u64> {
        self.entries().iter().map(|id| id.segment).collect()
    }

    /// The destination takes requests.
    pub(super) fn delivered(&mut self) {
        (self.failures, self.due, self.delivered) = (0, None, true);
    }

    /// The destination does not take requests now.
    pub(super) fn failed(&mut self, now: Instant, after: Option<Duration>) {
        // Many requests that fail together are one failure.
        if after.is_none() && self.due.is_some_and(|due| now < due) {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        let wait = after
            .unwrap_or_else(|| retry::backoff(self.failures))
            .min(retry::DEADLINE);
        self.due = Some(now + wait);
    }

    /// A request from the disk failed; true where it did although others were delivered meanwhile.
    pub(super) fn strikes(&mut self) -> bool {
        std::mem::take(&mut self.delivered)
    }
}
