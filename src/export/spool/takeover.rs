//! What dead processes left: files of an owner whose lock is free are read once, renamed to our own, and sent.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs, io,
    path::Path,
    time::{Duration, SystemTime},
};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use tokio::time::Instant;

use super::{
    Spool,
    folder::{Name, Role},
    owner::Owner,
    segment::{self, Contents, Header, Kind},
    shelf::{Entry, EntryId, Segment},
};
use crate::{
    clock::Clock,
    export::{DropReason, widen},
};

/// So many bytes are read at once; other owners have to wait for the next time.
const AT_ONCE: u64 = 64 * 1024 * 1024;

const SOON: Duration = Duration::from_secs(1);

/// A span that ended so shortly before its process may be noted as open still: its request was written, the rest not.
const LAST_MOMENTS: u64 = 10_000_000;

impl Spool {
    /// Takes over what owners left whose processes have ended.
    pub(super) fn take_over(&mut self) -> io::Result<()> {
        let listing = self.folder.list()?;
        let mut owners: BTreeMap<u64, Vec<Name>> = listing.locks.iter().map(|owner| (*owner, Vec::new())).collect();
        for name in listing.files {
            owners.entry(name.owner).or_default().push(name);
        }
        let ours = self.owner.as_ref().map(|owner| owner.id);
        let mut read = 0;
        for (id, names) in owners {
            if Some(id) == ours {
                continue;
            }
            if read > AT_ONCE {
                self.tend_at = Instant::now() + SOON;
                break;
            }
            let mut left = match self.left_by(id, &names) {
                Ok(Some(left)) => left,
                Ok(None) => continue, // It lives.
                Err(error) => {
                    self.health.cannot_take_over(&error, self.folder.path());
                    continue;
                }
            };
            read += left.files.values().map(|found| found.bytes).sum::<u64>();
            left.leave_out_what_ended();
            if left.files.values().any(|found| !found.entries.is_empty()) {
                // Where we cannot write, nothing can be taken over from anybody.
                self.claim()?;
            }
            let (stays, lock) = (left.stays, left.lock.take());
            match self.inherit(left) {
                Ok(()) if stays => {}
                Ok(()) => lock.into_iter().for_each(|dead| dead.resign(&self.folder)),
                Err(error) => self.health.cannot_take_over(&error, self.folder.path()),
            }
        }
        Ok(())
    }

    /// Reads what an owner left; `None` where its process lives. An error is about its files, not about ours: others may
    /// belong to another user.
    fn left_by(&mut self, id: u64, names: &[Name]) -> io::Result<Option<LeftBehind>> {
        let Some(dead) = Owner::succeed(&self.folder, id)? else {
            return Ok(None);
        };
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            match self.folder.read(*name) {
                // Whoever had the lock before us took it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                bytes => files.push((*name, bytes?)),
            }
        }
        let mut left = LeftBehind {
            lock: Some(dead),
            has_notes: names.iter().any(|name| name.role == Role::Open),
            ..LeftBehind::default()
        };
        for (name, bytes) in files {
            self.open_up(name, &bytes, &mut left);
        }
        Ok(Some(left))
    }

    /// Reads one file of a dead owner.
    fn open_up(&mut self, name: Name, bytes: &[u8], left: &mut LeftBehind) {
        let Some(contents) = segment::read(bytes) else {
            if segment::is_of_another_version(bytes) && !is_old(&self.folder.path_of(name), self.options.max_age) {
                left.stays = true;
                return;
            }
            self.news.damaged_segments += u64::from(!bytes.is_empty());
            self.folder.remove(name);
            return;
        };
        let open = still_open(&contents);
        if contents.header.target != self.target {
            let newest = contents.records.iter().map(|record| record.at).max();
            if newest.unwrap_or(contents.header.since) >= self.oldest_kept() {
                left.stays = true;
                return;
            }
            let spans = contents.records.iter().filter(|record| open.contains(&record.offset));
            self.inherit_loss(
                DropReason::SpoolExpired,
                spans.map(|record| u64::from(record.spans)).sum(),
            );
            self.folder.remove(name);
            return;
        }
        let spoiled = contents.spoiled.iter().filter(|spoiled| open.contains(&spoiled.offset));
        self.inherit_loss(
            DropReason::SpoolCorrupt,
            spoiled.map(|spoiled| u64::from(spoiled.spans)).sum(),
        );
        self.news.damaged_segments += u64::from(!contents.spoiled.is_empty() || contents.torn_at.is_some());
        left.add(name, widen(bytes.len()), &contents, &open);
    }

    /// Spans of an earlier process that are lost as soon as they are found.
    fn inherit_loss(&mut self, reason: DropReason, spans: u64) {
        self.news.recovered += spans;
        self.lose(reason, spans, true);
    }

    /// Makes the files our own.
    fn inherit(&mut self, left: LeftBehind) -> io::Result<()> {
        for (name, found) in left.files {
            if found.entries.is_empty() {
                self.folder.remove(name);
                continue;
            }
            let path = self.folder.path_of(name);
            let name = Name {
                owner: self.claim()?,
                number: self.next_number(),
                ..name
            };
            fs::rename(path, self.folder.path_of(name))?;
            let mut segment = Segment::new(name, found.bytes, found.header.since);
            (segment.alive, segment.torn_at) = (left.alive, found.torn_at);
            self.shelf.add(segment);
            for (offset, entry) in found.entries {
                self.news.recovered += u64::from(entry.spans);
                let id = EntryId {
                    segment: name.number,
                    offset,
                };
                self.shelf.insert(id, entry);
            }
            self.mark(name.number, &found.spoiled);
        }
        self.make_room(0);
        Ok(())
    }
}

