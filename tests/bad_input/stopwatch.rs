//! [`Stopwatch`]: how long a thread was kept waiting, whatever else its machine does.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

/// A part of the time is nobody's in the kernel's count, such as interrupts: less than one in so many.
const KERNEL: u32 = 100;

/// Runs from [`start`](Self::start) on, for the thread that started it.
pub(crate) struct Stopwatch {
    began: Instant,
    busy: Option<Duration>,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        let (began, busy) = look();
        Self { began, busy }
    }

    /// How long the thread has waited for anything but a processor; nothing where the system does not tell.
    pub(crate) fn waited(&self) -> Duration {
        let (now, busy) = look();
        let (Some(before), Some(busy)) = (self.busy, busy) else {
            return Duration::ZERO;
        };
        let elapsed = now.saturating_duration_since(self.began);
        elapsed.saturating_sub(busy.saturating_sub(before) + elapsed / KERNEL)
    }
}

/// The time, and how long this thread was busy until then: both at once, or what interrupts between them would count as
/// waiting.
fn look() -> (Instant, Option<Duration>) {
    const AT_ONCE: Duration = Duration::from_millis(1);
    const TRIES: u32 = 50;
    let mut looked = None;
    for _ in 0..TRIES {
        // The kernel counts a turn of a thread when it ends, or when the thread offers to end it.
        thread::yield_now();
        let before = Instant::now();
        let busy = busy();
        let (now, _) = *looked.insert((Instant::now(), busy));
        if now.saturating_duration_since(before) < AT_ONCE {
            break;
        }
    }
    looked.unwrap_or_else(|| (Instant::now(), busy()))
}

/// How long this thread was at work, or ready for it while others were, on this machine or beside it.
fn busy() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let mut nanos = text.split_whitespace().map(str::parse);
    let (ran, ready): (u64, u64) = (nanos.next()?.ok()?, nanos.next()?.ok()?);
    if ran == 0 {
        // A kernel that does not count.
        return None;
    }
    Some(Duration::from_nanos(ran) + Duration::from_nanos(ready) + stolen()?)
}

/// What other virtual machines took of all processors of this one, ever.
fn stolen() -> Option<Duration> {
    /// The kernel tells it in hundredths of a second.
    const TICK: Duration = Duration::from_millis(10);
    let text = fs::read_to_string("/proc/stat").ok()?;
    let steal = text.lines().next()?.split_whitespace().nth(8)?;
    Some(TICK * steal.parse().ok()?)
}

#[test]
#[cfg(target_os = "linux")]
fn a_stopwatch_tells_a_thread_that_waits_from_one_that_works() {
    let long = Duration::from_millis(200);
    let waits = Stopwatch::start();
    thread::sleep(long);
    assert!(waits.waited() > long / 2, "{:?}", waits.waited());
    let works = Stopwatch::start();
    let began = Instant::now();
    while began.elapsed() < long {
        std::hint::spin_loop();
    }
    assert!(works.waited() < long / 4, "{:?}", works.waited());
}
