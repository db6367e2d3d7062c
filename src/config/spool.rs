//! [`SpoolOptions`]: what may wait on disk.

use std::{path::PathBuf, time::Duration};

use super::{
    Destination, Notices, Settings, accept,
    env::{self, Env},
};
use crate::error::InitError;

const MAX_BYTES: u64 = 256 * 1024 * 1024;
const MAX_AGE: Duration = Duration::from_secs(72 * 60 * 60);

/// What may wait on disk, where, and how long.
#[derive(Clone, Debug)]
pub(crate) struct SpoolOptions {
    pub(crate) dir: PathBuf,
    /// Bytes of one handle.
    pub(crate) max_bytes: u64,
    pub(crate) max_age: Duration,
    /// Everything is written to disk before it is sent, and open spans are noted there.
    pub(crate) durable: bool,
}

impl Settings {
    /// The spool that was asked for, where the destination can have one.
    pub(super) fn spool(
        &mut self,
        env: Env<'_>,
        destination: &Destination,
        notices: &mut Notices,
    ) -> Result<Option<SpoolOptions>, InitError> {
        let given = self.spool_dir.take().filter(|dir| !dir.as_os_str().is_empty());
        let dir = given.or_else(|| env.text(env::AGENTOPS_SPOOL_DIR).map(PathBuf::from));
        let durable = self.durable_spool.unwrap_or(false);
        let max_bytes = match self.spool_max_bytes {
            Some(0) => return Err(InitError::invalid("with_spool_max_bytes", "0", accept::BYTES)),
            given => given.unwrap_or(MAX_BYTES),
        };
        let max_age = accept::duration("with_spool_max_age", self.spool_max_age)?.unwrap_or(MAX_AGE);
        let Some(dir) = dir else {
            return if durable {
                Err(InitError::invalid(
                    "with_durable_spool",
                    "true",
                    "a directory, too, with `with_spool_dir` or AGENTOPS_SPOOL_DIR",
                ))
            } else {
                Ok(None)
            };
        };
        match destination {
            Destination::AgentOps { .. } | Destination::Otlp { .. } => Ok(Some(SpoolOptions {
                dir,
                max_bytes,
                max_age,
                durable,
            })),
            Destination::Inert | Destination::Off => Ok(None),
            Destination::Console | Destination::File(_) | Destination::Exporter => {
                notices.warn(
                    "the spool directory is not used: only what goes to an endpoint waits there, not what is printed, \
                     written to a file or given to an exporter of the program",
                );
                Ok(None)
            }
        }
    }
}
