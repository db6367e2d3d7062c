//! [`OpenSpans`]: the spans of one layer that are open. The registry can be asked for a span, but not for all of them.

use std::sync::{Mutex, OnceLock, PoisonError};

use slab::Slab;
use tracing::{dispatcher, dispatcher::WeakDispatch, span::Id};
use tracing_subscriber::{Registry, registry::LookupSpan as _};

use super::lock::extensions_mut;
use crate::hierarchy::{EndedSpan, HoldsOpen, InstanceId, Recorded, Slot};

/// So many threads begin and end spans without meeting.
const SHARDS: usize = 16;

/// The ids of the spans of one layer that are open.
#[derive(Debug)]
pub(crate) struct OpenSpans {
    layer: InstanceId,
    /// The subscriber that the layer is part of.
    pub(super) dispatch: OnceLock<WeakDispatch>,
    shards: [Mutex<Slab<Id>>; SHARDS],
}

impl OpenSpans {
    pub(super) fn new(layer: InstanceId) -> Self {
        Self {
            layer,
            dispatch: OnceLock::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// A span began; gives its place.
    pub(super) fn add(&self, id: &Id) -> usize {
        let shard = self.shard(id).lock();
        shard.unwrap_or_else(PoisonError::into_inner).insert(id.clone())
    }

    /// The span that has this place closes.
    pub(super) fn remove(&self, id: &Id, place: usize) {
        let mut shard = self.shard(id).lock().unwrap_or_else(PoisonError::into_inner);
        if shard.get(place) == Some(id) {
            shard.remove(place);
        }
    }

    /// As [`remove`](Self::remove), of a span whose place cannot be asked for any more.
    pub(super) fn forget(&self, id: &Id) {
        let mut shard = self.shard(id).lock().unwrap_or_else(PoisonError::into_inner);
        shard.retain(|_, open| open != id);
    }

    #[expect(clippy::indexing_slicing, reason = "the remainder is below the length")]
    #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
    fn shard(&self, id: &Id) -> &Mutex<Slab<Id>> {
        &self.shards[id.into_u64() as usize % SHARDS]
    }
}

impl HoldsOpen for OpenSpans {
    fn take_open(&self, taken: &mut Vec<EndedSpan>) {
        let Some(dispatch) = self.dispatch.get().and_then(WeakDispatch::upgrade) else {
            return;
        };
        // A span that closes while it is looked at is cleared here, and its parent is closed through the current
        // subscriber.
        dispatcher::with_default(&dispatch, || {
            let Some(registry) = dispatch.downcast_ref::<Registry>() else {
                return;
            };
            for shard in &self.shards {
                let ids: Vec<Id> = {
                    let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
                    shard.iter().map(|(_, id)| id.clone()).collect()
                };
                for id in ids {
                    let Some(span) = registry.span(&id) else { continue };
                    let Some(mut extensions) = extensions_mut(&span) else {
                        continue;
                    };
                    let slot = extensions
                        .get_mut::<Recorded>()
                        .and_then(|all| all.slot_of_layer(self.layer));
                    taken.extend(slot.and_then(Slot::end));
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_whose_place_cannot_be_asked_for_leaves_the_table_all_the_same() {
        let open = OpenSpans::new(InstanceId::next());
        let [one, other] = [1, 1 + SHARDS as u64].map(Id::from_u64);
        let (_, place) = (open.add(&one), open.add(&other));
        open.forget(&one);
        let left = || {
            open.shards
                .iter()
                .map(|shard| shard.lock().unwrap().len())
                .sum::<usize>()
        };
        assert_eq!(left(), 1);
        open.remove(&other, place);
        assert_eq!(left(), 0);
    }
}
