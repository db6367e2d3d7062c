//! Errors, one for each thing that can fail. No dependency's type is part of them.

use std::fmt;

/// Why [`Builder::build`](crate::Builder::build), [`Builder::try_init`](crate::Builder::try_init) or
/// [`init`](crate::init) failed. Its text names the setting, its value and what is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitError(InitErrorKind);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InitErrorKind {
    /// A variable or setter has a value that is not accepted.
    Invalid {
        name: &'static str,
        value: String,
        accepted: String,
    },
    /// `Export::Required` and nowhere to send to.
    NoDestination,
    /// The operating system refused a thread, a file or a signal handler.
    System { doing: &'static str, reason: String },
    /// A global subscriber is there already.
    SubscriberSet,
}

impl InitError {
    pub(crate) fn invalid(name: &'static str, value: impl Into<String>, accepted: impl Into<String>) -> Self {
        Self(InitErrorKind::Invalid {
            name,
            value: value.into(),
            accepted: accepted.into(),
        })
    }

    pub(crate) fn system(doing: &'static str, reason: impl fmt::Display) -> Self {
        Self(InitErrorKind::System {
            doing,
            reason: reason.to_string(),
        })
    }

    pub(crate) fn no_destination() -> Self {
        Self(InitErrorKind::NoDestination)
    }

    pub(crate) fn subscriber_set() -> Self {
        Self(InitErrorKind::SubscriberSet)
    }

    /// A setting has a value that is not accepted, such as a malformed variable.
    pub fn is_invalid_setting(&self) -> bool {
        matches!(self.0, InitErrorKind::Invalid { .. })
    }

    /// [`Export::Required`](crate::Export::Required) was asked for, and neither a key nor an endpoint is there.
    pub fn is_no_destination(&self) -> bool {
        matches!(self.0, InitErrorKind::NoDestination)
    }

    /// [`try_init`](crate::Builder::try_init) found a global subscriber that is not its own. What it had started is
    /// undone; a program that is not the first to set one adds [`AgentOps::layer`](crate::AgentOps::layer) to it.
    pub fn is_subscriber_set(&self) -> bool {
        matches!(self.0, InitErrorKind::SubscriberSet)
    }

    /// The operating system refused a thread, a file or a signal handler.
    pub fn is_system(&self) -> bool {
        matches!(self.0, InitErrorKind::System { .. })
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            InitErrorKind::Invalid { name, value, accepted } => {
                write!(f, "{name} is {value:?}, which is not accepted: give {accepted}")
            }
            InitErrorKind::NoDestination => f.write_str(NOWHERE_TO_SEND),
            InitErrorKind::System { doing, reason } => write!(f, "could not {doing}: {reason}"),
            InitErrorKind::SubscriberSet => f.write_str(
                "a global tracing subscriber is already set: add `AgentOps::layer()` to it instead of calling \
                 `try_init`, or call `try_init` before the other one",
            ),
        }
    }
}

impl std::error::Error for InitError {}

/// What to do where there is neither a key nor an endpoint; the warning of `Export::Auto` says the same.
pub(crate) const NOWHERE_TO_SEND: &str = "nowhere to send spans to: set AGENTOPS_API_KEY (an AgentOps account), or \
     AGENTOPS_EXPORTER_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT (any OpenTelemetry backend), or AGENTOPS_EXPORT=console \
     to print each session";

/// Why a flush, a shutdown or a check did not do all it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportError(ExportErrorKind);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExportErrorKind {
    /// The time given was over first; so many spans were still on their way.
    TimedOut { pending: usize },
    /// Spans were lost since the last flush.
    Lost { spans: u64, reason: String },
    /// So many spans are not delivered yet, and safe on disk.
    Spooled { spans: u64 },
    /// The destination refused the key.
    Unauthorized(String),
    /// The destination could not be reached or answered with an error.
    Failed(String),
    /// The handle was shut down before.
    Closed,
    /// The handle was built before this process was forked, and its thread is not here.
    Forked,
    /// There is no destination to ask.
    Inert,
}

impl ExportError {
    pub(crate) fn new(kind: ExportErrorKind) -> Self {
        Self(kind)
    }

    /// The time given was over before everything was delivered.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0, ExportErrorKind::TimedOut { .. })
    }

    /// Nothing was lost, but not everything was delivered: the rest waits in the
    /// [spool](crate::Builder::with_spool_dir) and is sent when the destination takes it, by this process or the next.
    pub fn is_spooled(&self) -> bool {
        matches!(self.0, ExportErrorKind::Spooled { .. })
    }

    /// The destination refused the key.
    pub fn is_unauthorized(&self) -> bool {
        matches!(self.0, ExportErrorKind::Unauthorized(_))
    }

    /// The handle was shut down before.
    pub fn is_closed(&self) -> bool {
        matches!(self.0, ExportErrorKind::Closed)
    }

    /// This process was forked from the one that built the handle: nothing that is recorded here leaves through it.
    pub fn is_forked(&self) -> bool {
        matches!(self.0, ExportErrorKind::Forked)
    }
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ExportErrorKind::TimedOut { pending } => {
                write!(
                    f,
                    "the time given was over with {pending} spans still on their way: give more time or see `stats()`"
                )
            }
            ExportErrorKind::Lost { spans, reason } => write!(f, "{spans} spans were lost: {reason}"),
            ExportErrorKind::Spooled { spans } => {
                write!(
                    f,
                    "{spans} spans could not be delivered yet and wait in the spool: they are sent when the destination \
                     takes them, by this process or by the next one with the same directory, destination and key"
                )
            }
            ExportErrorKind::Unauthorized(reason) => {
                write!(
                    f,
                    "the key was refused: {reason}: check AGENTOPS_API_KEY or call `set_api_key`"
                )
            }
            ExportErrorKind::Failed(reason) => f.write_str(reason),
            ExportErrorKind::Closed => {
                f.write_str("the handle was shut down before: build another one, or flush before the shutdown")
            }
            ExportErrorKind::Forked => f.write_str(
                "the handle was built before this process was forked, and the thread that sends did not come along: \
                 build the handle in the forked process",
            ),
            ExportErrorKind::Inert => f.write_str(NOWHERE_TO_SEND),
        }
    }
}

impl std::error::Error for ExportError {}

/// A span's ids were seen before its remote parent was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlreadyObserved(());

impl AlreadyObserved {
    pub(crate) fn new() -> Self {
        Self(())
    }
}

impl fmt::Display for AlreadyObserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the span's ids were already seen by a child or by the program: set the remote parent right after the span \
             is made",
        )
    }
}

impl std::error::Error for AlreadyObserved {}
