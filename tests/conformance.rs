//! The three programs of the capture, written in Rust with spans, `#[instrument]`, `AgentOpsSpanExt` and sessions alone,
//! send what the AgentOps Python SDK sends.
//!
//! Each test names the differences that its program has to show; another one fails it, and so does one that does not
//! occur. Two of the closed list have no occasion in these programs: a session inside another, and an auto-session
//! without a span (`tests/it/hierarchy.rs` and `tests/it/sessions.rs` have them).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "this is test code")]

mod support;

#[path = "conformance/calls.rs"]
mod calls;
#[path = "conformance/hierarchy.rs"]
mod hierarchy;
#[path = "conformance/openai.rs"]
mod openai;
#[path = "conformance/putting_it_all_together.rs"]
mod putting_it_all_together;
#[path = "conformance/run.rs"]
mod run;
#[path = "conformance/scenarios.rs"]
mod scenarios;
