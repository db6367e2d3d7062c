//! The choices that a [`Builder`](crate::Builder) offers.

use std::{borrow::Cow, fmt, path::PathBuf};

/// Where spans go. Environment: `AGENTOPS_EXPORT` (`auto`, `required`, `console`, `file:PATH`, `off`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Export {
    /// With an AgentOps key to AgentOps, else to the OTLP endpoint that the environment names, else nowhere, with one
    /// warning that says what to set.
    #[default]
    Auto,
    /// As [`Auto`](Self::Auto), but nowhere to send to is an [`InitError`](crate::InitError).
    Required,
    /// Prints each session as a tree to standard output when it ends. Needs no account.
    Console,
    /// Appends OTLP/JSON to this file, one request a line.
    File(PathBuf),
    /// Records and sends nothing.
    Off,
}

/// How requests travel and how they are encoded. Environment: `OTEL_EXPORTER_OTLP_(TRACES_)PROTOCOL`, without an AgentOps key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// OTLP over HTTP, protobuf (`http/protobuf`).
    #[default]
    HttpProtobuf,
    /// OTLP over HTTP, JSON (`http/json`).
    HttpJson,
    /// OTLP over gRPC (`grpc`). Needs the feature `grpc`: without it `build()` answers an error that says so.
    ///
    /// Of the endpoint, the scheme, the host, the port and credentials count; the path is that of the OTLP method.
    /// Collectors listen for gRPC on another port than for HTTP, usually 4317.
    Grpc,
}

/// How requests are compressed. Environment: `OTEL_EXPORTER_OTLP_(TRACES_)COMPRESSION`, without an AgentOps key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, for requests above 8 KiB.
    #[default]
    Gzip,
}

/// How the host's name leaves. Has no variable of its own; `AGENTOPS_ENV_DATA_OPT_OUT` removes it altogether.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostName {
    /// As 16 hexadecimal digits of a hash keyed with the API key, else with the service's name: the same host can be
    /// recognised, its name cannot.
    #[default]
    Hashed,
    /// As it is.
    Plain,
    /// Not at all.
    Omit,
}

/// How much content leaves. Environment: `AGENTOPS_CAPTURE_CONTENT` (`all`, `no-messages`, `none`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Content {
    /// Names, tokens, cost and timing only: no messages, event bodies, exception messages, stack traces or status texts.
    None,
    /// No prompts, completions, arguments, results, inputs or outputs.
    NoMessages,
    /// Everything, as AgentOps does; secrets are masked by the redactor.
    #[default]
    All,
}

/// The attribute names of model calls. Environment: `AGENTOPS_SEMCONV` (`agentops`, `gen-ai`, `both`).
///
/// The default is [`AgentOps`](Self::AgentOps) with an AgentOps key and [`GenAi`](Self::GenAi) with only an OTLP
/// endpoint. Model calls always carry both dialects; the choice is about the other kinds, on which AgentOps' dashboard
/// takes any `gen_ai.*` key for a model call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Semconv {
    /// What AgentOps' dashboard reads.
    AgentOps,
    /// OpenTelemetry's GenAI conventions on agents and tools, too.
    GenAi,
    /// Both on every span.
    Both,
}

/// What to make of a span of the host's own OpenTelemetry that encloses a root of ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostTrace {
    /// Our root keeps its own trace and links to the host's span.
    #[default]
    Link,
    /// Our root continues the host's trace.
    Join,
    /// Nothing.
    Ignore,
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndState {
    /// It did what it should: status Ok.
    Success,
    /// It did not: status Error.
    Fail,
    /// Nobody said: status Unset.
    Indeterminate,
    /// The process ended first: status Ok.
    Shutdown,
    /// Free text: status Unset, except `Error`, which is Error.
    Other(Cow<'static, str>),
}

impl EndState {
    /// The wire string, the value of `agentops.session.end_state`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Success => "Success",
            Self::Fail => "Fail",
            Self::Indeterminate => "Indeterminate",
            Self::Shutdown => "Shutdown",
            Self::Other(text) => text,
        }
    }
}

impl From<&str> for EndState {
    /// The named state in any case, else [`Other`](Self::Other).
    fn from(text: &str) -> Self {
        [Self::Success, Self::Fail, Self::Indeterminate, Self::Shutdown]
            .into_iter()
            .find(|state| state.as_str().eq_ignore_ascii_case(text))
            .unwrap_or_else(|| Self::Other(Cow::Owned(text.to_owned())))
    }
}

impl fmt::Display for EndState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Sees every string before it leaves and masks what must not.
///
/// Runs on the pipeline thread. A closure `Fn(&str, &str) -> Option<String>` is a redactor, too.
///
/// ```
/// use agentops::Redactor;
///
/// let redactor = |key: &str, value: &str| (key == "customer.iban").then(|| "[IBAN]".to_owned());
/// assert_eq!(redactor.redact("customer.iban", "DE02..."), Some("[IBAN]".to_owned()));
/// ```
pub trait Redactor: Send + Sync {
    /// What to send instead of `value`, the text of attribute, event or status `key`; `None` leaves it as it is.
    fn redact(&self, key: &str, value: &str) -> Option<String>;
}

impl<F> Redactor for F
where
    F: Fn(&str, &str) -> Option<String> + Send + Sync,
{
    fn redact(&self, key: &str, value: &str) -> Option<String> {
        self(key, value)
    }
}
