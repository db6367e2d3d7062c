//! [`Starts`]: notes of spans that are open, in a file of their own, so that requests that were delivered can go while
//! a session lives for days.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io,
};

use bytes::Bytes;

use super::{
    folder::{Folder, Name, cut},
    segment::{self, HEADER, Header, Kind, RECORD},
};
use crate::export::widen;

/// A note of an open span: its id, and the request that reports it if its process ends first.
pub(crate) struct Opening {
    pub(crate) span: u64,
    pub(crate) request: Bytes,
}

/// Where a note stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u64,
    length: u64,
}

/// The file of this process' notes.
#[derive(Default)]
pub(super) struct Starts {
    log: Option<(Name, File)>,
    bytes: u64,
    live: HashMap<u64, Place>,
    live_bytes: u64,
}

/// A smaller file is not worth to be written anew.
const COMPACT_ABOVE: u64 = 1024 * 1024;

impl Starts {
    /// Bytes on disk.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Open spans that are noted.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.live.len()
    }

    /// This open span is noted.
    pub(super) fn has(&self, span: u64) -> bool {
        self.live.contains_key(&span)
    }

    pub(super) fn name(&self) -> Option<Name> {
        self.log.as_ref().map(|(name, _)| *name)
    }

    /// The file is gone, and nobody will write it again.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Notes spans. `name` and `header` are those of a file that is to be begun, if there is none.
    pub(super) fn open(
        &mut self,
        folder: &mut Folder,
        (name, header): (Name, Header),
        openings: &[Opening],
        now: u64,
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        if self.log.is_none() {
            let file = folder.create(name)?;
            self.log = Some((name, file));
            (self.bytes, self.live_bytes) = (0, 0);
            bytes = header.encode();
        }
        let mut places = Vec::with_capacity(openings.len());
        for Opening { span, request } in openings {
            if let Some(earlier) = self.live.get(span) {
                segment::append_done(&mut bytes, earlier.offset, now);
            }
            let offset = self.bytes + widen(bytes.len());
            if segment::append(&mut bytes, Kind::Start, 1, now, request) {
                let length = self.bytes + widen(bytes.len()) - offset;
                places.push((*span, Place { offset, length }));
            }
        }
        self.write(folder, &bytes)?;
        for (span, place) in places {
            self.live_bytes += place.length;
            if let Some(earlier) = self.live.insert(span, place) {
                self.live_bytes -= earlier.length;
            }
        }
        Ok(())
    }

    /// Takes back the notes of spans that ended; where that fails they are noted still. `next` is the name of the file
    /// that may have to be begun for the rest.
    pub(super) fn close(
        &mut self,
        folder: &mut Folder,
        (next, header): (Name, Header),
        spans: &[u64],
        now: u64,
    ) -> io::Result<()> {
        let ended: HashMap<u64, Place> = spans
            .iter()
            .filter_map(|span| Some((*span, *self.live.get(span)?)))
            .collect();
        if ended.is_empty() {
            return Ok(());
        }
        if ended.len() == self.live.len() && self.bytes > COMPACT_ABOVE / 16 {
            self.remove(folder);
            return Ok(());
        }
        let mut bytes = Vec::new();
        for place in ended.values() {
            segment::append_done(&mut bytes, place.offset, now);
        }
        self.write(folder, &bytes)?;
        for (span, place) in ended {
            self.live.remove(&span);
            self.live_bytes -= place.length;
        }
        if self.bytes > COMPACT_ABOVE && self.live_bytes < self.bytes / 2 {
            self.compact(folder, (next, header))?;
        }
        Ok(())
    }

    /// Nothing is open any more: the file goes, which a disk without room lets it, too. `closed` are spans that ended and
    /// whose notes could not be taken back.
    pub(super) fn finish(&mut self, folder: &Folder, closed: &[u64]) {
        let closed: HashSet<&u64> = closed.iter().collect();
        if self.live.keys().all(|span| closed.contains(span)) {
            self.remove(folder);
        }
    }

    fn remove(&mut self, folder: &Folder) {
        if let Some((name, _)) = self.log.take() {
            folder.remove(name);
        }
        self.forget();
    }

    fn write(&mut self, folder: &mut Folder, bytes: &[u8]) -> io::Result<()> {
        let Some((_, file)) = &mut self.log else {
            return Ok(());
        };
        if let Err(error) = folder.append(file, bytes) {
            // What was written of it must not stand before what follows.
            if cut(file, self.bytes).is_err() {
                self.forget();
            }
            return Err(error);
        }
        self.bytes += widen(bytes.len());
        Ok(())
    }

    /// Writes what is still open to another file. Until the old one is gone both tell the same, which does no harm.
    fn compact(&mut self, folder: &mut Folder, (name, header): (Name, Header)) -> io::Result<()> {
        let Some((old, _)) = &self.log else { return Ok(()) };
        let old = *old;
        let source = folder.read(old)?;
        let (mut bytes, mut live) = (header.encode(), HashMap::with_capacity(self.live.len()));
        for (span, place) in &self.live {
            let start = usize::try_from(place.offset).unwrap_or(usize::MAX);
            let end = start.saturating_add(usize::try_from(place.length).unwrap_or(usize::MAX));
            let Some(record) = source.get(start..end) else { continue };
            let offset = widen(bytes.len());
            bytes.extend(record);
            live.insert(*span, Place { offset, ..*place });
        }
        let mut file = folder.create(name)?;
        if let Err(error) = folder.append(&mut file, &bytes) {
            folder.remove(name);
            return Err(error);
        }
        folder.remove(old);
        *self = Self {
            log: Some((name, file)),
            bytes: widen(bytes.len()),
            live_bytes: widen(bytes.len() - HEADER),
            live,
        };
        debug_assert!(self.live.values().all(|place| place.length >= widen(RECORD)));
        Ok(())
    }
}
