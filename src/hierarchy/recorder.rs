//! [`Recorder`]: what a handle needs on the caller's thread to begin and end records.

use std::sync::{
    Arc, Mutex, PoisonError, Weak,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};
use std::time::Instant;

use tracing::{Dispatch, dispatcher::WeakDispatch};

use super::{
    AutoSession, HoldsOpen, IdSource, InstanceId, Lineage, Parent, RemoteParent, SpanId, SpanLink, Trace, TraceId,
    TraceRoot, TracedSpan, open::Holders, pool::SpanPool,
};
use crate::{
    clock::Clock,
    config::{Config, Content, EndState, HostTrace},
    policy::limits::{REDACTION_MARGIN, SHORT},
    record::SpanRecord,
};

/// Takes ended spans; never waits.
pub(crate) trait SpanSink: Send + Sync {
    /// `open` is how many bytes open records hold, and what open sessions were told.
    fn accept(&self, span: Box<TracedSpan>, open: usize);

    /// Takes a span that began, as it is now.
    fn note_open(&self, span: Box<TracedSpan>);

    /// A span of which it was told that it began comes to nothing.
    fn take_note_back(&self, span: SpanId);

    /// Bytes of spans that were accepted and are on their way.
    fn held_bytes(&self) -> usize;
}

/// The span of the host's own OpenTelemetry that is current on this thread, if any.
pub(crate) type HostContext = fn() -> Option<SpanLink>;

/// What a handle needs on the caller's thread.
#[expect(clippy::struct_excessive_bools, reason = "settings, which nothing else excludes")]
pub(crate) struct Recorder {
    pub(crate) instance: InstanceId,
    pub(crate) ids: IdSource,
    pub(crate) clock: Clock,
    /// Bytes of one value that are copied, where there is room: see [`Recorder::cap`].
    pub(crate) value_cap: usize,
    /// Bytes that all records may hold, open and on their way, before long values are cut.
    content_bytes: usize,
    /// Inputs and outputs leave; else nothing is serialised for them.
    pub(crate) captures_content: bool,
    /// Calls of models count without a word of the program.
    #[cfg_attr(
        not(any(feature = "reqwest-middleware", feature = "tower")),
        allow(dead_code, reason = "for `capture` only")
    )]
    pub(crate) instruments_llm_calls: bool,
    pub(crate) counts: Counts,
    /// Spans to be filled.
    pub(crate) pool: SpanPool,
    sink: Box<dyn SpanSink>,
    pub(crate) host_trace: HostTrace,
    host_context: HostContext,
    /// What started this process, for sessions that are given no other parent.
    remote: Option<RemoteParent>,
    sample_ratio: f64,
    keep_errors: bool,
    /// Open spans are noted on disk.
    notes_open: bool,
    enabled: AtomicBool,
    auto: Option<AutoSession>,
    implicit: bool,
    dispatch: Mutex<Option<WeakDispatch>>,
    holders: Holders,
}

/// Counters of the caller's side.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Spans that began and have not ended.
    pub(crate) open_spans: AtomicUsize,
    /// Bytes that they hold.
    pub(crate) open_bytes: AtomicUsize,
    /// Bytes of what open sessions were told.
    pub(crate) told_bytes: Arc<AtomicUsize>,
    /// Spans that ended and belong to a trace that is not kept.
    pub(crate) sampled_out: AtomicU64,
    /// Layers that were made for the handle.
    pub(crate) layers: AtomicUsize,
    /// The layer saw a span of ours at least once.
    pub(crate) saw_span: AtomicBool,
    /// A layer of the handle recorded a span.
    pub(crate) through_layer: AtomicBool,
    /// A span processor of the handle was made.
    pub(crate) second_door: AtomicBool,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("instance", &self.instance)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

