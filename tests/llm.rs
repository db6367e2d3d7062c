//! Calls of models by programs that make them themselves: `llm::Call`, streamed answers, and the span macros.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
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
