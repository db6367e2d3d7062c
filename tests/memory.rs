//! The byte budget is for everything that a handle holds. In a binary of its own, for it counts what the whole process
//! allocates.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and figures are printed"
)]

#[path = "support/patience.rs"]
mod patience;

use std::time::Duration;

use agentops::{Compression, ExportStats};
use patience::wait_until;
use peak_alloc::PeakAlloc;
use tokio::net::TcpSocket;
use tracing::{info_span, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const PROMPT: usize = 200_000;
const BUDGET: usize = 64 * 1024 * 1024;

/// Words in no order, as prompts are: they compress as such do.
fn prompt() -> String {
    let mut random = 88_172_645_463_325_252_u64;
    let words = std::iter::repeat_with(|| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        format!("{random:x} ")
    });
    words
        .flat_map(String::into_bytes)
        .map(char::from)
        .take(PROMPT)
        .collect()
}

#[test]
fn long_prompts_against_a_dead_collector_stay_within_the_budget() {
    let prompt = prompt();
    // Until most of them are mapped, which is when it is known what was cut.
    assert_bounded(20_000, &prompt, Compression::None, |stats| cut(stats) > 10_000);
    // Until requests with a compressed copy each have been under way.
    assert_bounded(2_000, &prompt, Compression::Gzip, |stats| {
        cut(stats) > 0 && stats.retries >= 8
    });
}

fn cut(stats: &ExportStats) -> u64 {
    stats.shed.recording + stats.shed.waiting
}

fn assert_bounded(spans: u64, prompt: &str, compression: Compression, settled: impl Fn(&ExportStats) -> bool) {
    // Its port is nobody else's, and nobody listens there.
    let dead = TcpSocket::new_v4().unwrap();
    dead.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = dead.local_addr().unwrap();
    let agentops = agentops::builder()
        .with_env(|_| None)
        .with_exporter_endpoint(format!("http://{address}/v1/traces"))
        .with_auto_start_session(false)
        .with_compression(compression)
        .with_max_queue_bytes(BUDGET)
        .build()
        .unwrap();
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        for _ in 0..spans {
            drop(info_span!("prompted", agentops.kind = "tool", agentops.input = prompt));
        }
    });
    let looked = || format!("{:?}", agentops.stats());
    wait_until(looked, || settled(&agentops.stats()));
    let stats = agentops.stats();
    let peak = ALLOCATED.peak_usage() - before;
    eprintln!("{compression:?}: at most {peak} bytes, {BUDGET} may be: {stats:?}");
    assert!(peak <= BUDGET + BUDGET / 5, "{peak} bytes were held");
    assert!(peak > BUDGET / 2, "only {peak} bytes: did anything wait?");
    assert_eq!(stats.recorded, spans);
    assert_eq!(stats.dropped.total(), 0, "content goes before spans: {stats:?}");
    // Nothing arrives: the guard is not what this is about.
    agentops.shutdown(Duration::ZERO).unwrap_err();
    wait_until(looked, || agentops.stats().queued_spans == 0);
    let dropped = agentops.stats().dropped;
    assert_eq!(
        (dropped.shutdown, dropped.total()),
        (spans, spans),
        "all of them are counted"
    );
}