impl Recorder {
    pub(crate) fn new(
        config: &Config,
        ids: IdSource,
        clock: Clock,
        sink: Box<dyn SpanSink>,
        host_context: HostContext,
        remote: Option<RemoteParent>,
    ) -> Self {
        let recording = !config.destination.is_inert();
        let mut recorder = Self {
            instance: InstanceId::next(),
            ids,
            clock,
            value_cap: config
                .attribute_value_length
                .saturating_mul(4)
                .saturating_add(REDACTION_MARGIN),
            content_bytes: config.content_bytes(),
            captures_content: config.content == Content::All,
            instruments_llm_calls: config.instrument_llm_calls,
            counts: Counts::default(),
            pool: SpanPool::new(),
            sink,
            host_trace: config.host_trace,
            host_context,
            remote,
            sample_ratio: config.sample_ratio,
            keep_errors: config.keep_errors,
            notes_open: config.spool.as_ref().is_some_and(|spool| spool.durable),
            enabled: AtomicBool::new(recording),
            auto: None,
            implicit: !config.auto_start_session,
            dispatch: Mutex::default(),
            holders: Holders::default(),
        };
        if config.auto_start_session && recording {
            recorder.auto = Some(AutoSession::reserve(&recorder, &config.trace_name));
        }
        recorder
    }

