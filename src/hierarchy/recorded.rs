//! [`Recorded`]: the one span extension that all our layers share.
//!
//! A type per layer would let a second handle in the same registry replace the first one's record, so there is one
//! type, and each handle touches its own slot.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use super::{AgentNode, Lineage, Recorder, SpanLink, TracedSpan, open::say_end};
use crate::{
    config::EndState,
    kind::EntityKind,
    record::{KindSource, SpanRecord},
    semconv::{agentops, gen_ai},
};

/// The number of a handle, or of one of its layers, within the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct InstanceId(u64);

impl InstanceId {
    /// The next number.
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// What our layers know about one span of the registry.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// The slot of the one handle that most registries have.
    first: Option<Slot>,
    others: Vec<Slot>,
}

impl From<Slot> for Recorded {
    fn from(slot: Slot) -> Self {
        Self {
            first: Some(slot),
            others: Vec::new(),
        }
    }
}

impl Recorded {
    /// Adds a handle's slot, where it has none.
    pub(crate) fn add(&mut self, slot: Slot) {
        self.others.push(slot);
    }

    /// The slot that this layer of a handle made. Of two layers of one handle the first records a span, the other
    /// leaves it alone.
    #[inline]
    pub(crate) fn slot_of_layer(&mut self, layer: InstanceId) -> Option<&mut Slot> {
        self.slots_mut().find(|slot| slot.layer == layer)
    }

    pub(crate) fn slot(&self, instance: InstanceId) -> Option<&Slot> {
        self.slots().find(|slot| slot.recorder.instance == instance)
    }

    pub(crate) fn slot_mut(&mut self, instance: InstanceId) -> Option<&mut Slot> {
        self.slots_mut().find(|slot| slot.recorder.instance == instance)
    }

    /// Takes a layer's slot out, for the span closed.
    #[inline]
    pub(crate) fn take(&mut self, layer: InstanceId) -> Option<Slot> {
        if self.first.as_ref().is_some_and(|slot| slot.layer == layer) {
            return self.first.take();
        }
        let at = self.others.iter().position(|slot| slot.layer == layer)?;
        Some(self.others.swap_remove(at))
    }

    /// The slot of the handle that saw the span first: whose ids are told to the program.
    pub(crate) fn first(&self) -> Option<&Slot> {
        self.slots().next()
    }

    fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.first.iter().chain(&self.others)
    }

    pub(crate) fn slots_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.first.iter_mut().chain(&mut self.others)
    }
}

/// A span ends with its slot, also where nobody told us of its end: its extensions were poisoned, or its registry went
/// away. The registry drops them all the same, and the span is sent as far as it is known.
impl Drop for Recorded {
    fn drop(&mut self) {
        self.first.take().into_iter().for_each(Slot::finish);
        self.others.drain(..).for_each(Slot::finish);
    }
}

/// What one handle knows about one span.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) recorder: Arc<Recorder>,
    /// The layer of that handle that records the span.
    pub(crate) layer: InstanceId,
    span: State,
    /// The agent that this span is, once a span below it works for it.
    agent: OnceLock<Arc<AgentNode>>,
    /// Where the layer's table of open spans has it.
    pub(crate) place: Option<usize>,
    /// Somebody saw the ids: a child, the program, or another process. They can no longer change.
    pub(crate) observed: AtomicBool,
}

/// A span, as far as it is known: always where it stands.
#[derive(Debug)]
enum State {
    /// It is being recorded.
    Open(Box<TracedSpan>),
    /// It ended before it closed.
    Ended(Box<Lineage>),
    /// Its trace is left out, and so is what is said about it. The root of such a trace is recorded, for it may yet
    /// continue another.
    LeftOut(Box<Lineage>),
}

