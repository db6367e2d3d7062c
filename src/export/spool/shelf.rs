//! [`Shelf`]: what is on disk, as memory knows it. Nothing here touches a file.

use std::collections::{BTreeMap, BTreeSet};

use super::{folder::Name, segment::Kind};

/// A record that something is still to be done about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EntryId {
    pub(super) segment: u64,
    pub(super) offset: u64,
}

/// What is known of such a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) spans: u32,
    /// Bytes of the payload.
    pub(super) length: usize,
    /// When it was handed in, in microseconds since 1970: what waits is sent in this order.
    pub(super) at: u64,
    /// Written by another process.
    pub(super) inherited: bool,
    /// To be replayed; else the request is in memory as well.
    pub(super) waits: bool,
    /// How often it failed where others did not.
    pub(super) strikes: u8,
}

/// One file.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) name: Name,
    pub(super) bytes: u64,
    /// When it was begun, in microseconds since 1970.
    pub(super) since: u64,
    /// Until when its first owner was alive for sure.
    pub(super) alive: u64,
    /// What follows from here on cannot be read, and must go before anything is appended.
    pub(super) torn_at: Option<u64>,
    entries: BTreeMap<u64, Entry>,
}

impl Segment {
    pub(super) fn new(name: Name, bytes: u64, since: u64) -> Self {
        Self {
            name,
            bytes,
            since,
            alive: since,
            torn_at: None,
            entries: BTreeMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }
}

/// All segments of this process, and in which order what waits in them is sent.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    segments: BTreeMap<u64, Segment>,
    /// What waits, the oldest first.
    order: BTreeSet<(u64, EntryId)>,
    bytes: u64,
    own: u64,
    inherited: u64,
}

impl Shelf {
    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Spans of this process that wait.
    pub(super) fn own(&self) -> u64 {
        self.own
    }

    /// Spans of earlier processes that wait.
    pub(super) fn inherited(&self) -> u64 {
        self.inherited
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.own + self.inherited > 0
    }

    pub(super) fn segment(&self, number: u64) -> Option<&Segment> {
        self.segments.get(&number)
    }

    pub(super) fn segments(&self) -> impl Iterator<Item = (u64, &Segment)> {
        self.segments.iter().map(|(number, segment)| (*number, segment))
    }

    pub(super) fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.segments.get(&id.segment)?.entries.get(&id.offset)
    }

    pub(super) fn add(&mut self, segment: Segment) {
        self.bytes += segment.bytes;
        self.segments.insert(segment.name.number, segment);
    }

    /// A segment grew by so many bytes.
    pub(super) fn grow(&mut self, number: u64, bytes: u64) {
        if let Some(segment) = self.segments.get_mut(&number) {
            segment.bytes += bytes;
            self.bytes += bytes;
        }
    }

    /// What could not be read at the end of a segment is gone.
    pub(super) fn repaired(&mut self, number: u64) {
        if let Some(segment) = self.segments.get_mut(&number)
            && let Some(end) = segment.torn_at.take()
        {
            self.bytes -= segment.bytes.saturating_sub(end);
            segment.bytes = end;
        }
    }

    pub(super) fn insert(&mut self, id: EntryId, entry: Entry) {
        let Some(segment) = self.segments.get_mut(&id.segment) else {
            return;
        };
        segment.entries.insert(id.offset, Entry { waits: false, ..entry });
        if entry.waits {
            self.wait(id);
        }
    }

    /// It is no longer in memory. Answers how many spans wait by that.
    pub(super) fn wait(&mut self, id: EntryId) -> u64 {
        let entry = self
            .segments
            .get_mut(&id.segment)
            .and_then(|segment| segment.entries.get_mut(&id.offset));
        let Some(entry) = entry.filter(|entry| !entry.waits) else {
            return 0;
        };
        entry.waits = true;
        let (spans, inherited, at) = (u64::from(entry.spans), entry.inherited, entry.at);
        *self.waiting(inherited) += spans;
        self.order.insert((at, id));
        spans
    }

    /// Nothing is to be done about it any more.
    pub(super) fn remove(&mut self, id: EntryId) -> Option<Entry> {
        let entry = self.segments.get_mut(&id.segment)?.entries.remove(&id.offset)?;
        self.forget(id, &entry);
        Some(entry)
    }

    /// A whole segment is gone.
    pub(super) fn take(&mut self, number: u64) -> Option<Segment> {
        let segment = self.segments.remove(&number)?;
        self.bytes -= segment.bytes;
        for (offset, entry) in &segment.entries {
            let id = EntryId {
                segment: number,
                offset: *offset,
            };
            self.forget(id, entry);
        }
        Some(segment)
    }

    fn forget(&mut self, id: EntryId, entry: &Entry) {
        if entry.waits {
            self.order.remove(&(entry.at, id));
            *self.waiting(entry.inherited) -= u64::from(entry.spans);
        }
    }

    fn waiting(&mut self, inherited: bool) -> &mut u64 {
        if inherited { &mut self.inherited } else { &mut self.own }
    }

    /// It failed where others did not. Answers how often that was.
    pub(super) fn strike(&mut self, id: EntryId) -> u8 {
        let entry = self
            .segments
            .get_mut(&id.segment)
            .and_then(|segment| segment.entries.get_mut(&id.offset));
        entry.map_or(0, |entry| {
            entry.strikes = entry.strikes.saturating_add(1);
            entry.strikes
        })
    }

    /// What waits since before `moment`.
    pub(super) fn older_than(&self, moment: u64) -> Vec<EntryId> {
        let older = self.order.iter().take_while(|(at, _)| *at < moment);
        older.map(|(_, id)| *id).collect()
    }

    /// What is to be sent next in one request: the oldest that waits and what follows, up to so many spans and bytes.
    /// What failed where others did not goes after those others, and alone.
    pub(super) fn next(&self, most_spans: usize, most_bytes: usize) -> Vec<EntryId> {
        let strikes = |(_, id): &(u64, EntryId)| self.entry(*id).map(|entry| entry.strikes);
        let untried = self.order.iter().find(|place| strikes(place) == Some(0));
        let spared = || self.order.iter().min_by_key(|place| strikes(place));
        let Some(first) = untried.or_else(spared) else {
            return Vec::new();
        };
        let mut chosen: Vec<EntryId> = Vec::new();
        let (mut spans, mut bytes, mut inherited) = (0_usize, 0_usize, None);
        for (_, id) in self.order.range(first..) {
            let Some(entry) = self.entry(*id) else { continue };
            spans = spans.saturating_add(usize::try_from(entry.spans).unwrap_or(usize::MAX));
            bytes = bytes.saturating_add(entry.length);
            let fits = spans <= most_spans && bytes <= most_bytes;
            let alike = entry.strikes == 0 && *inherited.get_or_insert(entry.inherited) == entry.inherited;
            let goes_along = fits && alike;
            if !goes_along && !chosen.is_empty() {
                break;
            }
            chosen.push(*id);
            if untried.is_none() {
                break;
            }
        }
        chosen
    }

    /// The oldest segment that none of `busy` stands in.
    pub(super) fn oldest(&self, busy: &BTreeSet<u64>) -> Option<u64> {
        let idle = self.segments().filter(|(number, _)| !busy.contains(number));
        idle.min_by_key(|(number, segment)| (segment.since, *number))
            .map(|(number, _)| number)
    }
}
