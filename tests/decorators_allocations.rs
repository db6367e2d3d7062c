//! What a decorated function allocates, beside the same function with `#[instrument]`. A binary of its own: it counts
//! what the whole process allocates on this thread.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{
    hint::black_box,
    sync::{Mutex, PoisonError},
    task::Context,
};

use agentops::{Export, agent, operation, task, tool};
use allocation_counter::measure;
use tracing::{instrument, level_filters::LevelFilter, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

#[tool(name = "search", cost = 0.05, version = 3)]
fn decorated(query: &str, limit: u32) -> Result<usize, std::fmt::Error> {
    Ok(black_box(query).len() + limit as usize)
}

#[instrument(name = "search", fields(agentops.kind = "tool", agentops.cost = 0.05, agentops.version = 3), ret, err)]
fn instrumented(query: &str, limit: u32) -> Result<usize, std::fmt::Error> {
    Ok(black_box(query).len() + limit as usize)
}

#[operation]
async fn decorated_later(query: &str) -> usize {
    black_box(query).len()
}

struct Agent;

#[agent(name = "assistant")]
impl Agent {
    #[task(tags("a", team = "blue"))]
    fn work(&self, words: &[&str]) -> usize {
        black_box(words).len()
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

fn everything_decorated() {
    decorated("rust", 5).unwrap();
    assert_eq!(block_on(decorated_later("rust")), 4);
    assert_eq!(Agent.work(&["a"]), 1);
}

/// Allocations of a second run: the first one registers callsites.
fn allocations(run: impl Fn()) -> u64 {
    run();
    measure(&run).count_total
}

/// A handle that records and sends nothing anywhere during the test.
fn recording() -> agentops::Builder {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("decorators_allocations.jsonl");
    agentops::builder().with_env(|_| None).with_export(Export::File(file))
}

/// A subscriber of another thread may raise the level of the process, and callsites are then registered where they are
/// counted: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn a_function_whose_span_is_not_recorded_allocates_nothing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(allocations(everything_decorated), 0, "without a subscriber");

    let quiet = recording().with_max_level(LevelFilter::ERROR).build().unwrap();
    with_default(tracing_subscriber::registry().with(quiet.layer()), || {
        assert_eq!(allocations(everything_decorated), 0, "below the level");
    });

    let off = agentops::builder()
        .with_env(|_| None)
        .with_export(Export::Off)
        .build()
        .unwrap();
    with_default(tracing_subscriber::registry().with(off.layer()), || {
        assert_eq!(allocations(everything_decorated), 0, "with nowhere to send to");
    });

    // The counter counts.
    assert_eq!(allocations(|| drop(black_box(Box::new(1)))), 1);
}

#[test]
fn a_recorded_function_allocates_little_more_than_an_instrumented_one() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let agentops = recording().build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        let ours = allocations(|| _ = decorated("rust", 5));
        let theirs = allocations(|| _ = instrumented("rust", 5));
        assert!(theirs > 0);
        // Scalars cost no JSON; what is told at once is gathered in a buffer of its own, outside of every lock.
        assert!(ours <= theirs + 2, "{ours} beside {theirs}");
    });
}