    /// Spans that begin now are recorded.
    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled.load(Ordering::Relaxed)
    }

    pub(crate) fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::Relaxed);
    }

    /// The span that started this process.
    pub(crate) fn remote(&self) -> Option<&RemoteParent> {
        self.remote.as_ref()
    }

    pub(crate) fn auto_session(&self) -> Option<&AutoSession> {
        self.auto.as_ref()
    }

    /// Spans without a session get one from an unrelated outermost span.
    pub(crate) fn makes_implicit_sessions(&self) -> bool {
        self.implicit
    }

    /// Remembers a subscriber that a layer of ours became part of, for what there is to say. The first that lives
    /// stays.
    pub(crate) fn set_dispatch(&self, dispatch: &Dispatch) {
        let mut known = self.dispatch.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().and_then(WeakDispatch::upgrade).is_none() {
            *known = Some(dispatch.downgrade());
        }
    }

    /// A subscriber that a layer of ours is part of, while it lives.
    pub(crate) fn dispatch(&self) -> Option<Dispatch> {
        let known = self.dispatch.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref()?.upgrade()
    }

    /// A new trace. Whether it is kept is decided here, once, for all its spans.
    pub(crate) fn new_trace(&self, kind: TraceRoot) -> (SpanId, Arc<Trace>) {
        let id = self.ids.trace_id();
        let root = self.ids.span_id();
        (root, Arc::new(self.trace(id, root, kind)))
    }

    fn trace(&self, id: TraceId, root: SpanId, kind: TraceRoot) -> Trace {
        let trace = Trace::new(id, root, kind, self.samples(id.0)).within(Some(Arc::clone(&self.counts.told_bytes)));
        if self.keep_errors {
            trace.keeping_errors()
        } else {
            trace
        }
    }

    /// A trace whose id was given elsewhere, with `root` at its root in this process.
    pub(crate) fn told_trace(&self, id: TraceId, root: SpanId, kind: TraceRoot) -> Arc<Trace> {
        Arc::new(self.trace(id, root, kind))
    }

    /// The low 63 bits of a trace id decide, as OpenTelemetry's `TraceIdRatioBased` does: processes that share a
    /// trace and a ratio agree.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the low bits are what is wanted"
    )]
    pub(crate) fn samples(&self, trace_id: u128) -> bool {
        let bound = (self.sample_ratio.clamp(0.0, 1.0) * (1_u64 << 63) as f64) as u64;
        self.sample_ratio >= 1.0 || (trace_id as u64 >> 1) < bound
    }

    /// The lineage of a span that is the root of a trace of its own. `enclosing` is the recorded span around it.
    pub(crate) fn root_lineage(&self, kind: TraceRoot, enclosing: Option<&Parent>) -> Lineage {
        let (span_id, trace) = self.new_trace(kind);
        let mut lineage = Lineage {
            span_id,
            parent: None,
            parent_is_remote: false,
            trace,
            agent: None,
            links: Vec::new(),
        };
        if let Some(parent) = enclosing {
            lineage.links.push(SpanLink {
                trace_id: parent.trace.id,
                span_id: parent.lineage_span,
                remote: false,
            });
        } else if self.host_trace != HostTrace::Ignore
            && let Some(host) = (self.host_context)()
        {
            match self.host_trace {
                HostTrace::Join => {
                    self.continue_trace(&mut lineage, host);
                }
                _ => lineage.links.push(host),
            }
        }
        lineage
    }

    /// Makes a root continue the trace of `parent`.
    pub(crate) fn continue_trace(&self, lineage: &mut Lineage, parent: SpanLink) {
        // What hung on a session leaves it, and stands at the root of what is here of the other trace.
        let kind = if lineage.is_root() {
            lineage.trace.kind
        } else {
            TraceRoot::Bare
        };
        let trace = self.trace(parent.trace_id, lineage.span_id, kind);
        trace.tell(|facts| facts.clone_from(&lineage.trace.facts()));
        if let Some(auto) = &self.auto
            && lineage.trace.kind == TraceRoot::Auto
            && lineage.parent == Some(lineage.trace.root)
        {
            auto.release(self);
        }
        lineage.trace = Arc::new(trace);
        lineage.parent = Some(parent.span_id);
        lineage.parent_is_remote = parent.remote;
    }

    /// The lineage of a child of `parent`.
    pub(crate) fn child_lineage(&self, parent: Parent) -> Lineage {
        Lineage {
            span_id: self.ids.span_id(),
            parent: Some(parent.lineage_span),
            parent_is_remote: false,
            trace: parent.trace,
            agent: parent.agent,
            links: Vec::new(),
        }
    }

    /// Open records and those on their way leave room for long values.
    pub(crate) fn has_room(&self) -> bool {
        self.open_bytes().saturating_add(self.sink.held_bytes()) < self.content_bytes
    }

    /// Bytes that open records hold, and what open sessions were told.
    pub(crate) fn open_bytes(&self) -> usize {
        let of_records = self.counts.open_bytes.load(Ordering::Relaxed);
        of_records.saturating_add(self.counts.told_bytes.load(Ordering::Relaxed))
    }

    /// Bytes of one value that are copied now. Without room, what makes a span what it is still fits.
    pub(crate) fn cap(&self) -> usize {
        if self.has_room() {
            self.value_cap
        } else {
            self.value_cap.min(SHORT)
        }
    }

    /// A record began.
    pub(crate) fn opened(&self, bytes: usize) {
        self.counts.saw_span.store(true, Ordering::Relaxed);
        self.counts.open_spans.fetch_add(1, Ordering::Relaxed);
        self.counts.open_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Open spans are noted on disk.
    pub(crate) fn notes_open(&self) -> bool {
        self.notes_open
    }

    /// Has a span that began noted on disk, where that was asked for. Traces of which it is not known whether they are
    /// kept are not noted.
    pub(crate) fn note_open(&self, record: &SpanRecord, lineage: &Lineage) {
        if self.notes_open && self.is_enabled() && lineage.trace.sampled {
            let span = TracedSpan::ended(record.as_it_began(), lineage.clone(), record.start.at);
            self.sink.note_open(span);
        }
    }

    /// Has the note of a span taken back that comes to nothing.
    pub(super) fn take_note_back(&self, span: SpanId) {
        if self.notes_open {
            self.sink.take_note_back(span);
        }
    }

    /// An open record changed its size.
    pub(crate) fn recharge(&self, charged: &mut usize, bytes: usize) {
        if bytes == *charged {
            return;
        }
        if bytes > *charged {
            self.counts.open_bytes.fetch_add(bytes - *charged, Ordering::Relaxed);
        } else {
            self.counts.open_bytes.fetch_sub(*charged - bytes, Ordering::Relaxed);
        }
        *charged = bytes;
    }

    /// An open span ended: hands it to the pipeline thread, unless its trace is not recorded.
    #[inline]
    pub(crate) fn finish(&self, mut span: Box<TracedSpan>, end: Instant) {
        self.counts.open_spans.fetch_sub(1, Ordering::Relaxed);
        self.counts.open_bytes.fetch_sub(span.bytes, Ordering::Relaxed);
        let trace = &span.lineage.trace;
        if span.lineage.is_root() {
            trace.end();
        }
        if !trace.is_recorded() {
            self.skipped();
            return self.pool.give_back(span);
        }
        span.end(end);
        self.sink.accept(span, self.open_bytes());
    }

    /// Whoever holds records that are open lends them for the end of the process.
    pub(crate) fn register_holder(&self, holder: Weak<dyn HoldsOpen>) {
        self.holders.add(holder);
    }

    /// The process ends: what is open is ended and sent with what it has, the auto-session last and in this state.
    pub(crate) fn end_all(&self, state: &EndState) {
        for open in self.holders.take_open() {
            open.cut_short();
        }
        if let Some(auto) = &self.auto {
            auto.end(self, state);
        }
    }

    /// A span of a trace that is not kept ended.
    pub(crate) fn skipped(&self) {
        self.counts.sampled_out.fetch_add(1, Ordering::Relaxed);
    }
}
