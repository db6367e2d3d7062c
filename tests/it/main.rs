//! What a program sees of the crate: one binary, a module a subject.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that cannot go on fails; programs under test take what they take"
)]

#[path = "../support/log.rs"]
mod log;
#[path = "../support/patience.rs"]
mod patience;
#[path = "../support/scratch.rs"]
mod scratch;

mod capture;
mod content;
mod current;
mod delivery;
mod harness;
mod hierarchy;
mod open;
mod pricing;
mod propagation;
mod sessions;
mod trouble;
