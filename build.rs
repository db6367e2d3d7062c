//! Tells the crate which compiler builds the program: `process.runtime.version`.

use std::{env, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC");
    // Empty where the compiler does not say: the attribute is left out then.
    println!(
        "cargo::rustc-env=AGENTOPS_RUSTC_VERSION={}",
        compiler_version().unwrap_or_default()
    );
}

/// The second word of `rustc 1.95.0 (59807616e 2026-04-14)`.
fn compiler_version() -> Option<String> {
    let compiler = env::var_os("RUSTC")?;
    let output = Command::new(compiler).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().nth(1).map(str::to_owned)
}
