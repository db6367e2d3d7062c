//! All writing, and reading back.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use prost::Message;
use tokio::time::Instant;

use super::{
    Opening, Spool,
    calendar::micros,
    folder::{Name, Role, cut},
    owner::Owner,
    segment::{self, HEADER, Header, Kind, RECORD},
    shelf::{Entry, EntryId, Segment},
};
use crate::export::{DropReason, request::EncodedRequest, widen};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

/// A segment of so many bytes is followed by another one.
const SEGMENT: u64 = 4 * 1024 * 1024;

impl Spool {
    /// Writes a request. `None` where there is no room for it, or the disk does not take it.
    pub(super) fn write(&mut self, request: &EncodedRequest, waits: bool, inherited: bool) -> Option<EntryId> {
        let began = Instant::now();
        if self.health.is_resting(began) {
            return None;
        }
        let result = self.try_write(request, waits, inherited);
        self.judge(result, began)?
    }

    fn try_write(&mut self, request: &EncodedRequest, waits: bool, inherited: bool) -> io::Result<Option<EntryId>> {
        let at = self.calendar.wall(request.submitted());
        let mut record = Vec::new();
        let spans = u32::try_from(request.spans()).unwrap_or(u32::MAX);
        if !segment::append(&mut record, Kind::Request, spans, at, request.body()) {
            return Ok(None);
        }
        self.look_around();
        if !self.make_room(widen(HEADER + record.len())) {
            return Ok(None);
        }
        let number = self.active()?;
        let offset = self.shelf.segment(number).map_or(0, |segment| segment.bytes);
        self.append_to(number, &record)?;
        let id = EntryId {
            segment: number,
            offset,
        };
        let entry = Entry {
            kind: Kind::Request,
            spans,
            length: request.bytes(),
            at,
            inherited,
            waits,
            strikes: 0,
        };
        self.shelf.insert(id, entry);
        Ok(Some(id))
    }

    /// The number of the segment to append to.
    fn active(&mut self) -> io::Result<u64> {
        if let Some((number, _)) = self.active {
            let segment = self.shelf.segment(number);
            if segment.is_some_and(|segment| segment.bytes < SEGMENT.min(self.options.max_bytes / 4)) {
                return Ok(number);
            }
            self.active = None;
            if segment.is_some_and(Segment::is_empty) {
                self.discard(number);
            }
        }
        let (name, header) = self.begin(Role::Segment)?;
        let mut file = self.folder.create(name)?;
        let bytes = header.encode();
        self.folder.append(&mut file, &bytes)?;
        self.shelf.add(Segment::new(name, widen(bytes.len()), header.since));
        self.active = Some((name.number, file));
        Ok(name.number)
    }

