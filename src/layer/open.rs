//! [`OpenSpans`]: the spans of one layer that are open. The registry can be asked for a span, but not for all of them.

use std::{
    cell::Cell,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use slab::Slab;
use tracing::{dispatcher, dispatcher::WeakDispatch, span::Id};
use tracing_subscriber::{Registry, registry::LookupSpan as _};

use super::lock::extensions_mut;
use crate::hierarchy::{EndedSpan, HoldsOpen, InstanceId, Recorded, Slot};

/// So many threads begin spans without meeting.
const LANES: usize = 16;
/// So many spans of a lane are open without a lock. It is two lines of a processor's cache for each.
const PLACES: usize = 16;

/// The ids of the spans of one layer that are open.
#[derive(Debug)]
pub(crate) struct OpenSpans {
    layer: InstanceId,
    /// The subscriber that the layer is part of.
    pub(super) dispatch: OnceLock<WeakDispatch>,
    lanes: [Lane; LANES],
}

/// The open spans that a thread began, and those that share its lane.
#[derive(Debug, Default)]
struct Lane {
    /// An id each, or 0.
    places: [AtomicU64; PLACES],
    /// What found no place: a program with many tasks has many spans open at once.
    others: Mutex<Slab<Id>>,
}

thread_local! {
    static LANE: Cell<usize> = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Cell::new(NEXT.fetch_add(1, Ordering::Relaxed) % LANES)
    };
}

impl OpenSpans {
    pub(super) fn new(layer: InstanceId) -> Self {
        Self {
            layer,
            dispatch: OnceLock::new(),
            lanes: std::array::from_fn(|_| Lane::default()),
        }
    }

    /// A span began; gives its place.
    pub(super) fn add(&self, id: &Id) -> usize {
        // A span may begin while its thread ends.
        let number = LANE.try_with(Cell::get).unwrap_or_default();
        let at = self.lanes.get(number).map_or(0, |lane| lane.add(id));
        at * LANES + number
    }

    /// The span that has this place closes, maybe on another thread.
    pub(super) fn remove(&self, id: &Id, place: usize) {
        if let Some(lane) = self.lanes.get(place % LANES) {
            lane.remove(id, place / LANES);
        }
    }

    /// As [`remove`](Self::remove), of a span whose place cannot be asked for any more.
    pub(super) fn forget(&self, id: &Id) {
        let _found = self.lanes.iter().any(|lane| lane.forget(id));
    }
}

impl Lane {
    fn add(&self, id: &Id) -> usize {
        let id_bits = id.into_u64();
        for (at, place) in self.places.iter().enumerate() {
            // Looked at first, for a thread that has many spans open passes by all of them.
            if place.load(Ordering::Relaxed) == 0
                && place
                    .compare_exchange(0, id_bits, Ordering::Release, Ordering::Relaxed)
                    .is_ok()
            {
                return at;
            }
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        PLACES + others.insert(id.clone())
    }

    fn remove(&self, id: &Id, at: usize) {
        if let Some(place) = self.places.get(at) {
            // Nobody else writes to a place that is taken.
            return place.store(0, Ordering::Release);
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if others.get(at - PLACES) == Some(id) {
            others.remove(at - PLACES);
        }
    }

    /// As [`remove`](Self::remove), of a span whose place is not known; answers whether it was here.
    fn forget(&self, id: &Id) -> bool {
        let id_bits = id.into_u64();
        let near = self.places.iter().any(|place| {
            place
                .compare_exchange(id_bits, 0, Ordering::Release, Ordering::Relaxed)
                .is_ok()
        });
        if near {
            return true;
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let before = others.len();
        others.retain(|_, open| open != id);
        others.len() < before
    }

    fn ids(&self) -> Vec<Id> {
        let near = self.places.iter().map(|place| place.load(Ordering::Acquire));
        let near = near.filter(|bits| *bits != 0).map(Id::from_u64);
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        near.chain(others.iter().map(|(_, id)| id.clone())).collect()
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
            for id in self.lanes.iter().flat_map(Lane::ids) {
                let Some(span) = registry.span(&id) else { continue };
                let Some(mut extensions) = extensions_mut(&span) else {
                    continue;
                };
                let slot = extensions
                    .get_mut::<Recorded>()
                    .and_then(|all| all.slot_of_layer(self.layer));
                taken.extend(slot.and_then(Slot::end));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::*;

    fn known(open: &OpenSpans) -> HashSet<u64> {
        let ids = open.lanes.iter().flat_map(Lane::ids);
        ids.map(|id| id.into_u64()).collect()
    }

    #[test]
    fn a_span_whose_place_cannot_be_asked_for_leaves_the_table_all_the_same() {
        let open = OpenSpans::new(InstanceId::next());
        let all: Vec<Id> = (1..=4 * PLACES as u64).map(Id::from_u64).collect();
        let places: Vec<usize> = all.iter().map(|id| open.add(id)).collect();
        for id in &all[1..] {
            open.forget(id);
        }
        assert_eq!(known(&open), HashSet::from([1]));
        open.remove(&all[0], places[0]);
        assert!(known(&open).is_empty());
    }

    #[test]
    fn every_open_span_has_a_place_of_its_own_and_gives_it_back_on_any_thread() {
        let open = OpenSpans::new(InstanceId::next());
        // More than have a place without a lock.
        let all: Vec<u64> = (1..=4 * PLACES as u64).collect();
        let places: Vec<usize> = all.iter().map(|id| open.add(&Id::from_u64(*id))).collect();
        assert_eq!(places.iter().collect::<HashSet<_>>().len(), all.len());
        assert_eq!(known(&open), all.iter().copied().collect());

        let closing = |odd: u64| {
            for (id, place) in all.iter().zip(&places).filter(|(id, _)| *id % 2 == odd) {
                open.remove(&Id::from_u64(*id), *place);
            }
        };
        thread::scope(|threads| {
            threads.spawn(|| closing(1));
        });
        assert_eq!(known(&open), all.iter().copied().filter(|id| id % 2 == 0).collect());
        closing(0);
        assert!(known(&open).is_empty());
        assert!(places.contains(&open.add(&Id::from_u64(1))), "a place is given again");
    }
}