impl Slot {
    /// A span that begins.
    pub(crate) fn new(recorder: &Arc<Recorder>, layer: InstanceId, mut span: Box<TracedSpan>) -> Self {
        let TracedSpan { record, lineage, .. } = &mut *span;
        lineage.hand_down(record);
        if let Some(agent) = employer(record) {
            lineage.agent = Some(Arc::new(AgentNode::new(agent)));
        }
        let span = if lineage.trace.is_recorded() || lineage.is_root() {
            recorder.note_open(record, lineage);
            span.bytes = span.record.bytes();
            recorder.opened(span.bytes);
            State::Open(span)
        } else {
            State::LeftOut(Box::new(recorder.pool.give_back_but_lineage(span)))
        };
        Self {
            recorder: Arc::clone(recorder),
            layer,
            span,
            agent: OnceLock::new(),
            place: None,
            observed: false.into(),
        }
    }

    /// Where the span stands.
    pub(crate) fn lineage(&self) -> &Lineage {
        match &self.span {
            State::Open(span) => &span.lineage,
            State::Ended(lineage) | State::LeftOut(lineage) => lineage,
        }
    }

    pub(crate) fn lineage_mut(&mut self) -> &mut Lineage {
        match &mut self.span {
            State::Open(span) => &mut span.lineage,
            State::Ended(lineage) | State::LeftOut(lineage) => lineage,
        }
    }

    /// What was said about the span, while it is being recorded.
    pub(crate) fn record(&self) -> Option<&SpanRecord> {
        match &self.span {
            State::Open(span) => Some(&span.record),
            State::Ended(_) | State::LeftOut(_) => None,
        }
    }

    /// Changes the open record now, and what follows from it: its size, its last activity, its agent. `change` must not
    /// run the host's code: the span's extensions are locked.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut SpanRecord, Instant)) {
        let State::Open(span) = &mut self.span else { return };
        let TracedSpan {
            record, lineage, bytes, ..
        } = &mut **span;
        let fields_before = record.fields.version();
        let now = self.recorder.clock.now();
        change(record, now);
        record.touch(now);
        if record.fields.version() != fields_before {
            lineage.hand_down(record);
            if record.is_agent()
                && let Some(agent) = self.agent.get()
            {
                agent.rename(agent_name(record));
            }
        }
        self.recorder.recharge(bytes, record.bytes());
    }

    /// The span was left: [`Self::change`] for what happens to every span, where nothing grows.
    #[inline]
    pub(crate) fn leave(&mut self) {
        if let State::Open(span) = &mut self.span {
            span.record.entered = true;
            span.record.entered_in_panic = false;
            span.record.touch(self.recorder.clock.now());
        }
    }

    /// The span follows from another one. A tool that runs on its own follows from the call that asked for it, and works
    /// for the same `agent`.
    pub(crate) fn follow(&mut self, link: SpanLink, agent: Option<Arc<AgentNode>>) {
        let lineage = self.lineage_mut();
        if lineage.agent.is_none() {
            lineage.agent = agent;
        }
        if lineage.links.contains(&link) {
            return;
        }
        if lineage.links.len() < SpanLink::MOST {
            lineage.links.push(link);
        } else if let State::Open(span) = &mut self.span {
            span.record.dropped_links = span.record.dropped_links.saturating_add(1);
        }
    }

    /// The agent that spans below this one work for.
    pub(crate) fn agent(&self) -> Option<Arc<AgentNode>> {
        let own = match self.record() {
            Some(record) if record.is_agent() => {
                Some(self.agent.get_or_init(|| Arc::new(AgentNode::new(agent_name(record)))))
            }
            _ => self.agent.get(),
        };
        own.or(self.lineage().agent.as_ref()).map(Arc::clone)
    }

    /// Ends the span before it closes, once. What begins below it later still stands there.
    pub(crate) fn end(&mut self) -> Option<EndedSpan> {
        let State::Open(open) = &self.span else { return None };
        let stays = State::Ended(Box::new(open.lineage.clone()));
        match std::mem::replace(&mut self.span, stays) {
            State::Open(span) => Some(EndedSpan::new(&self.recorder, span)),
            State::Ended(_) | State::LeftOut(_) => None,
        }
    }

    /// The span closed.
    #[inline]
    pub(crate) fn close(self) {
        if let State::LeftOut(_) = self.span {
            self.recorder.skipped();
        } else {
            self.finish();
        }
    }

    /// Hands it to the pipeline. It ends where it was last active; one that was never entered ends now.
    #[inline]
    fn finish(self) {
        if let State::Open(span) = self.span {
            let last_active = span.record.last_active.filter(|_| span.record.entered);
            let end = last_active.unwrap_or_else(|| self.recorder.clock.now());
            self.recorder.finish(span, end);
        }
    }

    /// Continues the trace of `parent`. All of a trace has a record or none, so what has none stays left out.
    pub(crate) fn continue_trace(&mut self, parent: SpanLink) {
        match &mut self.span {
            State::Open(span) => {
                let TracedSpan { record, lineage, .. } = &mut **span;
                self.recorder.continue_trace(lineage, parent);
                if lineage.trace.sampled {
                    self.recorder.note_open(record, lineage);
                } else {
                    // It may have been noted as one that is sent.
                    self.recorder.take_note_back(lineage.span_id);
                }
            }
            State::Ended(lineage) => self.recorder.continue_trace(lineage, parent),
            State::LeftOut(lineage) => {
                self.recorder.continue_trace(lineage, parent);
                if lineage.trace.is_recorded() {
                    lineage.trace = Arc::new(lineage.trace.left_out());
                }
            }
        }
    }

    /// What a child of this span inherits.
    pub(crate) fn as_parent(&self) -> Parent {
        self.observed.store(true, Ordering::Relaxed);
        Parent {
            lineage_span: self.lineage().span_id,
            trace: Arc::clone(&self.lineage().trace),
            agent: self.agent(),
        }
    }
}

