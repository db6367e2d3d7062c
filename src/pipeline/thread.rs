//! [`Pipeline`]: the thread that maps, batches and sends, with a private runtime of its own.
//!
//! The host's runtime is not needed and never blocked; everything that waits can be cancelled at a deadline.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::Instant,
};

use super::{
    Stats,
    queue::{Gauge, Item},
    trouble::Trouble,
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
    /// The process that it runs in.
    process: u32,
}

/// A handle with a durable spool is there when its pipeline is, or after so long.
const READY_WITHIN: Duration = Duration::from_secs(5);

impl Pipeline {
    /// Starts the thread. With a durable spool it waits until the thread does what that promises: clients, certificates
    /// and patterns take their time to be made, and whoever is killed meanwhile would lose what ended.
    pub(crate) fn start(setup: Setup) -> std::io::Result<Self> {
        let (commands, receiver) = unbounded_channel();
        let is_durable = setup.config.spool.as_ref().is_some_and(|spool| spool.durable);
        let (ready, is_ready) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("agentops-pipeline".to_owned())
            .spawn(move || {
                suppress::on_this_thread();
                let _not_for_the_second_door = opentelemetry::Context::enter_telemetry_suppressed_scope();
                let stats = Arc::clone(&setup.stats);
                let gauge = Arc::clone(&setup.gauge);
                let trouble = Trouble::new(Arc::downgrade(&setup.recorder));
                // Whatever panics there, spans that are not sent are counted.
                let ended = catch_unwind(AssertUnwindSafe(|| run(setup, receiver, &ready)));
                if let Err(reason) = ended.unwrap_or_else(|_panic| Err("it panicked".to_owned())) {
                    gauge.close();
                    stats.record(gauge.undecided() as u64);
                    gauge.decided(gauge.undecided());
                    let (spans, bytes) = (gauge.spans(), gauge.bytes());
                    gauge.release(spans, bytes);
                    stats.drop_spans(DropReason::Shutdown, spans as u64);
                    trouble.with_subscriber(|| {
                        tracing::error!(target: "agentops", %reason, "the pipeline ended; nothing is sent any more");
                    });
                }
            })?;
        if is_durable {
            // Where the thread has ended already, it said why.
            let _unheard: Result<(), _> = is_ready.recv_timeout(READY_WITHIN);
        }
        Ok(Self {
            commands,
            thread,
            process: std::process::id(),
        })
    }

    /// Fails in a process that was forked from the one with the thread: nobody would answer there.
    pub(crate) fn demand_its_process(&self) -> Result<(), ExportError> {
        if self.process == std::process::id() {
            Ok(())
        } else {
            Err(ExportError::new(ExportErrorKind::Forked))
        }
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

fn run(setup: Setup, commands: UnboundedReceiver<Command>, ready: &SyncSender<()>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(async {
        let mut worker = Worker::new(setup)?;
        worker.get_ready();
        // Nobody waits for it without a durable spool.
        let _unheard: Result<(), _> = ready.try_send(());
        worker.work(commands).await;
        Ok(())
    })
}
