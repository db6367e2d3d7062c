//! [`AgentOps`]: the handle. Wires configuration, recorder, layer and pipeline together.

use std::{
    any::Any,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tracing::{Subscriber, dispatcher, subscriber::NoSubscriber};
use tracing_subscriber::{Layer, registry::LookupSpan};

use crate::{
    builder::BuilderParts,
    clock::Clock,
    config::{Config, Destination, Notices, api_key},
    error::InitError,
    guard::ShutdownGuard,
    hierarchy::{IdSource, Recorder, TraceId},
    layer::{self, AgentOpsLayer},
    otel,
    pipeline::{Command, ExportStats, Pipeline, Queue, Setup, Stats, replay_url},
    propagation,
    session::SessionBuilder,
    signals,
};

/// The handle of one AgentOps destination: makes layers and sessions, flushes and shuts down. Cheap to clone.
///
/// Spans leave on a thread of the handle's own. What it has not sent when the process ends is lost, so hold a
/// [`shutdown_guard`](Self::shutdown_guard), and call [`ShutdownGuard::end`] before `std::process::exit`, which drops
/// nothing. A panic that unwinds, and an early `?` in `main`, drop the guard.
///
/// **After a `fork` without `exec`** the child has the handle but not its thread: build the handle in the child. What is
/// recorded through one of the parent fills the queue up to its bound and goes nowhere; [`check`](Self::check),
/// [`flush`](Self::flush), [`force_flush`](Self::force_flush), [`shutdown`](Self::shutdown) and the guard answer at once
/// that this is a [forked](crate::ExportError::is_forked) process. A lock that another thread of the parent held at the
/// moment of the fork stays locked in the child for ever; recording takes such locks for moments, as the standard
/// library and `tracing` do.
///
/// ```
/// use agentops::Export;
/// use tracing_subscriber::prelude::*;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let agentops = agentops::builder().with_export(Export::Off).build()?;
/// let subscriber = tracing_subscriber::registry().with(agentops.layer());
/// let _guard = agentops.shutdown_guard();
/// # drop(subscriber);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AgentOps {
    inner: Arc<Inner>,
}

struct Inner {
    config: Arc<Config>,
    recorder: Arc<Recorder>,
    stats: Arc<Stats>,
    queue: Queue,
    /// `None` where nothing is sent: no thread is started.
    pipeline: Option<Pipeline>,
    notices: std::sync::Mutex<Option<Notices>>,
    warned_of_hidden_session: AtomicBool,
    shut_down: AtomicBool,
}

impl fmt::Debug for AgentOps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentOps")
            .field("config", &self.inner.config)
            .finish_non_exhaustive()
    }
}

impl AgentOps {
    /// Resolves the configuration and starts the pipeline thread.
    pub(crate) fn new(parts: BuilderParts) -> Result<Self, InitError> {
        let BuilderParts {
            settings,
            exporter,
            lookup,
            ids,
            clock,
        } = parts;
        let (config, notices) = settings.resolve(&*lookup)?;
        let config = Arc::new(config);
        if let Destination::File(path) = &config.destination {
            let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
            opened.map_err(|reason| InitError::system("open the file of AGENTOPS_EXPORT", reason))?;
        }
        let stats = Arc::new(Stats::default());
        let (queue, spans) = Queue::new(&config, Arc::clone(&stats));
        let recorder = Arc::new(Recorder::new(
            &config,
            ids.unwrap_or_else(IdSource::random),
            clock.unwrap_or(Clock::System),
            Box::new(queue.clone()),
            otel::context::current,
            propagation::extract(&propagation::carrier(&*lookup)),
        ));
        let pipeline = if config.destination.is_inert() {
            None
        } else {
            let setup = Setup {
                config: Arc::clone(&config),
                exporter,
                recorder: Arc::clone(&recorder),
                spans,
                gauge: Arc::clone(&queue.gauge),
                stats: Arc::clone(&stats),
            };
            Some(Pipeline::start(setup).map_err(|reason| InitError::system("start the pipeline thread", reason))?)
        };
        let handle = Self {
            inner: Arc::new(Inner {
                config,
                recorder,
                stats,
                queue,
                pipeline,
                notices: std::sync::Mutex::new(Some(notices)),
                warned_of_hidden_session: AtomicBool::new(false),
                shut_down: AtomicBool::new(false),
            }),
        };
        handle.tell_notices();
        Ok(handle)
    }

