//! Sampling: decided once for a trace, at its root, all or nothing; and errors that are kept all the same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "support/guest.rs"]
mod guest;
mod sampling {
    mod errors;
    mod ratio;
}
