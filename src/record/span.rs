//! [`SpanRecord`]: one span as its callsite, its fields and its events told it.

use std::{borrow::Cow, sync::Arc, time::Instant};

use smallvec::SmallVec;
use tracing::Level;

use super::{Callsite, Exchange, Fields};
use crate::{clock::Start, kind::EntityKind};

/// How sure we are of a span's kind: lower wins, and a later `record` may only improve it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KindSource {
    AgentOps,
    GenAiOperation,
    OpenInference,
    Langfuse,
    Traceloop,
    Table,
    Model,
    McpMethod,
}

/// One span as it was told, from creation to close.
#[derive(Debug)]
pub(crate) struct SpanRecord {
    pub(crate) callsite: Callsite,
    pub(crate) start: Start,
    /// The latest exit, record or event.
    pub(crate) last_active: Option<Instant>,
    /// It was entered and left at least once.
    pub(crate) entered: bool,
    /// It was entered while its thread was already unwinding.
    pub(crate) entered_in_panic: bool,
    /// The kind, once a field or the table of libraries settled it.
    pub(crate) kind: Option<(EntityKind, KindSource)>,
    pub(crate) fields: Fields,
    /// What `#[instrument(ret)]` or an explicit end recorded as the result is the field [`Self::RETURN`].
    pub(crate) failure: Option<Box<Failure>>,
    pub(crate) events: Vec<EventRecord>,
    /// Bytes that the events hold.
    event_bytes: usize,
    /// Events beyond [`Self::MAX_EVENTS`].
    pub(crate) dropped_events: u32,
    /// Those of them for which there was no memory.
    pub(crate) shed_events: u32,
    /// Bodies of exchanges that were cut for the same reason.
    shed_bodies: u32,
    /// Links beyond what a span may have.
    pub(crate) dropped_links: u32,
    /// What went over the wire for it, to be read on the pipeline thread. Most spans have none: it lies outside.
    exchanges: Option<Box<SmallVec<[Arc<Exchange>; 1]>>>,
    /// The process ended it.
    pub(crate) open_at_shutdown: bool,
}

impl SpanRecord {
    /// The key under which a returned value is kept. `return` is a keyword, so no argument has this name.
    pub(crate) const RETURN: &'static str = "return";
    /// More events than this on one span are counted and dropped: a session may live for hours.
    pub(crate) const MAX_EVENTS: usize = 512;

    #[inline]
    pub(crate) fn new(callsite: impl Into<Callsite>, start: Start) -> Self {
        Self {
            callsite: callsite.into(),
            start,
            last_active: None,
            entered: false,
            entered_in_panic: false,
            kind: None,
            fields: Fields::default(),
            failure: None,
            events: Vec::new(),
            event_bytes: 0,
            dropped_events: 0,
            shed_events: 0,
            shed_bodies: 0,
            dropped_links: 0,
            exchanges: None,
            open_at_shutdown: false,
        }
    }

    /// What is known of it now, without what happened inside.
    pub(crate) fn as_it_began(&self) -> Self {
        let mut record = Self::new(self.callsite.clone(), self.start);
        record.fields = self.fields.clone();
        record.kind = self.kind;
        record
    }

    /// Bytes held, for the memory budget.
    pub(crate) fn bytes(&self) -> usize {
        let exchanges = self.exchanges.iter().flat_map(|all| all.iter());
        let exchanges: usize = exchanges.map(|exchange| exchange.bytes()).sum();
        let failure = self.failure.as_ref().map_or(0, |failure| failure.bytes());
        size_of::<Self>() + self.fields.heap_bytes() + self.event_bytes + failure + exchanges
    }

    /// It stands for an agent, as far as was told.
    pub(crate) fn is_agent(&self) -> bool {
        self.kind.is_some_and(|(kind, _)| kind == EntityKind::Agent)
    }

    /// Something was said about it, or it was left, at `moment`.
    pub(crate) fn touch(&mut self, moment: Instant) {
        self.last_active = self.last_active.max(Some(moment));
    }

    /// Adds an event, or counts it where there are too many or they hold too much.
    pub(crate) fn add_event(&mut self, event: EventRecord, has_room: bool) {
        // An error decides the status: the first one is kept in any case, in the last place if there is no other.
        let decides = event.level == Level::ERROR && self.events.iter().all(|have| have.level != Level::ERROR);
        let fits = self.events.len() < Self::MAX_EVENTS;
        if !(fits && (has_room || decides)) {
            self.dropped_events = self.dropped_events.saturating_add(1);
            self.shed_events = self.shed_events.saturating_add(u32::from(fits));
            if !decides {
                return;
            }
            if let Some(last) = self.events.pop() {
                self.event_bytes -= last.bytes();
            }
        }
        self.event_bytes += event.bytes();
        self.events.push(event);
    }

