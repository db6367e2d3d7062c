//! A span's extensions are behind a lock that other layers hold, too. A host's `Debug` that panics under it leaves it
//! poisoned, and the registry then panics for whoever asks for it: while that first panic unwinds, which leaves the
//! span, a second one would end the process.

use std::panic::{AssertUnwindSafe, catch_unwind};

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
    catch_unwind(AssertUnwindSafe(locks)).ok()
}
