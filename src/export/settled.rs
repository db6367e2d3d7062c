//! [`Settled`]: what became of spans, as the delivery tells it.

use super::widen;

/// Why spans were not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DropReason {
    /// More spans were waiting than [`with_max_queue_size`](crate::Builder::with_max_queue_size) allows.
    QueueSpans,
    /// More bytes were waiting than [`with_max_queue_bytes`](crate::Builder::with_max_queue_bytes) allows.
    QueueBytes,
    /// The destination refused the request for good, or part of it.
    Refused,
    /// The destination refused the key.
    Unauthorized,
    /// Retrying did not help within five minutes.
    RetriesExhausted,
    /// Still on the way when the time of a shutdown was over.
    Shutdown,
    /// Closed after the shutdown.
    AfterShutdown,
    /// The [spool](crate::Builder::with_spool_dir) could not read back what it had written: a disk spoiled it, or somebody
    /// removed it.
    SpoolCorrupt,
    /// Waited longer in the spool than [`with_spool_max_age`](crate::Builder::with_spool_max_age) allows.
    SpoolExpired,
    /// The spool was as large as [`with_spool_max_bytes`](crate::Builder::with_spool_max_bytes) allows, and this was the
    /// oldest in it.
    SpoolEvicted,
}

/// What became of spans since the last call.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    pub(crate) exported: u64,
    pub(crate) dropped: Vec<(DropReason, u64)>,
    /// Attempts after the first.
    pub(crate) retries: u64,
    /// Why spans were dropped or a retry was needed, for the log: safe to show.
    pub(crate) trouble: Option<String>,
    /// Spans that went to disk because they could not be sent.
    pub(crate) spooled: u64,
    /// Of the exported ones, those that came from disk.
    pub(crate) replayed: u64,
    /// Spans that earlier processes left on disk.
    pub(crate) recovered: u64,
    /// Of those, what was lost.
    pub(crate) bygone: Vec<(DropReason, u64)>,
    /// Files on disk of which something could not be read.
    pub(crate) damaged_segments: u64,
    /// Why the disk cannot be used: safe to show.
    pub(crate) spool_trouble: Option<String>,
}

impl Settled {
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            exported,
            dropped,
            retries,
            trouble,
            spooled,
            replayed,
            recovered,
            bygone,
            damaged_segments,
            spool_trouble,
        } = self;
        let counted = [exported, retries, spooled, replayed, recovered, damaged_segments];
        let lost = dropped.len() + bygone.len();
        counted.into_iter().all(|count| *count == 0) && lost == 0 && trouble.is_none() && spool_trouble.is_none()
    }

    pub(super) fn drop(&mut self, reason: DropReason, spans: usize) {
        count(&mut self.dropped, reason, widen(spans));
    }

    /// Spans of an earlier process are lost.
    pub(super) fn drop_bygone(&mut self, reason: DropReason, spans: u64) {
        count(&mut self.bygone, reason, spans);
    }

    /// Something to know, unless there is something already.
    pub(super) fn note(&mut self, trouble: String) {
        self.trouble.get_or_insert(trouble);
    }

    /// Why spans were dropped: more to know than why others have to wait.
    pub(super) fn explain(&mut self, trouble: String) {
        self.trouble = Some(trouble);
    }
}

fn count(dropped: &mut Vec<(DropReason, u64)>, reason: DropReason, spans: u64) {
    match dropped.iter_mut().find(|(have, _)| *have == reason) {
        _ if spans == 0 => {}
        Some((_, count)) => *count += spans,
        None => dropped.push((reason, spans)),
    }
}
