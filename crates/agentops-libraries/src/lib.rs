//! Agent and model libraries, run for real over the layer of the crate `agentops`.
//!
//! Each library talks through its own HTTP client to a [`Provider`] on loopback, whose answers follow the formats that the
//! providers publish; what arrives at a fake AgentOps server is looked at. Nothing here is published: what the libraries
//! drag in is nobody's but this package's.

pub mod anthropic;
pub mod gemini;
pub mod openai;

mod counts;
mod destination;
mod provider;
mod run;

pub use counts::Counts;
pub use destination::Destination;
pub use provider::{Answer, Provider, Request};
pub use run::{DEADLINE, KEY, own_process, run, run_with, to};
