//! Another process: this binary again, with the name of a role in its environment.

use std::{
    env,
    io::Write as _,
    path::Path,
    process::Command,
    sync::{
        Arc, OnceLock,
        mpsc::{self, Receiver},
    },
    time::{Duration, Instant},
};

use agentops::{Builder, testing::Collector};
use tracing::info_span;

use super::harness::{Program, to_endpoints};
use crate::process::{Running, again, role};

const AUTH: &str = "AGENTOPS_TEST_AUTH";
const TRACES: &str = "AGENTOPS_TEST_TRACES";
const DIRECTORY: &str = "AGENTOPS_TEST_DIRECTORY";

/// Spans of the role whose disk is too small for them.
pub(crate) const FILLING: u64 = 100;

/// How a line begins that says which span has ended.
const ENDED: &str = "ended ";

fn say(serial: u64) {
    println!("\n{ENDED}{serial}");
    std::io::stdout().flush().unwrap();
}

/// The program of the child process. Without a role this is not the child, and there is nothing to do.
#[test]
fn a_program() {
    let Some(role) = role() else { return };
    let directory = env::var(DIRECTORY).unwrap();
    let builder = to_endpoints(
        env::var(AUTH).unwrap(),
        env::var(TRACES).unwrap(),
        Path::new(&directory),
    );
    match role.as_str() {
        // Ends spans until it is killed.
        "works" => {
            let program = Program::new(builder.with_durable_spool(true));
            for serial in 0.. {
                program.work(serial);
                say(serial);
                // Slowly enough for a pipeline without optimizations on a busy machine to keep up.
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        // Ends spans for a while, and then itself, in one of the ways that run no destructor.
        "works and exits" | "works and aborts" => {
            work_for_a_while(builder);
            if role == "works and exits" {
                std::process::exit(7);
            }
            // What a panic does with the profile `panic = "abort"`.
            std::process::abort();
        }
        // Has a disk with little room, and a destination that is away for a while.
        "fills its disk" | "fills its disk with a durable spool" => {
            fill_the_disk(builder.with_durable_spool(role.ends_with("durable spool")));
        }
        // Is in the middle of something until it is killed.
        "is busy" => {
            let program = Program::new(builder.with_durable_spool(true).with_auto_start_session(true));
            program.run(|| {
                let agent = info_span!("planner", agentops.kind = "agent", question = "why?");
                let _inside = agent.enter();
                drop(info_span!("search", agentops.kind = "tool", test.serial = 0));
                let _tool = info_span!("fetch", agentops.kind = "tool").entered();
                say(0);
                loop {
                    std::thread::park();
                }
            });
        }
        // Keeps what it cannot send until it is killed.
        "waits" => {
            let program = Program::new(builder);
            (0..5).for_each(|serial| program.work(serial));
            program.wait_for_spooled(5);
            say(4);
            loop {
                std::thread::park();
            }
        }
        // Ends without a word.
        "exits" => {
            let program = Program::new(builder);
            (0..5).for_each(|serial| program.work(serial));
            program.wait_for_spooled(5);
            say(4);
            std::process::exit(7);
        }
        role => panic!("no role {role}"),
    }
}

fn work_for_a_while(builder: Builder) {
    let program = Program::new(builder.with_durable_spool(true));
    for serial in 0..60 {
        program.work(serial);
        say(serial);
        std::thread::sleep(Duration::from_millis(5));
    }
    // What runs a destructor is not what this is about.
    std::mem::forget(program);
}

fn fill_the_disk(builder: Builder) {
    let program = Program::new(builder.with_max_export_batch_size(1));
    (0..FILLING).for_each(|serial| program.work(serial));
    let stats = program
        .wait_until(|stats| stats.spooled_spans + stats.queued_spans as u64 == FILLING && stats.spooled_spans > 0);
    assert!(stats.queued_spans > 0, "the disk had room for all: {stats:?}");
    say(FILLING - 1);
    program.agentops.force_flush(super::harness::DEADLINE).unwrap();
    let stats = program.wait_for_rest();
    assert_eq!((stats.exported, stats.dropped.total()), (FILLING, 0), "{stats:?}");
    program.agentops.shutdown(super::harness::DEADLINE).unwrap();
}

/// A span ended, the child said.
#[derive(Clone, Copy)]
struct Word {
    serial: u64,
    heard: Instant,
    /// For how long the child's pipeline thread had been kept from running until then.
    starved: Duration,
}

/// A running child.
pub(crate) struct Process {
    child: Running,
    ended: Receiver<Word>,
    heard: Vec<Word>,
}

impl Process {
    pub(crate) fn start(role: &str, collector: &Collector, directory: &Path) -> Self {
        Self::run(again("spool::child::a_program", role), collector, directory)
    }

    /// As [`start`](Self::start), where no file may be longer than a few requests: the system then writes a part of
    /// what it is given and refuses the rest, as a full disk does.
    #[cfg(unix)]
    pub(crate) fn start_with_a_small_disk(role: &str, collector: &Collector, directory: &Path) -> Self {
        let again = again("spool::child::a_program", role);
        let mut shell = Command::new("sh");
        // Whoever ignores the signal gets an error.
        shell
            .args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$0\" \"$@\""])
            .arg(again.get_program())
            .args(again.get_args())
            .envs(again.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Self::run(shell, collector, directory)
    }

    fn run(mut command: Command, collector: &Collector, directory: &Path) -> Self {
        command
            .env(AUTH, collector.auth_endpoint())
            .env(TRACES, collector.traces_endpoint())
            .env(DIRECTORY, directory);
        let (sender, ended) = mpsc::channel();
        let id = Arc::new(OnceLock::new());
        let known = Arc::clone(&id);
        let hear = move |line: &str| {
            if let Some(serial) = line.strip_prefix(ENDED).and_then(|serial| serial.parse().ok()) {
                let starved = known.get().map(|id| starved(*id)).unwrap_or_default();
                let heard = Instant::now();
                // Nobody listens any more where the test is over.
                let _told = sender.send(Word { serial, heard, starved });
            }
        };
        let child = Running::heard(&mut command, hear);
        id.set(child.id()).expect("it is set once");
        Self {
            child,
            ended,
            heard: Vec::new(),
        }
    }

    /// Waits until it has said that a span has ended.
    pub(crate) fn wait_for_a_word(&mut self) -> u64 {
        let word = self
            .ended
            .recv_timeout(super::harness::DEADLINE)
            .expect("the child says something");
        self.heard.push(word);
        word.serial
    }

    /// Kills it as `kill -9` does, and answers which spans had ended for so long then.
    pub(crate) fn kill(mut self, ago: Duration) -> Vec<u64> {
        let (killed, starved) = (Instant::now(), starved(self.child.id()));
        self.child.kill();
        self.child.wait();
        self.heard.extend(self.ended.iter());
        ended_before(&self.heard, killed, starved, ago)
    }

    /// Waits until it ends by itself, and answers with its code, and which spans had ended for so long then.
    pub(crate) fn wait_for_end(mut self, ago: Duration) -> (Option<i32>, Vec<u64>) {
        let code = self.child.wait().code();
        self.heard.extend(self.ended.iter());
        // It was alive when it said its last word.
        let end = self.heard.last().expect("it said something");
        (code, ended_before(&self.heard, end.heard, end.starved, ago))
    }

    /// Which spans that it told of have ended for so long by now.
    pub(crate) fn ended_before_now(&self, ago: Duration) -> Vec<u64> {
        ended_before(&self.heard, Instant::now(), starved(self.child.id()), ago)
    }

    /// Waits for its end, and answers with its code.
    pub(crate) fn wait(self) -> Option<i32> {
        self.child.wait().code()
    }
}

/// Which spans had ended for so long at the end. Time in which the machine was busy with others does not count: neither
/// that for which the whole process stood still, which says something every few milliseconds where it runs, nor that for
/// which its pipeline thread was kept from running.
fn ended_before(heard: &[Word], end: Instant, starved_at_end: Duration, ago: Duration) -> Vec<u64> {
    let mut moments: Vec<_> = heard.iter().map(|word| word.heard.min(end)).collect();
    moments.push(end);
    let recent = moments.windows(2).filter(|two| two[1] + 3 * ago >= end);
    let still: Duration = recent
        .map(|two| two[1] - two[0])
        .filter(|gap| *gap > Duration::from_millis(15))
        .sum();
    let before = heard.iter().filter(|word| {
        let starved = starved_at_end.saturating_sub(word.starved);
        word.heard + ago + still + starved <= end
    });
    before.map(|word| word.serial).collect()
}

/// For how long the pipeline thread of a process was ready to run and did not; nothing where the system does not say.
fn starved(process: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
    let waited = tasks.filter_map(|task| {
        let task = task.ok()?.path();
        let name = std::fs::read_to_string(task.join("comm")).ok()?;
        let waited = std::fs::read_to_string(task.join("schedstat")).ok()?;
        let nanos = waited.split(' ').nth(1)?.parse().ok()?;
        name.starts_with("agentops-pipe").then(|| Duration::from_nanos(nanos))
    });
    waited.sum()
}
