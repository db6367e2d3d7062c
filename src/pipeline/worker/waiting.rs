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
        let (over, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiters)
            .into_iter()
            .partition(|waiter| self.is_done(waiter) || waiter.deadline <= now);
        self.waiters = waiting;
        let ends = over.iter().any(|waiter| waiter.ends);
        let pending = self.held.0.saturating_sub(self.undecided.spans()) + self.gauge.waiting();
        let results: Vec<_> = over
            .into_iter()
            .map(|waiter| (self.result(&waiter, pending), waiter.reply))
            .collect();
        if ends {
            self.end().await;
        }
        for (result, reply) in results {
            reply(result);
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

    fn result(&self, waiter: &Waiter, pending: usize) -> Result<(), ExportError> {
        let lost = self.lost - waiter.lost_before;
        if !self.is_done(waiter) {
            return Err(ExportError::new(ExportErrorKind::TimedOut { pending }));
        }
        if lost > 0 {
            let reason = self.last_trouble.clone().unwrap_or_default();
            return Err(ExportError::new(ExportErrorKind::Lost { spans: lost, reason }));
        }
        Ok(())
    }
}
