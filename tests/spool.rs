//! What cannot be sent waits on disk: for a destination that comes back, and for the next process. Spans have serial
//! numbers, so that what is lost and what comes twice can be named.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::exit,
    clippy::mem_forget,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and programs under test are killed"
)]

#[path = "support/process.rs"]
mod process;
#[path = "support/scratch.rs"]
mod scratch;

mod spool {
    mod child;
    mod harness;
    mod killed;
    mod outage;
    mod shared;
    mod trouble;
}
