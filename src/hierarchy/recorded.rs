//! [`Recorded`]: the one span extension that all our layers share.
//!
//! A type per layer would let a second handle in the same registry replace the first one's record, so there is one
//! type, and each handle touches its own slot.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use smallvec::SmallVec;

use super::{AgentNode, Lineage, Recorder, SpanLink, open::say_end};
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
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    by: SmallVec<[Slot; 1]>,
}

impl Recorded {
    /// Adds a handle's slot, where it has none.
    pub(crate) fn add(&mut self, slot: Slot) {
        self.by.push(slot);
    }

    /// The slot that this layer of a handle made. Of two layers of one handle the first records a span, the other
    /// leaves it alone.
    pub(crate) fn slot_of_layer(&mut self, layer: InstanceId) -> Option<&mut Slot> {
        self.by.iter_mut().find(|slot| slot.layer == layer)
    }

    pub(crate) fn slot(&self, instance: InstanceId) -> Option<&Slot> {
        self.by.iter().find(|slot| slot.recorder.instance == instance)
    }

    pub(crate) fn slot_mut(&mut self, instance: InstanceId) -> Option<&mut Slot> {
        self.by.iter_mut().find(|slot| slot.recorder.instance == instance)
    }

    /// The slot of the handle that saw the span first: whose ids are told to the program.
    pub(crate) fn first(&self) -> Option<&Slot> {
        self.by.first()
    }

    pub(crate) fn slots_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.by.iter_mut()
    }
}

/// What one handle knows about one span.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) recorder: Arc<Recorder>,
    /// The layer of that handle that records the span.
    pub(crate) layer: InstanceId,
    pub(crate) lineage: Lineage,
    /// The agent that this span is: what spans below it work for.
    pub(crate) agent: Option<Arc<AgentNode>>,
    /// `None` where none was made, and from the end of the span on.
    pub(crate) record: Option<Box<SpanRecord>>,
    /// No record was made: the trace is left out. The root of such a trace has one, for it may yet continue another.
    pub(crate) left_out: bool,
    /// Bytes of the record that the memory budget knows of.
    pub(crate) charged: usize,
    /// Where the layer's table of open spans has it.
    pub(crate) place: usize,
    /// Somebody saw the ids: a child, the program, or another process. They can no longer change.
    pub(crate) observed: AtomicBool,
}

impl Slot {
    /// Changes the open record, and what follows from it: its size, its last activity, its agent. `change` must not
    /// run the host's code: the span's extensions are locked.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut SpanRecord)) {
        let Some(record) = self.record.as_deref_mut() else {
            return;
        };
        let fields_before = record.fields.version();
        change(record);
        record.touch(self.recorder.clock.now());
        if record.fields.version() != fields_before {
            self.lineage.hand_down(record);
        }
        let is_agent = record.kind.is_some_and(|(kind, _)| kind == EntityKind::Agent);
        if is_agent && record.fields.version() != fields_before {
            match &self.agent {
                Some(agent) => agent.rename(agent_name(record)),
                None => self.agent = Some(Arc::new(AgentNode::new(agent_name(record)))),
            }
        }
        self.recorder.recharge(&mut self.charged, record.bytes());
    }

    /// Ends the span now or at its latest activity, once.
    pub(crate) fn end(&mut self) -> Option<FinishedSlot> {
        let record = self.record.take()?;
        Some(FinishedSlot::new(
            &self.recorder,
            record,
            self.lineage.clone(),
            self.charged,
        ))
    }

    /// Continues the trace of `parent`. All of a trace has a record or none, so what has none stays left out.
    pub(crate) fn continue_trace(&mut self, parent: SpanLink) {
        self.recorder.continue_trace(&mut self.lineage, parent);
        if self.left_out && self.lineage.trace.is_recorded() {
            self.lineage.trace = Arc::new(self.lineage.trace.left_out());
        }
    }

    /// What a child of this span inherits.
    pub(crate) fn as_parent(&self) -> Parent {
        self.observed.store(true, Ordering::Relaxed);
        Parent {
            lineage_span: self.lineage.span_id,
            trace: Arc::clone(&self.lineage.trace),
            agent: self.agent.as_ref().or(self.lineage.agent.as_ref()).map(Arc::clone),
        }
    }
}

/// A span whose end nobody told us: its extensions were poisoned, or its registry went away. The registry drops them
/// all the same, and the span is sent as far as it is known.
impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(finished) = self.end() {
            finished.finish(false);
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

/// What is left of a slot at the end of its span, to be handed over once the span's extensions are unlocked.
#[derive(Debug)]
pub(crate) struct FinishedSlot {
    recorder: Arc<Recorder>,
    record: Box<SpanRecord>,
    lineage: Lineage,
    charged: usize,
}

impl FinishedSlot {
    pub(crate) fn new(recorder: &Arc<Recorder>, record: Box<SpanRecord>, lineage: Lineage, charged: usize) -> Self {
        Self {
            recorder: Arc::clone(recorder),
            record,
            lineage,
            charged,
        }
    }

    /// When the span began.
    pub(super) fn began(&self) -> Instant {
        self.record.start.at
    }

    /// Says how the session ended that it is.
    pub(super) fn say_end(&mut self, state: &EndState, reason: Option<&str>) {
        say_end(&mut self.record, state, reason, self.recorder.value_cap);
    }

    /// The process ends while the span is open. It says so, and ends now; a session ends as its process does.
    pub(super) fn cut_short(mut self) {
        self.record.open_at_shutdown = true;
        let is_session = matches!(self.record.kind, Some((EntityKind::Session, _)));
        if is_session && self.record.fields.get(agentops::field::END_STATE).is_none() {
            self.say_end(&EndState::Shutdown, None);
        }
        self.finish(true);
    }

    /// Hands it to the pipeline. A span that was never entered, and a session that was ended by its handle, end now.
    pub(crate) fn finish(self, now: bool) {
        let Self {
            recorder,
            record,
            lineage,
            charged,
        } = self;
        let end = match record.last_active {
            Some(last) if record.entered && !now => last,
            _ => recorder.clock.now(),
        };
        recorder.finish(record, lineage, end, charged);
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
