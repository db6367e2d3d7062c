//! [`Recording`]: a span that is being recorded, kept open by whoever has more to say about it.

use std::sync::Arc;

use tracing::{Span, span::Id};
use tracing_subscriber::{Registry, registry::LookupSpan};

use super::recorded::recorder;
use crate::{
    hierarchy::{Recorded, Recorder},
    layer::extensions_mut,
    record::SpanRecord,
};

/// A span that is being recorded. It stays open as long as this lives.
#[derive(Debug)]
pub(crate) struct Recording {
    /// The span, or one below it, which keeps it open.
    pub(super) span: Span,
    /// Where it is not `span` itself.
    pub(super) above: Option<Id>,
    pub(super) recorder: Arc<Recorder>,
}

impl Recording {
    /// `None` where nobody of ours records the span.
    pub(crate) fn of(span: Span) -> Option<Self> {
        let recorder = recorder(&span)?;
        Some(Self {
            span,
            above: None,
            recorder,
        })
    }

    pub(crate) fn recorder(&self) -> &Arc<Recorder> {
        &self.recorder
    }

    /// Changes its open record. `change` must not run the host's code.
    pub(crate) fn change(&self, mut change: impl FnMut(&mut SpanRecord)) {
        self.span.with_subscriber(|(id, dispatch)| {
            let registry = dispatch.downcast_ref::<Registry>()?;
            let span = registry.span(self.above.as_ref().unwrap_or(id))?;
            let mut extensions = extensions_mut(&span)?;
            let recorded = extensions.get_mut::<Recorded>()?;
            recorded
                .slots_mut()
                .for_each(|slot| slot.change(|record, _| change(record)));
            Some(())
        });
    }
}
