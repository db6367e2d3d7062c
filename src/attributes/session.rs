//! Sessions: how they ended, where they ran, and the tags that they and their spans carry.

use std::sync::PoisonError;

use super::{View, class::class_of, meaning::Meaning, status::Outcome, value};
use crate::{
    config::EndState,
    hierarchy::TraceRoot,
    kind::EntityKind,
    policy,
    semconv::{
        agentops,
        wire::{AttributeSet, WireStatus},
    },
};

/// What only sessions carry.
pub(super) fn put(attributes: &mut AttributeSet, view: &View<'_>, outcome: &Outcome) {
    if view.kind != EntityKind::Session {
        return;
    }
    // A session that is a span which simply closed ended as its status says.
    let state = end_state(view).unwrap_or(match outcome.status {
        WireStatus::Error(_) => EndState::Fail,
        WireStatus::Ok | WireStatus::Unset => EndState::Success,
    });
    attributes.set(agentops::SESSION_END_STATE, state.as_str());
    for (key, value) in &view.facts.metadata {
        let name = format!("{}{key}", agentops::TRACE_METADATA_PREFIX);
        attributes.set_as(class_of(key), name, value.clone());
    }
    let host = view
        .policy
        .session_attributes
        .read()
        .unwrap_or_else(PoisonError::into_inner);
    for attribute in host.iter() {
        attributes.put(attribute.clone());
    }
}

/// How the session was said to end.
pub(super) fn end_state(view: &View<'_>) -> Option<EndState> {
    let text = view.said.text(Meaning::EndState)?;
    Some(EndState::from(text.trim()))
}

/// Tags. The list stands on the session, on the spans right below it (the dashboard's list reads the
/// earliest span that has arrived), on roots without a session, and wherever the program wrote one.
pub(super) fn put_tags(attributes: &mut AttributeSet, view: &View<'_>) {
    let is_session = view.kind == EntityKind::Session;
    let trace = &view.lineage.trace;
    let is_bare_root = trace.kind == TraceRoot::Bare && view.lineage.is_root();
    let below_session = view.lineage.is_child_of_session();

    let own = view
        .said
        .text(Meaning::Tags)
        .map(|own| policy::tags::parse_list(&own, usize::MAX))
        .unwrap_or_default();
    let of_handle = view
        .policy
        .tags
        .iter()
        .filter(|_| is_session || is_bare_root || below_session);
    let of_session = view.facts.tags.iter().filter(|_| is_session || below_session);
    let of_its_span = view.facts.span_tags.iter().filter(|_| below_session);
    let mut tags: Vec<String> = Vec::new();
    for tag in of_handle.chain(of_session).chain(of_its_span).chain(&own) {
        // More would be cut off, and each is compared with all before it.
        if tags.len() == policy::limits::ARRAY_ITEMS {
            break;
        }
        if !tag.is_empty() && !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    if !tags.is_empty() {
        attributes.set(agentops::TAGS, tags);
    }
    put_dict_tags(attributes, view, is_session, is_bare_root);
}

/// Dict tags: the span's own, then its session's, then the handle's; the first value of a key stands.
fn put_dict_tags(attributes: &mut AttributeSet, view: &View<'_>, is_session: bool, is_bare_root: bool) {
    for (key, tag) in view.said.tags.iter().filter(|(key, _)| is_good(key)) {
        if attributes.get(key).is_none() {
            attributes.set((*key).to_owned(), value::wire(*tag));
        }
    }
    let session = view.facts.dict_tags.iter().rev().filter(|_| is_session);
    let handle = view
        .policy
        .dict_tags
        .iter()
        .rev()
        .filter(|_| is_session || is_bare_root);
    for (key, tag) in session.chain(handle).filter(|(key, _)| is_good(key)) {
        if attributes.get(key).is_none() {
            attributes.set(key.clone(), tag.as_str());
        }
    }
}

fn is_good(key: &str) -> bool {
    !key.is_empty() && !policy::tags::is_refused(key)
}
