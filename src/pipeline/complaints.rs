//! [`Complaints`]: what a callsite writes and AgentOps does not take, said once for each callsite.
//!
//! The pipeline thread says it when it maps the span. Where the span is recorded nothing may be said: its extensions
//! are locked there, and an event from inside of a layer gets lost under a scoped subscriber.

use std::collections::HashSet;

use super::trouble::Trouble;
use crate::{
    hierarchy::{TracedSpan, unquoted},
    kind::EntityKind,
    policy::tags,
    record::{Callsite, CallsiteId, SpanRecord, ValueRef},
    semconv::agentops::{self, field},
};

/// What a callsite writes and AgentOps does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Matter {
    Kind,
    Tag,
}

/// What was said, and of which callsites.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    said: HashSet<(CallsiteId, Matter)>,
}

impl Complaints {
    /// Whoever has more callsites than this that are wrong has heard enough.
    const MOST: usize = 1024;
    /// Characters of a value that are shown.
    const SHOWN: usize = 64;

    /// Says what is wrong with a span, unless its callsite was complained about before.
    pub(super) fn about(&mut self, span: &TracedSpan, trouble: &Trouble) {
        let record = &span.record;
        if let Some((EntityKind::Unknown, _)) = record.kind {
            self.about_kind(record, trouble);
        }
        let is_session = matches!(record.kind, Some((EntityKind::Session, _)));
        let own = record
            .fields
            .iter()
            .filter_map(|(key, _)| key.strip_prefix(field::TAG_PREFIX));
        let mut refused: Vec<&str> = own.filter(|key| is_refused(key)).collect();
        let facts = is_session.then(|| span.lineage.trace.facts());
        let told = facts.iter().flat_map(|facts| &facts.dict_tags);
        refused.extend(told.map(|(key, _)| key.as_str()).filter(|key| is_refused(key)));
        if !refused.is_empty() {
            self.about_tags(&record.callsite, &refused, trouble);
        }
    }

    fn about_kind(&mut self, record: &SpanRecord, trouble: &Trouble) {
        let fields = &record.fields;
        let key = [field::KIND, agentops::SPAN_KIND]
            .into_iter()
            .find(|key| fields.get(key).is_some())
            .unwrap_or(field::KIND);
        let said = match fields.get(key) {
            Some(ValueRef::Text { text, .. }) => unquoted(text).chars().take(Self::SHOWN).collect(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        if let Err(unknown) = said.parse::<EntityKind>()
            && self.is_new(&record.callsite, Matter::Kind)
        {
            let (name, place) = (record.callsite.name(), &record.callsite);
            trouble.with_subscriber(|| {
                tracing::warn!(
                    target: "agentops",
                    "{key} is {said:?} on the span {name:?} ({place}): {unknown}; it is sent as `unknown`"
                );
            });
        }
    }

    fn about_tags(&mut self, callsite: &Callsite, refused: &[&str], trouble: &Trouble) {
        if !self.is_new(callsite, Matter::Tag) {
            return;
        }
        let (name, place) = (callsite.name(), callsite);
        let mut keys: Vec<String> = refused
            .iter()
            .take(8)
            .map(|key| key.chars().take(Self::SHOWN).collect())
            .collect();
        keys.dedup();
        trouble.with_subscriber(|| {
            tracing::warn!(
                target: "agentops",
                "tags were left out of the span {name:?} ({place}): {keys:?}; AgentOps writes attributes of these names \
                 itself, or they have an empty part: choose other keys"
            );
        });
    }

    fn is_new(&mut self, callsite: &Callsite, matter: Matter) -> bool {
        self.said.len() < Self::MOST && self.said.insert((callsite.id(), matter))
    }
}

fn is_refused(key: &str) -> bool {
    key.is_empty() || tags::is_refused(key)
}
