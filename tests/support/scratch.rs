//! A place on disk of a test's own, gone with it.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// A path at which there is nothing yet: for a file or for a directory.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("scratch-{}-{number}", std::process::id());
        let scratch = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        // Of a process that had the same number, and was killed.
        scratch.remove();
        scratch
    }

    /// A file with this text.
    pub(crate) fn with(text: &str) -> Self {
        let scratch = Self::new();
        #[allow(clippy::expect_used, reason = "a test that cannot go on fails")]
        fs::write(scratch.path(), text).expect("a file can be written");
        scratch
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// What lies in it, where it is a directory.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
    }

    fn remove(&self) {
        drop(fs::remove_dir_all(&self.0));
        drop(fs::remove_file(&self.0));
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.remove();
    }
}

impl AsRef<Path> for Scratch {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

/// What makes it a `PathBuf` where a setter takes one.
impl AsRef<OsStr> for Scratch {
    fn as_ref(&self) -> &OsStr {
        self.0.as_os_str()
    }
}
