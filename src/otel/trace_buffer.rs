//! [`TraceBuffer`]: holds the spans of a trace of OpenTelemetry until its local root ends.
//!
//! A span's attributes are all known at its end only, and its parent ends later: whether that is exported, and as
//! what, is open until then. What must leave earlier, for its age or for want of room, stands where the starts of the
//! spans above it say.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    ancestry::{Ancestry, ImplicitSession},
    foreign::{Ended, Foreign, Ids, Meant},
    reading::{self, Read},
    span,
};
use crate::{
    clock::Start,
    config::EndState,
    hierarchy::{AgentNode, Recorder, SpanId, SpanLink, TraceId, TracedSpan, session_record},
};

/// Spans wait for their local root no longer than this.
const LONGEST: Duration = Duration::from_secs(30);
/// No more spans wait than these.
pub(super) const MOST_HELD: usize = 4_096;
/// No more spans are known than these, held, open or ended.
pub(super) const MOST_KNOWN: usize = 16_384;
/// Traces that ended are looked for this often.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// Spans of OpenTelemetry that wait for their local roots.
pub(crate) struct TraceBuffer {
    recorder: Arc<Recorder>,
    /// What all times are measured from.
    base: Instant,
    traces: HashMap<TraceId, Waiting>,
    /// The traces that hold spans, the one that has waited longest first.
    turns: BTreeMap<u64, TraceId>,
    next_turn: u64,
    known: usize,
    held: usize,
    bytes: usize,
    swept: Instant,
    released: Released,
}

/// Spans that wait no longer.
#[derive(Debug, Default)]
pub(crate) struct Released {
    pub(crate) spans: Vec<Box<TracedSpan>>,
    /// Those among them that nobody handed over: sessions that were made here.
    pub(crate) made: usize,
    /// Those that were handed over and are none of ours: they began while recording was switched off.
    pub(crate) left_out: usize,
    /// Those that left before their local root ended, for their age or for want of room.
    pub(crate) early: u64,
}

struct Waiting {
    ancestry: Ancestry,
    held: Vec<Held>,
    /// Its place among the traces that hold spans, if it does.
    turn: Option<u64>,
    /// When the oldest of the held spans came.
    since: Instant,
    touched: Instant,
}

struct Held {
    span: SpanId,
    read: Read,
    bytes: usize,
}

impl TraceBuffer {
    pub(crate) fn new(recorder: Arc<Recorder>, now: Instant) -> Self {
        Self {
            recorder,
            base: now,
            traces: HashMap::new(),
            turns: BTreeMap::new(),
            next_turn: 0,
            known: 0,
            held: 0,
            bytes: 0,
            swept: now,
            released: Released::default(),
        }
    }

    /// Spans that wait.
    pub(crate) fn spans(&self) -> usize {
        self.held
    }

    /// Bytes that they hold.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Spans that are known.
    #[cfg(test)]
    pub(super) fn known(&self) -> usize {
        self.known
    }