    /// Adds what went over the wire for it. Of too many the first ones go: the last ones stand.
    pub(crate) fn add_exchange(&mut self, exchange: Arc<Exchange>) {
        let exchanges = self.exchanges.get_or_insert_default();
        if exchanges.len() >= Exchange::MOST {
            exchanges.remove(0);
        }
        exchanges.push(exchange);
    }

    /// Takes what went over the wire for it.
    pub(crate) fn take_exchanges(&mut self) -> SmallVec<[Arc<Exchange>; 1]> {
        self.exchanges.take().map(|all| *all).unwrap_or_default()
    }

    /// Cuts what is longer than `longest` bytes. A failure's text has no mark of its own, and the redactor could not tell
    /// half of a secret: a long one goes whole.
    pub(crate) fn shorten(&mut self, longest: usize) {
        self.fields.shorten(longest);
        for event in &mut self.events {
            event.fields.shorten(longest);
            event.error_chain.take_if(|chain| chain.len() > longest);
        }
        self.event_bytes = self.events.iter().map(EventRecord::bytes).sum();
        // Of a body the model's name and the counts stay: they stand at its ends.
        for exchange in self.exchanges.iter_mut().flat_map(|all| all.iter_mut()) {
            if let Some(exchange) = Arc::get_mut(exchange) {
                self.shed_bodies = self.shed_bodies.saturating_add(exchange.shorten(16 * longest));
            }
        }
        if let Some(failure) = &mut self.failure {
            failure.chain.take_if(|chain| chain.len() > longest);
            if failure.message.len() > longest {
                failure.message = String::new();
            }
        }
    }

    /// Values that were cut to `longest` bytes or fewer.
    pub(crate) fn shortened(&self, longest: usize) -> usize {
        let of_events = self.events.iter().map(|event| event.fields.shortened(longest));
        self.fields.shortened(longest) + of_events.sum::<usize>() + self.shed_bodies as usize
    }

    /// The first failure stands: what follows is usually its echo on the way up.
    pub(crate) fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert_with(|| Box::new(failure));
    }
}

/// An event inside a span.
#[derive(Debug)]
pub(crate) struct EventRecord {
    pub(crate) at: Instant,
    /// The callsite's name, used where the event has no message.
    pub(crate) name: Cow<'static, str>,
    pub(crate) level: Level,
    pub(crate) fields: Box<Fields>,
    /// The causes of an error among the fields, one a line.
    pub(crate) error_chain: Option<String>,
}

impl EventRecord {
    fn bytes(&self) -> usize {
        let fields = size_of::<Fields>() + self.fields.heap_bytes();
        size_of::<Self>() + fields + self.error_chain.as_ref().map_or(0, String::len)
    }
}

/// Why a span failed: becomes one `exception` event and the status.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) at: Instant,
    /// The error's type where it is statically known; `panic` for a panic.
    pub(crate) type_name: Option<Cow<'static, str>>,
    pub(crate) message: String,
    /// The source chain or the place of a panic, one a line.
    pub(crate) chain: Option<String>,
}

impl Failure {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.message.len() + self.chain.as_ref().map_or(0, String::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, hierarchy::session_callsite};

    fn record() -> SpanRecord {
        SpanRecord::new(session_callsite(), Clock::System.start())
    }

    fn event(level: Level, name: &'static str) -> EventRecord {
        EventRecord {
            at: Clock::System.now(),
            name: name.into(),
            level,
            fields: Box::default(),
            error_chain: None,
        }
    }

    fn names(record: &SpanRecord) -> Vec<&str> {
        record.events.iter().map(|event| &*event.name).collect()
    }

    #[test]
    fn the_first_error_is_kept_beyond_the_bound_and_everything_else_is_counted() {
        let mut record = record();
        for _ in 0..SpanRecord::MAX_EVENTS + 3 {
            record.add_event(event(Level::INFO, "said"), true);
        }
        record.add_event(event(Level::ERROR, "first"), true);
        record.add_event(event(Level::ERROR, "second"), true);
        let kept = names(&record);
        assert_eq!((kept.len(), kept.last()), (SpanRecord::MAX_EVENTS, Some(&"first")));
        assert_eq!(record.dropped_events, 3 + 1 + 1);
    }

    #[test]
    fn without_room_only_the_first_error_is_kept() {
        let mut record = record();
        record.add_event(event(Level::INFO, "said"), false);
        record.add_event(event(Level::ERROR, "first"), false);
        record.add_event(event(Level::ERROR, "second"), false);
        assert_eq!((names(&record), record.dropped_events), (vec!["first"], 2));
    }

    #[test]
    fn what_goes_is_no_longer_counted_as_held() {
        let mut record = record();
        let empty = record.bytes();
        for _ in 0..=SpanRecord::MAX_EVENTS {
            record.add_event(event(Level::INFO, "said"), true);
        }
        let full = record.bytes();
        record.add_event(event(Level::ERROR, "first"), true);
        assert!(full > empty);
        assert_eq!(
            record.bytes(),
            full,
            "one event took the place of another of the same size"
        );
    }
}
