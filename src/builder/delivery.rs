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

    /// Bytes that all recorded spans may hold, open and waiting. Has no variable. Default: 64 MiB.
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
