//! From a [`Builder`] to a handle, with or without global effects.

use tracing::{Dispatch, dispatcher, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    layer::SubscriberExt as _,
    util::{SubscriberInitExt as _, TryInitError},
};

use crate::{
    builder::{Builder, builder},
    error::InitError,
    guard::ShutdownGuard,
    handle::AgentOps,
};

/// What `try_init` prints unless `RUST_LOG` says otherwise.
const DEFAULT_FILTER: &str = "warn,agentops=info";

/// Starts from the environment: a subscriber that prints, the layer, and the handlers; the same as
/// `builder().try_init()`.
///
/// ```no_run
/// fn main() -> Result<(), agentops::InitError> {
///     let _guard = agentops::init()?;
///     // the program
///     Ok(())
/// }
/// ```
///
/// # Errors
/// A variable is malformed, or a global subscriber is set already.
pub fn init() -> Result<ShutdownGuard, InitError> {
    builder().try_init()
}

impl Builder {
    /// The handle, without any global effect: no subscriber is set, no handler installed.
    ///
    /// # Errors
    /// A setting or variable is malformed, [`Export::Required`](crate::Export::Required) finds nowhere to send to, or the
    /// system refuses a thread or a file.
    pub fn build(self) -> Result<AgentOps, InitError> {
        AgentOps::new(self.into_parts())
    }

    /// Sets a global subscriber that prints to standard error (filtered by `RUST_LOG`, `warn,agentops=info` by default; the
    /// filter is on the printing alone and hides nothing from AgentOps) and has the layer, and installs the handlers.
    ///
    /// # Errors
    /// As [`build`](Self::build); and a global subscriber is set already:
    /// [`is_subscriber_set`](InitError::is_subscriber_set). A logger of the `log` crate that is set already stays, and is
    /// no error.
    pub fn try_init(self) -> Result<ShutdownGuard, InitError> {
        let parts = self.into_parts();
        let directives = (parts.lookup)("RUST_LOG").filter(|text| !text.trim().is_empty());
        let filter = EnvFilter::builder()
            .with_default_directive(LevelFilter::ERROR.into())
            .parse_lossy(directives.as_deref().unwrap_or(DEFAULT_FILTER));
        let handle = AgentOps::new(parts)?;
        let printing = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_filter(filter);
        let subscriber = tracing_subscriber::registry().with(printing).with(handle.layer());
        if subscriber
            .try_init()
            .is_err_and(|error| is_about_the_subscriber(&error))
        {
            return Err(InitError::subscriber_set());
        }
        handle.install_handlers()?;
        handle.tell_notices();
        Ok(handle.shutdown_guard())
    }
}

/// Where its feature `tracing-log` is on, tracing-subscriber goes on to set a logger once the subscriber is set, and fails
/// in the same way if the program has one. The error does not tell which of the two it is, except by its text.
fn is_about_the_subscriber(error: &TryInitError) -> bool {
    // There is a global subscriber either way, so this sets none.
    let taken = dispatcher::set_global_default(Dispatch::none());
    taken.is_err_and(|taken| taken.to_string() == error.to_string())
}

#[cfg(feature = "testing")]
impl Builder {
    /// Ids that are the same in every run. For tests.
    pub fn with_ids(mut self, ids: crate::testing::FixedIds) -> Self {
        self.ids = Some(ids.into_source());
        self
    }

    /// A clock that is the same in every run. For tests.
    pub fn with_clock(mut self, clock: crate::testing::FixedClock) -> Self {
        self.clock = Some(clock.into_clock());
        self
    }
}
