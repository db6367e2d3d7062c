//! Events: the exception of a failed span, and what the program logged inside it.

use std::borrow::Cow;

use super::{View, value};
use crate::{
    record::{EventRecord, Failure, Fields},
    semconv::{
        agentops, gen_ai,
        wire::{AttributeSet, Class, WireEvent},
    },
};

/// The field in which `tracing` puts an event's text.
const MESSAGE: &str = "message";
/// What `tracing-log` adds to say where a record of `log` came from.
const LOG_PREFIX: &str = "log.";

/// All events of a span, in the order in which they happened.
pub(super) fn all(view: &View<'_>) -> Vec<WireEvent> {
    let mut events: Vec<_> = view.record.events.iter().map(wire).collect();
    events.extend(view.record.failure.as_deref().map(exception));
    events.sort_by_key(|event| event.at);
    events
}

/// An event's name: its message, else its callsite's.
pub(super) fn name(event: &EventRecord) -> Cow<'_, str> {
    message(&event.fields).unwrap_or(Cow::Borrowed(&event.name))
}

fn message(fields: &Fields) -> Option<Cow<'_, str>> {
    fields.get(MESSAGE).map(value::text).filter(|text| !text.is_empty())
}

fn wire(event: &EventRecord) -> WireEvent {
    let mut attributes = AttributeSet::default();
    for (key, value) in event.fields.iter() {
        if key != MESSAGE && !key.starts_with(LOG_PREFIX) {
            attributes.put(value::attribute(key.to_owned(), value, class_of(key)));
        }
    }
    if let Some(chain) = &event.error_chain {
        attributes.set_as(Class::Diagnostic, agentops::EXCEPTION_STACKTRACE, chain.as_str());
    }
    let (name, name_class) = match message(&event.fields) {
        Some(message) => (message.into_owned().into(), Class::Diagnostic),
        None => (event.name.clone(), Class::Plain),
    };
    WireEvent {
        name,
        name_class,
        at: event.at,
        attributes,
    }
}

/// An evaluation's name and score are no more content than a token count is.
fn class_of(key: &str) -> Class {
    match key {
        gen_ai::EVALUATION_NAME
        | gen_ai::EVALUATION_SCORE_VALUE
        | gen_ai::EVALUATION_SCORE_LABEL
        | gen_ai::RESPONSE_ID => Class::Plain,
        _ => Class::Diagnostic,
    }
}

/// The one `exception` event of a failure.
fn exception(failure: &Failure) -> WireEvent {
    let mut attributes = AttributeSet::default();
    if let Some(type_name) = &failure.type_name {
        attributes.set(agentops::EXCEPTION_TYPE, &**type_name);
    }
    attributes.set_as(Class::Diagnostic, agentops::EXCEPTION_MESSAGE, failure.message.as_str());
    if let Some(chain) = &failure.chain {
        attributes.set_as(Class::Diagnostic, agentops::EXCEPTION_STACKTRACE, chain.as_str());
    }
    WireEvent {
        name: agentops::EXCEPTION.into(),
        name_class: Class::Plain,
        at: failure.at,
        attributes,
    }
}
