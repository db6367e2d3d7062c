//! [`Recording`]: a span that is being recorded, kept open by whoever has more to say about it.

use std::sync::Arc;

use tracing::{Span, span::Id};
use tracing_subscriber::{Registry, registry::LookupSpan};

use super::recorded::recorder;
use crate::{
    hierarchy::{Recorded, Recorder},
    kind::EntityKind,
    layer::{extensions, extensions_mut},
    record::SpanRecord,
    semconv::gen_ai,
};

/// A span that is being recorded. It stays open as long as this lives.
#[derive(Debug)]
pub(crate) struct Recording {
    /// The span, or one below it, which keeps it open.
    span: Span,
    /// Where it is not `span` itself.
    above: Option<Id>,
    recorder: Arc<Recorder>,
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

    /// The call of a model that this thread is inside of, with the name of its operation: the nearest recorded span, if it
    /// is one.
    pub(crate) fn enclosing_call() -> Option<(Self, Option<String>)> {
        let current = Span::current();
        let (id, recorder, operation) = current.with_subscriber(|(id, dispatch)| {
            let registry = dispatch.downcast_ref::<Registry>()?;
            registry.span(id)?.scope().find_map(|span| {
                let known = extensions(&span)?;
                let slot = known.get::<Recorded>()?.first()?;
                Some(slot.record.as_ref().and_then(|record| {
                    let is_call = record.kind.is_some_and(|(kind, _)| kind == EntityKind::Llm);
                    let operation = record.fields.get_text(gen_ai::OPERATION_NAME).map(str::to_owned);
                    is_call.then(|| (span.id(), Arc::clone(&slot.recorder), operation))
                }))
            })?
        })??;
        let recording = Self {
            above: (current.id().as_ref() != Some(&id)).then_some(id),
            span: current,
            recorder,
        };
        Some((recording, operation))
    }

    pub(crate) fn recorder(&self) -> &Arc<Recorder> {
        &self.recorder
    }

    /// The span, or one below it.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Changes its open record. `change` must not run the host's code.
    pub(crate) fn change(&self, mut change: impl FnMut(&mut SpanRecord)) {
        self.span.with_subscriber(|(id, dispatch)| {
            let registry = dispatch.downcast_ref::<Registry>()?;
            let span = registry.span(self.above.as_ref().unwrap_or(id))?;
            let mut extensions = extensions_mut(&span)?;
            let recorded = extensions.get_mut::<Recorded>()?;
            recorded.slots_mut().for_each(|slot| slot.change(&mut change));
            Some(())
        });
    }
}
