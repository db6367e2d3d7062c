//! [`Callsite`]: where a span was made.

use std::{borrow::Cow, fmt};

use tracing::{Metadata, callsite::Identifier};

/// Where a span was made: its own name and its target, before any field says otherwise.
#[derive(Clone, Debug)]
pub(crate) enum Callsite {
    /// A callsite of `tracing`.
    Tracing(&'static Metadata<'static>),
    /// A span of OpenTelemetry, which tells its name only.
    Told(Box<Told>),
}

/// What a span of OpenTelemetry tells of where it was made.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) name: Cow<'static, str>,
    /// The target that `tracing-opentelemetry` tells, else the name of the instrumentation scope.
    pub(crate) target: Cow<'static, str>,
}

impl Callsite {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Tracing(metadata) => metadata.name(),
            Self::Told(told) => &told.name,
        }
    }

    pub(crate) fn id(&self) -> CallsiteId {
        match self {
            Self::Tracing(metadata) => CallsiteId::Tracing(metadata.callsite()),
            Self::Told(told) => CallsiteId::Told((&*told.name).into(), (&*told.target).into()),
        }
    }

    pub(crate) fn target(&self) -> &str {
        match self {
            Self::Tracing(metadata) => metadata.target(),
            Self::Told(told) => &told.target,
        }
    }
}

/// What tells one callsite from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CallsiteId {
    Tracing(Identifier),
    /// Name and target.
    Told(Box<str>, Box<str>),
}

/// Where it stands in the code, else its target.
impl fmt::Display for Callsite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Tracing(metadata) = self
            && let (Some(file), Some(line)) = (metadata.file(), metadata.line())
        {
            return write!(f, "{file}:{line}");
        }
        f.write_str(self.target())
    }
}

impl From<Told> for Callsite {
    fn from(told: Told) -> Self {
        Self::Told(Box::new(told))
    }
}

impl From<&'static Metadata<'static>> for Callsite {
    fn from(metadata: &'static Metadata<'static>) -> Self {
        Self::Tracing(metadata)
    }
}
