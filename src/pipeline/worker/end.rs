//! The end of the pipeline: what is left is given up, and counted.

use std::time::Duration;

use tokio::time::Instant;

use super::Worker;
use crate::{
    config::EndState,
    export::DropReason,
    pipeline::{queue::Item, thread::closed},
};

impl Worker {
    /// The process ends: so does what is open, below what has ended already, and nothing more is let in.
    pub(super) fn end_all(&mut self, state: &EndState, deadline: Instant) {
        if self.door.is_open() {
            // What waits there for its root may belong to the auto-session. Only that: the queue closes below, after
            // the session's own end, and a busy program could fill it for ever.
            self.drain_what_waits(Some(deadline));
            self.door.release_all();
            self.take_released();
        }
        self.door.recorder().end_all(state);
        self.gauge.close();
    }

    /// Gives up what is left and ends; the program's exporter may take until `deadline` for its own end.
    pub(super) async fn end(&mut self, deadline: Instant) {
        if self.delivery.has_spool() {
            // There is no time to send it, and the disk has room.
            self.drain_what_waits(None);
            self.door.release_all();
            self.take_released();
        }
        self.submit();
        let left = self.delivery.abandon(DropReason::Shutdown);
        self.settle(left);
        self.delivery
            .shutdown(deadline.saturating_duration_since(Instant::now()))
            .await;
        self.sample_out_undecided();
        self.publish();
        self.discard_late().await;
        self.losses.tell_all(&self.stats.snapshot().dropped, &self.trouble);
        for waiter in std::mem::take(&mut self.waiters) {
            (waiter.reply)(closed());
        }
    }

    /// Counts spans of callers that were let in before the queue closed, and waits for those that are still about to
    /// hand theirs over: what came after the last look would be lost and not counted.
    async fn discard_late(&mut self) {
        const LONGEST: Duration = Duration::from_secs(1);
        let began = Instant::now();
        loop {
            while let Ok(item) = self.spans.try_recv() {
                self.gauge.taken();
                let bytes = match item {
                    Item::Recorded(span) => {
                        if span.lineage.trace.is_tentative() {
                            self.gauge.decided(1);
                            self.stats.record(1);
                        }
                        span.bytes
                    }
                    Item::Foreign(_, bytes) => bytes,
                    Item::Opened(span) => {
                        self.gauge.resize(span.bytes, 0);
                        continue;
                    }
                    Item::Note(_) | Item::Gone(_) => continue,
                };
                // Counted before it is let go: whoever sees that nothing waits finds it where it went.
                self.stats.drop_spans(DropReason::Shutdown, 1);
                self.gauge.release(1, bytes);
            }
            if self.gauge.spans() <= self.held.0 || began.elapsed() > LONGEST {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
