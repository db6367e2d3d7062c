//! [`Ledger`]: all that was settled, so that a test can check that nothing was lost silently.

use std::{collections::HashMap, time::Duration};

use crate::export::{Delivery, DropReason, Settled};

#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) exported: u64,
    pub(super) dropped: HashMap<DropReason, u64>,
    pub(super) retries: u64,
    pub(super) troubles: Vec<String>,
}

impl Ledger {
    pub(super) fn add(&mut self, settled: Settled) {
        self.exported += settled.exported;
        self.retries += settled.retries;
        self.troubles.extend(settled.trouble);
        for (reason, spans) in settled.dropped {
            *self.dropped.entry(reason).or_default() += spans;
        }
    }

    pub(super) fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped.get(&reason).copied().unwrap_or(0)
    }

    /// Every span that was submitted is somewhere, once.
    #[track_caller]
    pub(super) fn balances(&self, submitted: u64, delivery: &Delivery) {
        let pending = u64::try_from(delivery.pending_spans()).unwrap();
        let dropped: u64 = self.dropped.values().sum();
        assert_eq!(
            submitted,
            self.exported + dropped + pending,
            "{self:?}, {pending} pending"
        );
        if pending == 0 {
            assert_eq!(delivery.pending_bytes(), 0, "no span is left, but some bytes");
        }
    }

    /// Goes on until everything is settled.
    pub(super) async fn settle(&mut self, delivery: &mut Delivery) {
        while !delivery.is_idle() {
            self.add(delivery.progress().await);
        }
    }

    /// Goes on for so long.
    pub(super) async fn run_for(&mut self, delivery: &mut Delivery, time: Duration) {
        let end = tokio::time::Instant::now() + time;
        while let Ok(settled) = tokio::time::timeout_at(end, delivery.progress()).await {
            self.add(settled);
        }
    }
}

/// Submits a batch and waits until all of it is settled.
pub(super) async fn deliver(delivery: &mut Delivery, batch: Vec<opentelemetry_sdk::trace::SpanData>) -> Ledger {
    let (mut ledger, submitted) = (Ledger::default(), u64::try_from(batch.len()).unwrap());
    delivery.submit(batch);
    ledger.settle(delivery).await;
    ledger.balances(submitted, delivery);
    ledger
}
