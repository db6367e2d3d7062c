//! [`AgentOpsLayer`]: what `tracing` tells becomes records. Wiring only; decisions are in `classify` and `hierarchy`.
//!
//! No lock of a span's extensions is held while the host's code runs (a `Debug` implementation) or while another
//! span's extensions are read: values are visited into a record of our own first.

mod classify;
mod fields;
mod filter;
pub(crate) mod panic;
mod placement;
pub(crate) mod suppress;

use std::{any::Any, sync::Arc};

use tracing::{
    Dispatch, Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

pub(crate) use fields::source_chain;

use crate::{
    config::Config,
    hierarchy::{AgentNode, Recorded, Recorder, Slot, SpanLink, TraceFacts, agent_name, employer, unquoted},
    kind::EntityKind,
    policy::tags,
    record::{EventRecord, Failure, Fields, SpanRecord},
    semconv::{
        agentops::{self, field},
        gen_ai,
    },
};

use fields::FieldVisitor;
use filter::AgentOpsFilter;

/// Turns spans into records.
pub(crate) struct AgentOpsLayer {
    recorder: Arc<Recorder>,
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
    AgentOpsLayer {
        recorder: Arc::clone(recorder),
        owner,
    }
    .with_filter(AgentOpsFilter::new(config))
}

impl<S> Layer<S> for AgentOpsLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.recorder.set_dispatch(dispatch);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        if !self.recorder.is_enabled() || suppress::is_suppressed() {
            return;
        }
        let Some(span) = cx.span(id) else { return };
        let callsite = attributes.metadata();
        let start = self.recorder.clock.start();
        let mut fields = Fields::with_capacity(attributes.values().len());
        attributes.record(&mut FieldVisitor::new(&mut fields, self.recorder.value_cap));
        let mut record = SpanRecord::new(callsite, start, fields);
        record.kind = classify::settle(callsite, &record.fields);

        let kind = record.kind.map(|(kind, _)| kind);
        let mut lineage = placement::place(&self.recorder, kind, attributes, &span);
        if let Some(agent) = employer(&record) {
            lineage.agent = Some(Arc::new(AgentNode::new(agent)));
        }
        if kind == Some(EntityKind::Session) {
            let told = told_of_session(&record.fields);
            lineage.trace.tell(|facts| *facts = told);
        }
        let agent = (kind == Some(EntityKind::Agent)).then(|| Arc::new(AgentNode::new(agent_name(&record))));
        let sampled = lineage.trace.sampled;
        let charged = if sampled { record.bytes() } else { 0 };
        if sampled {
            self.recorder.opened(charged);
        }
        let slot = Slot {
            recorder: Arc::clone(&self.recorder),
            lineage,
            agent,
            record: sampled.then(|| Box::new(record)),
            charged,
            observed: false.into(),
        };
        let mut extensions = span.extensions_mut();
        if let Some(recorded) = extensions.get_mut::<Recorded>() {
            recorded.add(slot);
        } else {
            let mut recorded = Recorded::default();
            recorded.add(slot);
            extensions.insert(recorded);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        let mut said = Fields::with_capacity(values.len());
        values.record(&mut FieldVisitor::new(&mut said, self.recorder.value_cap));
        if !said.is_empty() {
            self.change(&span, |record| {
                record.fields.merge(&said);
                let settled = classify::settle(record.callsite, &record.fields);
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
        let mut extensions = span.extensions_mut();
        let Some(slot) = extensions
            .get_mut::<Recorded>()
            .and_then(|all| all.slot_mut(self.recorder.instance))
        else {
            return;
        };
        if slot.lineage.links.len() < MAX_LINKS && !slot.lineage.links.contains(&link) {
            slot.lineage.links.push(link);
        }
        // A tool that runs on its own follows from the call that asked for it, and works for the same agent.
        if slot.lineage.agent.is_none() {
            slot.lineage.agent = agent;
        }
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
        let mut said = Fields::with_capacity(callsite.fields().len());
        let mut visitor = FieldVisitor::new(&mut said, self.recorder.value_cap);
        event.record(&mut visitor);
        let chain = visitor.error_chain.take();
        let at = self.recorder.clock.now();
        self.change(&span, |record| {
            if !outcome {
                let name = callsite.name().into();
                let mut event = EventRecord {
                    at,
                    name,
                    level: *callsite.level(),
                    fields: said,
                    error_chain: None,
                };
                event.error_chain = chain;
                record.add_event(event);
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
        // Only what was entered in good health can be left in a panic: guards of others run while unwinding, too.
        if std::thread::panicking()
            && let Some(span) = cx.span(id)
        {
            self.change(&span, |record| record.entered_in_panic = true);
        }
    }

    fn on_exit(&self, id: &Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        let panicking = std::thread::panicking();
        self.change(&span, |record| {
            record.entered = true;
            if panicking && !record.entered_in_panic {
                let at = record.last_active.unwrap_or(record.start.at);
                record.fail(panic::failure(at));
            }
            record.entered_in_panic = false;
        });
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(&id) else { return };
        let mut extensions = span.extensions_mut();
        let Some(slot) = extensions
            .get_mut::<Recorded>()
            .and_then(|all| all.slot_mut(self.recorder.instance))
        else {
            return;
        };
        if !slot.lineage.trace.sampled {
            drop(extensions);
            self.recorder.skipped();
            return;
        }
        let finished = slot.end();
        drop(extensions);
        if let Some(finished) = finished {
            finished.finish(false);
        }
    }
}

/// What a session that is a span hands down to the spans of its trace.
fn told_of_session(fields: &Fields) -> TraceFacts {
    let text = |key| fields.get_text(key).map(unquoted);
    TraceFacts {
        tags: text(field::TAGS).map(tags::parse_list).unwrap_or_default(),
        user_id: text(agentops::USER_ID).map(ToOwned::to_owned),
        session_id: text(agentops::SESSION_ID).map(ToOwned::to_owned),
        ..TraceFacts::default()
    }
}

/// Links beyond this are not kept.
const MAX_LINKS: usize = 128;

impl AgentOpsLayer {
    /// The handle that the layer belongs to.
    pub(crate) fn owner(&self) -> &Arc<dyn Any + Send + Sync> {
        &self.owner
    }

    /// Changes an open record. `change` must not run the host's code.
    fn change<'a, R: LookupSpan<'a>>(&self, span: &SpanRef<'a, R>, change: impl FnOnce(&mut SpanRecord)) {
        let mut extensions = span.extensions_mut();
        let Some(slot) = extensions
            .get_mut::<Recorded>()
            .and_then(|all| all.slot_mut(self.recorder.instance))
        else {
            return;
        };
        slot.change(change);
    }

    /// Where a followed span stands, and the agent that it works for.
    fn link_to<'a, R: LookupSpan<'a>>(&self, followed: &SpanRef<'a, R>) -> Option<(SpanLink, Option<Arc<AgentNode>>)> {
        let extensions = followed.extensions();
        let slot = extensions.get::<Recorded>()?.slot(self.recorder.instance)?;
        let link = SpanLink {
            trace_id: slot.lineage.trace.id,
            span_id: slot.lineage.span_id,
            remote: false,
        };
        let named = || {
            let name = slot.record.as_ref()?.fields.get_text(gen_ai::AGENT_NAME)?;
            Some(Arc::new(AgentNode::new(name)))
        };
        let agent = slot
            .agent
            .as_ref()
            .or(slot.lineage.agent.as_ref())
            .map(Arc::clone)
            .or_else(named);
        Some((link, agent))
    }
}
