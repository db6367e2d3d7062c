//! The pipeline: a bounded queue on the caller's side, one thread on the other, and what became of every span.

mod complaints;
mod losses;
mod queue;
mod stats;
mod trouble;
mod undecided;
mod worker;

pub(crate) use queue::{Gauge, Queue};
pub(crate) use stats::Stats;
pub use stats::{Dropped, ExportStats};
pub(crate) use worker::{Command, Pipeline, Reply, Setup, replay_url};
