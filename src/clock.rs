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
        set_back: SetBack,
    },
}

/// Somebody sets the wall clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SetBack {
    /// After so many readings.
    pub(crate) after: u64,
    pub(crate) by: Duration,
}

#[cfg(any(test, feature = "testing"))]
impl SetBack {
    /// Nobody does.
    pub(crate) const NEVER: Self = Self {
        after: u64::MAX,
        by: Duration::ZERO,
    };
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
                    // In 64 bits all the way: this is read where every span begins.
                    unix_nanos: (since.as_secs().saturating_mul(1_000_000_000))
                        .saturating_add(since.subsec_nanos().into()),
                    at: Instant::now(),
                }
            }
            Self::Stepping {
                base,
                step,
                readings,
                set_back,
            } => {
                let reading = readings.fetch_add(1, Ordering::Relaxed);
                let at = stepped(base.at, *step, reading);
                let earlier = if reading >= set_back.after {
                    set_back.by
                } else {
                    Duration::ZERO
                };
                let earlier = u64::try_from(earlier.as_nanos()).unwrap_or(u64::MAX);
                Start {
                    unix_nanos: base.unix_nanos_at(at).saturating_sub(earlier),
                    at,
                }
            }
        }
    }

    /// Now on the system's wall clock, which is what others tell times in.
    pub(crate) fn wall() -> SystemTime {
        Self::System.start().wall()
    }

    /// Now, to measure from a [`Start`].
    pub(crate) fn now(&self) -> Instant {
        match self {
            Self::System => Instant::now(),
            Self::Stepping {
                base, step, readings, ..
            } => stepped(base.at, *step, readings.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

fn stepped(base: Instant, step: Duration, reading: u64) -> Instant {
    base + step * u32::try_from(reading).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000_000_000;
    const SECOND: u64 = 1_000_000_000;

    /// A clock that says `wall` as it begins, and goes on by a second at each reading.
    fn clock(wall: u64, set_back: SetBack) -> Clock {
        Clock::Stepping {
            base: Start {
                unix_nanos: wall,
                at: Instant::now(),
            },
            step: Duration::from_secs(1),
            readings: AtomicU64::new(0),
            set_back,
        }
    }

    #[test]
    fn nothing_ends_before_it_began_when_the_wall_clock_is_set_back_an_hour() {
        let hour = Duration::from_nanos(HOUR);
        let clock = clock(1_767_225_600 * SECOND, SetBack { after: 1, by: hour });
        let (outer, inner) = (clock.start(), clock.start());
        let (inner_end, outer_end) = (clock.now(), clock.now());
        assert_eq!(inner.unix_nanos, outer.unix_nanos + SECOND - HOUR);
        assert_eq!(inner.unix_nanos_at(inner_end), inner.unix_nanos + SECOND);
        assert_eq!(outer.unix_nanos_at(outer_end), outer.unix_nanos + 3 * SECOND);
    }

    #[test]
    fn what_is_said_to_end_before_it_began_ends_when_it_began() {
        let clock = clock(SECOND, SetBack::NEVER);
        let earlier = clock.now();
        let start = clock.start();
        assert_eq!(start.unix_nanos_at(earlier), start.unix_nanos);
    }

    #[test]
    fn times_beyond_what_the_wire_holds_stay_at_its_end() {
        let clock = clock(u64::MAX - 1, SetBack::NEVER);
        let start = clock.start();
        assert_eq!(start.unix_nanos_at(clock.now()), u64::MAX);
    }
}
