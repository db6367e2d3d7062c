//! The layer in every program: whatever stands beside it in the subscriber, whatever the subscriber stands in, and
//! whatever runs the program, the whole tree arrives.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "support/guest.rs"]
mod guest;
#[path = "support/patience.rs"]
mod patience;
mod matrix {
    mod dispatchers;
    mod handles;
    mod layers;
    mod opentelemetry;
    mod reload;
    mod runtimes;
    mod writer;
}
