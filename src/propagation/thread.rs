//! What OpenTelemetry has for this thread, as long as the thread has it.
//!
//! A thread that ends destroys its locals, the last one made first, and a program's own may do anything while it goes:
//! open a span, for one. OpenTelemetry's context panics where it is gone, and a panic of a local that is being
//! destroyed ends the process.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// How far a thread is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing was read on it yet.
    New,
    Running,
    Ending,
}

/// Made right after OpenTelemetry's context, so it goes right before it.
struct Herald;

impl Drop for Herald {
    fn drop(&mut self) {
        // Has no destructor, so it is still there.
        PHASE.set(Phase::Ending);
    }
}

thread_local! {
    static PHASE: Cell<Phase> = const { Cell::new(Phase::New) };
    static HERALD: Herald = const { Herald };
}

/// What `read` finds in the current context of OpenTelemetry; `None` on a thread that no longer has one.
#[inline]
pub(crate) fn in_context<T>(read: impl FnOnce() -> T) -> Option<T> {
    match PHASE.get() {
        Phase::Running => Some(read()),
        Phase::Ending => None,
        Phase::New => first(read),
    }
}

/// The first time on a thread the context may be gone already, and nobody told us.
#[cold]
fn first<T>(read: impl FnOnce() -> T) -> Option<T> {
    let found = catch_unwind(AssertUnwindSafe(read)).ok();
    let has_herald = HERALD.try_with(|_| ()).is_ok();
    PHASE.set(if found.is_some() && has_herald {
        Phase::Running
    } else {
        Phase::Ending
    });
    found
}
