//! Signals that end the process: what is left is delivered first, then the signal does what it would have done.

use crate::{error::InitError, handle::AgentOps};

#[cfg(unix)]
pub(crate) use unix::shut_down_at;

/// Without signals there is nothing to handle.
#[cfg(not(unix))]
pub(crate) fn shut_down_at(_handle: &AgentOps) -> Result<(), InitError> {
    tracing::warn!(
        target: "agentops",
        "`with_shutdown_on_signal` does nothing on this system: call `AgentOps::shutdown` where the program ends"
    );
    Ok(())
}

#[cfg(unix)]
mod unix {
    use std::{
        io,
        sync::{Mutex, PoisonError},
        thread,
    };

    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        iterator::Signals,
        low_level::emulate_default_handler,
    };

    use super::{AgentOps, InitError};

    type Weak = Box<dyn Fn() -> Option<AgentOps> + Send>;

    /// The handles to shut down, once the handlers are installed.
    static HANDLES: Mutex<Option<Vec<Weak>>> = Mutex::new(None);

    /// Shuts the handle down at a signal that ends the process. The handlers are installed once a process.
    pub(crate) fn shut_down_at(handle: &AgentOps) -> Result<(), InitError> {
        let mut handles = HANDLES.lock().unwrap_or_else(PoisonError::into_inner);
        let weak = Box::new(handle.downgrade());
        if let Some(handles) = &mut *handles {
            handles.retain(|handle| handle().is_some());
            handles.push(weak);
            return Ok(());
        }
        install().map_err(|reason| InitError::system("install the handlers of signals", reason))?;
        *handles = Some(vec![weak]);
        Ok(())
    }

    fn install() -> io::Result<()> {
        let taken = Taken::read();
        // Elsewhere nobody says whether `nohup` had it ignored.
        let hang_up = cfg!(target_os = "linux").then_some(SIGHUP);
        let ours: Vec<i32> = [SIGTERM, SIGINT]
            .into_iter()
            .chain(hang_up)
            .filter(|signal| !taken.has(*signal))
            .collect();
        if ours.is_empty() {
            return Ok(());
        }
        let mut signals = Signals::new(ours)?;
        let thread = thread::Builder::new().name("agentops-signals".to_owned());
        thread.spawn(move || {
            let mut ending = false;
            for signal in &mut signals {
                if std::mem::replace(&mut ending, true) {
                    // Whoever asks twice does not want to wait.
                    end_by(signal);
                    continue;
                }
                let ends = thread::Builder::new().name("agentops-shutdown".to_owned());
                if ends.spawn(move || deliver_and_end_by(signal)).is_err() {
                    deliver_and_end_by(signal);
                }
            }
        })?;
        Ok(())
    }

    fn deliver_and_end_by(signal: i32) {
        let handles: Vec<AgentOps> = {
            let handles = HANDLES.lock().unwrap_or_else(PoisonError::into_inner);
            handles.iter().flatten().filter_map(|handle| handle()).collect()
        };
        thread::scope(|scope| {
            for handle in &handles {
                let shut_down = || {
                    let timeout = handle.shutdown_timeout();
                    match handle.shutdown(timeout) {
                        // The guard was dropped before, on another thread that may not have done yet.
                        Err(reason) if reason.is_closed() => handle.wait_for_end(timeout),
                        Err(reason) => {
                            tracing::warn!(target: "agentops", %reason, "not everything was delivered before the end");
                        }
                        Ok(()) => {}
                    }
                };
                let one = thread::Builder::new().spawn_scoped(scope, shut_down);
                if one.is_err() {
                    shut_down();
                }
            }
        });
        end_by(signal);
    }

    /// Does what the signal does where nobody handles it.
    fn end_by(signal: i32) {
        if let Err(reason) = emulate_default_handler(signal) {
            tracing::error!(target: "agentops", %reason, signal, "the process could not be ended by its signal");
        }
    }

    /// The signals that somebody handles or ignores already, where the system tells.
    struct Taken(u64);

    impl Taken {
        fn read() -> Self {
            // Elsewhere than on Linux there is no such file.
            let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
            Self::from_status(&status)
        }

        fn from_status(status: &str) -> Self {
            let mask = |line: &str| {
                let mask = line
                    .strip_prefix("SigIgn:")
                    .or_else(|| line.strip_prefix("SigCgt:"))?
                    .trim();
                u64::from_str_radix(mask, 16).ok()
            };
            Self(status.lines().filter_map(mask).fold(0, |all, mask| all | mask))
        }

        fn has(&self, signal: i32) -> bool {
            u32::try_from(signal - 1)
                .ok()
                .and_then(|bit| self.0.checked_shr(bit))
                .is_some_and(|rest| rest & 1 == 1)
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_signal_that_is_ignored_or_handled_is_somebody_elses() {
            let taken = Taken::from_status(
                "Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000000001\nSigCgt:\t0000000000004000\n",
            );
            assert!(taken.has(SIGHUP), "as under `nohup`");
            assert!(taken.has(SIGTERM), "a handler is there");
            assert!(!taken.has(SIGINT), "blocked is not taken");
            assert!(
                !Taken::from_status("").has(SIGTERM),
                "where nobody tells, nobody has it"
            );
        }
    }
}
