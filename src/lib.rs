//! Observability for AI agents: a `tracing` layer that turns spans into AgentOps sessions over OTLP.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![allow(dead_code, unused_imports, reason = "the rooms are being filled")]

#[cfg(feature = "export")]
mod attributes;
#[cfg(feature = "export")]
mod builder;
mod clock;
#[cfg(feature = "export")]
mod config;
#[cfg(feature = "export")]
mod error;
#[cfg(feature = "export")]
mod export;
mod hierarchy;
mod kind;
#[cfg(feature = "export")]
mod policy;
mod record;
#[cfg(feature = "export")]
mod resource;
mod semconv;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "export")]
pub use builder::Builder;
#[cfg(feature = "export")]
pub use config::{Compression, Content, EndState, Export, HostName, HostTrace, Protocol, Redactor, Semconv};
#[cfg(feature = "export")]
pub use error::{ExportError, InitError};
#[cfg(feature = "export")]
pub use export::{DropReason, Project};
pub use kind::{EntityKind, UnknownKind};
