//! [`Pipeline`]: the thread that maps, batches and sends, with a private runtime of its own.
//!
//! The host's runtime is not needed and never blocked; everything that waits can be cancelled at a deadline.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc::Receiver},
    thread::JoinHandle,
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::Instant,
};

use super::{
    Stats,
    queue::{Gauge, Item},
    worker::Worker,
};
use crate::{
    config::{Config, EndState, Secret},
    error::{ExportError, ExportErrorKind},
    export::{BoxedExporter, DropReason, Project},
    hierarchy::Recorder,
    layer::suppress,
};

/// Answers a command.
pub(crate) type Reply<T> = Box<dyn FnOnce(Result<T, ExportError>) + Send>;

/// What the handle asks of the pipeline thread.
pub(crate) enum Command {
    /// Answer when everything that ended before was delivered or lost, or at the deadline.
    Flush {
        deadline: Instant,
        reply: Reply<()>,
    },
    /// Ends what is open, the auto-session in this state; then as a flush. What is left at the deadline is dropped,
    /// and the thread ends.
    Shutdown {
        state: EndState,
        deadline: Instant,
        reply: Reply<()>,
    },
    SetApiKey(Secret),
    Check {
        deadline: Instant,
        reply: Reply<Project>,
    },
}

/// What the pipeline thread starts with.
pub(crate) struct Setup {
    pub(crate) config: Arc<Config>,
    pub(crate) exporter: Option<BoxedExporter>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) spans: Receiver<Item>,
    pub(crate) gauge: Arc<Gauge>,
    pub(crate) stats: Arc<Stats>,
}

/// The running thread.
#[derive(Debug)]
pub(crate) struct Pipeline {
    commands: UnboundedSender<Command>,
    /// It ends by itself when all handles are gone.
    thread: JoinHandle<()>,
}

impl Pipeline {
    /// Starts the thread.
    pub(crate) fn start(setup: Setup) -> std::io::Result<Self> {
        let (commands, receiver) = unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("agentops-pipeline".to_owned())
            .spawn(move || {
                suppress::on_this_thread();
                let _not_for_the_second_door = opentelemetry::Context::enter_telemetry_suppressed_scope();
                let stats = Arc::clone(&setup.stats);
                let gauge = Arc::clone(&setup.gauge);
                // Whatever panics there, spans that are not sent are counted.
                let ended = catch_unwind(AssertUnwindSafe(|| run(setup, receiver)));
                if let Err(reason) = ended.unwrap_or_else(|_panic| Err("it panicked".to_owned())) {
                    gauge.close();
                    stats.record(gauge.undecided() as u64);
                    gauge.decided(gauge.undecided());
                    let (spans, bytes) = (gauge.spans(), gauge.bytes());
                    gauge.release(spans, bytes);
                    stats.drop_spans(DropReason::Shutdown, spans as u64);
                    tracing::error!(target: "agentops", %reason, "the pipeline ended; nothing is sent any more");
                }
            })?;
        Ok(Self { commands, thread })
    }

    /// Everything is settled, and nothing more is sent.
    pub(crate) fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Hands over a command; answers it at once where the thread has ended.
    pub(crate) fn send(&self, command: Command) {
        if let Err(refused) = self.commands.send(command) {
            match refused.0 {
                Command::Flush { reply, .. } | Command::Shutdown { reply, .. } => reply(closed()),
                Command::Check { reply, .. } => reply(closed()),
                Command::SetApiKey(_) => {}
            }
        }
    }
}

pub(super) fn closed<T>() -> Result<T, ExportError> {
    Err(ExportError::new(ExportErrorKind::Closed))
}

fn run(setup: Setup, commands: UnboundedReceiver<Command>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(async {
        Worker::new(setup)?.work(commands).await;
        Ok(())
    })
}
