//! Mapping: what was said about a span becomes what the wire shows. Pure; cannot fail.

use crate::{hierarchy::Lineage, policy::Policy, record::SpanRecord, semconv::wire::WireSpan};

/// Maps one closed span.
pub(crate) fn map(record: &SpanRecord, lineage: &Lineage, policy: &Policy) -> WireSpan {
    let _ = (record, lineage, policy);
    unimplemented!()
}
