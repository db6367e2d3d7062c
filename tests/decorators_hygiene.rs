//! The macros in a package outside the workspace, `tests/hygiene`: without a prelude, with the crate under another name,
//! with every name taken that an expansion could lean on.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Its manifest, beside the versions of the workspace, where tests may write: its sources stay where they are.
fn manifest() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hygiene");
    fs::create_dir_all(&package).unwrap();
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    let given = fs::read_to_string(root.join("tests/hygiene/Cargo.toml")).unwrap();
    let here = given.replace("path = \"../..\"", &format!("path = '{}'", root.display()));
    assert_ne!(here, given, "the manifest names the crate's place in another way");
    let main = root.join("tests/hygiene/src/main.rs");
    let binary = format!("\n[[bin]]\nname = \"hygiene\"\npath = '{}'\n", main.display());
    fs::write(package.join("Cargo.toml"), here + &binary).unwrap();
    package.join("Cargo.toml")
}

/// Runs cargo on the package. It shares the target directory, where the dependencies are.
fn cargo(command: &str, after: &[&str]) -> Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    Command::new(env!("CARGO"))
        .args([command, "--quiet", "--offline", "--manifest-path"])
        .arg(manifest())
        .arg("--target-dir")
        .arg(target)
        .args(after)
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap()
}

#[test]
fn expansions_lean_on_no_prelude_no_name_and_no_dependency_and_are_clean_for_clippy() {
    let ran = cargo("run", &[]);
    let (said, complained) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert_eq!(said, "everything ran\n", "{complained}");
    assert!(ran.status.success(), "{complained}");

    // Where there is a clippy.
    let has_clippy = Command::new(env!("CARGO")).args(["clippy", "--version"]).output();
    if has_clippy.is_ok_and(|output| output.status.success()) {
        let linted = cargo("clippy", &["--", "-D", "warnings"]);
        assert!(linted.status.success(), "{}", String::from_utf8_lossy(&linted.stderr));
    }
}
