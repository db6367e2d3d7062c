//! How much may wait, and how long.

use std::time::Duration;

use super::Builder;

/// How much may wait, and how long.
impl Builder {
    /// Spans that may wait to be sent; those beyond are dropped and counted. Environment: `AGENTOPS_MAX_QUEUE_SIZE`
    /// (which is the size of a batch in the Python SDK). Default: 32,768.
    pub fn with_max_queue_size(mut self, spans: usize) -> Self {
        self.settings.max_queue_size = Some(spans);
        self
    }

    /// Bytes that all recorded spans may hold together: open, waiting, encoded and to be sent again. Beyond three quarters
    /// of it content is given up first, counted as [`shed`](crate::ExportStats::shed): long values are cut, those that
    /// wait longest first. Spans are dropped when that is not enough. Has no variable. Default: 64 MiB.
    pub fn with_max_queue_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_queue_bytes = Some(bytes);
        self
    }

    /// Spans of one request. Has no variable. Default: 512.
    pub fn with_max_export_batch_size(mut self, spans: usize) -> Self {
        self.settings.max_export_batch_size = Some(spans);
        self
    }

    /// How long a span waits at most for others to travel with. Environment: `AGENTOPS_EXPORT_FLUSH_INTERVAL`, in
    /// milliseconds. Default: 1 second.
    pub fn with_export_flush_interval(mut self, interval: Duration) -> Self {
        self.settings.flush_interval = Some(interval);
        self
    }

    /// How long dropping the guard waits at most for what is on its way; zero does not wait. Has no variable.
    /// Default: 2 seconds.
    pub fn with_shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.settings.shutdown_timeout = Some(timeout);
        self
    }

    /// Whether a signal that ends the process (`SIGTERM`, `SIGINT`, on Linux `SIGHUP`, too) ends the session and delivers
    /// what is left first, within [`with_shutdown_timeout`](Self::with_shutdown_timeout). Then the signal does what it
    /// would have done, so that the exit status is the signal's; a second one ends the process at once. The handlers are installed by [`try_init`](Self::try_init) and by
    /// [`install_handlers`](crate::AgentOps::install_handlers). Has no variable. Default: `false`.
    ///
    /// **For programs without a handler of their own.** A program that shuts down by itself on a signal, as a server does
    /// that drains its requests, would be ended in the middle of that: it drops the guard, or calls
    /// [`shutdown`](crate::AgentOps::shutdown), at the end of its own shutdown instead. For its sake the default is
    /// `false`: nobody can tell beforehand whether a program is going to handle a signal. On Linux, a signal
    /// that is handled or ignored when the handlers are installed (`nohup` ignores `SIGHUP`) is left as it is. Other Unix
    /// systems do not tell who has a signal: there `SIGTERM` and `SIGINT` are handled in any case, also where the process
    /// was started with one of them ignored. On other systems than Unix nothing is installed, with a warning.
    ///
    /// ```no_run
    /// fn main() -> Result<(), agentops::InitError> {
    ///     let _guard = agentops::builder().with_shutdown_on_signal(true).try_init()?;
    ///     // Ctrl-C in here, and the session arrives all the same.
    ///     Ok(())
    /// }
    /// ```
    pub fn with_shutdown_on_signal(mut self, shutdown: bool) -> Self {
        self.settings.shutdown_on_signal = Some(shutdown);
        self
    }

    /// Reads variables here instead of in the environment of the process, for tests and for programs that have their
    /// own configuration.
    ///
    /// ```
    /// let builder = agentops::builder().with_env(|name| match name {
    ///     "AGENTOPS_EXPORT" => Some("console".to_owned()),
    ///     _ => None,
    /// });
    /// # let _ = builder;
    /// ```
    pub fn with_env(mut self, lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        self.lookup = Box::new(lookup);
        self
    }
}
