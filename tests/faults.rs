//! What becomes of every span when something breaks. Each case says what was sent, what arrived, what arrived twice and
//! what was counted as lost, and how much may be: nothing, wherever the collector is there again in time and no bound
//! was exceeded. `cargo test --test faults -- --nocapture` prints the tables.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::exit,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, programs under test end in every way there is, and tables are printed"
)]

#[path = "support/process.rs"]
mod process;
#[path = "support/signals.rs"]
mod signals;

mod faults {
    mod auth;
    mod case;
    mod elsewhere;
    mod ends;
    mod load;
    mod network;
    mod requests;
    mod row;
    mod server;
}
