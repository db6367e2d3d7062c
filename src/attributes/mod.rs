//! Mapping: what was said about a span becomes what the wire shows. Pure; cannot fail.
//!
//! The order of [`map`] is the order of the attributes: what every span has, what its kind adds, the fields for which
//! there is no rule, tags. Then policy: price, content, redaction, limits. A new spelling is a row of `alias`; a new
//! kind of attribute is a file here and a line in [`map`].

mod agent;
mod alias;
mod class;
pub(crate) mod classify;
mod event;
pub(crate) mod exchange;
mod functions;
mod http;
mod indexed;
mod io;
mod keys;
mod llm;
mod meaning;
mod media;
mod messages;
mod moment;
mod name;
mod numbered;
mod parts;
mod provider;
mod rendered;
mod said;
mod session;
mod status;
mod tool;
mod usage;
mod value;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::{meaning::Meaning, said::Said, status::Outcome};
use crate::{
    config::Semconv,
    hierarchy::{Lineage, TraceFacts},
    kind::EntityKind,
    policy::{self, Policy},
    record::{KindSource, SpanRecord},
    semconv::{
        agentops, gen_ai,
        wire::{AttributeSet, OtelKind, WireSpan, WireStatus},
    },
};

/// A closed span with everything that decides how it is mapped.
struct View<'a> {
    record: &'a SpanRecord,
    lineage: &'a Lineage,
    policy: &'a Policy,
    kind: EntityKind,
    said: Said<'a>,
    facts: Arc<TraceFacts>,
}

impl<'a> View<'a> {
    fn of(record: &'a SpanRecord, lineage: &'a Lineage, policy: &'a Policy) -> Self {
        let kind = settle(record);
        Self {
            record,
            lineage,
            policy,
            kind,
            said: Said::read(record, kind),
            facts: lineage.trace.facts(),
        }
    }

    /// The program marked the span with `agentops.kind`; else a library's span was recognised.
    fn is_marked(&self) -> bool {
        is_marked(self.record)
    }
}

fn is_marked(record: &SpanRecord) -> bool {
    matches!(record.kind, Some((_, KindSource::AgentOps)))
}

/// Maps one closed span: translates it, then holds back, masks and cuts what policy says.
pub(crate) fn map(record: &SpanRecord, lineage: &Lineage, policy: &Policy) -> WireSpan {
    let mut span = translate(record, lineage, policy);
    policy.prices.apply(&mut span, record.start.wall());
    policy::content::apply(&mut span, policy.content);
    policy::redact::apply(&mut span, &*policy.redactor);
    policy::limits::apply(&mut span, &policy.limits);
    span
}

/// A closed span will stand on the wire as an error.
pub(crate) fn is_error(record: &SpanRecord, lineage: &Lineage, policy: &Policy) -> bool {
    matches!(
        Outcome::of(&View::of(record, lineage, policy)).status,
        WireStatus::Error(_)
    )
}

/// The whole of what was said, as the wire would show it.
fn translate(record: &SpanRecord, lineage: &Lineage, policy: &Policy) -> WireSpan {
    let view = View::of(record, lineage, policy);
    let kind = view.kind;
    let outcome = Outcome::of(&view);
    let operation = name::operation(record, kind, &view.said);

    let mut attributes = AttributeSet::default();
    base(&mut attributes, &view, &operation);
    agent::put(&mut attributes, &view, &operation);
    if kind == EntityKind::Llm {
        llm::put(&mut attributes, &view);
    } else {
        let contents = io::Contents::of(&view);
        io::put(&mut attributes, &view, &contents);
        tool::put(&mut attributes, &view, &operation, &contents, &outcome);
        io::put_cost(&mut attributes, &view);
    }
    http::put(&mut attributes, &view);
    status::put(&mut attributes, &view, &outcome);
    session::put(&mut attributes, &view, &outcome);
    keys::put_rest(&mut attributes, &view);
    session::put_tags(&mut attributes, &view);
    let dropped = keys::untangle(&mut attributes);
    WireSpan {
        name: name::exported(&view, &operation),
        kind,
        otel_kind: otel_kind(&view),
        events: event::all(&view),
        status: outcome.status,
        attributes,
        dropped_attributes: record.fields.dropped().saturating_add(dropped),
        dropped_events: record.dropped_events,
    }
}

/// The kind of a closed span: as it was settled, else a call of a model where one is named, else an operation.
fn settle(record: &SpanRecord) -> EntityKind {
    if let Some((kind, _)) = record.kind {
        return kind;
    }
    let names_a_model = record.fields.iter().any(|(key, _)| {
        matches!(
            alias::meaning(key, EntityKind::Llm, false),
            Some((Meaning::Provider | Meaning::RequestModel | Meaning::ResponseModel, _))
        )
    });
    if names_a_model {
        EntityKind::Llm
    } else {
        EntityKind::Operation
    }
}

/// What every span carries.
fn base(attributes: &mut AttributeSet, view: &View<'_>, operation: &str) {
    attributes.set(agentops::SPAN_KIND, view.kind.as_str());
    attributes.set(agentops::OPERATION_NAME, operation);
    if let Some(version) = view.said.get(Meaning::Version) {
        attributes.set(agentops::OPERATION_VERSION, value::wire(version));
    }
    if view.kind == EntityKind::Session || view.lineage.is_root() {
        attributes.set(agentops::INSTRUMENTATION_NAME, agentops::SDK_NAME);
        attributes.set(agentops::INSTRUMENTATION_VERSION, env!("CARGO_PKG_VERSION"));
    }
    for (key, meaning, fact) in [
        (agentops::USER_ID, Meaning::UserId, &view.facts.user_id),
        (agentops::SESSION_ID, Meaning::SessionId, &view.facts.session_id),
    ] {
        let own = view.said.text(meaning);
        if let Some(id) = own.as_deref().or(fact.as_deref()) {
            attributes.set(key, id);
        }
    }
    if let Some(id) = view.said.text(Meaning::ConversationId) {
        // Where nothing else says which session it is, a library's conversation does.
        if attributes.get(agentops::SESSION_ID).is_none() {
            attributes.set(agentops::SESSION_ID, &*id);
        }
        if view.kind == EntityKind::Llm || view.policy.semconv != Semconv::AgentOps {
            attributes.set(gen_ai::CONVERSATION_ID, &*id);
        } else {
            attributes.set("conversation.id", &*id);
        }
    }
}

/// OpenTelemetry's kind: `otel.kind` wins.
fn otel_kind(view: &View<'_>) -> OtelKind {
    let told = view.said.text(Meaning::OtelKind);
    match told.as_deref().map(|kind| kind.trim().to_ascii_lowercase()).as_deref() {
        Some("internal") => OtelKind::Internal,
        Some("client") => OtelKind::Client,
        Some("server") => OtelKind::Server,
        Some("producer") => OtelKind::Producer,
        Some("consumer") => OtelKind::Consumer,
        _ if view.kind == EntityKind::Llm => OtelKind::Client,
        _ => OtelKind::Internal,
    }
}
