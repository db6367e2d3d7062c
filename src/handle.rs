//! [`AgentOps`]: the handle. Wires configuration, recorder, layer and pipeline together.

use std::{
    any::Any,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    time::Duration,
};

use tokio::time::Instant;
use tracing::{Subscriber, dispatcher, subscriber::NoSubscriber};
use tracing_subscriber::{Layer, registry::LookupSpan};

use crate::{
    builder::BuilderParts,
    clock::Clock,
    config::{Config, Destination, EndState, Notices, Secret},
    error::{ExportError, ExportErrorKind, InitError},
    export::Project,
    guard::ShutdownGuard,
    hierarchy::{IdSource, Recorder, TraceId},
    layer::{self, AgentOpsLayer},
    otel,
    pipeline::{Command, ExportStats, Pipeline, Queue, Reply, Setup, Stats, replay_url},
    propagation,
    session::SessionBuilder,
};

/// The handle of one AgentOps destination: makes layers and sessions, flushes and shuts down. Cheap to clone.
///
/// Spans leave on a thread of the handle's own. What it has not sent when the process ends is lost, so hold a
/// [`shutdown_guard`](Self::shutdown_guard), and call [`ShutdownGuard::end`] before `std::process::exit`, which drops
/// nothing. A panic that unwinds, and an early `?` in `main`, drop the guard.
///
/// **After a `fork` without `exec`** the child has the handle but not its thread. Recording goes on, never waits, and
/// fills the queue up to its bound; [`force_flush`](Self::force_flush), [`shutdown`](Self::shutdown) and the guard wait
/// for an answer that nobody gives, but no longer than the time they are given and half a second, and then say so.
/// [`flush`](Self::flush) has no clock of its own on this side and would wait for ever. Build the handle in the child.
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
            ids.unwrap_or(IdSource::Random),
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
    /// [`current`](Self::current) does not find it, and a layer that is put in its place later does not work.
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
    /// then tell its message and place. The hook that was there still runs.
    ///
    /// # Errors
    /// None today; handlers that the system can refuse will need it.
    pub fn install_handlers(&self) -> Result<(), InitError> {
        if self.inner.config.panic_hook {
            layer::panic::install_hook();
        }
        Ok(())
    }

    /// Asks the destination whether the key is good, and for which project.
    ///
    /// # Errors
    /// The key was refused, the destination could not be reached, or the time was over.
    pub fn check(&self, timeout: Duration) -> Result<Project, ExportError> {
        let Some(pipeline) = &self.inner.pipeline else {
            return Err(ExportError::new(ExportErrorKind::Inert));
        };
        let deadline = Instant::now() + timeout;
        let answer = wait(timeout, |reply| pipeline.send(Command::Check { deadline, reply }));
        answer.unwrap_or_else(|| Err(self.timed_out()))
    }

    /// Waits until every span that ended before was delivered. Blocks the thread: in async code use [`flush`](Self::flush).
    ///
    /// # Errors
    /// The time was over first, or spans were lost. With a [spool](crate::Builder::with_spool_dir) the time may be over with
    /// nothing lost and the rest on disk: [`is_spooled`](ExportError::is_spooled).
    pub fn force_flush(&self, timeout: Duration) -> Result<(), ExportError> {
        self.tell_notices();
        let Some(pipeline) = &self.inner.pipeline else {
            return Ok(());
        };
        let deadline = Instant::now() + timeout;
        let answer = wait(timeout, |reply| pipeline.send(Command::Flush { deadline, reply }));
        answer.unwrap_or_else(|| Err(self.timed_out()))
    }

    /// As [`force_flush`](Self::force_flush), without blocking a thread. Needs no particular runtime.
    ///
    /// # Errors
    /// The time was over first, or spans were lost.
    pub async fn flush(&self, timeout: Duration) -> Result<(), ExportError> {
        let Some(pipeline) = &self.inner.pipeline else {
            return Ok(());
        };
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let deadline = Instant::now() + timeout;
        let reply = Box::new(move |result| {
            // Nobody waits any more: the flush itself is done all the same.
            let _unheard: Result<(), _> = sender.send(result);
        });
        pipeline.send(Command::Flush { deadline, reply });
        receiver
            .await
            .unwrap_or_else(|_| Err(ExportError::new(ExportErrorKind::Closed)))
    }

    /// Ends the auto-session, delivers what is left within `timeout`, and stops. What is still open, sessions that the
    /// program holds included, is not sent: [`stats`](Self::stats) counts it as `open_spans`, and once it ends as
    /// [`after_shutdown`](crate::Dropped::after_shutdown).
    ///
    /// # Errors
    /// The time was over first, spans were lost, or the handle was shut down before. With a
    /// [spool](crate::Builder::with_spool_dir) what there was no time for is on disk, for the next process:
    /// [`is_spooled`](ExportError::is_spooled).
    pub fn shutdown(&self, timeout: Duration) -> Result<(), ExportError> {
        if self.inner.shut_down.swap(true, Ordering::AcqRel) {
            return Err(ExportError::new(ExportErrorKind::Closed));
        }
        self.tell_notices();
        self.end_auto_session(&EndState::Shutdown);
        let Some(pipeline) = &self.inner.pipeline else {
            return Ok(());
        };
        self.warn_of_silence();
        let deadline = Instant::now() + timeout;
        let answer = wait(timeout, |reply| pipeline.send(Command::Shutdown { deadline, reply }));
        answer.unwrap_or_else(|| Err(self.timed_out()))
    }

    /// Records or stops recording spans that begin from now on. Without a destination nothing is recorded either way.
    pub fn set_enabled(&self, enabled: bool) {
        self.inner
            .recorder
            .set_enabled(enabled && self.inner.pipeline.is_some());
    }

    /// Uses another API key from now on; what waits goes out with it.
    pub fn set_api_key(&self, key: impl Into<String>) {
        if let Some(pipeline) = &self.inner.pipeline {
            pipeline.send(Command::SetApiKey(Secret::new(key)));
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
            open_bytes: counts.open_bytes.load(Ordering::Relaxed),
            queued_spans: inner.queue.gauge.spans().saturating_sub(undecided),
            queued_bytes: inner.queue.gauge.bytes(),
            ..settled
        }
    }

    pub(crate) fn recorder(&self) -> &Arc<Recorder> {
        &self.inner.recorder
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

    pub(crate) fn end_auto_session(&self, state: &EndState) {
        // What waits there for its root may belong to the session.
        if let Some(pipeline) = self.inner.pipeline.as_ref().filter(|_| self.has_second_door()) {
            pipeline.send(Command::EndAutoSession(state.clone()));
            return;
        }
        if let Some(auto) = self.inner.recorder.auto_session() {
            auto.end(&self.inner.recorder, state);
        }
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

    fn timed_out(&self) -> ExportError {
        let pending = self.inner.queue.gauge.spans();
        ExportError::new(ExportErrorKind::TimedOut { pending })
    }

    fn warn_of_silence(&self) {
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

/// Sends a command and blocks until it is answered. The pipeline keeps the deadline; the margin is for its answer. `None`
/// where it was too busy to answer at all.
fn wait<T: Send + 'static>(timeout: Duration, send: impl FnOnce(Reply<T>)) -> Option<Result<T, ExportError>> {
    const MARGIN: Duration = Duration::from_millis(500);
    let (sender, receiver) = mpsc::sync_channel(1);
    send(Box::new(move |result| {
        // Nobody waits any more: the command itself is done all the same.
        let _unheard: Result<(), _> = sender.try_send(result);
    }));
    match receiver.recv_timeout(timeout.saturating_add(MARGIN)) {
        Ok(answer) => Some(answer),
        Err(RecvTimeoutError::Timeout) => None,
        // The thread ended while the command was on its way.
        Err(RecvTimeoutError::Disconnected) => Some(Err(ExportError::new(ExportErrorKind::Closed))),
    }
}
