//! Bounds of one span on the wire.
//!
//! Runs after redaction, so that no cut splits a secret that the redactor would have seen. A value that is too long
//! is cut at a character and ends in [`MARK`], which counts towards the limit: no text grows.

pub(super) mod budget;

use std::borrow::Cow;

use crate::{
    policy::redact::MASK,
    record::floor_char_boundary,
    semconv::wire::{AttributeSet, WireSpan, WireStatus, WireValue},
};

/// A value longer than its limit by up to this many bytes is recorded whole, so that the redactor sees what a cut
/// would split.
pub(crate) const REDACTION_MARGIN: usize = 4096;

/// Bytes of a value that stay where memory is short, if it has them: what makes a span what it is fits.
pub(crate) const SHORT: usize = 256;

/// How a cut text ends.
pub(crate) const MARK: &str = "...[truncated]";

/// Characters of a span's or an event's name.
pub(crate) const NAME_LENGTH: usize = 1024;

/// Bytes of a key. A longer one is removed with its value: two keys cut alike would be one.
pub(crate) const KEY_BYTES: usize = 1024;

/// Items of an array; the rest is cut off.
pub(crate) const ARRAY_ITEMS: usize = 1024;

/// Bounds of one span on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Characters of one value.
    pub(crate) attribute_value_length: usize,
    /// Bytes of all keys and values.
    pub(crate) span_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attribute_value_length: 1_000_000,
            span_bytes: 2 * 1024 * 1024,
        }
    }
}

/// Cuts what is too long and marks it.
///
/// NUL becomes a blank: some stores refuse a text with it, and the whole batch with the text; a blank joins nothing
/// that the redactor saw apart. Other control characters stay. Attributes without a key, with too long a one
/// or with NUL in it are removed and counted.
pub(crate) fn apply(span: &mut WireSpan, limits: &Limits) {
    let WireSpan {
        name,
        kind,
        status,
        attributes,
        events,
        dropped_attributes,
        ..
    } = span;
    bound_name(name, &[".", kind.as_str()].concat());
    bound_set(attributes, limits, dropped_attributes);
    if let WireStatus::Error(text) = status {
        bound_text(text, limits.attribute_value_length);
    }
    for event in events {
        if event.name.len() > NAME_LENGTH || event.name.contains('\0') {
            let mut name = std::mem::take(&mut event.name).into_owned();
            bound_name(&mut name, "");
            event.name = Cow::Owned(name);
        }
        bound_set(&mut event.attributes, limits, dropped_attributes);
    }
    budget::apply(span, limits.span_bytes);
}

fn bound_set(attributes: &mut AttributeSet, limits: &Limits, dropped: &mut u32) {
    let before = attributes.0.len();
    attributes
        .0
        .retain(|attribute| (1..=KEY_BYTES).contains(&attribute.key.len()) && !attribute.key.contains('\0'));
    *dropped = dropped.saturating_add(u32::try_from(before - attributes.0.len()).unwrap_or(u32::MAX));
    for attribute in &mut attributes.0 {
        match &mut attribute.value {
            WireValue::Str(text) => {
                if std::mem::take(&mut attribute.cut) {
                    discard_margin(text);
                }
                bound_text(text, limits.attribute_value_length);
            }
            WireValue::StrArray(items) => {
                items.truncate(ARRAY_ITEMS);
                for item in items {
                    bound_text(item, limits.attribute_value_length);
                }
            }
            WireValue::Bool(_) | WireValue::I64(_) | WireValue::F64(_) => {}
        }
    }
}

/// Copying stopped somewhere in this text, perhaps within a secret: its end goes, whatever its length is by now.
fn discard_margin(text: &mut String) {
    if text == MASK {
        return;
    }
    let whole = text.len();
    text.truncate(floor_char_boundary(text, whole.saturating_sub(REDACTION_MARGIN)));
    if text.len() + MARK.len() <= whole {
        text.push_str(MARK);
    }
}

fn bound_text(text: &mut String, characters: usize) {
    clear_nul(text);
    cut_characters(text, characters, "");
}

/// The dashboard reads a span's kind from the end of its name: `ending` stays.
fn bound_name(name: &mut String, ending: &str) {
    clear_nul(name);
    let ending = if name.ends_with(ending) { ending } else { "" };
    cut_characters(name, NAME_LENGTH, ending);
}

fn clear_nul(text: &mut String) {
    if text.contains('\0') {
        *text = text.replace('\0', " ");
    }
}

/// Cuts `text` to `most` characters, of which the last are [`MARK`] and `ending` where both have room.
fn cut_characters(text: &mut String, most: usize, ending: &str) {
    if text.len() <= most || text.char_indices().nth(most).is_none() {
        return;
    }
    let tail = MARK.chars().count() + ending.chars().count();
    let (kept, marked) = if most >= tail {
        (most - tail, true)
    } else {
        (most, false)
    };
    let end = text.char_indices().nth(kept).map_or(text.len(), |(at, _)| at);
    text.truncate(end.min(unmarked_len(text)));
    if marked {
        text.push_str(MARK);
        text.push_str(ending);
    }
}

/// Cuts `text` to `most` bytes, of which the last are [`MARK`] where it has room. It then has no more characters than
/// before either: the mark takes the place of as many, which may be longer.
pub(crate) fn cut_bytes(text: &mut String, most: usize) {
    if text.len() <= most {
        return;
    }
    let place = text.char_indices().rev().nth(MARK.len() - 1).map(|(at, _)| at);
    let (kept, marked) = match (most.checked_sub(MARK.len()), place) {
        (Some(kept), Some(place)) => (kept.min(place), true),
        _ => (most, false),
    };
    text.truncate(floor_char_boundary(text, kept.min(unmarked_len(text))));
    if marked {
        text.push_str(MARK);
    }
}

/// Where an earlier cut's mark begins: half of it would be left before the new one.
fn unmarked_len(text: &str) -> usize {
    text.strip_suffix(MARK).map_or(text.len(), str::len)
}
