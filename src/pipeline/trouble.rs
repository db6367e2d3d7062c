//! What goes wrong is said through `tracing`, target `agentops`, at most once a minute for each kind.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Weak,
    time::Duration,
};

use tokio::time::Instant;
use tracing::{Dispatch, dispatcher};

use crate::{export::DropReason, hierarchy::Recorder};

/// Kinds of trouble, each with a clock of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Delivery,
    Spool,
    Lost(DropReason),
    Shed,
    Redactor,
}

/// Says what goes wrong, in the subscriber that our layer is part of.
pub(super) struct Trouble {
    recorder: Weak<Recorder>,
    said: Vec<(Kind, Instant)>,
}

impl Trouble {
    const EVERY: Duration = Duration::from_secs(60);

    pub(super) fn new(recorder: Weak<Recorder>) -> Self {
        Self {
            recorder,
            said: Vec::new(),
        }
    }

    /// When this kind may be said again; `None` where it was not said yet.
    pub(super) fn due(&self, kind: Kind) -> Option<Instant> {
        let said = self.said.iter().find(|(have, _)| *have == kind)?;
        Some(said.1 + Self::EVERY)
    }

    /// Runs `say` unless this kind was said within the last minute.
    pub(super) fn say(&mut self, kind: Kind, say: impl FnOnce()) {
        let now = Instant::now();
        match self.said.iter_mut().find(|(have, _)| *have == kind) {
            Some((_, at)) if now.duration_since(*at) < Self::EVERY => return,
            Some((_, at)) => *at = now,
            None => self.said.push((kind, now)),
        }
        self.with_subscriber(say);
    }

    /// Runs `say` with the subscriber that our layer is part of as the default: the pipeline thread itself is in no
    /// scope of it.
    pub(super) fn with_subscriber(&self, say: impl FnOnce()) {
        match self.recorder.upgrade().and_then(|recorder| recorder.dispatch()) {
            Some(dispatch) => within(&dispatch, say),
            None => say(),
        }
    }
}

fn within(dispatch: &Dispatch, say: impl FnOnce()) {
    // The subscriber is the host's code: its panic must not end the pipeline.
    let said = catch_unwind(AssertUnwindSafe(|| dispatcher::with_default(dispatch, say)));
    said.unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_kind_of_trouble_is_said_at_most_once_a_minute() {
        let mut trouble = Trouble::new(Weak::new());
        let kinds = [Kind::Delivery, Kind::Shed, Kind::Lost(DropReason::Refused)];
        let mut said = [0; 3];
        for minute in 1..=3 {
            for (kind, said) in kinds.into_iter().zip(&mut said) {
                for _ in 0..100 {
                    trouble.say(kind, || *said += 1);
                }
            }
            assert_eq!(said, [minute; 3], "the other kinds have minutes of their own");
            tokio::time::advance(Trouble::EVERY).await;
        }
    }
}