/// What one dead owner left.
#[derive(Default)]
struct LeftBehind {
    /// It is nobody else's as long as this is held.
    lock: Option<Owner>,
    files: BTreeMap<Name, Found>,
    /// When it was last seen alive.
    alive: u64,
    /// Spans that are in a request of its last moments.
    ended: BTreeSet<Vec<u8>>,
    /// Where its notes of open spans stand, by span; of several the last one.
    started: HashMap<Vec<u8>, Vec<(Name, u64)>>,
    /// Requests that may hold spans that are noted as open.
    late: Vec<(u64, Vec<u8>)>,
    /// It noted open spans.
    has_notes: bool,
    /// Some of it is meant for others.
    stays: bool,
}

struct Found {
    header: Header,
    bytes: u64,
    torn_at: Option<u64>,
    /// What is spoiled and was counted.
    spoiled: Vec<u64>,
    entries: BTreeMap<u64, Entry>,
}

impl LeftBehind {
    fn add(&mut self, name: Name, bytes: u64, contents: &Contents<'_>, open: &BTreeSet<u64>) {
        let mut entries = BTreeMap::new();
        for record in &contents.records {
            self.alive = self.alive.max(record.at);
            if record.kind == Kind::Request && self.has_notes {
                self.late.push((record.at, record.payload.to_vec()));
                let alive = self.alive;
                self.late.retain(|(at, _)| at.saturating_add(LAST_MOMENTS) >= alive);
            }
            if !open.contains(&record.offset) {
                continue;
            }
            if record.kind == Kind::Start {
                for span in span_ids(record.payload) {
                    self.started.entry(span).or_default().push((name, record.offset));
                }
            }
            let entry = Entry {
                kind: record.kind,
                spans: record.spans,
                length: record.payload.len(),
                at: record.at,
                inherited: true,
                waits: true,
                strikes: 0,
            };
            entries.insert(record.offset, entry);
        }
        let found = Found {
            header: contents.header,
            bytes,
            torn_at: contents.torn_at,
            spoiled: contents
                .spoiled
                .iter()
                .map(|spoiled| spoiled.offset)
                .filter(|offset| open.contains(offset) && Some(*offset) != contents.torn_at)
                .collect(),
            entries,
        };
        self.files.insert(name, found);
    }

    /// A span that is in a request has ended, whatever a note says; and one note of a span is enough.
    fn leave_out_what_ended(&mut self) {
        if self.started.is_empty() {
            return;
        }
        self.ended = self
            .late
            .drain(..)
            .flat_map(|(_, request)| span_ids(&request))
            .collect();
        for (span, places) in std::mem::take(&mut self.started) {
            let keep = usize::from(!self.ended.contains(&span));
            let superfluous = places.len() - keep;
            for (name, offset) in places.iter().take(superfluous) {
                if let Some(found) = self.files.get_mut(name) {
                    found.entries.remove(offset);
                }
            }
        }
    }
}

/// The records that something is still to be done about.
fn still_open(contents: &Contents<'_>) -> BTreeSet<u64> {
    let done: BTreeSet<u64> = contents.records.iter().filter_map(segment::Record::about).collect();
    let sound = contents.records.iter().map(|record| (record.offset, record.kind));
    let spoiled = contents.spoiled.iter().map(|spoiled| (spoiled.offset, spoiled.kind));
    let open = sound
        .chain(spoiled)
        .filter(|(offset, kind)| *kind != Kind::Done && !done.contains(offset));
    open.map(|(offset, _)| offset).collect()
}

fn span_ids(request: &[u8]) -> Vec<Vec<u8>> {
    let message = ExportTraceServiceRequest::decode(request).unwrap_or_default();
    let scopes = message
        .resource_spans
        .into_iter()
        .flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).map(|span| span.span_id).collect()
}

fn is_old(path: &Path, age: Duration) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    let oldest = Clock::wall().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
    modified.is_ok_and(|modified| modified < oldest)
}
