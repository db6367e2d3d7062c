//! A span's extensions are behind a lock that other layers hold, too. A host's `Debug` that panics under it leaves it
//! poisoned, and the registry then panics for whoever asks for it: while that first panic unwinds, which leaves the
//! span, a second one would end the process.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use tracing_subscriber::registry::{Extensions, ExtensionsMut, LookupSpan, SpanRef};

/// What layers know about a span; `None` where the lock is poisoned.
pub(crate) fn extensions<'s, 'a, R: LookupSpan<'a>>(span: &'s SpanRef<'a, R>) -> Option<Extensions<'s>> {
    unpoisoned(|| span.extensions())
}

/// As [`extensions`], to be changed.
pub(crate) fn extensions_mut<'s, 'a, R: LookupSpan<'a>>(span: &'s SpanRef<'a, R>) -> Option<ExtensionsMut<'s>> {
    unpoisoned(|| span.extensions_mut())
}

/// What `locks` gives, unless a lock that it needs is poisoned.
pub(super) fn unpoisoned<T>(locks: impl FnOnce() -> T) -> Option<T> {
    let before = TRYING.try_with(|trying| trying.replace(true));
    let locked = catch_unwind(AssertUnwindSafe(locks));
    TRYING
        .try_with(|trying| trying.set(before.unwrap_or_default()))
        .unwrap_or_default();
    locked.ok()
}

thread_local! {
    static TRYING: Cell<bool> = const { Cell::new(false) };
}

/// A panic of this thread is caught here and tells nothing new.
pub(super) fn is_trying() -> bool {
    TRYING.try_with(Cell::get).unwrap_or_default()
}
