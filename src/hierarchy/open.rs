//! What is open when the process ends: whoever holds it lends it, so that it is ended and sent with what it has.

use std::{
    cmp::Reverse,
    fmt,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::{EndedSpan, Lineage, Recorder, TracedSpan};
use crate::{
    config::EndState,
    record::{Origin, Say, SpanRecord},
    semconv::agentops::field,
};

/// Holds records that are open.
pub(crate) trait HoldsOpen: Send + Sync {
    /// Gives up every record that is open. What the program still says of such a span, and its end, come to nothing.
    fn take_open(&self, taken: &mut Vec<EndedSpan>);
}

/// All who hold open records for one handle, as long as they live.
#[derive(Default)]
pub(super) struct Holders(Mutex<Vec<Weak<dyn HoldsOpen>>>);

impl Holders {
    pub(super) fn add(&self, holder: Weak<dyn HoldsOpen>) {
        let mut holders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if holders.len() == holders.capacity() {
            // Before it grows, those that are gone make room: a server opens a session a request.
            holders.retain(|holder| holder.strong_count() > 0);
        }
        holders.push(holder);
    }

    /// Everything that is open, the innermost first: a session still has its tags for what is right below it.
    pub(super) fn take_open(&self) -> Vec<EndedSpan> {
        let holders: Vec<_> = {
            let holders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            holders.iter().filter_map(Weak::upgrade).collect()
        };
        let mut taken = Vec::new();
        for holder in holders {
            holder.take_open(&mut taken);
        }
        taken.sort_by_key(|slot| Reverse(slot.began()));
        taken
    }
}

/// The record of a session that has no span in the registry, or none that is seen.
pub(crate) struct LooseRecord {
    recorder: Arc<Recorder>,
    span: Mutex<Option<Box<TracedSpan>>>,
}

impl fmt::Debug for LooseRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LooseRecord").finish_non_exhaustive()
    }
}

impl LooseRecord {
    /// Opens it.
    pub(crate) fn open(recorder: &Arc<Recorder>, lineage: Lineage, record: SpanRecord) -> Arc<Self> {
        recorder.opened(0);
        recorder.note_open(&record, &lineage);
        let loose = Arc::new(Self {
            recorder: Arc::clone(recorder),
            span: Mutex::new(Some(Box::new(TracedSpan::new(record, lineage)))),
        });
        let holder: Weak<Self> = Arc::downgrade(&loose);
        recorder.register_holder(holder);
        loose
    }

    /// Ends it, once.
    pub(crate) fn end(&self, state: &EndState, reason: Option<&str>) {
        if let Some(mut slot) = self.take() {
            slot.say_end(state, reason);
            slot.finish();
        }
    }

    fn take(&self) -> Option<EndedSpan> {
        let span = self.span.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(EndedSpan::new(&self.recorder, span))
    }
}

impl HoldsOpen for LooseRecord {
    fn take_open(&self, taken: &mut Vec<EndedSpan>) {
        taken.extend(self.take());
    }
}

/// Says how a session ended.
pub(crate) fn say_end(record: &mut SpanRecord, state: &EndState, reason: Option<&str>, cap: usize) {
    let fields = &mut record.fields;
    fields.set(field::END_STATE, Say::Text(state.as_str(), Origin::Str), cap);
    if let Some(reason) = reason {
        fields.set(field::END_REASON, Say::Text(reason, Origin::Str), cap);
    }
}
