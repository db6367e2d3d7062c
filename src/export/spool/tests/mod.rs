//! The spool from inside: its format, and disks that misbehave.

mod disk;
mod notes;
mod segment;
mod spoiled;
mod starts;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::Instant;

use super::Spool;
use crate::{
    config::{Destination, Secret, SpoolOptions},
    export::{Settled, request::EncodedRequest},
};

/// A directory of a test's own, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let name = format!("agentops-spool-{}-{:016x}", std::process::id(), fastrand::u64(..));
        Self(std::env::temp_dir().join(name))
    }

    fn path(&self) -> &Path {
        &self.0
    }

    /// The names of the files in it that end so.
    fn files(&self, ending: &str) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(&self.0) else {
            return Vec::new();
        };
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|have| have == ending));
        files.sort();
        files
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn options(scratch: &Scratch) -> SpoolOptions {
    SpoolOptions {
        dir: scratch.path().to_owned(),
        max_bytes: 1024 * 1024,
        max_age: Duration::from_secs(3600),
        durable: false,
    }
}

fn agentops(key: &str) -> Destination {
    Destination::AgentOps {
        api_key: Secret::new(key),
        auth: "http://127.0.0.1:1".parse().unwrap(),
        traces: "http://127.0.0.1:1/v1/traces".parse().unwrap(),
    }
}

fn spool(options: &SpoolOptions) -> Spool {
    Spool::new(options, &agentops("key-1"), &Vec::new()).unwrap()
}

/// A request of so many spans; what stands inside does not matter here.
fn request(text: &str, spans: usize) -> EncodedRequest {
    EncodedRequest::from_disk(Bytes::from(text.as_bytes().to_vec()), spans)
}

fn told(spool: &mut Spool) -> Settled {
    let mut settled = Settled::default();
    spool.tell(&mut settled);
    settled
}

/// Looks for what others left.
fn tended(spool: &mut Spool) -> Settled {
    spool.tend(Instant::now());
    told(spool)
}

/// Everything that waits, in the order in which it is sent, one request each.
fn drained(spool: &mut Spool) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some(mut request) = spool.next(1, Instant::now()) {
        texts.push(String::from_utf8(request.body().to_vec()).unwrap());
        spool.settle(request.take_receipt());
    }
    texts
}
