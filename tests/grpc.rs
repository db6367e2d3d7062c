//! OTLP over gRPC, against a server that speaks it: what arrives, what every status means for the spans, and that the
//! token, the splits and the spool are those of OTLP over HTTP. Nothing here has a Tokio runtime except the server.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "support/scratch.rs"]
mod scratch;

mod grpc {
    mod arrival;
    mod connection;
    mod front;
    mod program;
    mod server;
    mod statuses;
    mod token;
}