/// What a child inherits from the nearest recorded ancestor.
#[derive(Clone, Debug)]
pub(crate) struct Parent {
    pub(crate) lineage_span: super::SpanId,
    pub(crate) trace: Arc<super::Trace>,
    pub(crate) agent: Option<Arc<AgentNode>>,
}

/// A span that ended before it closed, to be handed over once the span's extensions are unlocked.
#[derive(Debug)]
pub(crate) struct EndedSpan {
    recorder: Arc<Recorder>,
    span: Box<TracedSpan>,
}

impl EndedSpan {
    pub(super) fn new(recorder: &Arc<Recorder>, span: Box<TracedSpan>) -> Self {
        Self {
            recorder: Arc::clone(recorder),
            span,
        }
    }

    /// When the span began.
    pub(super) fn began(&self) -> Instant {
        self.span.record.start.at
    }

    /// Says how the session ended that it is.
    pub(super) fn say_end(&mut self, state: &EndState, reason: Option<&str>) {
        say_end(&mut self.span.record, state, reason, self.recorder.value_cap);
    }

    /// The process ends while the span is open. It says so, and ends now; a session ends as its process does.
    pub(super) fn cut_short(mut self) {
        let record = &mut self.span.record;
        record.open_at_shutdown = true;
        let is_session = matches!(record.kind, Some((EntityKind::Session, _)));
        if is_session && record.fields.get(agentops::field::END_STATE).is_none() {
            self.say_end(&EndState::Shutdown, None);
        }
        self.finish();
    }

    /// Hands it to the pipeline. Its end is now, whatever happened in it.
    pub(crate) fn finish(self) {
        let now = self.recorder.clock.now();
        self.recorder.finish(self.span, now);
    }
}

/// The name of the agent that a span is.
pub(crate) fn agent_name(record: &SpanRecord) -> &str {
    [
        agentops::field::NAME,
        agentops::AGENT_NAME,
        gen_ai::AGENT_NAME,
        agentops::field::OTEL_NAME,
    ]
    .iter()
    .find_map(|key| record.fields.get_text(key))
    .map_or(record.callsite.name(), unquoted)
}

/// The agent that a marked span says it works for, whoever is above it: `agent.name` on what is no agent itself.
pub(crate) fn employer(record: &SpanRecord) -> Option<&str> {
    match record.kind? {
        (EntityKind::Agent | EntityKind::Session, _) => None,
        (_, KindSource::AgentOps) => record.fields.get_text(agentops::AGENT_NAME).map(unquoted),
        _ => None,
    }
}

/// A value given through `?` carries the quotes of its `Debug`.
pub(crate) fn unquoted(text: &str) -> &str {
    text.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(text)
}
