//! Ten minutes of work under faults that come at random: nothing grows, and the counters add up. Not part of a usual run:
//! `scripts/soak` runs it, and says for how long.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    clippy::disallowed_methods,
    dead_code,
    reason = "a test that cannot go on fails, figures are printed, and it uses a part of the server"
)]

#[path = "faults/server.rs"]
mod server;

use std::{
    collections::HashSet,
    env,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use agentops::{AgentOps, ExportStats};
use peak_alloc::PeakAlloc;
use tracing::{info_span, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

use server::{Answer, Head, Server, TRACES};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const PER_SECOND: u64 = 2_000;
const TICK: Duration = Duration::from_millis(50);
const BUDGET: usize = 32 * 1024 * 1024;
/// Between two looks at the figures.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Numbers in no order, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

static DICE: Mutex<Dice> = Mutex::new(Dice(88_172_645_463_325_252));
/// Requests may be answered badly.
static FAULTS: AtomicBool = AtomicBool::new(true);
/// Requests whose answers were lost.
static LOST_ANSWERS: AtomicU64 = AtomicU64::new(0);

fn roll(most: u64) -> u64 {
    DICE.lock().unwrap().below(most)
}

/// One request in ten meets something.
fn script(head: &Head) -> Answer {
    if head.path != TRACES || !FAULTS.load(Ordering::Relaxed) {
        return Answer::Take;
    }
    match roll(80) {
        0 => Answer::Status(503),
        1 => Answer::Status(408),
        2 => Answer::StatusAnd(429, "retry-after", "1".to_owned()),
        3 => Answer::Reset,
        4 => Answer::ResetMidBody,
        5 => Answer::Silence,
        6 => {
            LOST_ANSWERS.fetch_add(1, Ordering::Relaxed);
            Answer::TakeAndReset
        }
        7 => Answer::TakeAllBut(1),
        _ if head.length > 1_000_000 => Answer::Status(413),
        _ => Answer::Take,
    }
}

/// Takes the server away, and its tokens, every few seconds.
fn trouble(server: &Server, ends: Instant) {
    while Instant::now() < ends {
        thread::sleep(Duration::from_millis(2_000 + roll(4_000)));
        match roll(3) {
            0 => server.expire_tokens(),
            1 => {
                server.revoke();
                thread::sleep(Duration::from_millis(100));
                server.pardon();
            }
            _ => {
                server.go_away();
                thread::sleep(Duration::from_millis(500 + roll(3_000)));
                server.come_back();
            }
        }
    }
}

/// Bytes of memory that the process has, where the system tells.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

#[test]
#[ignore = "takes as long as it is told to: scripts/soak"]
fn nothing_grows_and_the_counters_add_up() {
    let seconds = env::var("AGENTOPS_SOAK_SECONDS").map_or(600, |text| text.parse().unwrap());
    let server = Server::start(script);
    let at_start = resident();
    let agentops = agentops::builder()
        .with_env(|_| None)
        .with_api_key("11111111-2222-4333-8444-555555555555")
        .with_endpoint(server.url(""))
        .with_exporter_endpoint(server.url(TRACES))
        .with_auto_start_session(false)
        .with_session_replay_log(false)
        .with_export_timeout(Duration::from_secs(2))
        .with_compression(agentops::Compression::None)
        .with_max_queue_bytes(BUDGET)
        .build()
        .unwrap();
    let (sent, figures) = work(&agentops, &server, Duration::from_secs(seconds));
    FAULTS.store(false, Ordering::Relaxed);
    let ended = agentops.shutdown(Duration::from_secs(120));
    let (stats, taken) = (agentops.stats(), server.taken());
    let unique: HashSet<_> = taken.iter().collect();
    let (received, twice) = (unique.len() as u64, taken.len() - unique.len());
    eprintln!(
        "sent {sent}, received {received}, twice {twice} ({} answers were lost on purpose)\n{stats:?}\n{ended:?}",
        LOST_ANSWERS.load(Ordering::Relaxed)
    );
    assert_eq!(sent, stats.recorded);
    assert_eq!(sent, received + stats.dropped.total(), "{stats:?}");
    // What the server rejected, and, on a machine that is slower than the program, what the queue had no room for.
    let dropped = &stats.dropped;
    let known = dropped.refused + dropped.queue_spans + dropped.queue_bytes;
    assert_eq!(dropped.total(), known, "{stats:?}");
    // What the server remembers grows, and is not ours.
    let at_end = resident();
    let (allocated, resident): (Vec<u64>, Vec<u64>) = figures.into_iter().unzip();
    eprintln!(
        "resident: {} KiB at the start, {} after a minute, {} at most, {} at the end, of which the server remembers {}",
        at_start / 1024,
        resident.get(5).copied().unwrap_or_default() / 1024,
        resident.iter().max().copied().unwrap_or_default() / 1024,
        at_end / 1024,
        server.remembered() / 1024
    );
    assert_flat("allocated", &allocated);
    assert_flat("resident", &resident);
}

/// Makes spans while there is trouble; gives how many, and what was allocated and resident meanwhile.
fn work(agentops: &AgentOps, server: &Server, time: Duration) -> (u64, Vec<(u64, u64)>) {
    let began = Instant::now();
    let ends = began + time;
    let prompt = "prompt ".repeat(3_000);
    let (mut sent, mut worst) = (0_u64, Duration::ZERO);
    let mut figures: Vec<(u64, u64)> = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| trouble(server, ends));
        with_default(tracing_subscriber::registry().with(agentops.layer()), || {
            let mut looked = began;
            while Instant::now() < ends {
                let due = began.elapsed().as_millis() * u128::from(PER_SECOND) / 1_000;
                while u128::from(sent) < due {
                    // Most are short, some are long.
                    let length = if roll(100) == 0 { 20_000 } else { 400 };
                    let called = Instant::now();
                    drop(info_span!(
                        "numbered",
                        agentops.kind = "tool",
                        t.serial = sent,
                        agentops.input = &prompt[..length]
                    ));
                    worst = worst.max(called.elapsed());
                    sent += 1;
                }
                thread::sleep(TICK);
                if looked.elapsed() >= LOOK_EVERY {
                    looked = Instant::now();
                    figures.push(figure(&agentops.stats(), server, sent, began.elapsed()));
                }
            }
        });
    });
    eprintln!("the slowest span took {worst:?}");
    (sent, figures)
}

/// Prints how it goes; gives the bytes that are allocated and resident.
fn figure(stats: &ExportStats, server: &Server, sent: u64, elapsed: Duration) -> (u64, u64) {
    let remembered = server.remembered();
    let (allocated, resident) = (ALLOCATED.current_usage().saturating_sub(remembered), resident());
    eprintln!(
        "{:>4} s: sent {sent}, exported {}, dropped {}, retries {}, waiting {} spans, {} KiB; allocated {} KiB, resident {} KiB",
        elapsed.as_secs(),
        stats.exported,
        stats.dropped.total(),
        stats.retries,
        stats.queued_spans,
        stats.queued_bytes / 1024,
        allocated / 1024,
        resident / 1024
    );
    (allocated as u64, resident)
}

/// The most of the last third is no more than that of the second, and what may wait.
fn assert_flat(what: &str, figures: &[u64]) {
    let third = figures.len() / 3;
    let most = |part: &[u64]| part.iter().max().copied().unwrap_or_default();
    let (second, last) = (most(&figures[third..2 * third]), most(&figures[2 * third..]));
    eprintln!("{what}: at most {} KiB, then {} KiB", second / 1024, last / 1024);
    assert!(last <= second + BUDGET as u64, "{what} grew: {figures:?}");
}
