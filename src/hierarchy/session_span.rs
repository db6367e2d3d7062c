//! What the span of a session says of itself, its whole trace is told.

use super::{Lineage, unquoted};
use crate::{
    kind::EntityKind,
    policy::{limits::ARRAY_ITEMS, tags},
    record::{SpanRecord, ValueRef},
    semconv::agentops,
};

impl Lineage {
    /// Tells the trace what `record`, the span that stands here, says as its session. A session that a late word made
    /// of another span has no trace of its own, and hands nothing down. Dict tags stand on the session's span alone.
    pub(crate) fn hand_down(&self, record: &SpanRecord) {
        let is_session = matches!(record.kind, Some((EntityKind::Session, _)));
        if !is_session || !self.is_root() {
            return;
        }
        let said = |key| record.fields.get(key).map(text).filter(|text| !text.trim().is_empty());
        let (user_id, session_id) = (said(agentops::USER_ID), said(agentops::SESSION_ID));
        let tags = said(agentops::field::TAGS).map(|text| tags::parse_list(&text, ARRAY_ITEMS));
        if user_id.is_none() && session_id.is_none() && tags.is_none() {
            return;
        }
        self.trace.tell(|facts| {
            if let Some(user_id) = user_id {
                facts.user_id = Some(user_id);
            }
            if let Some(session_id) = session_id {
                facts.session_id = Some(session_id);
            }
            if let Some(tags) = tags {
                facts.span_tags = tags;
            }
        });
    }
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Text { text, .. } => unquoted(text).to_owned(),
        other => other.to_string(),
    }
}
