//! The second door: what comes in through OpenTelemetry arrives as if it had come in through the layer.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "support/guest.rs"]
mod guest;
#[path = "support/log.rs"]
mod log;
mod second_door {
    mod api;
    mod doors;
    mod holding;
    mod same;
    mod sessions;
    mod switched;
    mod told_late;
}
