//! [`Health`]: a disk that fails or is slow is left alone for a while, so that it never holds up the pipeline for long.

use std::{io, path::Path, time::Duration};

use tokio::time::Instant;

/// A disk that took longer than this is slow.
const SLOW: Duration = Duration::from_secs(1);
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(60);

/// How the disk is.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// It is left alone until then.
    rests: Option<Instant>,
    failures: u32,
    /// What there is to say.
    trouble: Option<String>,
}

impl Health {
    pub(super) fn is_resting(&self, now: Instant) -> bool {
        self.rests.is_some_and(|until| now < until)
    }

    /// When it may be used again, where it may not be now.
    pub(super) fn rests_until(&self) -> Option<Instant> {
        self.rests
    }

    /// Judges what was done since `began`. A disk that took long rests ten times as long: it has at most a tenth of the
    /// pipeline's time.
    pub(super) fn judge<T>(&mut self, result: io::Result<T>, began: Instant, path: &Path) -> Option<T> {
        let now = Instant::now();
        let took = now.duration_since(began);
        if took > SLOW {
            self.rest(now, took.saturating_mul(10));
            self.trouble = Some(format!(
                "the disk of {} is slow: it took {took:.1?}; it is left alone for a while, and spans wait in memory",
                path.display()
            ));
        }
        match result {
            Ok(done) => {
                if took <= SLOW {
                    (self.rests, self.failures) = (None, 0);
                }
                Some(done)
            }
            Err(error) => {
                let doublings = self.failures.min(8);
                self.failures = self.failures.saturating_add(1);
                self.rest(now, FIRST_REST * (1 << doublings));
                self.trouble = Some(format!(
                    "{} cannot be used: {error}; spans wait in memory until it can: check that it is a directory which \
                     this process may write, and that the disk has room",
                    path.display()
                ));
                None
            }
        }
    }

    /// Files of another process could not be taken over. That says nothing about ours: nothing rests for it.
    pub(super) fn cannot_take_over(&mut self, error: &io::Error, path: &Path) {
        self.trouble.get_or_insert_with(|| {
            format!(
                "what another process left in {} cannot be taken over: {error}; it stays there: check whose files these are",
                path.display()
            )
        });
    }

    fn rest(&mut self, now: Instant, time: Duration) {
        self.rests = self.rests.max(Some(now + time.min(LONGEST_REST)));
    }

    pub(super) fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }
}
