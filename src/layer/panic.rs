//! What is known of a panic: with the hook its message and place, without it that there was one.

use std::{
    cell::{Cell, RefCell},
    panic::PanicHookInfo,
    sync::Once,
    time::Instant,
};

use super::lock;
use crate::record::Failure;

thread_local! {
    /// The last panic of this thread: message and place.
    static LAST: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
    /// There is one.
    static KNOWN: Cell<bool> = const { Cell::new(false) };
}

/// Installs the hook once a process; the hook that was there runs after it, so the host's output stays as it was.
pub(crate) fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !lock::is_trying() {
                remember(info);
                previous(info);
            }
        }));
    });
}

fn remember(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panicked with a payload that is not text".to_owned());
    let place = info.location().map(|at| format!("at {at}")).unwrap_or_default();
    // A panic while this thread's storage is going away tells nothing.
    LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Some((message, place));
            KNOWN.set(true);
        }
    })
    .unwrap_or_default();
}

/// This thread goes on in good health: its last panic was caught. A later one need not come through the hook
/// (`std::panic::resume_unwind` does not), and must not be taken for that one.
#[inline]
pub(super) fn forget() {
    if KNOWN.get() {
        KNOWN.set(false);
        let forgotten = LAST.try_with(|last| last.try_borrow_mut().map(|mut last| last.take()).ok().flatten());
        drop(forgotten);
    }
}

/// The panic that is unwinding this thread.
pub(crate) fn failure(at: Instant) -> Failure {
    let last = LAST
        .try_with(|last| last.try_borrow().ok().and_then(|last| last.clone()))
        .ok()
        .flatten();
    let (message, chain) = match last {
        Some((message, place)) => (message, Some(place)),
        None => ("the span was left by a panic".to_owned(), None),
    };
    Failure {
        at,
        type_name: Some("panic".into()),
        message,
        chain,
    }
}
