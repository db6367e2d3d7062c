//! Runs a built example as a process of its own.

use std::{path::PathBuf, process::Command};

use super::process::alone;

pub(crate) use super::process::Ended;

/// Runs the example with these variables and no others.
pub(crate) fn run(name: &str, variables: &[(&str, &str)]) -> Ended {
    let mut command = Command::new(built(name));
    Ended::of(alone(&mut command).envs(variables.iter().copied()))
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
