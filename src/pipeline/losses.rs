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
    let advice = advice(reason);
    tracing::warn!(target: "agentops", spans, "spans were dropped: {advice}");
}

/// Why spans were not let in, and what to do about it.
pub(super) fn advice(reason: DropReason) -> &'static str {
    match reason {
        DropReason::QueueSpans => "too many wait to be sent; raise `with_max_queue_size` (AGENTOPS_MAX_QUEUE_SIZE)",
        DropReason::QueueBytes => "those that wait to be sent hold too many bytes; raise `with_max_queue_bytes`",
        _ => "they ended after the shutdown; end them before it",
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fmt,
        sync::{Arc, Mutex, Weak},
        time::Duration,
    };

    use tracing::{
        Event, Subscriber,
        field::{Field, Visit},
    };
    use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _};

    use super::*;

    /// Hears how many spans each warning tells of.
    #[derive(Clone, Default)]
    struct Ear(Arc<Mutex<Vec<u64>>>);

    impl<S: Subscriber> Layer<S> for Ear {
        fn on_event(&self, event: &Event<'_>, _cx: Context<'_, S>) {
            event.record(&mut self.clone());
        }
    }

    impl Visit for Ear {
        fn record_u64(&mut self, _: &Field, spans: u64) {
            self.0.lock().unwrap().push(spans);
        }

        fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
    }

    fn dropped(queue_spans: u64, queue_bytes: u64) -> Dropped {
        Dropped {
            queue_spans,
            queue_bytes,
            ..Dropped::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn losses_are_told_at_once_then_once_a_minute_then_at_the_end() {
        let ear = Ear::default();
        let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(ear.clone()));
        let told = || std::mem::take(&mut *ear.0.lock().unwrap());
        let (mut losses, mut trouble) = (Losses::default(), Trouble::new(Weak::new()));

        assert!(!losses.tell(&dropped(0, 0), &mut trouble));
        assert_eq!(losses.due(&dropped(0, 0), &trouble), None);
        assert!(losses.tell(&dropped(1, 0), &mut trouble));
        let first = Instant::now();
        assert_eq!(told(), [1]);

        tokio::time::advance(Duration::from_secs(59)).await;
        assert!(
            losses.tell(&dropped(500, 2), &mut trouble),
            "another reason has a minute of its own"
        );
        assert_eq!(told(), [2]);
        assert_eq!(
            losses.due(&dropped(500, 2), &trouble),
            Some(first + Duration::from_secs(60))
        );

        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(losses.tell(&dropped(501, 2), &mut trouble));
        assert_eq!(told(), [500]);

        losses.tell_all(&dropped(600, 2), &trouble);
        assert_eq!(told(), [99]);
        losses.tell_all(&dropped(600, 2), &trouble);
        assert_eq!(told(), [0_u64; 0]);
    }
}
