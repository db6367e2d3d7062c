//! [`Builder`]: collects what is asked for. Its setters stand in a file for each thing that they are about.

mod delivery;
mod destination;
mod recording;
mod service;
mod sessions;
mod spool;

use std::{fmt, sync::Arc};

use crate::{
    clock::Clock,
    config::{Settings, env::process_lookup},
    export::BoxedExporter,
    hierarchy::IdSource,
    policy::redact::CredentialRedactor,
};

/// Starts to collect what is asked for.
///
/// ```
/// use agentops::{Content, Export};
///
/// let builder = agentops::builder()
///     .with_export(Export::Console)
///     .with_service_name("travel-desk")
///     .with_tags(["nightly", "eu"])
///     .with_content_capture(Content::NoMessages);
/// # let _ = builder;
/// ```
pub fn builder() -> Builder {
    Builder {
        settings: Settings::new(Arc::new(CredentialRedactor)),
        exporter: None,
        lookup: Box::new(process_lookup),
        ids: None,
        clock: None,
    }
}

/// Variables, by name.
pub(crate) type OwnedLookup = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Collects what is asked for; nothing happens before it is built.
///
/// What is not said here is read from the environment, and what is not there has a default; each setter names its
/// variable and its default. An empty text counts as not said. Values are checked when the handle is built: a
/// malformed one is an [`InitError`](crate::InitError) that names the setter or the variable, the value, and what is
/// accepted.
///
/// Variables without a setter: `OTEL_SDK_DISABLED=true` switches everything off, whatever is said here.
#[must_use = "a builder does nothing until it is built"]
pub struct Builder {
    settings: Settings,
    exporter: Option<BoxedExporter>,
    lookup: OwnedLookup,
    pub(crate) ids: Option<IdSource>,
    pub(crate) clock: Option<Clock>,
}

/// What a builder was told, for the handle.
pub(crate) struct BuilderParts {
    pub(crate) settings: Settings,
    pub(crate) exporter: Option<BoxedExporter>,
    pub(crate) lookup: OwnedLookup,
    pub(crate) ids: Option<IdSource>,
    pub(crate) clock: Option<Clock>,
}

impl Builder {
    pub(crate) fn into_parts(self) -> BuilderParts {
        BuilderParts {
            settings: self.settings,
            exporter: self.exporter,
            lookup: self.lookup,
            ids: self.ids,
            clock: self.clock,
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// An empty text is none.
fn text(text: impl Into<String>) -> Option<String> {
    let text = text.into();
    let trimmed = text.trim();
    match trimmed.len() {
        0 => None,
        len if len == text.len() => Some(text),
        _ => Some(trimmed.to_owned()),
    }
}