    /// When the first of them has waited long enough.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let (_, trace) = self.turns.first_key_value()?;
        Some(self.traces.get(trace)?.since + LONGEST)
    }

    /// What waits no longer.
    pub(crate) fn released(&mut self) -> Released {
        std::mem::take(&mut self.released)
    }

    /// Takes what happened to a span.
    pub(crate) fn take(&mut self, foreign: Foreign, now: Instant) {
        let id = match &foreign {
            Foreign::Started(started) => started.ids.trace,
            Foreign::Ended(ended) => ended.ids.trace,
            Foreign::Span(span) => Ids::of(span).trace,
        };
        let trace = self.traces.entry(id).or_insert_with(|| Waiting {
            ancestry: Ancestry::new(id),
            held: Vec::new(),
            turn: None,
            since: now,
            touched: now,
        });
        trace.touched = now;
        let before = trace.ancestry.len();
        let is_complete = match foreign {
            Foreign::Started(started) => {
                trace.ancestry.start(*started);
                false
            }
            Foreign::Ended(ended) => trace.ancestry.end(ended, None),
            Foreign::Span(span) if trace.ancestry.leaves_out(Ids::of(&span).span) => {
                self.released.left_out += 1;
                trace.ancestry.end(Ended::of(&span), None)
            }
            Foreign::Span(span) => {
                let (ended, bytes) = (Ended::of(&span), span::bytes(&span));
                let read = reading::read(&span, self.base, self.recorder.value_cap);
                let ended_root = trace.ancestry.end(ended, Some(Meant::of(&read.record)));
                if trace.held.is_empty() {
                    trace.turn = Some(self.next_turn);
                    trace.since = now;
                    self.turns.insert(self.next_turn, id);
                    self.next_turn += 1;
                }
                trace.held.push(Held {
                    span: ended.ids.span,
                    read,
                    bytes,
                });
                self.held += 1;
                self.bytes += bytes;
                // What ends after its root waits for nothing.
                ended_root || !trace.ancestry.has_open_roots()
            }
        };
        self.known += trace.ancestry.len() - before;
        if is_complete {
            self.release(id);
        }
        self.keep_within_bounds();
        self.sweep(now);
    }

    /// Releases what has waited long enough.
    pub(crate) fn expire(&mut self, now: Instant) {
        while self.deadline().is_some_and(|deadline| deadline <= now) {
            self.release_first_early();
        }
    }

    /// Releases everything: somebody waits for it.
    pub(crate) fn release_all(&mut self) {
        while let Some((_, &trace)) = self.turns.first_key_value() {
            self.release(trace);
        }
    }

    /// Makes links to spans of OpenTelemetry lead to where these stand for us.
    pub(crate) fn lead(&mut self, links: &mut [SpanLink]) {
        for link in links {
            let Some(trace) = self.traces.get_mut(&link.trace_id) else {
                continue;
            };
            if let Some(lineage) = trace.ancestry.place(link.span_id, &self.recorder) {
                link.trace_id = lineage.trace.id;
            }
        }
    }

    fn release_first_early(&mut self) {
        if let Some((_, &trace)) = self.turns.first_key_value() {
            let held = self.traces.get(&trace).map_or(0, |trace| trace.held.len());
            self.released.early += held as u64;
            self.release(trace);
        }
    }

    /// Places the held spans of a trace, and the sessions that ended with its roots.
    fn release(&mut self, id: TraceId) {
        let Some(trace) = self.traces.get_mut(&id) else { return };
        if let Some(turn) = trace.turn.take() {
            self.turns.remove(&turn);
        }
        let held = std::mem::take(&mut trace.held);
        for held in held {
            self.held -= 1;
            self.bytes -= held.bytes;
            let Held { span, read, .. } = held;
            self.finish(id, span, read);
        }
        let Some(trace) = self.traces.get_mut(&id) else { return };
        for session in trace.ancestry.ended_implicit_sessions() {
            self.released.made += 1;
            self.released
                .spans
                .push(finished_session(session, self.base, &self.recorder));
        }
    }

    fn finish(&mut self, trace: TraceId, span: SpanId, read: Read) {
        let Read {
            record,
            end,
            links: mut own,
        } = read;
        let placed = |buffer: &mut Self| {
            let recorder = Arc::clone(&buffer.recorder);
            buffer.traces.get_mut(&trace)?.ancestry.place(span, &recorder)
        };
        // A held span is known, and it is exported: it has a place.
        let Some(mut lineage) = placed(self) else { return };
        // A tool that runs on its own follows from the call that asked for it, and works for the same agent.
        if lineage.agent.is_none() {
            lineage.agent = own.iter().find_map(|link| self.agent_of(link));
        }
        self.lead(&mut own);
        for link in own {
            if lineage.links.len() < SpanLink::MOST && !lineage.links.contains(&link) {
                lineage.links.push(link);
            }
        }
        lineage.hand_down(&record);
        if lineage.is_root() {
            lineage.trace.end();
        }
        self.released.spans.push(TracedSpan::ended(*record, lineage, end));
    }

    /// The agent that a linked span works for.
    fn agent_of(&mut self, link: &SpanLink) -> Option<Arc<AgentNode>> {
        let trace = self.traces.get_mut(&link.trace_id)?;
        trace.ancestry.place(link.span_id, &self.recorder)?;
        trace.ancestry.agent_of(link.span_id)
    }

    fn keep_within_bounds(&mut self) {
        while self.held > MOST_HELD {
            self.release_first_early();
        }
        if self.known <= MOST_KNOWN {
            return;
        }
        let mut by_age: Vec<_> = self.traces.iter().map(|(id, trace)| (trace.touched, *id)).collect();
        by_age.sort_by_key(|(touched, _)| *touched);
        for (_, id) in by_age {
            // A quarter more than needed, so that this is rare.
            if self.known <= MOST_KNOWN / 4 * 3 {
                break;
            }
            self.forget(id);
        }
    }

    /// Forgets the traces of which nothing is left but what late children would need.
    fn sweep(&mut self, now: Instant) {
        if now.saturating_duration_since(self.swept) < SWEEP_EVERY {
            return;
        }
        self.swept = now;
        let is_over = |trace: &Waiting| {
            let idle = now.saturating_duration_since(trace.touched) >= LONGEST;
            idle && trace.held.is_empty() && !trace.ancestry.has_open_spans()
        };
        let over: Vec<_> = self
            .traces
            .iter()
            .filter(|(_, trace)| is_over(trace))
            .map(|(id, _)| *id)
            .collect();
        for id in over {
            self.forget(id);
        }
    }

    fn forget(&mut self, id: TraceId) {
        let held = self.traces.get(&id).map_or(0, |trace| trace.held.len());
        self.released.early += held as u64;
        self.release(id);
        if let Some(trace) = self.traces.remove(&id) {
            self.known -= trace.ancestry.len();
        }
    }
}

fn finished_session(session: ImplicitSession, base: Instant, recorder: &Recorder) -> Box<TracedSpan> {
    let ImplicitSession { name, lineage, ended } = session;
    let start = Start {
        unix_nanos: ended.start,
        at: base,
    };
    let state = if ended.failed {
        EndState::Fail
    } else {
        EndState::Success
    };
    let record = session_record(start, &name, &state, recorder.value_cap);
    TracedSpan::ended(record, lineage, reading::moment(&start, ended.end))
}
