//! Secrets stay where they belong: a run that fails in every way shows none of them, in no encoding.
//!
//! The run is a process of its own, this binary again, so that all it prints can be read.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::too_many_lines,
    clippy::format_collect,
    reason = "a test that cannot go on fails; the child shows what it has by printing"
)]

#[path = "support/process.rs"]
mod process;

mod secrets {
    mod everything;
    mod overheard;
    mod places;
    mod planted;
    mod program;
    mod run;
    mod search;
}