    /// The name and the header of a file that is to be begun.
    fn begin(&mut self, role: Role) -> io::Result<(Name, Header)> {
        let owner = self.claim()?;
        let name = Name {
            owner,
            role,
            number: self.next_number(),
        };
        let header = Header {
            owner,
            target: self.target,
            since: micros(),
        };
        Ok((name, header))
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// The id under which this process writes.
    pub(super) fn claim(&mut self) -> io::Result<u64> {
        if let Some(owner) = self.owner.as_ref().filter(|owner| owner.is_there(&self.folder)) {
            return Ok(owner.id);
        }
        self.folder.ensure()?;
        let owner = Owner::new(&self.folder)?;
        let id = owner.id;
        self.owner = Some(owner);
        Ok(id)
    }

    /// Appends to a segment. What could be written only in part is taken back, else the segment gets no more.
    fn append_to(&mut self, number: u64, bytes: &[u8]) -> io::Result<()> {
        let Some(segment) = self.shelf.segment(number) else {
            return Ok(());
        };
        let (length, torn_at) = (segment.bytes, segment.torn_at);
        let name = segment.name;
        let is_active = self.active.as_ref().is_some_and(|(active, _)| *active == number);
        let mut reopened;
        let file = match &mut self.active {
            Some((active, file)) if *active == number => file,
            _ => {
                reopened = self.folder.reopen(name)?;
                &mut reopened
            }
        };
        if let Some(end) = torn_at {
            file.set_len(end)?;
            self.shelf.repaired(number);
        }
        if let Err(error) = self.folder.append(file, bytes) {
            if cut(file, torn_at.unwrap_or(length)).is_err() && is_active {
                self.active = None;
            }
            return Err(error);
        }
        self.shelf.grow(number, widen(bytes.len()));
        Ok(())
    }

    /// Nothing is to be done about these any more.
    pub(super) fn done(&mut self, entries: &[EntryId]) {
        let mut touched: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
        let now = micros();
        for id in entries {
            if self.shelf.remove(*id).is_some() {
                segment::append_done(touched.entry(id.segment).or_default(), id.offset, now);
            }
        }
        for (number, marks) in touched {
            let Some(segment) = self.shelf.segment(number) else {
                continue;
            };
            let is_active = self.active.as_ref().is_some_and(|(active, _)| *active == number);
            if segment.is_empty() && (!is_active || segment.bytes > SEGMENT / 4) {
                self.discard(number);
            } else {
                self.append_marks(number, &marks);
            }
        }
    }

    /// Marks records of a segment as done, which nothing waits for.
    pub(super) fn mark(&mut self, number: u64, offsets: &[u64]) {
        let (mut marks, now) = (Vec::new(), micros());
        for offset in offsets {
            segment::append_done(&mut marks, *offset, now);
        }
        self.append_marks(number, &marks);
    }

    /// Where the disk rests, a mark that is missing costs a duplicate in the next process, and nothing else.
    fn append_marks(&mut self, number: u64, marks: &[u8]) {
        let began = Instant::now();
        if !marks.is_empty() && !self.health.is_resting(began) {
            let result = self.append_to(number, marks);
            self.judge(result, began);
        }
    }

    /// Removes a segment.
    pub(super) fn discard(&mut self, number: u64) -> Option<Segment> {
        if self.active.as_ref().is_some_and(|(active, _)| *active == number) {
            self.active = None;
        }
        let segment = self.shelf.take(number)?;
        self.folder.remove(segment.name);
        Some(segment)
    }

    /// Gives up the oldest until there is room for so many bytes; false where there is none all the same.
    pub(super) fn make_room(&mut self, bytes: u64) -> bool {
        let busy: BTreeSet<u64> = self.replay.segments();
        while self.bytes().saturating_add(bytes) > self.options.max_bytes {
            let Some(oldest) = self.shelf.oldest(&busy) else {
                return false;
            };
            self.give_up(oldest, DropReason::SpoolEvicted);
        }
        true
    }

    /// Removes a segment with what waits in it. What is in memory as well is not lost by it.
    fn give_up(&mut self, number: u64, reason: DropReason) {
        let Some(segment) = self.discard(number) else { return };
        for entry in segment.entries().filter(|entry| entry.waits) {
            self.lose(reason, u64::from(entry.spans), entry.inherited);
        }
    }

    /// Somebody may have removed what is written to.
    fn look_around(&mut self) {
        let active = self.active.as_ref().and_then(|(number, _)| self.shelf.segment(*number));
        let names = active.map(|segment| segment.name).into_iter().chain(self.starts.name());
        if names.into_iter().all(|name| self.folder.has(name)) {
            return;
        }
        let all: Vec<_> = self
            .shelf
            .segments()
            .map(|(number, segment)| (number, segment.name))
            .collect();
        for (number, name) in all {
            if !self.folder.has(name) {
                self.give_up(number, DropReason::SpoolCorrupt);
            }
        }
        if self.starts.name().is_some_and(|name| !self.folder.has(name)) {
            self.starts.forget();
        }
    }

    pub(super) fn note(&mut self, openings: &[Opening]) -> io::Result<()> {
        self.look_around();
        let bytes: usize = openings.iter().map(|opening| opening.request.len() + RECORD).sum();
        if !self.make_room(widen(HEADER + bytes)) {
            return Ok(());
        }
        let begin = self.begin(Role::Open)?;
        self.starts.open(&mut self.folder, begin, openings, micros())
    }

    pub(super) fn take_back(&mut self, spans: &[u64]) -> io::Result<()> {
        let begin = self.begin(Role::Open)?;
        self.starts.close(&mut self.folder, begin, spans, micros())
    }

    /// Reads entries back, as one request. Those that cannot be read are given up and left out; `None` where the disk
    /// has to rest.
    pub(super) fn load(&mut self, chosen: Vec<EntryId>) -> Option<(Vec<EntryId>, Vec<u8>, usize)> {
        let (mut entries, mut body, mut spans) = (Vec::new(), Vec::new(), 0);
        let mut open: Option<(u64, File)> = None;
        for id in chosen {
            let Some(entry) = self.shelf.entry(id).copied() else {
                continue;
            };
            let began = Instant::now();
            match self.read_back(&mut open, id, &entry) {
                Ok(Some(payload)) => {
                    // Messages one after the other are one message with the lists of all.
                    body.extend(payload);
                    spans += usize::try_from(entry.spans).unwrap_or_default();
                    entries.push(id);
                }
                Ok(None) => {
                    self.lose(DropReason::SpoolCorrupt, u64::from(entry.spans), entry.inherited);
                    self.news.damaged_segments += 1;
                    self.done(&[id]);
                }
                Err(error) => {
                    self.judge::<()>(Err(error), began);
                    break;
                }
            }
        }
        (!entries.is_empty() || !self.health.is_resting(Instant::now())).then_some((entries, body, spans))
    }

    /// The request of an entry; `None` where it is not what was written.
    fn read_back(&self, open: &mut Option<(u64, File)>, id: EntryId, entry: &Entry) -> io::Result<Option<Vec<u8>>> {
        let Some(segment) = self.shelf.segment(id.segment) else {
            return Ok(None);
        };
        if open.as_ref().is_none_or(|(number, _)| *number != id.segment) {
            match File::open(self.folder.path_of(segment.name)) {
                Ok(file) => *open = Some((id.segment, file)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        let Some((_, file)) = open else { return Ok(None) };
        let mut bytes = vec![0; RECORD + entry.length];
        file.seek(SeekFrom::Start(id.offset))?;
        match file.read_exact(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            done => done?,
        }
        let Some(payload) = segment::payload(&bytes, entry.kind) else {
            return Ok(None);
        };
        Ok(match entry.kind {
            Kind::Start => ended(payload, segment.alive),
            _ => Some(payload.to_vec()),
        })
    }
}

/// The report of a span whose process ended: it ended when the process was last seen alive, in microseconds since 1970.
fn ended(request: &[u8], alive: u64) -> Option<Vec<u8>> {
    let mut message = ExportTraceServiceRequest::decode(request).ok()?;
    let scopes = message
        .resource_spans
        .iter_mut()
        .flat_map(|resource| &mut resource.scope_spans);
    for span in scopes.flat_map(|scope| &mut scope.spans) {
        span.end_time_unix_nano = span.start_time_unix_nano.max(alive.saturating_mul(1_000));
    }
    Some(message.encode_to_vec())
}
