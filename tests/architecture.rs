//! The rules of ARCHITECTURE.md that a compiler does not know, read from the text of `src/`. A message says what to do;
//! where the rule itself is to change, the tables at the top of this file are the place.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Rooms that may import those in the rows below their own, and never one above.
const ORDER: [&[&str]; 8] = [
    &["lib"],
    &[
        "init",
        "builder",
        "door",
        "flush",
        "guard",
        "handle",
        "session",
        "signals",
        "testing",
        "decorator",
        "agent_scope",
        "capture",
        "fuzzing",
        "llm",
    ],
    &["layer", "span_ext", "pipeline", "otel", "export", "resource"],
    &["attributes", "hierarchy", "propagation"],
    &["record", "semconv", "policy", "kind"],
    &["config"],
    &["cause", "error", "price", "usage"],
    &["clock"],
];

/// Imports within one row.
const BESIDE: [(&str, &str); 29] = [
    ("init", "builder"),
    ("init", "guard"),
    ("init", "handle"),
    ("init", "testing"),
    ("handle", "session"),
    ("door", "handle"),
    ("session", "handle"),
    ("pipeline", "layer"),
    ("builder", "handle"),
    ("handle", "builder"),
    ("flush", "handle"),
    ("handle", "guard"),
    ("handle", "signals"),
    ("signals", "handle"),
    ("guard", "handle"),
    ("builder", "testing"),
    ("layer", "pipeline"),
    ("span_ext", "layer"),
    ("pipeline", "otel"),
    ("export", "otel"),
    ("pipeline", "export"),
    ("pipeline", "resource"),
    ("attributes", "hierarchy"),
    ("propagation", "hierarchy"),
    ("record", "kind"),
    ("policy", "record"),
    ("policy", "semconv"),
    ("policy", "kind"),
    ("semconv", "kind"),
];

/// Of the pipeline, the layer knows no more than the queue that it hands spans to.
const ONLY_PART: [(&str, &str, &str); 1] = [("layer", "pipeline", "queue")];

/// Words that belong to some places only.
const PLACES: [(&str, &[&str]); 5] = [
    ("opentelemetry_sdk", OPENTELEMETRY),
    ("reqwest::", OPENTELEMETRY),
    ("std::env", &["config/env.rs"]),
    ("SystemTime::now", &["clock.rs", "testing/"]),
    ("process::id", PROCESS),
];
/// Makes ids, knows that this process was forked, tells which one it is.
const PROCESS: &[&str] = &["hierarchy/ids.rs", "pipeline/thread.rs", "resource/facts.rs"];
const OPENTELEMETRY: &[&str] = &[
    "lib.rs",
    "builder/",
    "capture/",
    "door.rs",
    "handle.rs",
    "otel/",
    "propagation/",
    "export/",
    "resource/",
    "pipeline/",
    "testing/",
];

/// Places for `Instant::now` of the standard library. Timers of the private runtime have an `Instant` of their own.
const MONOTONIC: [&str; 2] = ["clock.rs", "testing/"];
const TIMERS: [&str; 3] = ["export/", "pipeline/", "flush.rs"];

const LONGEST_FILE: usize = 400;
const LEFTOVERS: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "misc"];

/// One file of `src/`.
struct Source {
    /// Below `src/`, with `/` between.
    path: String,
    /// Without comments, and without tests inside the file.
    code: String,
    /// Lines before the tests inside the file.
    lines: usize,
}

impl Source {
    fn new(path: String, text: &str) -> Self {
        let own = match text.find("#[cfg(test)]\nmod tests {") {
            Some(at) => &text[..at],
            None => text,
        };
        let code = own
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| format!("{line}\n"));
        Self {
            code: code.collect(),
            lines: own.lines().count(),
            path,
        }
    }

    /// Tests beside the code are not bound by its rules.
    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// The room is the first part of the path.
    fn room(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| match place.strip_suffix('/') {
            Some(folder) => self.room() == folder,
            None => self.path == *place,
        })
    }

    /// Every `crate::` path, its first two names, groups taken apart.
    fn imports(&self) -> Vec<(String, String)> {
        let mut imports = Vec::new();
        for (at, found) in self.code.match_indices("crate::") {
            if !self.code[..at].ends_with('$') {
                for path in members(&self.code[at + found.len()..]) {
                    let mut names = path.split("::");
                    let room = identifier(names.next().unwrap_or_default());
                    // A group of a room's parts counts as a use of the whole room.
                    imports.push((room, names.next().map(identifier).unwrap_or_default()));
                }
            }
        }
        imports
    }
}

/// The members of a group such as `{a::b, c::{d, e}}`, or the one path that stands there.
fn members(text: &str) -> Vec<String> {
    let Some(group) = text.strip_prefix('{') else {
        let end = text
            .find(|char: char| !(char.is_alphanumeric() || char == '_' || char == ':'))
            .unwrap_or(text.len());
        return vec![text[..end].to_owned()];
    };
    let (mut depth, mut members) = (0, vec![String::new()]);
    for char in group.chars() {
        match char {
            '}' if depth == 0 => break,
            ',' if depth == 0 => members.push(String::new()),
            _ => members.last_mut().unwrap().push(char),
        }
        depth += i32::from(char == '{') - i32::from(char == '}');
    }
    members
        .iter()
        .map(|member| member.trim().to_owned())
        .filter(|member| !member.is_empty())
        .collect()
}

