//! Observability for AI agents: a `tracing` layer that turns spans into AgentOps sessions over OTLP.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "export")]
mod attributes;
#[cfg(feature = "export")]
mod builder;
#[cfg(feature = "export")]
mod clock;
#[cfg(feature = "export")]
mod config;
#[cfg(feature = "export")]
mod error;
#[cfg(feature = "export")]
mod export;
#[cfg(feature = "export")]
mod guard;
#[cfg(feature = "export")]
mod handle;
#[cfg(feature = "export")]
mod hierarchy;
#[cfg(feature = "export")]
mod init;
mod json;
mod kind;
#[cfg(feature = "export")]
mod layer;
#[cfg(feature = "export")]
mod otel;
#[cfg(feature = "export")]
mod pipeline;
#[cfg(feature = "export")]
mod policy;
#[cfg(feature = "export")]
mod propagation;
#[cfg(feature = "export")]
mod record;
#[cfg(feature = "export")]
mod resource;
#[cfg(feature = "export")]
mod semconv;
#[cfg(feature = "export")]
mod session;
mod span_ext;
#[cfg(feature = "testing")]
pub mod testing;
mod usage;

#[cfg(feature = "export")]
pub use builder::{Builder, builder};
#[cfg(feature = "export")]
pub use config::{Compression, Content, EndState, Export, HostName, HostTrace, Protocol, Redactor, Semconv};
#[cfg(feature = "export")]
pub use error::{AlreadyObserved, ExportError, InitError};
#[cfg(feature = "export")]
pub use export::{DropReason, Project};
#[cfg(feature = "export")]
pub use guard::ShutdownGuard;
#[cfg(feature = "export")]
pub use handle::AgentOps;
#[cfg(feature = "export")]
pub use init::init;
pub use json::json;
pub use kind::{EntityKind, UnknownKind};
#[cfg(feature = "export")]
pub use pipeline::{Dropped, ExportStats};
#[cfg(feature = "export")]
pub use policy::redact::CredentialRedactor;
#[cfg(feature = "export")]
pub use session::{Remote, Session, SessionBuilder};
pub use span_ext::AgentOpsSpanExt;
pub use usage::Usage;
