//! The format of a segment: a header, then records that are only ever appended. Every part has a checksum, so that
//! what a killed process left half written, or a disk spoiled, is found and nothing else is lost by it.
//!
//! ```text
//! header   "agospool" version:u32 owner:u64 target:[u8; 16] since:u64 check:u32
//! record   kind:u8 spans:u32 at:u64 length:u32 check of the payload:u32 check of these five:u32 payload
//! ```
//!
//! Numbers are little-endian, times are microseconds since 1970, checks are CRC-32.

use super::target::Target;

const MAGIC: [u8; 8] = *b"agospool";
const VERSION: u32 = 1;

/// Bytes of a header.
pub(super) const HEADER: usize = 48;
/// Bytes of a record without its payload.
pub(super) const RECORD: usize = 25;

/// What stands at the beginning of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The random id of whoever began it. It may have changed hands since.
    pub(super) owner: u64,
    pub(super) target: Target,
    pub(super) since: u64,
}

impl Header {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(self.owner.to_le_bytes());
        bytes.extend(self.target.0);
        bytes.extend(self.since.to_le_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    /// `None` of what is none, or of another version.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes.get(..HEADER)?);
        let (magic, version) = (reader.take()?, u32::from_le_bytes(reader.take()?));
        let header = Self {
            owner: u64::from_le_bytes(reader.take()?),
            target: Target(reader.take()?),
            since: u64::from_le_bytes(reader.take()?),
        };
        let check = u32::from_le_bytes(reader.take()?);
        let is_sound = magic == MAGIC && version == VERSION && crc32fast::hash(bytes.get(..HEADER - 4)?) == check;
        is_sound.then_some(header)
    }
}

/// It is a segment, but not one that can be read here.
pub(super) fn is_of_another_version(bytes: &[u8]) -> bool {
    let version = bytes.strip_prefix(&MAGIC).and_then(|rest| rest.first_chunk());
    version.is_some_and(|version| u32::from_le_bytes(*version) != VERSION)
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Kind {
    /// An encoded request.
    Request = 1,
    /// A span that began, as the request that reports it if its process ends first.
    Start = 2,
    /// The record at this offset needs nothing more: it was delivered or dropped, or its span ended.
    Done = 3,
}

/// One sound record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) offset: u64,
    pub(super) kind: Kind,
    pub(super) spans: u32,
    pub(super) at: u64,
    pub(super) payload: &'a [u8],
}

/// Appends a record to `buffer`; false where the payload is too long for one.
pub(super) fn append(buffer: &mut Vec<u8>, kind: Kind, spans: u32, at: u64, payload: &[u8]) -> bool {
    let Ok(length) = u32::try_from(payload.len()) else {
        return false;
    };
    let start = buffer.len();
    buffer.reserve(RECORD + payload.len());
    buffer.push(kind as u8);
    buffer.extend(spans.to_le_bytes());
    buffer.extend(at.to_le_bytes());
    buffer.extend(length.to_le_bytes());
    buffer.extend(crc32fast::hash(payload).to_le_bytes());
    let check = crc32fast::hash(buffer.get(start..).unwrap_or_default());
    buffer.extend(check.to_le_bytes());
    buffer.extend(payload);
    true
}

/// Appends that the record at `offset` needs nothing more.
pub(super) fn append_done(buffer: &mut Vec<u8>, offset: u64, at: u64) {
    append(buffer, Kind::Done, 0, at, &offset.to_le_bytes());
}

/// Everything that can be read of a segment.
#[derive(Debug)]
pub(super) struct Contents<'a> {
    pub(super) header: Header,
    pub(super) records: Vec<Record<'a>>,
    /// Records whose payload is spoiled or cut short, by what their head says of them.
    pub(super) spoiled: Vec<Spoiled>,
    /// From here on nothing can be read, although there is something.
    pub(super) torn_at: Option<u64>,
}

/// A record whose head can be read and whose payload cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spoiled {
    pub(super) offset: u64,
    pub(super) kind: Kind,
    pub(super) spans: u32,
}

/// Reads a segment as far as it goes; `None` where not even its header is one.
pub(super) fn read(bytes: &[u8]) -> Option<Contents<'_>> {
    let mut contents = Contents {
        header: Header::decode(bytes)?,
        records: Vec::new(),
        spoiled: Vec::new(),
        torn_at: None,
    };
    let mut at = HEADER;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let offset = u64::try_from(at).unwrap_or(u64::MAX);
        let Some(head) = Head::decode(rest) else {
            contents.torn_at = Some(offset);
            break;
        };
        let (kind, spans) = (head.kind, head.spans);
        let payload = rest.get(RECORD..RECORD.saturating_add(head.length));
        match payload {
            Some(payload) if crc32fast::hash(payload) == head.check => contents.records.push(Record {
                offset,
                kind,
                spans,
                at: head.at,
                payload,
            }),
            _ => contents.spoiled.push(Spoiled { offset, kind, spans }),
        }
        if payload.is_none() {
            contents.torn_at = Some(offset);
            break;
        }
        at = at.saturating_add(RECORD).saturating_add(head.length);
    }
    Some(contents)
}

impl Record<'_> {
    /// What a [`Kind::Done`] is about.
    pub(super) fn about(&self) -> Option<u64> {
        let payload = self.payload.try_into().ok().filter(|_| self.kind == Kind::Done)?;
        Some(u64::from_le_bytes(payload))
    }
}

/// A record up to its payload.
struct Head {
    kind: Kind,
    spans: u32,
    at: u64,
    length: usize,
    check: u32,
}

impl Head {
    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes.get(..RECORD)?);
        let [kind] = reader.take()?;
        let head = Self {
            kind: match kind {
                1 => Kind::Request,
                2 => Kind::Start,
                3 => Kind::Done,
                _ => return None,
            },
            spans: u32::from_le_bytes(reader.take()?),
            at: u64::from_le_bytes(reader.take()?),
            length: usize::try_from(u32::from_le_bytes(reader.take()?)).ok()?,
            check: u32::from_le_bytes(reader.take()?),
        };
        let check = u32::from_le_bytes(reader.take()?);
        (crc32fast::hash(bytes.get(..RECORD - 4)?) == check).then_some(head)
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }
}

/// The payload of one record of this kind, where it is sound.
pub(super) fn payload(bytes: &[u8], kind: Kind) -> Option<&[u8]> {
    let head = Head::decode(bytes).filter(|head| head.kind == kind)?;
    let payload = bytes.get(RECORD..).filter(|payload| payload.len() == head.length)?;
    (crc32fast::hash(payload) == head.check).then_some(payload)
}