    /// The layer, behind its own filter: add it to the subscriber that you have.
    ///
    /// Beside other layers its place does not matter. Only spans that are marked (`agentops.kind`) or that a known library
    /// makes are seen, so it needs no `EnvFilter`; a global one hides spans from it, too: put it on the layer that prints.
    /// Spans of a handle that is given several layers in one subscriber are recorded once; a second handle's layer records
    /// a tree of its own.
    ///
    /// To switch recording on and off, use [`set_enabled`](Self::set_enabled). Inside
    /// [`reload`](tracing_subscriber::reload) the layer works, with limits that are not ours to lift: layers beside it that
    /// have no filter of their own lose what is more verbose than [`with_max_level`](crate::Builder::with_max_level),
    /// [`current`](Self::current) does not find it, and a layer that is put in its place later records nothing: it is no part
    /// of the subscriber, for which `tracing-subscriber` panics in a debug build.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let owner: Arc<dyn Any + Send + Sync> = Arc::new(self.clone());
        layer::layer(&self.inner.recorder, owner, &self.inner.config)
    }

    /// The handle of the layer in the current subscriber; `None` where there is none.
    pub fn current() -> Option<Self> {
        dispatcher::get_default(|dispatch| {
            let layer = dispatch.downcast_ref::<AgentOpsLayer>()?;
            layer.owner().downcast_ref::<Self>().cloned()
        })
    }

    /// A session of this name, to be started.
    pub fn session(&self, name: impl Into<String>) -> SessionBuilder {
        self.tell_notices();
        SessionBuilder::new(self.clone(), name.into())
    }

    /// A guard that delivers what is left when it is dropped.
    pub fn shutdown_guard(&self) -> ShutdownGuard {
        self.tell_notices();
        ShutdownGuard::new(self.clone())
    }

    /// Installs the panic hook, unless [`with_panic_hook(false)`](crate::Builder::with_panic_hook): spans that end in a panic
    /// then tell its message and place. The hook that was there still runs. With
    /// [`with_shutdown_on_signal(true)`](crate::Builder::with_shutdown_on_signal), the handlers of signals, too.
    ///
    /// # Errors
    /// The system refuses a handler or its thread.
    pub fn install_handlers(&self) -> Result<(), InitError> {
        if self.inner.config.shutdown_on_signal {
            signals::shut_down_at(self)?;
        }
        if self.inner.config.panic_hook {
            layer::panic::install_hook();
        }
        Ok(())
    }

    /// Records or stops recording spans that begin from now on; what is open stays what it is. Without a destination
    /// nothing is recorded either way. Through the [second door](Self::span_processor) a span begins where OpenTelemetry
    /// starts it, which `tracing-opentelemetry` does when it is first entered.
    pub fn set_enabled(&self, enabled: bool) {
        self.inner
            .recorder
            .set_enabled(enabled && self.inner.pipeline.is_some());
    }

    /// Uses another API key from now on; what waits goes out with it. It is read as
    /// [`with_api_key`](crate::Builder::with_api_key) reads it: white space around it goes, and one that is not a UUID is
    /// used with a warning. An empty one, and one with a space or a control character inside, which no request could
    /// carry, change nothing; a warning says so of the latter. Destinations other than AgentOps use no key.
    pub fn set_api_key(&self, key: impl Into<String>) {
        let Destination::AgentOps { .. } = self.inner.config.destination else {
            return;
        };
        let Some(key) = api_key::accept(&key.into()) else {
            let accepted = api_key::ACCEPTED;
            tracing::warn!(target: "agentops", "set_api_key was not taken, and the key before stays: give {accepted}");
            return;
        };
        if key.expose().is_empty() {
            return;
        }
        if let Some(doubt) = api_key::doubt("set_api_key", &key) {
            tracing::warn!(target: "agentops", "{doubt}");
        }
        if let Some(pipeline) = &self.inner.pipeline {
            pipeline.send(Command::SetApiKey(key));
        }
    }

    /// What became of every span so far.
    pub fn stats(&self) -> ExportStats {
        let inner = &self.inner;
        let counts = &inner.recorder.counts;
        let settled = inner.stats.snapshot();
        let undecided = inner.queue.gauge.undecided();
        ExportStats {
            sampled_out: settled.sampled_out + counts.sampled_out.load(Ordering::Relaxed),
            undecided_spans: undecided,
            open_spans: counts.open_spans.load(Ordering::Relaxed),
            open_bytes: inner.recorder.open_bytes(),
            queued_spans: inner.queue.gauge.spans().saturating_sub(undecided),
            queued_bytes: inner.queue.gauge.bytes(),
            ..settled
        }
    }

    /// The handle, as long as anybody else holds it.
    pub(crate) fn downgrade(&self) -> impl Fn() -> Option<Self> + Send + use<> {
        let inner = Arc::downgrade(&self.inner);
        move || {
            Some(Self {
                inner: inner.upgrade()?,
            })
        }
    }

    pub(crate) fn recorder(&self) -> &Arc<Recorder> {
        &self.inner.recorder
    }

    /// `None` where nothing is sent.
    pub(crate) fn pipeline(&self) -> Option<&Pipeline> {
        self.inner.pipeline.as_ref()
    }

    /// The handle is being shut down from now on; false where it was before.
    pub(crate) fn begin_shutdown(&self) -> bool {
        !self.inner.shut_down.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn shutdown_timeout(&self) -> Duration {
        self.inner.config.shutdown_timeout
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.inner.queue
    }

    pub(crate) fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(crate) fn logs_replay(&self) -> bool {
        self.inner.config.session_replay_log && matches!(self.inner.config.destination, Destination::AgentOps { .. })
    }

    pub(crate) fn replay_url(&self, trace: TraceId) -> String {
        replay_url(&self.inner.config.app_url, trace)
    }

    /// A session whose span is not seen by the layer is recorded all the same, but the spans inside may be hidden, too.
    pub(crate) fn warn_of_a_hidden_session(&self, disabled: bool) {
        if self.inner.warned_of_hidden_session.swap(true, Ordering::Relaxed) {
            return;
        }
        if disabled {
            warn_past_a_filter(
                "a session's span is disabled by a global filter or level, which hides agent spans, too: put the \
                 EnvFilter on the layer that prints (`fmt::layer().with_filter(..)`)",
            );
        } else {
            tracing::warn!(
                target: "agentops",
                "a session was started in a subscriber without this handle's layer: add `AgentOps::layer()` to it"
            );
        }
    }

    /// Says what the configuration wants said, once a subscriber is there to hear it.
    pub(crate) fn tell_notices(&self) {
        let heard = dispatcher::get_default(|dispatch| !dispatch.is::<NoSubscriber>());
        let notices = if heard {
            self.inner.notices.lock().ok().and_then(|mut notices| notices.take())
        } else {
            None
        };
        if let Some(notices) = notices {
            notices.tell();
        }
    }

    pub(crate) fn warn_of_silence(&self) {
        let recorder = &self.inner.recorder;
        let stats = self.stats();
        let is_silent =
            stats.recorded == 0 && stats.sampled_out == 0 && !recorder.counts.saw_span.load(Ordering::Relaxed);
        // A program that switched recording off knows why.
        if is_silent && recorder.is_enabled() {
            warn_past_a_filter(
                "nothing was recorded: either a global filter hides the spans (put the EnvFilter on the layer that \
                 prints), or `AgentOps::layer()` was not added to the subscriber, or no span has an `agentops.kind` field",
            );
        }
    }
}

/// Warns; as an error where a global filter hides our spans and our warnings alike. A global `EnvFilter` without
/// `RUST_LOG` is such a one, and nobody would learn of it otherwise.
fn warn_past_a_filter(text: &str) {
    if layer::heard::is_hidden() {
        tracing::error!(target: "agentops", "{text}");
    } else {
        tracing::warn!(target: "agentops", "{text}");
    }
}
