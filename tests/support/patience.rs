//! Waiting that has an end, whatever goes wrong.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Much longer than anything takes on a busy machine; what does not hang never waits for it.
const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until `is_so`. `what` says what there is instead, should it never come.
#[track_caller]
pub(crate) fn wait_until(what: impl Fn() -> String, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < DEADLINE, "waited in vain: {}", what());
        thread::sleep(Duration::from_millis(2));
    }
}

/// Tells threads to stop where it is dropped: also where an assertion fails, after which a scope would wait for them for
/// ever.
#[derive(Debug)]
pub(crate) struct Stop<'a>(pub(crate) &'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
