//! The byte budget is for everything that a handle holds. In a binary of its own, for it counts what the whole process
//! allocates.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{net::TcpListener, time::Duration};

use agentops::ExportStats;
use peak_alloc::PeakAlloc;
use tracing::{info_span, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const SPANS: u64 = 20_000;
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
fn twenty_thousand_long_prompts_against_a_dead_collector_stay_within_the_budget() {
    // Nobody listens there any more.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let agentops = agentops::builder()
        .with_env(|_| None)
        .with_exporter_endpoint(format!("http://{address}/v1/traces"))
        .with_auto_start_session(false)
        .with_max_queue_bytes(BUDGET)
        .build()
        .unwrap();
    let prompt = prompt();
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let mut most = 0;
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        for _ in 0..SPANS {
            drop(info_span!(
                "prompted",
                agentops.kind = "tool",
                agentops.input = prompt.as_str()
            ));
            let stats = agentops.stats();
            most = most.max(stats.queued_bytes + stats.open_bytes);
        }
    });
    // Until the last of them is encoded, which is when the most is held.
    let settled = |stats: &ExportStats| stats.queued_bytes < BUDGET * 3 / 4;
    while !settled(&agentops.stats()) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let stats = agentops.stats();
    let peak = ALLOCATED.peak_usage() - before;
    eprintln!("peak {peak} bytes, counted {most}, budget {BUDGET}: {stats:?}");
    assert!(peak <= BUDGET + BUDGET / 5, "{peak} bytes were held");
    assert!(peak > BUDGET / 2, "only {peak} bytes: did anything wait?");
    assert_eq!(stats.recorded, SPANS);
    assert_eq!(stats.dropped.total(), 0, "content goes before spans: {stats:?}");
    assert!(stats.shed.recording + stats.shed.waiting > SPANS / 2, "{stats:?}");
    agentops.shutdown(Duration::from_millis(100)).unwrap_err();
}
