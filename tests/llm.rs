//! Calls of models by programs that make them themselves: `llm::Call`, streamed answers, and the span macros.
#![allow(
    clippy::unwrap_used,
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

mod llm {
    mod call;
    mod macros;
    mod streams;
}
