//! For tests of programs that use this crate: a fake AgentOps server on loopback, fixed ids and clock, drawn trees.
//!
//! [`Collector`] is the server: give its address to [`Builder`](crate::Builder), run the program, and look at what
//! arrived, as [`Span`]s, as a drawn [`tree`](Collector::tree) or as raw [`Request`]s. It speaks HTTP and OTLP and
//! fails on demand ([`Failure`]). [`FixedIds`] and [`FixedClock`] make two runs send the same bytes.

mod attributes;
mod collector;
mod decode;
mod failure;
mod fixed;
mod request;
mod server;
mod span;
mod state;
#[cfg(test)]
mod tests;
mod tree;
mod value;

pub use attributes::Attributes;
pub use collector::{Collector, TimedOut};
pub use failure::Failure;
pub use fixed::{FixedClock, FixedIds};
pub use request::Request;
pub use span::{Event, Link, OtelKind, Span, Status, StatusCode};
pub use tree::draw;
pub use value::Value;
