//! What the attribute macros make of a program: one binary, a module a subject.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::semicolon_if_nothing_returned,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_self,
    reason = "a test that cannot go on fails; programs under test take what they take"
)]

#[path = "../it/harness.rs"]
#[allow(dead_code, reason = "another binary uses all of it")]
mod harness;

mod agents;
mod arguments;
mod captured;
mod failures;
mod futures;
mod results;
mod sessions;
mod streams;
