//! The open call of a model that a point in the program is inside of.

use std::sync::Arc;

use tracing::Span;
use tracing_subscriber::{Registry, registry::LookupSpan};

use super::Recording;
use crate::{hierarchy::Recorded, kind::EntityKind, layer::extensions, semconv::gen_ai};

impl Recording {
    /// The call of a model that this thread is inside of, with the name of its operation: the nearest recorded span, if it
    /// is one.
    pub(crate) fn enclosing_call() -> Option<(Self, Option<String>)> {
        let current = Span::current();
        let (id, recorder, operation) = current.with_subscriber(|(id, dispatch)| {
            let registry = dispatch.downcast_ref::<Registry>()?;
            registry.span(id)?.scope().find_map(|span| {
                let known = extensions(&span)?;
                let slot = known.get::<Recorded>()?.first()?;
                Some(slot.record().and_then(|record| {
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

    /// The span, or one below it.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }
}
