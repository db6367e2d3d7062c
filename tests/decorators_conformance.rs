//! The programs of the documents, written with the attribute macros, send what the AgentOps Python SDK sends.
//!
//! Each test names the differences that its program has to show; another one fails it, and so does one that does not
//! occur. `tests/conformance.rs` has the same programs with `#[instrument]`.
//!
//! Python's `@operation` sends the kind `task`; `#[operation]` sends `operation`. So what Python decorates with
//! `@operation` is a `#[task]` here, except in [`the_documents`].

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "this is test code")]

mod support;

#[path = "conformance/calls.rs"]
#[allow(dead_code, reason = "another binary uses all of it")]
mod calls;
#[path = "decorators_conformance/hierarchy.rs"]
mod hierarchy;
#[path = "decorators_conformance/putting_it_all_together.rs"]
mod putting_it_all_together;
#[path = "conformance/run.rs"]
mod run;
#[path = "conformance/scenarios.rs"]
mod scenarios;
#[path = "decorators_conformance/the_documents.rs"]
mod the_documents;
