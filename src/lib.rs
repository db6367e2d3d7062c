//! Observability for AI agents: a [`tracing`] layer that turns spans into [AgentOps] sessions over OTLP.
//!
//! Add [`AgentOps::layer`] to the subscriber that a program has, mark agents and tools with an `agentops.kind` field, and
//! each run arrives as a tree of sessions, agents, workflows, model calls and tools, at AgentOps or at any OpenTelemetry
//! backend. Spans that have nothing to do with it cost about a nanosecond where it is the only layer; beside a layer that
//! wants them, they cost about a tenth of a microsecond more.
//!
//! ```
//! use agentops::Export;
//! use tracing::instrument;
//!
//! #[instrument(fields(agentops.kind = "tool"), ret)]
//! fn population(city: &str) -> u32 {
//!     if city == "Paris" { 2_100_000 } else { 0 }
//! }
//!
//! #[instrument(fields(agentops.kind = "agent"))]
//! fn geographer() -> u32 {
//!     population("Paris")
//! }
//!
//! # fn main() -> Result<(), agentops::InitError> {
//! // Prints each session as a tree; without `with_export` the environment says where spans go.
//! let _guard = agentops::builder().with_export(Export::Console).try_init()?;
//! geographer();
//! # Ok(())
//! # }
//! ```
//!
//! | to | use |
//! | --- | --- |
//! | start from the environment | [`init`] |
//! | choose settings | [`builder`], [`Builder`] |
//! | add the layer to a subscriber of your own | [`AgentOps::layer`] |
//! | take spans from OpenTelemetry instead | [`AgentOps::span_processor`] |
//! | open sessions | [`AgentOps::session`], [`Session`] |
//! | mark functions, methods and `impl` blocks | [`macro@agent`], [`macro@tool`], [`macro@operation`], ... |
//! | keep an agent's span as long as a value | [`AgentScope`] |
//! | tell of a model that the program calls itself | [`llm::Call`], [`llm_span!`], [`tool_span!`], [`agent_span!`] |
//! | capture model calls of libraries without spans | `capture::HttpCapture` (features) |
//! | say more about a span | [`AgentOpsSpanExt`], [`json()`], [`Usage`] |
//! | carry a trace to another process | [`propagation`] |
//! | deliver what is left at the end | [`ShutdownGuard`] |
//! | see what became of every span | [`AgentOps::stats`] |
//! | test a program of yours | `testing` (feature) |
//!
//! The README lists the fields, the kinds and every variable.
//!
//! # Features
//!
//! - `export` (default): everything that records and sends. Without it the crate is the light core that a library can
//!   depend on: [`json()`], [`AgentOpsSpanExt`] and [`llm::Call`] (which then do nothing), [`EntityKind`], [`Usage`].
//! - `macros` (default): the attributes `#[session]`, `#[agent]`, `#[workflow]`, `#[task]`, `#[operation]`, `#[tool]`,
//!   `#[guardrail]` and `#[chain]`. They need nothing else of the crate, so that a library can use them with
//!   `default-features = false, features = ["macros"]`.
//! - `host` (default): the host environment on the resource and on sessions.
//! - `pricing` (default): what model calls cost, by the prices of the day (the crate `genai-prices`).
//! - `tracing-opentelemetry`: `AgentOps::opentelemetry_layer`, the layer of that crate wired to a handle.
//! - `reqwest-middleware`: `capture::HttpCapture` as a middleware of that crate: model calls of libraries without spans.
//! - `tower`: the same as a layer of that crate, over `http` requests or reqwest's.
//! - `grpc`: OTLP over gRPC, `Protocol::Grpc`.
//! - `testing`: a fake AgentOps server on loopback, fixed ids and clock, drawn trees.
//!
//! [`tracing`]: https://docs.rs/tracing
//! [AgentOps]: https://www.agentops.ai
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "export"),
    allow(rustdoc::broken_intra_doc_links, reason = "most of the map needs `export`")
)]

// What a program holds.
#[cfg(feature = "export")]
mod builder;
#[cfg(feature = "export")]
mod door;
#[cfg(feature = "export")]
mod flush;
#[cfg(feature = "export")]
mod guard;
#[cfg(feature = "export")]
mod handle;
#[cfg(feature = "export")]
mod init;
#[cfg(feature = "export")]
mod session;
#[cfg(feature = "export")]
mod signals;

// What a program says about its spans: the light core.
mod agent_scope;
#[cfg(feature = "macros")]
mod decorator;
mod json;
mod kind;
pub mod llm;
mod span_ext;
mod usage;

// From `tracing` to records, on the caller's thread.
#[cfg(feature = "export")]
mod hierarchy;
#[cfg(feature = "export")]
mod layer;
#[cfg(feature = "export")]
mod record;

// From records to the wire, on the pipeline thread.
#[cfg(feature = "export")]
mod attributes;
#[cfg(feature = "export")]
mod export;
#[cfg(feature = "export")]
mod otel;
#[cfg(feature = "export")]
mod pipeline;
#[cfg(feature = "export")]
mod policy;
#[cfg(feature = "export")]
mod resource;

// What all rooms stand on.
mod cause;
#[cfg(feature = "export")]
mod clock;
#[cfg(feature = "export")]
mod config;
#[cfg(feature = "export")]
mod error;
#[cfg(feature = "export")]
mod price;
#[cfg(feature = "export")]
pub mod propagation;
#[cfg(feature = "export")]
mod semconv;

#[cfg(any(feature = "reqwest-middleware", feature = "tower"))]
pub mod capture;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(all(feature = "export", any(fuzzing, test)))]
#[doc(hidden)]
pub mod fuzzing;

pub use agent_scope::AgentScope;
#[cfg(feature = "macros")]
pub use agentops_macros::{agent, chain, guardrail, operation, session, task, tool, workflow};
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
pub use pipeline::{Dropped, ExportStats, Shed};
#[cfg(feature = "export")]
pub use policy::redact::CredentialRedactor;
#[cfg(feature = "export")]
pub use price::Price;
#[cfg(feature = "export")]
pub use session::{Remote, Session, SessionBuilder};
pub use span_ext::AgentOpsSpanExt;
pub use usage::Usage;

/// What macros expand to; not for programs.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "macros")]
    pub use crate::decorator::*;
    pub use tracing;
}

/// The crates whose types appear in this crate's interface, in the versions it uses.
#[cfg(feature = "export")]
pub use {opentelemetry, opentelemetry_sdk};

/// Compiles the README's programs.
#[cfg(all(doctest, feature = "export"))]
#[doc = include_str!("../README.md")]
struct Readme;
