//! [`Losses`]: spans that the queue did not take, said with the setting to raise.

use tokio::time::Instant;

use super::{
    stats::Dropped,
    trouble::{Kind, Trouble},
};
use crate::export::DropReason;

/// How many of the spans that the queue did not take were told of.
#[derive(Debug, Default)]
pub(super) struct Losses {
    told: [u64; 3],
}

impl Losses {
    /// Tells of what is new, at most once a minute for each reason; true where there was something to tell.
    pub(super) fn tell(&mut self, dropped: &Dropped, trouble: &mut Trouble) -> bool {
        let now = Instant::now();
        let mut any = false;
        for (told, (reason, total)) in self.told.iter_mut().zip(totals(dropped)) {
            if total > *told && trouble.due(Kind::Lost(reason)).is_none_or(|due| due <= now) {
                trouble.say(Kind::Lost(reason), || warn(reason, total - *told));
                *told = total;
                any = true;
            }
        }
        any
    }

    /// Tells of what is left: nobody will later.
    pub(super) fn tell_all(&mut self, dropped: &Dropped, trouble: &Trouble) {
        for (told, (reason, total)) in self.told.iter_mut().zip(totals(dropped)) {
            if total > *told {
                trouble.with_subscriber(|| warn(reason, total - *told));
                *told = total;
            }
        }
    }

    /// When there will be something to tell though nothing else happens.
    pub(super) fn due(&self, dropped: &Dropped, trouble: &Trouble) -> Option<Instant> {
        let untold = self
            .told
            .iter()
            .zip(totals(dropped))
            .filter(|(told, (_, total))| total > *told);
        untold
            .map(|(_, (reason, _))| trouble.due(Kind::Lost(reason)).unwrap_or_else(Instant::now))
            .min()
    }
}

fn totals(dropped: &Dropped) -> [(DropReason, u64); 3] {
    [
        (DropReason::QueueSpans, dropped.queue_spans),
        (DropReason::QueueBytes, dropped.queue_bytes),
        (DropReason::AfterShutdown, dropped.after_shutdown),
    ]
}

fn warn(reason: DropReason, spans: u64) {
    match reason {
        DropReason::QueueSpans => tracing::warn!(
            target: "agentops",
            spans,
            "spans were dropped: too many wait to be sent; raise `with_max_queue_size` (AGENTOPS_MAX_QUEUE_SIZE)"
        ),
        DropReason::QueueBytes => tracing::warn!(
            target: "agentops",
            spans,
            "spans were dropped: those that wait to be sent hold too many bytes; raise `with_max_queue_bytes`"
        ),
        _ => tracing::warn!(
            target: "agentops",
            spans,
            "spans were dropped: they ended after the shutdown; end them before it"
        ),
    }
}
