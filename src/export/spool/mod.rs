//! [`Spool`]: what cannot be sent waits on disk, until the destination takes it or it is too old or too much.
//!
//! The outbox asks for it to keep a request (`keep`), to give the next one back (`next`), and says when one is settled
//! (`settle`). With a durable spool it also holds every request before it is sent (`hold`) and notes of open spans
//! (`starts`). `segment` is the format, `folder` the directory, `owner` who may touch what, `shelf` what memory knows
//! of it, `write` all writing, `takeover` what dead processes left, `replay` and `health` when to go on.
//!
//! Everything runs on the pipeline thread and is bounded: no write is longer than a request, a file is read once when it
//! is taken over, and a disk that fails or is slow rests. Nothing is forced to the platter: the promise is to survive
//! the end of the process, which the system's cache does.

mod calendar;
mod folder;
mod health;
mod owner;
mod replay;
mod segment;
mod shelf;
mod starts;
mod takeover;
mod target;
#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
mod write;

use std::{fs::File, sync::Arc, time::Duration};

use tokio::time::Instant;

pub(crate) use self::starts::Opening;
use self::{
    calendar::{Calendar, micros},
    folder::Folder,
    health::Health,
    owner::Owner,
    replay::{MOST_STRIKES, Replay},
    shelf::{EntryId, Shelf},
    starts::Starts,
    target::Target,
};
use super::{DropReason, Settled, request::EncodedRequest};
use crate::config::{Destination, Headers, Secret, SpoolOptions};

/// Looks for what dead processes left, and for what is too old.
const TEND_EVERY: Duration = Duration::from_secs(30);

/// Bytes that are replayed in one request: what is compressed in one go holds up what ends meanwhile.
const REPLAY_BYTES: usize = 256 * 1024;

/// Where a request stands on disk. Its halves share it; the last one of them settles it.
#[derive(Debug)]
pub(crate) struct Receipt {
    entries: Vec<EntryId>,
    /// It was read from there: its spans are counted as waiting, not as in memory.
    pub(crate) replayed: bool,
    /// Another process wrote it.
    pub(crate) inherited: bool,
}

impl Receipt {
    /// The receipt of requests that become one: each has its own, and no halves.
    pub(crate) fn join(receipts: &[Arc<Self>]) -> Option<Arc<Self>> {
        let entries: Vec<_> = receipts
            .iter()
            .flat_map(|receipt| receipt.entries.iter().copied())
            .collect();
        (!entries.is_empty()).then(|| {
            Arc::new(Self {
                entries,
                replayed: false,
                inherited: false,
            })
        })
    }
}

/// The spool of one handle.
pub(crate) struct Spool {
    folder: Folder,
    options: SpoolOptions,
    destination: Destination,
    headers: Headers,
    target: Target,
    owner: Option<Owner>,
    /// The next file's.
    number: u64,
    shelf: Shelf,
    /// The segment that is appended to, and its number.
    active: Option<(u64, File)>,
    starts: Starts,
    /// Spans that ended while the disk rested: they are noted as open still.
    closed: Vec<u64>,
    replay: Replay,
    health: Health,
    calendar: Calendar,
    tend_at: Instant,
    /// What the outbox has to know.
    news: Settled,
}

impl Spool {
    /// Touches no disk yet; `None` where nothing is sent as requests.
    pub(crate) fn new(options: &SpoolOptions, destination: &Destination, headers: &Headers) -> Option<Self> {
        Some(Self {
            folder: Folder::new(options.dir.clone()),
            options: options.clone(),
            target: Target::of(destination, headers, None)?,
            destination: destination.clone(),
            headers: headers.clone(),
            owner: None,
            number: 0,
            shelf: Shelf::default(),
            active: None,
            starts: Starts::default(),
            closed: Vec::new(),
            replay: Replay::default(),
            health: Health::default(),
            calendar: Calendar::new(),
            tend_at: Instant::now(),
            news: Settled::default(),
        })
    }

    pub(crate) fn is_durable(&self) -> bool {
        self.options.durable
    }

    /// Spans that wait on disk and no longer in memory.
    pub(crate) fn spans(&self) -> u64 {
        self.shelf.own() + self.shelf.inherited()
    }

    /// Of them, those of this process.
    pub(crate) fn own_spans(&self) -> u64 {
        self.shelf.own()
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.shelf.bytes() + self.starts.bytes()
    }