fn identifier(text: &str) -> String {
    text.trim()
        .chars()
        .take_while(|char| char.is_alphanumeric() || *char == '_')
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(root().join("src")).unwrap();
                let below: Vec<_> = below.iter().map(|part| part.to_str().unwrap()).collect();
                sources.push(Source::new(below.join("/"), &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(sources.len() > 20, "only {} files in src/", sources.len());
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// Complains about everything at once.
fn demand(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n  {}\n", wrong.join("\n  "));
}

fn row(room: &str) -> Option<usize> {
    ORDER.iter().position(|rooms| rooms.contains(&room))
}

/// What is wrong with an import, if anything.
fn objection(from: &str, to: &str, part: &str) -> Option<String> {
    let Some(from_row) = row(from) else {
        return Some(format!(
            "{from} has no row in ORDER: give it the lowest one that it can live in"
        ));
    };
    let Some(to_row) = row(to) else {
        return Some(format!(
            "crate::{to} names no room: import it from the room where it is defined"
        ));
    };
    let only = ONLY_PART.iter().find(|only| (only.0, only.1) == (from, to));
    match from_row {
        _ if from == to => None,
        _ if from_row > to_row => Some(format!("{from} is below {to} and must not know it: pass what it needs")),
        _ if from_row == to_row && !BESIDE.contains(&(from, to)) => Some(format!(
            "{from} stands beside {to} and has no leave in BESIDE to import it"
        )),
        _ if only.is_some_and(|only| only.2 != part) => Some(format!("{from} may use {to}::{} only", only?.2)),
        _ => None,
    }
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in sources().iter().filter(|source| !source.is_test()) {
        for (room, part) in source.imports() {
            seen += 1;
            wrong.extend(objection(source.room(), &room, &part).map(|why| format!("src/{}: {why}", source.path)));
        }
    }
    assert!(
        seen > 20,
        "only {seen} imports were found in src/: does the reader still read?"
    );
    wrong.dedup();
    demand(&wrong);
}

#[test]
fn the_reader_of_imports_takes_groups_apart_and_skips_comments_macros_and_tests() {
    let text = "use crate::{\n    config::{Config, env},\n    error::InitError, kind,\n};\nuse crate::record;\n\
                // use crate::a;\n/// [`B`](crate::b)\nfn f() -> crate::semconv::wire::X { $crate::c!() }\n\
                #[cfg(test)]\nmod tests {\n    use crate::d;\n}\n";
    let imports = Source::new("policy/x.rs".to_owned(), text).imports();
    let imports: Vec<_> = imports
        .iter()
        .map(|(room, part)| (room.as_str(), part.as_str()))
        .collect();
    assert_eq!(
        imports,
        [
            ("config", ""),
            ("error", "InitError"),
            ("kind", ""),
            ("record", ""),
            ("semconv", "wire")
        ]
    );
}

#[test]
fn the_order_objects_to_what_it_should() {
    for (from, to, part) in [
        ("config", "policy", "tags"),
        ("error", "config", ""),
        ("layer", "pipeline", "worker"),
        ("otel", "export", ""),
    ] {
        assert!(objection(from, to, part).is_some(), "{from} -> {to}::{part}");
    }
    for (from, to, part) in [
        ("lib", "kind", ""),
        ("layer", "pipeline", "queue"),
        ("pipeline", "otel", "span"),
    ] {
        assert_eq!(objection(from, to, part), None, "{from} -> {to}::{part}");
    }
}

#[test]
fn each_dependency_and_the_environment_and_the_clock_stay_in_their_places() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        for (word, places) in PLACES {
            if source.code.contains(word) && !source.is_in(places) {
                wrong.push(format!(
                    "src/{} uses {word}, whose places are {}",
                    source.path,
                    places.join(" ")
                ));
            }
        }
        let is_timer = source.is_in(&TIMERS)
            && source
                .code
                .split("use tokio::")
                .skip(1)
                .map(|rest| rest.split(';').next().unwrap())
                .any(|import| import.contains("time::") && import.contains("Instant"));
        if source.code.contains("Instant::now") && !source.is_in(&MONOTONIC) && !is_timer {
            wrong.push(format!("src/{} reads the time: take a clock::Clock", source.path));
        }
    }
    demand(&wrong);
}

#[test]
fn the_words_that_have_places_exist() {
    // Else one that is misspelt in the table would never be found anywhere.
    let mut text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    text.extend(sources().into_iter().map(|source| source.code));
    for (word, _) in PLACES {
        assert!(text.contains(word), "{word} is nowhere");
    }
}

#[test]
fn a_file_is_one_noun_of_at_most_400_lines() {
    let mut wrong = Vec::new();
    for source in sources() {
        if source.lines > LONGEST_FILE && !source.is_test() {
            wrong.push(format!(
                "src/{} has {} lines: split it by what it is about",
                source.path, source.lines
            ));
        }
        for part in source.path.trim_end_matches(".rs").split('/') {
            if LEFTOVERS.contains(&part) {
                wrong.push(format!(
                    "src/{}: `{part}` says nothing about what is inside",
                    source.path
                ));
            }
        }
    }
    demand(&wrong);
}

#[test]
fn every_feature_says_what_it_is_for() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, features) = manifest.split_once("\n[features]\n").expect("Cargo.toml has features");
    let features: Vec<&str> = features.lines().take_while(|line| !line.starts_with('[')).collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (at, line) in features.iter().enumerate() {
        let is_feature = line.starts_with(|char: char| char.is_ascii_alphabetic());
        let name = line.split(' ').next().unwrap();
        if is_feature && name != "default" {
            seen += 1;
            if at == 0 || !features[at - 1].starts_with('#') {
                wrong.push(format!("the feature {name} of Cargo.toml has no comment above it"));
            }
        }
    }
    assert!(
        seen >= 3,
        "only {seen} features were found in Cargo.toml: does the reader still read?"
    );
    demand(&wrong);
}
