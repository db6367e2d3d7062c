//! [`AgentOpsLayer`]: what `tracing` tells becomes records. Wiring only; decisions are in `classify` and `hierarchy`.
//!
//! No lock of a span's extensions is held while the host's code runs (a `Debug` implementation) or while another
//! span's extensions are read: values are visited into a record of our own first.

mod fields;
mod filter;
pub(crate) mod heard;
mod lock;
mod open;
pub(crate) mod panic;
mod placement;
pub(crate) mod suppress;

use std::{
    any::Any,
    sync::{Arc, Weak, atomic::Ordering},
    time::Instant,
};

use tracing::{
    Dispatch, Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{ExtensionsMut, LookupSpan, SpanRef},
};

pub(crate) use fields::source_chain;
pub(crate) use lock::{extensions, extensions_mut};

use crate::{
    attributes::classify,
    config::Config,
    hierarchy::{AgentNode, InstanceId, Recorded, Recorder, Slot, SpanLink},
    record::{EventRecord, Failure, Fields, SpanRecord},
    semconv::gen_ai,
};

use fields::FieldVisitor;
use filter::AgentOpsFilter;
use open::OpenSpans;

/// Turns spans into records.
pub(crate) struct AgentOpsLayer {
    recorder: Arc<Recorder>,
    number: InstanceId,
    /// What is open, in the subscriber that this layer is part of.
    open: Arc<OpenSpans>,
    /// The handle, so that delivery goes on while a subscriber has the layer, and can be found from there.
    owner: Arc<dyn Any + Send + Sync>,
}

/// The layer behind its filter, ready to be added to a subscriber.
pub(crate) fn layer<S>(
    recorder: &Arc<Recorder>,
    owner: Arc<dyn Any + Send + Sync>,
    config: &Config,
) -> impl Layer<S> + Send + Sync + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    recorder.counts.layers.fetch_add(1, Ordering::Relaxed);
    let number = InstanceId::next();
    let open = Arc::new(OpenSpans::new(number));
    let holder: Weak<OpenSpans> = Arc::downgrade(&open);
    recorder.register_holder(holder);
    AgentOpsLayer {
        recorder: Arc::clone(recorder),
        number,
        open,
        owner,
    }
    .with_filter(AgentOpsFilter::new(config))
}

impl<S> Layer<S> for AgentOpsLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        // The first one stays: a layer belongs to one subscriber, a handle may have layers in several.
        let _first = self.open.dispatch.set(dispatch.downgrade());
        self.recorder.set_dispatch(dispatch);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        if !self.recorder.is_enabled() || suppress::is_suppressed() {
            return;
        }
        let Some(span) = cx.span(id) else { return };
        if self.is_recorded(&span) {
            return;
        }
        let callsite = attributes.metadata();
        let start = self.recorder.clock.start();
        let mut traced = self.recorder.pool.take(callsite, start);
        let record = &mut traced.record;
        attributes.record(&mut FieldVisitor::new(&mut record.fields, self.recorder.cap()));
        record.kind = classify::settle(&record.callsite, &record.fields);

        let kind = record.kind.map(|(kind, _)| kind);
        self.recorder.counts.through_layer.store(true, Ordering::Relaxed);
        traced.lineage = placement::place(&self.recorder, &self.open.dispatch, kind, attributes, &span);
        let mut slot = Slot::new(&self.recorder, self.number, traced);
        if slot.record().is_some() {
            slot.place = Some(self.open.add(id));
        }
        let Some(mut extensions) = extensions_mut(&span) else {
            return slot.close();
        };
        if let Some(recorded) = extensions.get_mut::<Recorded>() {
            recorded.add(slot);
        } else {
            extensions.insert(Recorded::from(slot));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        let mut said = Fields::default();
        values.record(&mut FieldVisitor::new(&mut said, self.recorder.cap()));
        if !said.is_empty() {
            self.change(&span, |record, _| {
                record.fields.merge(&said);
                let settled = classify::settle(&record.callsite, &record.fields);
                // A later word may only improve the kind; it never changes the tree.
                record.kind = match (record.kind, settled) {
                    (Some(have), Some(new)) if have.1 < new.1 => Some(have),
                    (have, new) => new.or(have),
                };
            });
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, cx: Context<'_, S>) {
        if id == follows {
            return;
        }
        let (Some(span), Some(followed)) = (cx.span(id), cx.span(follows)) else {
            return;
        };
        let Some((link, agent)) = self.link_to(&followed) else {
            return;
        };
        let Some(mut extensions) = extensions_mut(&span) else {
            return;
        };
        let Some(slot) = self.slot(&mut extensions) else {
            return;
        };
        slot.follow(link, agent);
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        if suppress::is_suppressed() {
            return;
        }
        let Some(span) = cx.event_span(event) else { return };
        let callsite = event.metadata();
        let outcome = classify::is_outcome_event(callsite);
        if outcome && !classify::is_outcome_of(callsite, span.metadata()) {
            return;
        }
        let mut said = self.recorder.pool.take_fields();
        let mut visitor = FieldVisitor::new(&mut said, self.recorder.cap());
        event.record(&mut visitor);
        let chain = visitor.error_chain.take();
        let has_room = self.recorder.has_room();
        self.change(&span, |record, at| {
            if !outcome {
                let event = EventRecord {
                    at,
                    name: callsite.name().into(),
                    level: *callsite.level(),
                    fields: said,
                    error_chain: chain,
                };
                record.add_event(event, has_room);
            } else if let Some(message) = said.get_text("error") {
                record.fail(Failure {
                    at,
                    type_name: None,
                    message: message.to_owned(),
                    chain,
                });
            } else {
                record.fields.merge(&said);
            }
        });
    }

    fn on_enter(&self, id: &Id, cx: Context<'_, S>) {
        if std::thread::panicking() {
            self.enter_in_panic(id, &cx);
        } else {
            panic::forget();
        }
    }

    fn on_exit(&self, id: &Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        if std::thread::panicking() {
            return self.exit_in_panic(&span);
        }
        panic::forget();
        if let Some(mut extensions) = extensions_mut(&span)
            && let Some(slot) = self.slot(&mut extensions)
        {
            slot.leave();
        }
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(&id) else { return };
        let Some(mut extensions) = extensions_mut(&span) else {
            // The record goes its way when the registry drops it.
            return self.open.forget(&id);
        };
        let Some(slot) = extensions.get_mut::<Recorded>().and_then(|all| all.take(self.number)) else {
            return;
        };
        // Nobody waits for this span while its record goes its way.
        drop(extensions);
        if let Some(place) = slot.place {
            self.open.remove(&id, place);
        }
        slot.close();
    }
}

