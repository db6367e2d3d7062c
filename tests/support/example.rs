//! Runs a built example as a process of its own.

use std::{
    io::Read,
    path::PathBuf,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// Much longer than any example takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(120);

/// What the system itself needs; nothing else of this test's environment reaches the example.
const KEPT: [&str; 7] = [
    "PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
];

/// How an example ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The last line on standard output.
    pub(crate) fn last_line(&self) -> &str {
        self.stdout.lines().next_back().unwrap_or_default()
    }
}

/// Runs the example with these variables and no others.
pub(crate) fn run(name: &str, variables: &[(&str, &str)]) -> Ended {
    let mut command = Command::new(built(name));
    command.env_clear();
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let mut child = command
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
    let stdout = read(child.stdout.take().expect("a pipe"));
    let stderr = read(child.stderr.take().expect("a pipe"));
    // Its output ends when the process does.
    let Ok(stdout) = stdout.recv_timeout(DEADLINE) else {
        child.kill().expect("it can be ended");
        panic!("{name} still runs after {DEADLINE:?}; it said {:?}", stderr.recv());
    };
    Ended {
        code: child.wait().expect("it has ended").code(),
        stdout,
        stderr: stderr.recv().expect("the thread that reads"),
    }
}

/// Beside the folder of this test's executable. `cargo test` builds the examples, `cargo test --test` does not.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a path of its own");
    let folder = test.ancestors().nth(2).expect("a folder above `deps`").join("examples");
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is not built: `cargo build --all-features --examples`",
        path.display()
    );
    path
}

fn read(mut from: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (said, hear) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).expect("a pipe that can be read");
        // Nobody listens any more where the example took too long.
        drop(said.send(String::from_utf8_lossy(&bytes).into_owned()));
    });
    hear
}
