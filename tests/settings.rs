//! Every setter of the builder and every variable does what its documentation says. A test that shows it is marked
//! with the names that it covers:
//!
//! ```text
//! covers!("with_trace_name", "AGENTOPS_TRACE_NAME");
//! ```
//!
//! as its first line, and the last test here demands that none is left out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{collections::BTreeSet, fs, path::Path};

/// Marks the test that it begins as covering these settings.
macro_rules! covers {
    ($($name:literal),+ $(,)?) => {
        const _: &[&str] = &[$($name),+];
    };
}

#[path = "support/log.rs"]
mod log;
#[path = "support/patience.rs"]
mod patience;
#[path = "support/process.rs"]
mod process;
#[path = "support/scratch.rs"]
mod scratch;
#[cfg(unix)]
#[path = "support/signals.rs"]
mod signals;

mod settings {
    mod capture;
    mod content;
    mod delivery;
    mod destination;
    mod harness;
    #[cfg(feature = "host")]
    mod host;
    mod limits;
    mod local;
    mod proxy;
    mod replay;
    mod sampling;
    mod service;
    mod sessions;
    #[cfg(unix)]
    mod signals;
    mod spool;
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The texts between double quotes.
fn quoted(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split('"').skip(1).step_by(2).map(str::to_owned)
}

/// The setters of the builder.
fn setters() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/builder");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    files.push(read("src/init.rs"));
    let names = files
        .iter()
        .flat_map(|file| file.lines())
        .filter_map(|line| line.trim_start().strip_prefix("pub fn with_"));
    names
        .map(|rest| format!("with_{}", rest.split(['(', '<']).next().unwrap()))
        .collect()
}

/// The variables that are read.
fn variables() -> BTreeSet<String> {
    let code = read("src/config/env.rs");
    code.split("pub(crate) const ")
        .skip(1)
        .filter_map(|item| item.split_once(';').map(|(item, _)| item))
        .filter(|item| item.contains(": &str ="))
        .flat_map(|item| quoted(item).collect::<Vec<_>>())
        .collect()
}

/// What the marks in these tests name.
fn covered() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/settings");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .flat_map(|path| marks(&fs::read_to_string(path).unwrap()).unwrap())
        .collect()
}

/// What the marks in this text name; each begins a test, or it would cover nothing.
fn marks(text: &str) -> Result<Vec<String>, String> {
    // Comments show marks, and make none.
    let is_code = |line: &&str| !line.is_empty() && !line.starts_with("//");
    let lines: Vec<_> = text.lines().map(str::trim).filter(is_code).collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.contains("covers!(")) {
        let begins_a_test = at >= 2 && lines[at - 2] == "#[test]" && lines[at - 1].starts_with("fn ");
        if !begins_a_test || !lines[at - 1].ends_with("() {") {
            return Err(format!("a mark that begins no test: {line}"));
        }
        let mark = lines[at..].concat();
        found.extend(quoted(mark.split(')').next().unwrap_or_default()));
    }
    Ok(found)
}

#[test]
fn the_settings_are_read_from_the_code() {
    let (setters, variables) = (setters(), variables());
    assert!(
        setters.len() >= 40
            && ["with_api_key", "with_tags", "with_clock"]
                .iter()
                .all(|name| setters.contains(*name)),
        "{setters:?}"
    );
    let long = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
    assert!(
        variables.len() >= 36 && variables.contains("AGENTOPS_API_KEY") && variables.contains(long),
        "{variables:?}"
    );
    assert!(
        variables
            .iter()
            .all(|name| name.chars().all(|char| char.is_ascii_uppercase() || char == '_'))
    );
}

#[test]
fn marks_count_where_they_begin_a_test_and_nowhere_else() {
    let text =
        "// covers!(\"with_a\")\n#[test]\nfn it() {\n    covers!(\n        \"with_b\",\n        \"C\",\n    );\n";
    assert_eq!(marks(text).unwrap(), ["with_b", "C"]);
    for elsewhere in [
        "covers!(\"with_a\");",
        "fn no_test() {\n    covers!(\"with_a\");\n}",
        "#[test]\nfn it() {\n    work();\n    covers!(\"with_a\");\n}",
    ] {
        assert!(marks(elsewhere).is_err(), "{elsewhere}");
    }
}

#[test]
fn every_setter_and_every_variable_is_covered_by_a_test() {
    let covered = covered();
    let settings: BTreeSet<String> = setters().union(&variables()).cloned().collect();
    let left_out: Vec<_> = settings.difference(&covered).collect();
    let unknown: Vec<_> = covered.difference(&settings).collect();
    assert!(left_out.is_empty(), "no test covers {left_out:?}");
    assert!(unknown.is_empty(), "marks name what is no setting: {unknown:?}");
}
