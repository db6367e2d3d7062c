//! [`FixedIds`] and [`FixedClock`]: what makes two runs send the same.

use std::{
    sync::atomic::AtomicU64,
    time::{Duration, Instant, SystemTime},
};

use crate::{
    clock::{Clock, SetBack, Start},
    hierarchy::IdSource,
};

/// Ids that count: 1, 2, 3, ..., the same in every run. Trace and span ids count together.
#[derive(Debug, Default)]
#[must_use = "give it to the builder"]
pub struct FixedIds(AtomicU64);

impl FixedIds {
    /// Ids that begin with 1.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn into_source(self) -> IdSource {
        IdSource::Counting(self.0)
    }
}

/// A clock that stands still and goes one step further at each reading, so that times, too, are the same in every run
/// of a program that reads it in the same order.
#[derive(Clone, Copy, Debug)]
#[must_use = "give it to the builder"]
pub struct FixedClock {
    unix_nanos: u64,
    step: Duration,
    set_back: SetBack,
}

impl FixedClock {
    /// Steps are no longer than this, so that no number of readings leaves the range of an [`Instant`].
    const LONGEST_STEP: Duration = Duration::from_secs(24 * 60 * 60);

    /// Begins on 1 January 2026 (UTC) and goes on by one millisecond.
    pub fn new() -> Self {
        Self {
            unix_nanos: 1_767_225_600_000_000_000,
            step: Duration::from_millis(1),
            set_back: SetBack::NEVER,
        }
    }

    /// Begins at `start` and goes on by `step`. A start before 1970 counts as 1970, a step above a day as a day.
    pub fn at(start: SystemTime, step: Duration) -> Self {
        let since = start.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self {
            unix_nanos: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
            step: step.min(Self::LONGEST_STEP),
            set_back: SetBack::NEVER,
        }
    }

    /// After so many readings the wall clock is `by` earlier, as if somebody had set it; what is measured goes on.
    pub fn with_wall_set_back(mut self, after: u64, by: Duration) -> Self {
        self.set_back = SetBack { after, by };
        self
    }

    pub(crate) fn into_clock(self) -> Clock {
        let base = Start {
            unix_nanos: self.unix_nanos,
            at: Instant::now(),
        };
        Clock::Stepping {
            base,
            step: self.step,
            readings: AtomicU64::new(0),
            set_back: self.set_back,
        }
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::new()
    }
}
