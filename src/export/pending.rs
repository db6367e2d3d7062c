//! [`Pending`]: how much is neither delivered nor dropped yet, and since when.

use std::collections::BTreeMap;

use tokio::time::Instant;

/// Spans and bytes that are still held.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    spans: usize,
    bytes: usize,
    /// Spans by the moment at which they were submitted: a flush waits for what was there when it was asked for, not
    /// for what a busy program adds meanwhile.
    since: BTreeMap<Instant, usize>,
}

impl Pending {
    pub(crate) fn add(&mut self, submitted: Instant, spans: usize, bytes: usize) {
        self.spans = self.spans.saturating_add(spans);
        self.bytes = self.bytes.saturating_add(bytes);
        if spans > 0 {
            *self.since.entry(submitted).or_default() += spans;
        }
    }

    pub(crate) fn remove(&mut self, submitted: Instant, spans: usize, bytes: usize) {
        self.spans = self.spans.saturating_sub(spans);
        self.bytes = self.bytes.saturating_sub(bytes);
        if let Some(held) = self.since.get_mut(&submitted) {
            *held = held.saturating_sub(spans);
            if *held == 0 {
                self.since.remove(&submitted);
            }
        }
    }

    /// What is held became smaller by so many bytes.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Holds nothing from now on; answers how many spans it was.
    pub(crate) fn clear(&mut self) -> usize {
        std::mem::take(self).spans
    }

    pub(crate) fn spans(&self) -> usize {
        self.spans
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Nothing is held that was submitted at `moment` or before.
    pub(crate) fn is_settled_up_to(&self, moment: Instant) -> bool {
        self.since.first_key_value().is_none_or(|(oldest, _)| *oldest > moment)
    }
}
