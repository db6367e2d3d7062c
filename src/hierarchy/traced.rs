//! [`TracedSpan`]: what was said about a span, and where it stands. It is made when the span begins and goes to the
//! pipeline thread when it ends.

use std::time::Instant;

use super::Lineage;
use crate::{policy::limits::SHORT, record::SpanRecord};

/// A span in one piece: whoever hands it on hands on a pointer.
#[derive(Debug)]
pub(crate) struct TracedSpan {
    pub(crate) record: SpanRecord,
    pub(crate) lineage: Lineage,
    /// When it ended; until then, when it began.
    pub(crate) end: Instant,
    /// Bytes of the record that the memory budget knows of.
    pub(crate) bytes: usize,
}

impl TracedSpan {
    /// A span that is open, and of which the memory budget does not know yet.
    #[inline]
    pub(crate) fn new(record: SpanRecord, lineage: Lineage) -> Self {
        Self {
            end: record.start.at,
            record,
            lineage,
            bytes: 0,
        }
    }

    /// As it is when it ends.
    #[inline]
    pub(crate) fn end(&mut self, end: Instant) {
        self.end = end;
        self.bytes = self.record.bytes();
    }

    /// Forgets what was said, and gives the memory back that it took beyond the span itself.
    pub(crate) fn empty(&mut self) {
        self.record = SpanRecord::new(self.record.callsite.clone(), self.record.start);
        self.bytes = 0;
    }

    /// Cuts its long values.
    pub(crate) fn shorten(&mut self) {
        self.record.shorten(SHORT);
        self.bytes = self.record.bytes();
    }
}
