//! Who waits for a flush or for the end, and when each is answered.

use tokio::time::Instant;

use super::Worker;
use crate::error::{ExportError, ExportErrorKind};
use crate::pipeline::Reply;

/// Somebody waits for a flush.
pub(super) struct Waiter {
    pub(super) deadline: Instant,
    pub(super) reply: Reply<()>,
    /// When everything that had ended was handed to the delivery; `None` until then.
    pub(super) submitted: Option<Instant>,
    /// Spans that were lost before the flush began.
    pub(super) lost_before: u64,
    pub(super) ends: bool,
}

impl Worker {
    pub(super) fn wait(&mut self, deadline: Instant, reply: Reply<()>, ends: bool) {
        self.waiters.push(Waiter {
            deadline,
            reply,
            submitted: None,
            lost_before: self.lost,
            ends,
        });
    }

    /// Those who asked for a flush wait for what has been handed over until now, and for nothing later.
    pub(super) fn mark_submitted(&mut self) {
        let now = Instant::now();
        for waiter in &mut self.waiters {
            waiter.submitted.get_or_insert(now);
        }
    }

    /// Answers those whose wait is over; true when one of them ended the pipeline.
    pub(super) async fn answer(&mut self) -> bool {
        if self.waiters.is_empty() {
            return false;
        }
        let now = Instant::now();
        let (mut over, mut waiting) = (Vec::new(), Vec::new());
        for waiter in std::mem::take(&mut self.waiters) {
            let is_done = self.is_done(&waiter);
            if is_done || waiter.deadline <= now {
                over.push((waiter, is_done));
            } else {
                waiting.push(waiter);
            }
        }
        self.waiters = waiting;
        let ends = over.iter().any(|(waiter, _)| waiter.ends);
        let mut pending = self.held.0.saturating_sub(self.undecided.spans()) + self.gauge.waiting();
        let mut lost = self.lost;
        if ends {
            let (lost_before, (_, waited, _)) = (self.lost, self.delivery.spooled());
            self.end().await;
            // What went to disk instead is not lost.
            let (_, waits, _) = self.delivery.spooled();
            pending = pending.saturating_sub(usize::try_from(waits.saturating_sub(waited)).unwrap_or(usize::MAX));
            lost = lost_before;
        }
        for (waiter, is_done) in over {
            let result = self.result(&waiter, is_done, pending, lost);
            (waiter.reply)(result);
        }
        ends
    }

    /// What had ended when the wait began is settled; at the end, everything is.
    fn is_done(&self, waiter: &Waiter) -> bool {
        if waiter.ends {
            return self.batch.is_empty() && self.delivery.is_idle() && self.gauge.waiting() == 0;
        }
        waiter
            .submitted
            .is_some_and(|submitted| self.delivery.is_settled_up_to(submitted))
    }

    fn result(&self, waiter: &Waiter, is_done: bool, pending: usize, lost: u64) -> Result<(), ExportError> {
        let lost = lost - waiter.lost_before;
        let (_, spans, _) = self.delivery.spooled();
        if !is_done && pending == 0 && spans > 0 {
            return Err(ExportError::new(ExportErrorKind::Spooled { spans }));
        }
        if !is_done {
            return Err(ExportError::new(ExportErrorKind::TimedOut { pending }));
        }
        if lost > 0 {
            let reason = self.last_trouble.clone().unwrap_or_default();
            return Err(ExportError::new(ExportErrorKind::Lost { spans: lost, reason }));
        }
        Ok(())
    }
}
