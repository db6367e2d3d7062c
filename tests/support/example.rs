//! Runs a built example as a process of its own.

use std::{path::PathBuf, process::Command};

use super::process::alone;

pub(crate) use super::process::Ended;

/// Runs the example with these variables and no others.
pub(crate) fn run(name: &str, variables: &[(&str, &str)]) -> Ended {
    let mut command = Command::new(built(name));
    Ended::of(alone(&mut command).envs(variables.iter().copied()))
}

/// Does it until it is whole, five times at most. A guard waits for two seconds, which a machine that tests run on may not
/// have for the first work of an unoptimized pipeline.
pub(crate) fn until<T>(is_whole: impl Fn(&T) -> bool, run: impl Fn() -> T) -> T {
    let mut last = run();
    for _ in 1..5 {
        if is_whole(&last) {
            break;
        }
        last = run();
    }
    last
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
