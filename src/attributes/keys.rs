//! Keys: the fields for which there is no rule, and names that the server can nest.
//!
//! The server makes objects of dotted keys and lists of numbered ones. A key that is a value and an object at once
//! loses data on both sides, and a list that does not begin with its first item is lost from there on.

use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

use super::{View, class::class_of, http, value};
use crate::{
    config::Semconv,
    kind::EntityKind,
    record::{Origin, ValueRef},
    semconv::{
        agentops, gen_ai,
        wire::{AttributeSet, Class, WireValue},
    },
};

/// Names by which the dashboard takes a span for something: no argument has one.
const PAINTED: &[&str] = &["agent", "tool", "gen_ai"];

/// What the conventions define as a list of strings. Fields of `tracing` have no lists, so libraries write JSON.
const STRING_LISTS: &[&str] = &["gen_ai.request.stop_sequences", "gen_ai.request.encoding_formats"];

/// Passes on what has no meaning of its own: dotted fields under their names, then arguments that are worth a search.
pub(super) fn put_rest(attributes: &mut AttributeSet, view: &View<'_>) {
    let mut rest: Vec<_> = view
        .said
        .rest
        .iter()
        .filter(|(key, _)| !http::is_withheld(key))
        .filter_map(|(key, value)| Some((exported(key, view)?, *value)))
        .collect();
    if rest.iter().any(|(key, _)| key.split('.').any(is_index)) {
        rest.sort_by(|(a, _), (b, _)| by_place(a, b));
    }
    for (key, value) in rest {
        if attributes.get(&key).is_none() {
            let class = class_of(&key);
            let mut attribute = value::attribute(key.into_owned(), value, class);
            if STRING_LISTS.contains(&&*attribute.key)
                && let WireValue::Str(text) = &attribute.value
                && let Ok(list) = serde_json::from_str(text)
            {
                attribute.value = WireValue::StrArray(list);
            }
            attributes.put(attribute);
        }
    }
    for (name, value) in &view.said.arguments {
        // A call of a model has no input of arguments that could hold the others.
        let is_searchable = view.kind == EntityKind::Llm || is_primitive(*value);
        if is_searchable && !PAINTED.contains(name) && is_free(attributes, name) {
            attributes.put(value::attribute((*name).to_owned(), *value, Class::Message));
        }
    }
}

/// The name under which a field without a rule leaves, if it does. Outside calls of a model the dashboard takes every
/// `gen_ai` key for one, so these lose their prefix there unless the GenAI conventions were asked for.
fn exported<'a>(key: &'a str, view: &View<'_>) -> Option<Cow<'a, str>> {
    let kind = view.kind;
    let Some(name) = key.strip_prefix(gen_ai::PREFIX) else {
        let is_message = ["llm.input_messages.", "llm.output_messages."]
            .iter()
            .any(|list| key.starts_with(list));
        // Written with the messages.
        return (kind != EntityKind::Llm || !is_message).then_some(Cow::Borrowed(key));
    };
    let (group, rest) = name.split_once('.').unwrap_or((name, ""));
    let is_list = matches!(group, "prompt" | "completion") && rest.split('.').next().is_some_and(is_index);
    match group {
        // Below these, the server expects places in a list and nothing else.
        "prompt" | "completion" if !is_list => return Some(Cow::Owned(format!("agentops.{name}"))),
        // Written with the messages.
        "prompt" | "completion" if kind == EntityKind::Llm => return None,
        "usage" if kind == EntityKind::Agent => {
            return Some(Cow::Owned(format!("{}{rest}", agentops::AGENT_USAGE_PREFIX)));
        }
        _ => {}
    }
    if kind == EntityKind::Llm || view.policy.semconv != Semconv::AgentOps {
        return Some(Cow::Borrowed(key));
    }
    match group {
        "agent" if kind != EntityKind::Agent => None,
        "tool" if kind != EntityKind::Tool => None,
        _ => Some(Cow::Borrowed(name)),
    }
}

/// A value that is recorded as itself rather than through `Debug`.
fn is_primitive(value: ValueRef<'_>) -> bool {
    !matches!(
        value,
        ValueRef::Text {
            origin: Origin::Debug | Origin::Json | Origin::Bytes | Origin::List,
            ..
        }
    )
}

/// No attribute has this name or one below it.
fn is_free(attributes: &AttributeSet, name: &str) -> bool {
    attributes.iter().all(|have| {
        have.key
            .strip_prefix(name)
            .is_none_or(|rest| !rest.is_empty() && !rest.starts_with('.'))
    })
}

/// Orders keys so that a list's items follow each other from the first on.
pub(super) fn by_place(a: &str, b: &str) -> Ordering {
    /// Places before names, and places as numbers: of two, the one with more digits is later.
    fn rank(segment: &str) -> (bool, usize, &str, &str) {
        if is_index(segment) {
            let digits = segment.trim_start_matches('0');
            (false, digits.len(), digits, segment)
        } else {
            (true, 0, segment, segment)
        }
    }
    a.split('.').map(rank).cmp(b.split('.').map(rank))
}

/// Renames what is below a key that has a value, or has the name of an object. The later of the two gives way: ours
/// come first, then the program's. Returns how many attributes found no name.
pub(super) fn untangle(attributes: &mut AttributeSet) -> u32 {
    const ROUNDS: usize = 3;
    let mut dropped = 0_u32;
    for round in 1..=ROUNDS {
        let renamed = tangled(attributes);
        if renamed.is_empty() {
            break;
        }
        let mut taken: HashSet<String> = attributes.iter().map(|have| have.key.clone().into_owned()).collect();
        let before = attributes.0.len();
        let mut place = 0;
        attributes.0.retain_mut(|attribute| {
            let name = renamed.get(&place);
            place += 1;
            let Some(name) = name else { return true };
            let is_free = round < ROUNDS && taken.insert(name.clone());
            attribute.key = name.clone().into();
            is_free
        });
        let gone = before - attributes.0.len();
        dropped = dropped.saturating_add(u32::try_from(gone).unwrap_or(u32::MAX));
    }
    dropped
}

/// Another name for each attribute, by its place, that cannot keep its own.
fn tangled(attributes: &AttributeSet) -> HashMap<usize, String> {
    let places: HashMap<&str, usize> = attributes
        .iter()
        .enumerate()
        .map(|(at, have)| (&*have.key, at))
        .collect();
    let mut renamed = HashMap::new();
    for (at, attribute) in attributes.iter().enumerate() {
        for (dot, _) in attribute.key.match_indices('.') {
            let Some((above, below)) = attribute.key.split_at_checked(dot) else {
                continue;
            };
            let Some(&other) = places.get(above) else { continue };
            if other < at {
                renamed.insert(at, format!("{above}_{}", below.trim_start_matches('.')));
            } else {
                renamed.insert(other, format!("{above}_value"));
            }
        }
    }
    renamed
}

/// A segment of a key that is a place in a list.
pub(super) fn is_index(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}
