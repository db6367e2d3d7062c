//! What waits on disk.

use std::{path::PathBuf, time::Duration};

use super::Builder;

/// What waits on disk.
impl Builder {
    /// Keeps what cannot be sent in this directory: it is sent when the destination takes spans again, by this process or
    /// by the next one that is given the same directory, destination and key. Environment: `AGENTOPS_SPOOL_DIR`. Default:
    /// none, and nothing is written to disk.
    ///
    /// The directory is made if it is not there, readable for its owner alone. Several processes may share it: what one
    /// of them keeps there is touched by no other as long as it lives. It holds spans as they are sent, so after
    /// redaction and limits, and neither the key nor a token. A request that could not be sent is written when its first
    /// attempt fails, and no longer held in memory from then on; what the memory has no room for and what a shutdown
    /// could not send is written, too. Writing is left to the system's cache: what is kept survives the end of the
    /// process, not always that of the machine.
    ///
    /// A disk that is full, or a directory that cannot be written, is said once a minute; spans then wait in memory, as
    /// without a spool. It applies to AgentOps and to OTLP endpoints, not to the console, a file or an exporter of your
    /// own.
    ///
    /// ```
    /// # fn main() -> Result<(), agentops::InitError> {
    /// let agentops = agentops::builder()
    ///     .with_exporter_endpoint("http://127.0.0.1:4318/v1/traces")
    ///     .with_spool_dir("/var/lib/my-agent/spool")
    /// #   .with_spool_dir(std::env::temp_dir().join("agentops-spool-of-an-example"))
    /// #   .with_env(|_| None)
    ///     .build()?;
    /// assert_eq!(agentops.stats().spooled_spans, 0); // nothing waits there yet
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_spool_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.settings.spool_dir = Some(directory.into());
        self
    }

    /// Bytes that this handle may have in the [spool](Self::with_spool_dir), those that it took over from earlier
    /// processes included. Beyond them the oldest are given up, counted as
    /// [`spool_evicted`](crate::Dropped::spool_evicted). Has no variable. Default: 256 MiB.
    pub fn with_spool_max_bytes(mut self, bytes: u64) -> Self {
        self.settings.spool_max_bytes = Some(bytes);
        self
    }

    /// How long spans may wait in the [spool](Self::with_spool_dir); older ones are given up, counted as
    /// [`spool_expired`](crate::Dropped::spool_expired). What a process with another key or destination left there is
    /// removed at this age, too, and not read before. Has no variable. Default: 72 hours.
    pub fn with_spool_max_age(mut self, age: Duration) -> Self {
        self.settings.spool_max_age = Some(age);
        self
    }

    /// Writes every span to the [spool](Self::with_spool_dir) before it is sent, so that a process that is killed loses
    /// none that ended more than a tenth of a second earlier; the next process sends them. Spans that are open are noted
    /// there as they began: the next process sends those as ended in error, with the status text `process ended` and
    /// the attribute `agentops.process_ended`. Has no variable. Default: `false`.
    ///
    /// What was being sent at the moment of the kill may arrive twice, with the same ids. It costs a copy of a span's
    /// first fields on the thread that begins it, and a write every 20 ms while spans come in. Spans that wait for a
    /// verdict of [`with_keep_errors`](Self::with_keep_errors), or come through
    /// [`span_processor`](crate::AgentOps::span_processor) and wait for their root, are written when that is known, and
    /// are not noted while they are open.
    ///
    /// Without a directory it is an [`InitError`](crate::InitError).
    pub fn with_durable_spool(mut self, durable: bool) -> Self {
        self.settings.durable_spool = Some(durable);
        self
    }
}
