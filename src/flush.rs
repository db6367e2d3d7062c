//! What a program waits for: a check, a flush, the end.

use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    config::{EndState, LONGEST_WAIT},
    error::{ExportError, ExportErrorKind},
    export::Project,
    handle::AgentOps,
    pipeline::{Command, Pipeline, Reply},
};

/// What a program waits for.
impl AgentOps {
    /// Asks the destination whether the key is good, and for which project.
    ///
    /// # Errors
    /// The key was refused, the destination could not be reached, the time was over, or this is a
    /// [forked](ExportError::is_forked) process.
    pub fn check(&self, timeout: Duration) -> Result<Project, ExportError> {
        let Some(pipeline) = self.pipeline() else {
            return Err(ExportError::new(ExportErrorKind::Inert));
        };
        pipeline.demand_its_process()?;
        let deadline = deadline(timeout);
        let answer = wait(timeout, |reply| pipeline.send(Command::Check { deadline, reply }));
        answer.unwrap_or_else(|| Err(timed_out(self)))
    }

    /// Waits until every span that ended before was delivered. Blocks the thread: in async code use [`flush`](Self::flush).
    ///
    /// # Errors
    /// The time was over first, or spans were lost since the last flush, those included that were never let in. With a
    /// [spool](crate::Builder::with_spool_dir) the time may be over with nothing lost and the rest on disk:
    /// [`is_spooled`](ExportError::is_spooled). In a forked process nothing is sent, and the answer comes at once:
    /// [`is_forked`](ExportError::is_forked).
    pub fn force_flush(&self, timeout: Duration) -> Result<(), ExportError> {
        self.tell_notices();
        let Some(pipeline) = self.pipeline() else {
            return Ok(());
        };
        pipeline.demand_its_process()?;
        let deadline = deadline(timeout);
        let answer = wait(timeout, |reply| pipeline.send(Command::Flush { deadline, reply }));
        answer.unwrap_or_else(|| Err(timed_out(self)))
    }

    /// As [`force_flush`](Self::force_flush), without blocking a thread. Needs no particular runtime.
    ///
    /// # Errors
    /// As [`force_flush`](Self::force_flush).
    pub async fn flush(&self, timeout: Duration) -> Result<(), ExportError> {
        let Some(pipeline) = self.pipeline() else {
            return Ok(());
        };
        pipeline.demand_its_process()?;
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let deadline = deadline(timeout);
        let reply = Box::new(move |result| {
            // Nobody waits any more: the flush itself is done all the same.
            let _unheard: Result<(), _> = sender.send(result);
        });
        pipeline.send(Command::Flush { deadline, reply });
        receiver
            .await
            .unwrap_or_else(|_| Err(ExportError::new(ExportErrorKind::Closed)))
    }

    /// Ends what is open, delivers what is left within `timeout`, and stops.
    ///
    /// A span that is open ends now and is sent with what it has: its attribute `agentops.open_at_shutdown` is true, and
    /// its status Unset, unless something went wrong in it before. A session that is open ends as
    /// [`EndState::Shutdown`], as the auto-session does. What begins later, and what the spans of a provider that has
    /// [`span_processor`](Self::span_processor) are still to tell, is counted as
    /// [`after_shutdown`](crate::Dropped::after_shutdown). Of two who call it at once, the second is told so at once, while
    /// the first still delivers: a program ends when the first is done.
    ///
    /// # Errors
    /// The time was over first, spans were lost since the last flush, the handle was shut down before, or this is a
    /// [forked](ExportError::is_forked) process. With a
    /// [spool](crate::Builder::with_spool_dir) what there was no time for is on disk, for the next process:
    /// [`is_spooled`](ExportError::is_spooled).
    pub fn shutdown(&self, timeout: Duration) -> Result<(), ExportError> {
        self.shutdown_as(EndState::Shutdown, timeout)
    }

    /// As [`shutdown`](Self::shutdown), with the auto-session ending in this state.
    pub(crate) fn shutdown_as(&self, state: EndState, timeout: Duration) -> Result<(), ExportError> {
        self.pipeline().map_or(Ok(()), Pipeline::demand_its_process)?;
        let deadline = deadline(timeout);
        if !self.begin_shutdown() {
            return Err(ExportError::new(ExportErrorKind::Closed));
        }
        self.tell_notices();
        let Some(pipeline) = self.pipeline() else {
            return Ok(());
        };
        self.warn_of_silence();
        let answer = wait(timeout, |reply| {
            pipeline.send(Command::Shutdown { state, deadline, reply });
        });
        answer.unwrap_or_else(|| Err(timed_out(self)))
    }

    /// Waits while another thread shuts the handle down.
    pub(crate) fn wait_for_end(&self, timeout: Duration) {
        const LOOK_EVERY: Duration = Duration::from_millis(5);
        let deadline = deadline(timeout);
        while !self.pipeline().is_none_or(Pipeline::has_ended) && Instant::now() < deadline {
            thread::sleep(LOOK_EVERY);
        }
    }
}

/// When a wait is over that begins now.
fn deadline(timeout: Duration) -> Instant {
    Instant::now() + timeout.min(LONGEST_WAIT)
}

/// Nobody answered in time.
fn timed_out(handle: &AgentOps) -> ExportError {
    let pending = handle.queue().gauge.spans();
    ExportError::new(ExportErrorKind::TimedOut { pending })
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
    match receiver.recv_timeout(timeout.min(LONGEST_WAIT) + MARGIN) {
        Ok(answer) => Some(answer),
        Err(RecvTimeoutError::Timeout) => None,
        // The thread ended while the command was on its way.
        Err(RecvTimeoutError::Disconnected) => Some(Err(ExportError::new(ExportErrorKind::Closed))),
    }
}
