//! How much content leaves.

use crate::{config::Content, semconv::wire::WireSpan};

/// Removes what `level` holds back.
pub(crate) fn apply(span: &mut WireSpan, level: Content) {
    let _ = (span, level);
}