impl AgentOpsLayer {
    /// The handle that the layer belongs to.
    pub(crate) fn owner(&self) -> &Arc<dyn Any + Send + Sync> {
        &self.owner
    }

    /// The handle has the span already, through another layer.
    fn is_recorded<'a, R: LookupSpan<'a>>(&self, span: &SpanRef<'a, R>) -> bool {
        if self.recorder.counts.layers.load(Ordering::Relaxed) < 2 {
            return false;
        }
        let extensions = extensions(span);
        let recorded = extensions.as_ref().and_then(|known| known.get::<Recorded>());
        recorded.is_some_and(|all| all.slot(self.recorder.instance).is_some())
    }

    /// Changes an open record. `change` must not run the host's code.
    fn change<'a, R: LookupSpan<'a>>(&self, span: &SpanRef<'a, R>, change: impl FnOnce(&mut SpanRecord, Instant)) {
        let Some(mut extensions) = extensions_mut(span) else {
            return;
        };
        if let Some(slot) = self.slot(&mut extensions) {
            slot.change(change);
        }
    }

    /// What this layer knows about a span.
    fn slot<'e>(&self, extensions: &'e mut ExtensionsMut<'_>) -> Option<&'e mut Slot> {
        extensions.get_mut::<Recorded>()?.slot_of_layer(self.number)
    }

    /// A span is entered while its thread unwinds.
    #[cold]
    fn enter_in_panic<S>(&self, id: &Id, cx: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        // Only what was entered in good health can be left in a panic: guards of others run while unwinding, too.
        if let Some(span) = cx.span(id) {
            self.change(&span, |record, _| record.entered_in_panic = true);
        }
    }

    /// A span is left while its thread unwinds.
    #[cold]
    fn exit_in_panic<'a, R: LookupSpan<'a>>(&self, span: &SpanRef<'a, R>) {
        self.change(span, |record, _| {
            record.entered = true;
            if !record.entered_in_panic {
                let at = record.last_active.unwrap_or(record.start.at);
                record.fail(panic::failure(at));
            }
            record.entered_in_panic = false;
        });
    }

    /// Where a followed span stands, and the agent that it works for.
    fn link_to<'a, R: LookupSpan<'a>>(&self, followed: &SpanRef<'a, R>) -> Option<(SpanLink, Option<Arc<AgentNode>>)> {
        let extensions = extensions(followed)?;
        let slot = extensions.get::<Recorded>()?.slot(self.recorder.instance)?;
        let link = SpanLink {
            trace_id: slot.lineage().trace.id,
            span_id: slot.lineage().span_id,
            remote: false,
        };
        let named = || {
            let name = slot.record()?.fields.get_text(gen_ai::AGENT_NAME)?;
            Some(Arc::new(AgentNode::new(name)))
        };
        Some((link, slot.agent().or_else(named)))
    }
}
