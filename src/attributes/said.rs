//! [`Said`]: the fields of a span, sorted by what they mean. One pass over them.

use std::borrow::Cow;

use super::{alias, classify, meaning::Meaning, value};
use crate::{
    kind::EntityKind,
    record::{KindSource, SpanRecord, ValueRef},
    semconv::agentops::field,
};

/// A field under one of its accepted spellings.
#[derive(Clone, Copy)]
struct Told<'a> {
    rank: u8,
    key: &'a str,
    value: ValueRef<'a>,
}

/// The fields of a span, sorted by what they mean.
pub(super) struct Said<'a> {
    known: [Option<Told<'a>>; Meaning::COUNT],
    /// `agentops.tag.<key>`, by `<key>`.
    pub(super) tags: Vec<(&'a str, ValueRef<'a>)>,
    /// Fields without a dot: a function's arguments.
    pub(super) arguments: Vec<(&'a str, ValueRef<'a>)>,
    /// All other fields, for which there is no rule.
    pub(super) rest: Vec<(&'a str, ValueRef<'a>)>,
}

impl<'a> Said<'a> {
    pub(super) fn read(record: &'a SpanRecord, kind: EntityKind) -> Self {
        let by_table = matches!(record.kind, Some((_, KindSource::Table)));
        let known_library =
            by_table || classify::by_library(record.callsite.name(), record.callsite.target()).is_some();
        let mut said = Self {
            known: [None; Meaning::COUNT],
            tags: Vec::new(),
            arguments: Vec::new(),
            rest: Vec::new(),
        };
        for (key, value) in record.fields.iter() {
            if let Some((meaning, rank)) = alias::meaning(key, kind, known_library) {
                said.tell(meaning, Told { rank, key, value });
            } else if let Some(tag) = key.strip_prefix(field::TAG_PREFIX) {
                said.tags.push((tag, value));
            } else if key.contains('.') {
                said.rest.push((key, value));
            } else if key != "self" {
                said.arguments.push((key, value));
            }
        }
        said
    }

    fn tell(&mut self, meaning: Meaning, told: Told<'a>) {
        let Some(slot) = self.known.get_mut(meaning as usize) else {
            return;
        };
        // A field that is there but empty says less than a worse spelling with a text.
        let is_empty = |told: &Told<'_>| matches!(told.value, ValueRef::Text { text: "", .. });
        match slot {
            Some(have) if (is_empty(have), have.rank) <= (is_empty(&told), told.rank) => {}
            _ => *slot = Some(told),
        }
    }

    pub(super) fn get(&self, meaning: Meaning) -> Option<ValueRef<'a>> {
        self.known.get(meaning as usize)?.map(|told| told.value)
    }

    /// The spelling under which `meaning` was said.
    pub(super) fn key(&self, meaning: Meaning) -> Option<&'a str> {
        self.known.get(meaning as usize)?.map(|told| told.key)
    }

    /// The first of these that was said.
    pub(super) fn first(&self, meanings: &[Meaning]) -> Option<ValueRef<'a>> {
        meanings.iter().find_map(|meaning| self.get(*meaning))
    }

    /// The text of `meaning`, if it says anything.
    pub(super) fn text(&self, meaning: Meaning) -> Option<Cow<'a, str>> {
        self.get(meaning)
            .map(value::text)
            .filter(|text| !text.trim().is_empty())
    }
}
