//! The bytes of a whole span: its largest values are cut first, to one length, so that the short ones stay whole.

use super::{SHORT, cut_bytes};
use crate::semconv::{
    agentops::EXCEPTION,
    wire::{Attribute, WireEvent, WireSpan, WireStatus, WireValue},
};

/// What a key, a value or an event costs on the wire beside its text.
const OVERHEAD: usize = 16;

/// Cuts `span` to `most` bytes of keys and values. Rather than cutting values below [`SHORT`], whole events and
/// attributes go, and are counted: events before attributes, the last ones first, an exception after all other events.
pub(super) fn apply(span: &mut WireSpan, most: usize) {
    if size(span, usize::MAX) <= most {
        return;
    }
    remove_until_short_values_fit(span, most);
    let fixed = size(span, 0);
    let mut texts = texts_mut(span);
    let lengths = texts.iter().map(|text| text.len()).collect();
    if let Some(level) = level(lengths, most.saturating_sub(fixed)) {
        for text in &mut texts {
            cut_bytes(text, level);
        }
    }
}

/// Bytes of the span, if no value had more than `longest`.
pub(in crate::policy) fn size(span: &WireSpan, longest: usize) -> usize {
    let status = match &span.status {
        WireStatus::Error(text) => text.len().min(longest),
        WireStatus::Unset | WireStatus::Ok => 0,
    };
    span.name.len()
        + status
        + span
            .attributes
            .iter()
            .map(|attribute| attribute_size(attribute, longest))
            .sum::<usize>()
        + span
            .events
            .iter()
            .map(|event| event_size(event, longest))
            .sum::<usize>()
}

fn event_size(event: &WireEvent, longest: usize) -> usize {
    OVERHEAD
        + event.name.len()
        + event
            .attributes
            .iter()
            .map(|attribute| attribute_size(attribute, longest))
            .sum::<usize>()
}

fn attribute_size(attribute: &Attribute, longest: usize) -> usize {
    let value = match &attribute.value {
        WireValue::Str(text) => text.len().min(longest),
        WireValue::StrArray(items) => items.iter().map(|item| OVERHEAD + item.len().min(longest)).sum(),
        WireValue::Bool(_) | WireValue::I64(_) | WireValue::F64(_) => 0,
    };
    OVERHEAD + attribute.key.len() + value
}

fn remove_until_short_values_fit(span: &mut WireSpan, most: usize) {
    let mut size = size(span, SHORT);
    while size > most
        && let Some(last) = span
            .events
            .iter()
            .rposition(|event| event.name != EXCEPTION)
            .or(span.events.len().checked_sub(1))
    {
        size -= event_size(&span.events.remove(last), SHORT);
        span.dropped_events = span.dropped_events.saturating_add(1);
    }
    while size > most
        && let Some(attribute) = span.attributes.0.pop()
    {
        size -= attribute_size(&attribute, SHORT);
        span.dropped_attributes = span.dropped_attributes.saturating_add(1);
    }
}

fn texts_mut(span: &mut WireSpan) -> Vec<&mut String> {
    let mut texts = Vec::new();
    if let WireStatus::Error(text) = &mut span.status {
        texts.push(text);
    }
    let of_events = span.events.iter_mut().flat_map(|event| &mut event.attributes.0);
    for attribute in span.attributes.0.iter_mut().chain(of_events) {
        match &mut attribute.value {
            WireValue::Str(text) => texts.push(text),
            WireValue::StrArray(items) => texts.extend(items),
            WireValue::Bool(_) | WireValue::I64(_) | WireValue::F64(_) => {}
        }
    }
    texts
}

/// The length to which the longest must be cut so that all together have at most `room` bytes.
fn level(mut lengths: Vec<usize>, mut room: usize) -> Option<usize> {
    lengths.sort_unstable();
    let mut left = lengths.len();
    for length in lengths {
        let share = room / left.max(1);
        if length > share {
            return Some(share);
        }
        room -= length;
        left -= 1;
    }
    None
}
