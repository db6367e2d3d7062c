//! The pipeline: a bounded queue on the caller's side, one thread on the other, and what became of every span.

mod complaints;
mod losses;
mod queue;
mod stats;
mod thread;
mod trouble;
mod undecided;
mod worker;

pub(crate) use queue::Queue;
pub(crate) use stats::Stats;
pub use stats::{Dropped, ExportStats, Shed};
pub(crate) use thread::{Command, Pipeline, Reply, Setup};
pub(crate) use worker::replay_url;
