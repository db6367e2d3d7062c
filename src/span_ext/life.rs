//! What happens to a span beyond what is said of it: it is left before its end, a session ends.

use tracing::Span;

use super::recorded::{recorder, with_slots};
use crate::{
    config::EndState,
    kind::EntityKind,
    record::{Origin, Say, SpanRecord},
    semconv::agentops::{self, field},
};

/// The future or stream of this span was dropped before it was done: a session ends as Indeterminate, anything else did
/// not end well.
pub(crate) fn cancelled(span: &Span) {
    let Some(recorder) = recorder(span) else { return };
    let cap = recorder.value_cap;
    with_slots(span, |slot| {
        slot.change(|record, _| {
            record.fields.set(agentops::CANCELLED, Say::Bool(true), cap);
            if is_session(record) {
                end(record, &EndState::Indeterminate, cap);
            } else if record.failure.is_none() && record.fields.get(field::OTEL_STATUS_CODE).is_none() {
                for (key, text) in [
                    (field::OTEL_STATUS_CODE, "ERROR"),
                    (field::OTEL_STATUS_DESCRIPTION, "cancelled"),
                ] {
                    record.fields.set(key, Say::Text(text, Origin::Str), cap);
                }
            }
        });
    });
}

fn is_session(record: &SpanRecord) -> bool {
    record.kind.is_some_and(|(kind, _)| kind == EntityKind::Session)
}

/// A session ends so, unless the program said how.
pub(super) fn end(record: &mut SpanRecord, state: &EndState, cap: usize) {
    if is_session(record) && record.fields.get(field::END_STATE).is_none() {
        let state = Say::Text(state.as_str(), Origin::Str);
        record.fields.set(field::END_STATE, state, cap);
    }
}
