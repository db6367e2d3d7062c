//! [`Clock`]: the one place that reads time.
//!
//! A span's start is read from the wall clock; everything after it is the start plus monotonic time, so that
//! a wall clock that is set back never makes a span end before it began.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime},
};

/// The beginning of something: wall time for the wire, monotonic time to measure from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    /// Nanoseconds since the Unix epoch.
    pub(crate) unix_nanos: u64,
    /// The same moment, monotonic.
    pub(crate) at: Instant,
}

impl Start {
    /// The moment on the wall clock.
    pub(crate) fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(self.unix_nanos)
    }

    /// Wall time in nanoseconds of a later moment.
    pub(crate) fn unix_nanos_at(&self, moment: Instant) -> u64 {
        let elapsed = moment.saturating_duration_since(self.at).as_nanos();
        self.unix_nanos
            .saturating_add(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }
}

/// Where time comes from.
#[derive(Debug)]
pub(crate) enum Clock {
    /// The system's clocks.
    System,
    /// A clock that stands still and advances by one step at each reading.
    #[cfg_attr(
        not(any(test, feature = "testing")),
        allow(dead_code, reason = "made by `testing` only")
    )]
    Stepping {
        base: Start,
        step: Duration,
        readings: AtomicU64,
    },
}

impl Clock {
    /// Now, as the start of something.
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads time")]
    pub(crate) fn start(&self) -> Start {
        match self {
            Self::System => {
                let since = SystemTime::now()
                    .duration_since(SystemTime::UNIX_EPOCH)
                    .unwrap_or_default();
                Start {
                    unix_nanos: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
                    at: Instant::now(),
                }
            }
            Self::Stepping { base, .. } => {
                let at = self.now();
                Start {
                    unix_nanos: base.unix_nanos_at(at),
                    at,
                }
            }
        }
    }

    /// Now, to measure from a [`Start`].
    pub(crate) fn now(&self) -> Instant {
        match self {
            Self::System => Instant::now(),
            Self::Stepping { base, step, readings } => {
                let reading = readings.fetch_add(1, Ordering::Relaxed);
                base.at + *step * u32::try_from(reading).unwrap_or(u32::MAX)
            }
        }
    }
}