    /// What waits is being sent, as far as is known with success.
    pub(crate) fn is_replaying(&self) -> bool {
        self.shelf.is_waiting() && self.replay.is_hopeful()
    }

    /// Something waits, and nothing of it is under way.
    pub(crate) fn is_to_replay(&self) -> bool {
        self.shelf.is_waiting() && !self.replay.is_under_way()
    }

    /// It is time for the next attempt.
    pub(crate) fn may_replay(&self, now: Instant) -> bool {
        self.replay.due().is_none_or(|due| due <= now) && !self.health.is_resting(now)
    }

    /// When something is to be done here though nothing else happens.
    pub(crate) fn due(&self) -> Instant {
        let now = Instant::now();
        let rested = self.health.rests_until().unwrap_or(now);
        let tend = self.tend_at.max(rested);
        // What could be sent now and is not waits for something else than time.
        let replay = self.replay.due().unwrap_or(now).max(rested);
        if self.is_to_replay() && replay > now {
            tend.min(replay)
        } else {
            tend
        }
    }

    /// Tends to what is on disk where that is due.
    pub(crate) fn tend(&mut self, now: Instant) {
        if now < self.tend_at || self.health.is_resting(now) {
            return;
        }
        self.tend_at = now + TEND_EVERY;
        self.close(&[]);
        self.expire();
        let result = self.take_over();
        self.judge(result, now);
        self.expire();
    }

    /// Writes a request that is about to be sent, where the spool is durable.
    pub(crate) fn hold(&mut self, request: &mut EncodedRequest) {
        if self.is_durable()
            && let Some(id) = self.write(request, false, false)
        {
            request.set_receipt(Arc::new(Receipt {
                entries: vec![id],
                replayed: false,
                inherited: false,
            }));
        }
    }

    /// Keeps a request that cannot be sent now, which then needs no memory any more. Given back where that fails.
    pub(crate) fn keep(&mut self, mut request: EncodedRequest) -> Result<(), EncodedRequest> {
        let Some(receipt) = request.take_receipt() else {
            return match self.write(&request, true, false) {
                Some(_) => {
                    self.news.spooled += super::widen(request.spans());
                    Ok(())
                }
                None => Err(request),
            };
        };
        let known = receipt.entries.iter().filter_map(|id| self.shelf.entry(*id));
        let spans: u64 = known.map(|entry| u64::from(entry.spans)).sum();
        if Arc::strong_count(&receipt) == 1 && spans == super::widen(request.spans()) {
            for id in &receipt.entries {
                self.news.spooled += self.shelf.wait(*id);
            }
            return Ok(());
        }
        // One half of it: the other one is, or will be, settled for itself.
        if self.write(&request, true, receipt.inherited).is_none() {
            request.set_receipt(receipt);
            return Err(request);
        }
        if !receipt.replayed {
            self.news.spooled += super::widen(request.spans());
        }
        self.settle(Some(receipt));
        Ok(())
    }

    /// A request was delivered, or dropped for good.
    pub(crate) fn settle(&mut self, receipt: Option<Arc<Receipt>>) {
        if let Some(receipt) = receipt.and_then(Arc::into_inner) {
            self.done(&receipt.entries);
        }
    }

    /// The next request from the disk, where it is its time.
    pub(crate) fn next(&mut self, most_spans: usize, now: Instant) -> Option<EncodedRequest> {
        if !self.is_to_replay() || !self.may_replay(now) {
            return None;
        }
        loop {
            let chosen = self.shelf.next(most_spans, REPLAY_BYTES);
            let inherited = self.shelf.entry(*chosen.first()?)?.inherited;
            let (entries, body, spans) = self.load(chosen)?;
            if entries.is_empty() {
                continue; // None of them could be read, and they are gone.
            }
            let receipt = Arc::new(Receipt {
                entries,
                replayed: true,
                inherited,
            });
            self.replay.start(&receipt);
            let mut request = EncodedRequest::from_disk(body.into(), spans);
            request.set_receipt(receipt);
            return Some(request);
        }
    }

    /// Something was delivered.
    pub(crate) fn delivered(&mut self) {
        self.replay.delivered();
    }

