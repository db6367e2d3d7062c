//! [`ForeignSpans`]: spans of OpenTelemetry on the pipeline thread.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use crate::{
    hierarchy::Recorder,
    otel::{foreign::Foreign, trace_buffer::TraceBuffer},
};

/// The buffer of the second door, and what it needs of the recorder.
pub(super) struct ForeignSpans {
    buffer: TraceBuffer,
    recorder: Arc<Recorder>,
    used: bool,
    warned: bool,
}

impl ForeignSpans {
    pub(super) fn new(recorder: Arc<Recorder>, now: Instant) -> Self {
        Self {
            buffer: TraceBuffer::new(Arc::clone(&recorder), now),
            recorder,
            used: false,
            warned: false,
        }
    }

    pub(super) fn take(&mut self, foreign: Foreign, now: Instant) {
        // Spans that do not concern us are no sign: a provider sees all of them.
        self.used |= match &foreign {
            Foreign::Span(_) => true,
            Foreign::Started(started) => started.meant.is_some(),
            Foreign::Ended(_) => false,
        };
        self.buffer.take(foreign, now);
    }

    /// A layer of the same handle sees spans, too. True once.
    pub(super) fn is_beside_a_layer(&mut self) -> bool {
        let both = self.used && self.recorder.counts.through_layer.load(Ordering::Relaxed);
        both && !std::mem::replace(&mut self.warned, true)
    }

    /// A span processor of the handle was made.
    pub(super) fn is_open(&self) -> bool {
        self.recorder.counts.second_door.load(Ordering::Relaxed)
    }

    pub(super) fn recorder(&self) -> &Recorder {
        &self.recorder
    }
}

impl Deref for ForeignSpans {
    type Target = TraceBuffer;

    fn deref(&self) -> &TraceBuffer {
        &self.buffer
    }
}

impl DerefMut for ForeignSpans {
    fn deref_mut(&mut self) -> &mut TraceBuffer {
        &mut self.buffer
    }
}
