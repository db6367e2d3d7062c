//! [`SecondDoor`]: the span processor through which spans of OpenTelemetry come in.
//!
//! It runs on the caller's thread, so it looks at keys and hands over; meaning is given on the pipeline thread.

use std::{fmt, sync::atomic::Ordering, time::Duration};

use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::{
    error::{OTelSdkError, OTelSdkResult},
    trace::{Span, SpanData, SpanProcessor},
};

use super::{
    foreign::{Ended, Foreign, Ids, Meant, Started},
    reading,
};
use crate::{
    attributes::classify,
    error::ExportError,
    hierarchy::{Recorder, innermost_scope},
    kind::EntityKind,
    propagation::in_context,
    semconv::agentops::field,
};

/// What the door needs of the handle that it belongs to.
pub(crate) trait Owner: fmt::Debug + Send + Sync + 'static {
    fn recorder(&self) -> &Recorder;
    /// Nothing is ever sent.
    fn is_inert(&self) -> bool;
    /// Takes what happened; never waits.
    fn hand_over(&self, foreign: Foreign);
    fn flush(&self, timeout: Duration) -> Result<(), ExportError>;
    fn shut_down(&self, timeout: Duration) -> Result<(), ExportError>;
}

/// Hands spans of OpenTelemetry to the pipeline.
#[derive(Debug)]
pub(crate) struct SecondDoor<O> {
    owner: O,
    only_agentops: bool,
    /// The provider is the program's: when it is shut down, the handle is.
    ends_with_provider: bool,
}

/// `SpanProcessor::force_flush` takes no time; this is what OpenTelemetry's own processors allow themselves.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

impl<O: Owner> SecondDoor<O> {
    /// With `only_agentops`, libraries' own attributes do not count.
    pub(crate) fn new(owner: O, only_agentops: bool, ends_with_provider: bool) -> Self {
        owner.recorder().counts.second_door.store(true, Ordering::Relaxed);
        Self {
            owner,
            only_agentops,
            ends_with_provider,
        }
    }

    fn concerns_us(&self, span: &SpanData) -> bool {
        let mut ours = false;
        for KeyValue { key, .. } in &span.attributes {
            // The `tracing` span of a `Session` that keeps a record of its own.
            if key.as_str() == field::SESSION_HAS_RECORD {
                return false;
            }
            ours = ours || classify::is_ours(key.as_str(), self.only_agentops);
        }
        ours || !self.only_agentops && classify::by_library(&span.name, reading::target(span)).is_some()
    }
}

impl<O: Owner> SpanProcessor for SecondDoor<O> {
    fn on_start(&self, span: &mut Span, _: &Context) {
        if self.owner.is_inert() {
            return;
        }
        let recorder = self.owner.recorder();
        // A span is recorded or not from its beginning on, whatever is switched before its end. One that is not still
        // stands between those above and below it.
        let is_on = recorder.is_enabled();
        // A copy, but of what was said at the start only, and the one way to read a span.
        let Some(span) = span.exported_data() else { return };
        let ids = Ids::of(&span);
        let concerns_us = is_on && self.concerns_us(&span);
        let outline = concerns_us.then(|| reading::outline(&span));
        let meant = outline.as_ref().map(Meant::of);
        let is_session = |meant: &Meant| meant.kind == Some(EntityKind::Session);
        if meant.is_some() {
            recorder.counts.saw_span.store(true, Ordering::Relaxed);
        }
        self.owner.hand_over(Foreign::Started(Box::new(Started {
            ids,
            recorded: is_on,
            session: innermost_scope(recorder.instance).map(|(_, session)| session),
            name: (ids.parent.is_none() || ids.remote).then_some(span.name),
            said: outline.filter(|_| meant.as_ref().is_some_and(is_session)).map(Box::new),
            meant,
        })));
    }

    fn on_end(&self, span: SpanData) {
        if self.owner.is_inert() {
            return;
        }
        let foreign = if self.concerns_us(&span) {
            let recorder = self.owner.recorder();
            recorder.counts.saw_span.store(true, Ordering::Relaxed);
            Foreign::Span(Box::new(span))
        } else {
            Foreign::Ended(Ended::of(&span))
        };
        self.owner.hand_over(foreign);
    }

    fn force_flush(&self) -> OTelSdkResult {
        told(self.owner.flush(FLUSH_TIMEOUT))
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        // A provider may be dropped on our own thread, together with the last subscriber. It must not wait for itself.
        let is_ours = in_context(Context::is_current_telemetry_suppressed).unwrap_or_default();
        if !self.ends_with_provider || is_ours {
            return Ok(());
        }
        match self.owner.shut_down(timeout) {
            // The guard was faster.
            Err(reason) if reason.is_closed() => Ok(()),
            result => told(result),
        }
    }
}

fn told(result: Result<(), ExportError>) -> OTelSdkResult {
    result.map_err(|reason| OTelSdkError::InternalFailure(reason.to_string()))
}
