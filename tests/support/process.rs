//! Another process under test: a program that was built, or this test binary again in a role. It gets so much time and no
//! more, and it does not outlive the test that started it.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and the role of a process stands in its environment"
)]

use std::{
    env,
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

/// Much longer than any of them takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(100);

/// Names the role of a process that is this binary again.
const ROLE: &str = "AGENTOPS_TEST_ROLE";

/// What the system itself needs.
const KEPT: [&str; 7] = [
    "PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
];

/// What this process was started as; `None` in the one that runs the tests.
pub(crate) fn role() -> Option<String> {
    env::var(ROLE).ok()
}

/// This binary again, in a role. It runs the test of this name and no other.
pub(crate) fn again(test: &str, role: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("a path of its own"));
    command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ROLE, role);
    command
}

/// As [`again`], with nothing else of this process' environment.
pub(crate) fn again_alone(test: &str, role: &str) -> Command {
    let mut command = again(test, role);
    alone(&mut command).env(ROLE, role);
    command
}

/// Leaves the command what the system itself needs of this process' environment, and nothing else.
pub(crate) fn alone(command: &mut Command) -> &mut Command {
    command.env_clear();
    for name in KEPT {
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// A process that runs. It is killed where it is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Runs the command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        Running::start(command).wait()
    }

    /// As [`Ended::of`]; the process must say that all went well.
    #[track_caller]
    pub(crate) fn well(command: &mut Command) -> Self {
        let ended = Self::of(command);
        assert!(ended.status.success(), "{}\n{}", ended.stdout, ended.stderr);
        ended
    }

    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The signal that ended it.
    #[cfg(unix)]
    pub(crate) fn signal(&self) -> Option<i32> {
        std::os::unix::process::ExitStatusExt::signal(&self.status)
    }

    #[cfg(not(unix))]
    pub(crate) fn signal(&self) -> Option<i32> {
        None
    }

    /// The last line on standard output.
    pub(crate) fn last_line(&self) -> &str {
        self.stdout.lines().next_back().unwrap_or_default()
    }
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::heard(command, |_| ())
    }

    /// As [`Running::start`]; each line on standard output is told at once, on another thread.
    pub(crate) fn heard(command: &mut Command, mut hear: impl FnMut(&str) + Send + 'static) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let stdout = child.stdout.take().expect("a pipe");
        let stderr = child.stderr.take().expect("a pipe");
        Self {
            child,
            stdout: read(stdout, move |line| hear(line)),
            stderr: read(stderr, |_| ()),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
    }

    /// Waits for its end; one that does not come is a failure of the test.
    pub(crate) fn wait(mut self) -> Ended {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return Ended {
                    status,
                    stdout: said(&self.stdout),
                    stderr: said(&self.stderr),
                };
            }
            if began.elapsed() > DEADLINE {
                self.kill();
                let (stdout, stderr) = (said(&self.stdout), said(&self.stderr));
                panic!("it still ran after {DEADLINE:?}; it said:\n{stdout}\n{stderr}");
            }
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads to the end on a thread of its own, so that nobody waits on a full pipe.
fn read(from: impl Read + Send + 'static, mut hear: impl FnMut(&str) + Send + 'static) -> Receiver<String> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let (mut from, mut text) = (BufReader::new(from), String::new());
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
            let read = String::from_utf8_lossy(&line);
            hear(read.trim_end());
            text.push_str(&read);
            line.clear();
        }
        // Nobody listens any more where the test is over.
        drop(tell.send(text));
    });
    told
}

/// All that it said; its pipes end with it.
fn said(output: &Receiver<String>) -> String {
    output
        .recv_timeout(DEADLINE)
        .unwrap_or_else(|_| "(the output has no end)".to_owned())
}
