//! [`Calendar`]: moments of this process as times that another one understands.

use tokio::time::Instant;

use crate::clock::{Clock, Start};

/// The wall clock, in microseconds since 1970.
pub(super) fn micros() -> u64 {
    Clock::System.start().unix_nanos / 1_000
}

/// Tells wall times that stand in the order of the moments that they are of, whenever they are asked for.
#[derive(Debug)]
pub(super) struct Calendar(Start);

impl Calendar {
    /// Monotonic time stands still while a machine sleeps, and the wall clock may be set: beyond this they are compared
    /// anew.
    const DRIFT_NANOS: u64 = 1_000_000_000;

    pub(super) fn new() -> Self {
        Self(Clock::System.start())
    }

    /// The wall time of a moment, in microseconds since 1970.
    pub(super) fn wall(&mut self, moment: Instant) -> u64 {
        let now = Clock::System.start();
        if now.unix_nanos.abs_diff(self.0.unix_nanos_at(now.at)) > Self::DRIFT_NANOS {
            self.0 = now;
        }
        self.0.unix_nanos_at(moment.into_std()) / 1_000
    }
}
