//! Where a new span stands: below the nearest recorded ancestor, else below the session that has room for it.

use std::sync::{Arc, OnceLock};

use tracing::{dispatcher::WeakDispatch, span::Attributes};
use tracing_subscriber::{
    Registry,
    registry::{LookupSpan, SpanRef},
};

use super::lock::{extensions, unpoisoned};
use crate::{
    hierarchy::{Lineage, Parent, Recorded, Recorder, TraceRoot, adopt_implicitly, innermost_scope},
    kind::EntityKind,
};

/// Places a span that was just created.
pub(super) fn place<'a, R: LookupSpan<'a>>(
    recorder: &Arc<Recorder>,
    dispatch: &OnceLock<WeakDispatch>,
    kind: Option<EntityKind>,
    attributes: &Attributes<'_>,
    span: &SpanRef<'a, R>,
) -> Lineage {
    let parent = ancestor(recorder, attributes, span);
    if kind == Some(EntityKind::Session) {
        return recorder.root_lineage(TraceRoot::Explicit, parent.as_ref());
    }
    if let Some(parent) = parent {
        return recorder.child_lineage(parent);
    }
    if let Some(auto) = recorder.auto_session()
        && let Some(parent) = auto.adopt(recorder)
    {
        return recorder.child_lineage(parent);
    }
    match implicit(recorder, dispatch, span) {
        Some(parent) => recorder.child_lineage(parent),
        None => recorder.root_lineage(TraceRoot::Bare, None),
    }
}

/// The nearest recorded ancestor through any depth of unrelated spans, or the session whose own span is disabled.
fn ancestor<'a, R: LookupSpan<'a>>(
    recorder: &Recorder,
    attributes: &Attributes<'_>,
    span: &SpanRef<'a, R>,
) -> Option<Parent> {
    let scoped = innermost_scope(recorder.instance);
    // A parent that the program names is the parent, also where it lies above the session.
    let mut is_named = attributes.parent().is_some();
    let mut next = span.parent();
    while let Some(above) = next {
        // Everything from the recorded span that the session was entered below lies above the session.
        if !std::mem::take(&mut is_named)
            && let Some((Some(below), session)) = &scoped
            && above.id() == *below
        {
            return Some(session.clone());
        }
        let found = extensions(&above).and_then(|known| {
            let all = known.get::<Recorded>()?;
            Some(all.slot(recorder.instance)?.as_parent())
        });
        if found.is_some() {
            return found;
        }
        next = above.parent();
    }
    // An explicit parent that is not there any more says nothing about the session around.
    let contextual = attributes.parent().is_none();
    scoped.filter(|_| contextual).map(|(_, session)| session)
}

/// The session of the unrelated span at the root, seen past our own filter.
fn implicit<'a, R: LookupSpan<'a>>(
    recorder: &Arc<Recorder>,
    dispatch: &OnceLock<WeakDispatch>,
    span: &SpanRef<'a, R>,
) -> Option<Parent> {
    if !recorder.makes_implicit_sessions() {
        return None;
    }
    let dispatch = dispatch.get()?.upgrade()?;
    let registry = dispatch.downcast_ref::<Registry>()?;
    let outermost = registry.span(&span.id())?.scope().skip(1).last()?;
    unpoisoned(|| adopt_implicitly(recorder, &outermost))
}
