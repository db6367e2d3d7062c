//! Threads whose spans and events are never recorded: our own pipeline thread, whose HTTP client may trace itself.

use std::cell::Cell;

use opentelemetry::Context;

use crate::propagation::in_context;

thread_local! {
    static SUPPRESSED: Cell<bool> = const { Cell::new(false) };
}

/// From here on, nothing that happens on this thread is recorded.
pub(crate) fn on_this_thread() {
    SUPPRESSED.set(true);
}

/// Ours, or a thread on which an OpenTelemetry exporter runs.
pub(super) fn is_suppressed() -> bool {
    SUPPRESSED.get() || in_context(Context::is_current_telemetry_suppressed).unwrap_or_default()
}
