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

    /// One that ended.
    pub(crate) fn ended(record: SpanRecord, lineage: Lineage, end: Instant) -> Box<Self> {
        let mut span = Box::new(Self::new(record, lineage));
        span.end(end);
        span
    }

    /// It ends.
    #[inline]
    pub(crate) fn end(&mut self, end: Instant) {
        self.end = end;
        self.bytes = self.record.bytes();
    }

    /// Cuts its long values.
    pub(crate) fn shorten(&mut self) {
        self.record.shorten(SHORT);
        self.bytes = self.record.bytes();
    }
}
