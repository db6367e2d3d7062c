//! [`Destination`]: where spans go, decided once.

use std::{fmt, path::PathBuf};

use url::Url;

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for a request's header or body, and nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Header names in lower case and their values, which are secrets.
pub(crate) type Headers = Vec<(String, Secret)>;

/// Where spans go.
#[derive(Clone)]
pub(crate) enum Destination {
    /// AgentOps: a key is exchanged for a token at `auth`, spans go to `traces` with it.
    AgentOps { api_key: Secret, auth: Url, traces: Url },
    /// Any OTLP endpoint, without a token.
    Otlp { traces: Url },
    /// Trees on standard output.
    Console,
    /// OTLP/JSON lines.
    File(PathBuf),
    /// An exporter that the program gave.
    Exporter,
    /// Nowhere, because nothing says where to: recording is off.
    Inert,
    /// Nowhere, because that was asked for.
    Off,
}

impl Destination {
    /// Nothing is recorded.
    pub(crate) fn is_inert(&self) -> bool {
        matches!(self, Self::Inert | Self::Off)
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AgentOps { traces, .. } => write!(f, "AgentOps({})", Shown(traces)),
            Self::Otlp { traces } => write!(f, "Otlp({})", Shown(traces)),
            Self::Console => f.write_str("Console"),
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Exporter => f.write_str("Exporter"),
            Self::Inert => f.write_str("Inert"),
            Self::Off => f.write_str("Off"),
        }
    }
}

/// A URL as it may be shown: without credentials, query and fragment.
pub(crate) struct Shown<'a>(pub(crate) &'a Url);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.0;
        write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(url.path())
    }
}
