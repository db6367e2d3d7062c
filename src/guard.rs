//! [`ShutdownGuard`]: held by `main`, so that everything is delivered when it ends.

use std::ops::Deref;

use crate::{config::EndState, error::ExportError, handle::AgentOps};

/// Ends the auto-session and delivers what is left when it is dropped, within
/// [`with_shutdown_timeout`](crate::Builder::with_shutdown_timeout) (2 s by default).
///
/// Hold it in `main` under a name (`let _guard = ...`, not `let _ = ...`): a global subscriber is never dropped, so
/// nothing else says that the program ends. `std::process::exit` runs no destructors: call [`end`](Self::end) before it.
#[derive(Debug)]
#[must_use = "dropping the guard shuts the delivery down: hold it until the end of `main`"]
pub struct ShutdownGuard {
    handle: AgentOps,
    done: bool,
}

impl ShutdownGuard {
    pub(crate) fn new(handle: AgentOps) -> Self {
        Self { handle, done: false }
    }

    /// Ends the auto-session in this state and shuts down, within
    /// [`with_shutdown_timeout`](crate::Builder::with_shutdown_timeout).
    ///
    /// # Errors
    /// Not everything was delivered in time, or spans were lost.
    pub fn end(mut self, state: EndState) -> Result<(), ExportError> {
        self.done = true;
        self.handle.shutdown_as(state, self.handle.shutdown_timeout())
    }
}

impl Deref for ShutdownGuard {
    type Target = AgentOps;

    fn deref(&self) -> &AgentOps {
        &self.handle
    }
}

impl Drop for ShutdownGuard {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let state = if std::thread::panicking() {
            EndState::Fail
        } else {
            EndState::Shutdown
        };
        if let Err(reason) = self.handle.shutdown_as(state, self.handle.shutdown_timeout())
            && !reason.is_closed()
        {
            tracing::warn!(target: "agentops", %reason, "not everything was delivered before the end");
        }
    }
}
