//! Who waits for a flush or for the end, and when each is answered.

use tokio::time::Instant;

use super::Worker;
use crate::{
    error::{ExportError, ExportErrorKind},
    export::DropReason,
    pipeline::{Dropped, Reply, losses::advice},
};

/// Somebody waits for a flush.
pub(super) struct Waiter {
    pub(super) deadline: Instant,
    pub(super) reply: Reply<()>,
    /// Everything that had ended when the wait began is among the first so many items of the queue.
    pub(super) until: u64,
    /// When all of that was handed to the delivery; `None` until then.
    pub(super) submitted: Option<Instant>,
    /// What was lost before, and was told of.
    pub(super) told: Lost,
    pub(super) ends: bool,
}

/// Spans that this process lost: those that were not let in, by reason, and those that were lost later.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lost {
    queue_spans: u64,
    queue_bytes: u64,
    later: u64,
}

impl Worker {
    pub(super) fn wait(&mut self, deadline: Instant, reply: Reply<()>, ends: bool) {
        self.waiters.push(Waiter {
            deadline,
            reply,
            until: self.taken + self.gauge.waiting() as u64,
            submitted: None,
            told: self.told,
            ends,
        });
    }

    /// Somebody waits for what is still in the queue.
    pub(super) fn is_asked_to_drain(&self) -> bool {
        let waits = |waiter: &Waiter| waiter.ends || waiter.submitted.is_none();
        self.waiters.iter().any(waits)
    }

    /// Gives the delivery what somebody waits for, once it is out of the queue. Those who asked for a flush wait for
    /// that, and for nothing later.
    pub(super) fn hand_over_what_is_waited_for(&mut self) {
        let taken = self.taken;
        let is_out = |waiter: &Waiter| waiter.submitted.is_none() && waiter.until <= taken;
        let ends = self.gauge.waiting() == 0 && self.waiters.iter().any(|waiter| waiter.ends);
        if !ends && !self.waiters.iter().any(is_out) {
            return;
        }
        self.door.release_all();
        self.take_released();
        if ends {
            self.sample_out_undecided();
        }
        self.submit();
        let now = Instant::now();
        for waiter in self.waiters.iter_mut().filter(|waiter| is_out(waiter)) {
            waiter.submitted = Some(now);
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
        let ending = over.iter().filter(|(waiter, _)| waiter.ends);
        let ends = ending.map(|(waiter, _)| waiter.deadline).max();
        let mut pending = self.held.0.saturating_sub(self.undecided.spans()) + self.gauge.waiting();
        if over.iter().any(|(_, is_done)| *is_done) {
            self.told = self.lost_so_far();
        }
        if let Some(deadline) = ends {
            let (_, waited, _) = self.delivery.spooled();
            self.end(deadline).await;
            // What went to disk instead is not lost.
            let (_, waits, _) = self.delivery.spooled();
            pending = pending.saturating_sub(usize::try_from(waits.saturating_sub(waited)).unwrap_or(usize::MAX));
        }
        for (waiter, is_done) in over {
            let result = self.result(&waiter, is_done, pending);
            (waiter.reply)(result);
        }
        ends.is_some()
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

    fn result(&self, waiter: &Waiter, is_done: bool, pending: usize) -> Result<(), ExportError> {
        let (_, spans, _) = self.delivery.spooled();
        if !is_done && pending == 0 && spans > 0 {
            return Err(ExportError::new(ExportErrorKind::Spooled { spans }));
        }
        if !is_done {
            return Err(ExportError::new(ExportErrorKind::TimedOut { pending }));
        }
        if let Some((spans, reason)) = self.lost_since(&waiter.told) {
            return Err(ExportError::new(ExportErrorKind::Lost { spans, reason }));
        }
        Ok(())
    }

    fn lost_so_far(&self) -> Lost {
        let Dropped {
            queue_spans,
            queue_bytes,
            ..
        } = self.stats.snapshot().dropped;
        Lost {
            queue_spans,
            queue_bytes,
            later: self.lost,
        }
    }

    /// How many spans were lost that nobody was told of, and why. What ends after the shutdown is nobody's to wait for.
    fn lost_since(&self, told: &Lost) -> Option<(u64, String)> {
        let now = &self.told;
        let later = now.later - told.later;
        let at_the_door = [
            (DropReason::QueueSpans, now.queue_spans - told.queue_spans),
            (DropReason::QueueBytes, now.queue_bytes - told.queue_bytes),
        ];
        let all = later + at_the_door.iter().map(|(_, spans)| spans).sum::<u64>();
        let full = at_the_door.iter().filter(|(_, spans)| *spans > 0);
        let mut reasons: Vec<&str> = full.map(|(reason, _)| advice(*reason)).collect();
        if later > 0 {
            reasons.extend(self.loss.as_deref());
        }
        (all > 0).then(|| (all, reasons.join("; ")))
    }
}
