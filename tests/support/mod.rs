//! What the integration tests share: what AgentOps would show of spans, and what its Python SDK sends.
#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code: a broken fixture ends the test"
)]
#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "dots part keys and names, not file names"
)]

pub(crate) mod compare;
pub(crate) mod difference;
pub(crate) mod display;
pub(crate) mod example;
pub(crate) mod golden;
pub(crate) mod message;
pub(crate) mod metrics;
pub(crate) mod nested;
pub(crate) mod process;

pub(crate) use compare::compare;
pub(crate) use difference::Difference;
pub(crate) use display::{Bar, Display, Warning};
pub(crate) use golden::{Golden, Scenario};
pub(crate) use message::{Message, ToolCall};
