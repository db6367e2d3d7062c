//! Capture at the HTTP client, over real HTTP: scripted providers on loopback, reqwest and hyper as clients.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_collect,
    clippy::redundant_closure_for_method_calls,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that cannot go on fails"
)]

#[path = "it/harness.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod harness;

mod capture {
    mod answers;
    mod bodies;
    mod clouds;
    mod counted_once;
    mod errors;
    mod levels;
    mod passing;
    mod privacy;
    mod provider;
    mod run;
    mod streams;
    mod tower;
}