    /// The destination, or whoever issues tokens for it, does not answer as it should.
    pub(crate) fn failed(&mut self, now: Instant, after: Option<Duration>) {
        self.replay.failed(now, after);
    }

    /// A request from the disk failed. Where others were delivered meanwhile it is the request, and after some times it
    /// is given up; answers as true then.
    pub(crate) fn gives_up(&mut self, request: &EncodedRequest) -> bool {
        let Some(receipt) = request.receipt().filter(|receipt| receipt.replayed) else {
            return false;
        };
        let strikes = self.replay.strikes();
        let struck = receipt.entries.iter().filter(|_| strikes);
        struck.map(|id| self.shelf.strike(*id)).max() >= Some(MOST_STRIKES)
    }

    /// Notes spans that are open.
    pub(crate) fn open(&mut self, openings: &[Opening]) {
        if !openings.is_empty() && !self.health.is_resting(Instant::now()) {
            let began = Instant::now();
            let result = self.note(openings);
            self.judge(result, began);
        }
    }

    /// Takes back the notes of spans that ended.
    pub(crate) fn close(&mut self, spans: &[u64]) {
        let noted = spans.iter().filter(|span| self.starts.has(**span));
        self.closed.extend(noted);
        let began = Instant::now();
        if self.closed.is_empty() || self.health.is_resting(began) {
            return;
        }
        let closed = std::mem::take(&mut self.closed);
        let result = self.take_back(&closed);
        if self.judge(result, began).is_none() {
            self.closed = closed;
            self.closed.retain(|span| self.starts.has(*span));
        }
    }

    /// Another key: what is written from now on is meant for its project.
    pub(crate) fn set_key(&mut self, key: &Secret) {
        if let Some(target) = Target::of(&self.destination, &self.headers, Some(key))
            && target != self.target
        {
            self.target = target;
            self.active = None;
            self.tend_at = Instant::now();
        }
        self.replay.delivered();
    }

    /// What happened since the last call.
    pub(crate) fn tell(&mut self, settled: &mut Settled) {
        let news = std::mem::take(&mut self.news);
        settled.spooled += news.spooled;
        settled.recovered += news.recovered;
        settled.damaged_segments += news.damaged_segments;
        for (reason, spans) in news.dropped {
            settled.drop(reason, usize::try_from(spans).unwrap_or(usize::MAX));
        }
        for (reason, spans) in news.bygone {
            settled.drop_bygone(reason, spans);
        }
        if let Some(trouble) = self.health.take_trouble() {
            settled.spool_trouble = Some(trouble);
        }
    }

    /// Nothing follows: what is empty goes, and the rest is for the next process.
    pub(crate) fn close_down(&mut self) {
        self.active = None;
        self.close(&[]);
        let empty: Vec<u64> = self
            .shelf
            .segments()
            .filter(|(_, segment)| segment.is_empty())
            .map(|(number, _)| number)
            .collect();
        for number in empty {
            self.discard(number);
        }
        self.starts.finish(&self.folder, &self.closed);
        if self.shelf.segments().next().is_none()
            && self.starts.name().is_none()
            && let Some(owner) = self.owner.take()
        {
            owner.resign(&self.folder);
        }
        self.owner = None;
    }

    fn judge<T>(&mut self, result: std::io::Result<T>, began: Instant) -> Option<T> {
        self.health.judge(result, began, self.folder.path())
    }

    /// Spans that waited are lost.
    fn lose(&mut self, reason: DropReason, spans: u64, inherited: bool) {
        if inherited {
            self.news.drop_bygone(reason, spans);
        } else {
            self.news.drop(reason, usize::try_from(spans).unwrap_or(usize::MAX));
        }
    }

    /// Gives up what is too old.
    fn expire(&mut self) {
        let busy = self.replay.entries();
        let old: Vec<EntryId> = self
            .shelf
            .older_than(self.oldest_kept())
            .into_iter()
            .filter(|id| !busy.contains(id))
            .collect();
        for id in &old {
            if let Some(entry) = self.shelf.entry(*id) {
                let (spans, inherited) = (u64::from(entry.spans), entry.inherited);
                self.lose(DropReason::SpoolExpired, spans, inherited);
            }
        }
        self.done(&old);
    }

    fn oldest_kept(&self) -> u64 {
        micros().saturating_sub(u64::try_from(self.options.max_age.as_micros()).unwrap_or(u64::MAX))
    }
}
