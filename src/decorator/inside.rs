//! [`Inside`]: the span of a function that is running.

use tracing::{
    Level, Span,
    level_filters::{LevelFilter, STATIC_MAX_LEVEL},
    span::EnteredSpan,
};

use super::{Notebook, Notes};

/// Somebody may look at spans of this level. Where nobody does, an expansion calls the function's body and no more: this is
/// what decides it, before there is a span.
#[inline]
pub fn is_heard(level: Level) -> bool {
    level <= STATIC_MAX_LEVEL
        && (level <= LevelFilter::current() || tracing::if_log_enabled!(level, { true } else { false }))
}

/// A span that its thread is inside of, until this is dropped.
#[derive(Debug)]
pub struct Inside {
    span: EnteredSpan,
    notebook: Notebook,
}

impl Inside {
    /// Enters a span, whose notebook is at hand.
    #[inline]
    pub fn enter(span: Span, notebook: Notebook) -> Self {
        Self {
            span: span.entered(),
            notebook,
        }
    }

    /// Notes about the span, if it is recorded.
    #[inline]
    pub fn notes(&self) -> Option<Notes<'_>> {
        self.notebook.notes(&self.span)
    }
}
