//! [`FieldVisitor`]: `tracing` values into [`Fields`], each with its own type.
//!
//! The shape of what it reads: a span's or event's field set, where numbers arrive as `i64`, `u64`, `i128`, `u128` or
//! `f64`, strings as `str`, errors as `dyn Error`, and everything written with `%` or `?` as `Debug`.

use std::{error::Error, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tracing::field::{Field, Visit};

use crate::{
    cause::cause_of,
    record::{Fields, Origin, Say},
};

/// Copies values; texts at most `cap` bytes each.
pub(super) struct FieldVisitor<'a> {
    pub(super) fields: &'a mut Fields,
    pub(super) cap: usize,
    /// What an error field tells beyond its text.
    pub(super) error_chain: Option<String>,
}

impl<'a> FieldVisitor<'a> {
    pub(super) fn new(fields: &'a mut Fields, cap: usize) -> Self {
        Self {
            fields,
            cap,
            error_chain: None,
        }
    }

    fn say(&mut self, field: &Field, value: Say<'_>) {
        // `self` of a method is never recorded: it is the program's state, not an argument.
        if field.name() != "self" {
            self.fields.set(field.name(), value, self.cap);
        }
    }
}

impl Visit for FieldVisitor<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.say(field, Say::Bool(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.say(field, Say::I64(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.say(field, Say::U64(value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.say(field, Say::I128(value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.say(field, Say::U128(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.say(field, Say::F64(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() != "self" {
            self.fields.set_text(field.name(), value, Origin::Str, self.cap);
        }
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        // Three bytes become four characters.
        let room = self.cap / 4 * 3;
        let text = STANDARD.encode(value.get(..room).unwrap_or(value));
        self.say(field, Say::Text(&text, Origin::Bytes));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.error_chain = cause_of(value).and_then(|cause| source_chain(cause, self.cap));
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() != "self" {
            self.fields
                .set_formatted(field.name(), format_args!("{value:?}"), self.cap);
        }
    }
}

/// An error that is a cause, and its own causes, one a line, at most `cap` bytes.
pub(crate) fn source_chain(cause: &dyn Error, cap: usize) -> Option<String> {
    /// Nobody reads more, and a chain may be a cycle.
    const MAX_CAUSES: usize = 32;
    let mut lines = Fields::default();
    let mut chain = String::new();
    let mut next = Some(cause);
    for _ in 0..MAX_CAUSES {
        let Some(error) = next else { break };
        // Through `Fields`, which bounds what a Display writes and survives its panic.
        lines.set_formatted("cause", format_args!("{error}"), cap.saturating_sub(chain.len()));
        if !chain.is_empty() {
            chain.push('\n');
        }
        chain.push_str("caused by: ");
        chain.push_str(lines.get_text("cause").unwrap_or_default());
        next = cause_of(error);
    }
    (!chain.is_empty()).then_some(chain)
}
