//! OTLP/JSON lines in a file, for a collector's file receiver or for `jq`.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use futures_util::{FutureExt, future::BoxFuture};

use super::{Outcome, Transport};
use crate::export::{auth::Token, encode, request::EncodedRequest};

/// Appends each request as one line.
pub(crate) struct LineFile {
    path: PathBuf,
    target: Mutex<Target<File>>,
}

/// A file, and whether it ends in the middle of a line that could not be written whole.
struct Target<W> {
    file: W,
    torn: bool,
}

impl LineFile {
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(|error| format!("the file {} cannot be opened: {error}", path.display()))?;
        Ok(Self {
            path: path.to_owned(),
            target: Mutex::new(Target { file, torn: false }),
        })
    }

    fn append(&self, line: Vec<u8>) -> Outcome {
        let written = self.target.lock().unwrap_or_else(PoisonError::into_inner).append(line);
        match written {
            Ok(()) => Outcome::Delivered,
            // A full disk may have room again.
            Err(error) => Outcome::Retry {
                after: None,
                reason: format!("{} cannot be written: {error}", self.path.display()),
            },
        }
    }
}

impl<W: Write> Target<W> {
    fn append(&mut self, mut line: Vec<u8>) -> io::Result<()> {
        line.push(b'\n');
        if self.torn {
            self.file.write_all(b"\n")?;
        }
        self.torn = true;
        self.file.write_all(&line)?;
        self.file.flush()?;
        self.torn = false;
        Ok(())
    }
}

impl Transport for LineFile {
    fn send(&self, request: &EncodedRequest, _token: Option<&Token>) -> BoxFuture<'static, Outcome> {
        let outcome = match encode::to_json(request) {
            Err(reason) => Outcome::Refused { reason },
            // A check: the file could be opened, which is all there is to know.
            Ok(_) if request.spans() == 0 => Outcome::Delivered,
            Ok(line) => self.append(line),
        };
        std::future::ready(outcome).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Has room for so many bytes.
    struct Disk(Vec<u8>, usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = self.1.min(bytes.len());
            if room == 0 && !bytes.is_empty() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.1 -= room;
            self.0.extend(&bytes[..room]);
            Ok(room)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_was_cut_by_a_full_disk_does_not_spoil_the_next() {
        let mut target = Target {
            file: Disk(Vec::new(), 4),
            torn: false,
        };
        target.append(b"first".to_vec()).unwrap_err();
        target.file.1 = 100;
        target.append(b"first".to_vec()).unwrap();
        target.append(b"second".to_vec()).unwrap();
        assert_eq!(String::from_utf8(target.file.0).unwrap(), "firs\nfirst\nsecond\n");
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_named() {
        let error = LineFile::open(Path::new("/nowhere/at/all.jsonl")).err().unwrap();
        assert!(
            error.contains("/nowhere/at/all.jsonl") && error.contains("No such file"),
            "{error}"
        );
    }
}
