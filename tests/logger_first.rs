//! A program that set a logger of the `log` crate before it starts us, as those with `env_logger` do: the subscriber is
//! set all the same. A binary of its own, for the process has one logger and one subscriber.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/guest.rs"]
mod guest;

use std::sync::atomic::{AtomicUsize, Ordering};

use agentops::{AgentOps, EndState, testing::Collector};
use log::{LevelFilter, Log, Metadata, Record};
use tracing_subscriber::{registry, util::SubscriberInitExt as _};

use guest::{DEADLINE, TREE, program, to};

/// The program's own logger.
struct Counting(AtomicUsize);

impl Log for Counting {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        if record.target() == "program" {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn flush(&self) {}
}

static LOGGER: Counting = Counting(AtomicUsize::new(0));

#[test]
fn a_program_that_has_a_logger_gets_its_subscriber_and_keeps_its_logger() {
    log::set_logger(&LOGGER).unwrap();
    log::set_max_level(LevelFilter::Info);
    let collector = Collector::start();
    let guard = to(&collector)
        .with_env_data_opt_out(true)
        .with_shutdown_timeout(DEADLINE)
        .try_init()
        .unwrap();
    assert!(
        registry().try_init().is_err(),
        "tracing-subscriber itself fails here, as where the subscriber could not be set"
    );
    let second = to(&collector).try_init().unwrap_err();
    assert!(second.is_subscriber_set(), "{second}");
    assert!(AgentOps::current().is_some());

    program();
    log::info!(target: "program", "a record");
    assert_eq!(LOGGER.0.load(Ordering::SeqCst), 1, "records still go where they went");
    guard.end(EndState::Success).unwrap();
    assert_eq!(collector.tree(), TREE);
}
