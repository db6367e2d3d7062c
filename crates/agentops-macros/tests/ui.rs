//! Programs that compile, and programs that must not, with the messages that they get. All of them have the light core
//! alone.
//!
//! `TRYBUILD=overwrite cargo test -p agentops-macros --test ui` writes the messages anew, to be reviewed.

use std::process::Command;

/// Whose words stand in `tests/compiler`; others say the same in other words.
const COMPILER: &str = "rustc 1.95.0";

fn is_that_compiler() -> bool {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("--version").output();
    version.is_ok_and(|output| output.stdout.starts_with(COMPILER.as_bytes()))
}

#[test]
fn what_should_compile_does_and_every_mistake_says_what_to_write_instead() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/pass/*.rs");
    // In our words.
    cases.compile_fail("tests/fail/*.rs");
    if is_that_compiler() {
        cases.compile_fail("tests/compiler/*.rs");
    }
}
