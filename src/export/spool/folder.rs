//! [`Folder`]: the directory, its files and their names. Everything here is for the owner of the process alone.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// Appends bytes to a file: the place where a test lets a disk be full.
pub(super) type Append = Box<dyn FnMut(&mut File, &[u8]) -> io::Result<()> + Send>;

/// What a file is for, by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// Requests.
    Segment,
    /// Notes of open spans.
    Open,
}

impl Role {
    fn ending(self) -> &'static str {
        match self {
            Self::Segment => "spool",
            Self::Open => "open",
        }
    }
}

/// A file of the spool, by its name: whose it is, and its place among the owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) owner: u64,
    pub(super) role: Role,
    pub(super) number: u64,
}

impl Name {
    fn parse(name: &str) -> Option<Self> {
        let (stem, ending) = name.split_once('.')?;
        let role = [Role::Segment, Role::Open]
            .into_iter()
            .find(|role| role.ending() == ending)?;
        let (owner, number) = stem.split_once('-')?;
        Some(Self {
            owner: hex(owner)?,
            role,
            number: hex(number)?,
        })
    }
}

fn hex(text: &str) -> Option<u64> {
    (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

/// What stands in the directory.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) files: Vec<Name>,
    /// Owners that have a lock file.
    pub(super) locks: Vec<u64>,
}

/// The directory.
pub(super) struct Folder {
    path: PathBuf,
    append: Append,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            append: Box::new(File::write_all),
        }
    }

    /// With another way to write.
    #[cfg(test)]
    pub(super) fn writing(mut self, append: Append) -> Self {
        self.append = append;
        self
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn path_of(&self, name: Name) -> PathBuf {
        let Name { owner, role, number } = name;
        self.path.join(format!("{owner:016x}-{number:016x}.{}", role.ending()))
    }

    pub(super) fn lock_of(&self, owner: u64) -> PathBuf {
        self.path.join(format!("{owner:016x}.lock"))
    }

    /// Makes the directory where it is not there.
    pub(super) fn ensure(&self) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.path)
    }

    /// What stands in it; nothing where it is not there. Other files are none of ours.
    pub(super) fn list(&self) -> io::Result<Listing> {
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Listing::default()),
            entries => entries?,
        };
        let mut listing = Listing::default();
        for entry in entries {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            if let Some(name) = Name::parse(name) {
                listing.files.push(name);
            } else if let Some(owner) = name.strip_suffix(".lock").and_then(hex) {
                listing.locks.push(owner);
            }
        }
        listing.files.sort_unstable();
        Ok(listing)
    }

    /// A file that was not there.
    pub(super) fn create(&self, name: Name) -> io::Result<File> {
        options().create_new(true).open(self.path_of(name))
    }

    /// A file that is there, to be appended to.
    pub(super) fn reopen(&self, name: Name) -> io::Result<File> {
        options().append(true).open(self.path_of(name))
    }

    pub(super) fn append(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        (self.append)(file, bytes)
    }

    /// All of a file.
    pub(super) fn read(&self, name: Name) -> io::Result<Vec<u8>> {
        fs::read(self.path_of(name))
    }

    pub(super) fn has(&self, name: Name) -> bool {
        self.path_of(name).exists()
    }

    /// Removes a file. If it stays, the next process finds nothing in it that it has not seen, or sends it again.
    pub(super) fn remove(&self, name: Name) {
        drop(fs::remove_file(self.path_of(name)));
    }
}

/// Files that only the owner of the process can read.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true);
    options
}

/// Shortens a file to `length`, and goes on writing there.
pub(super) fn cut(file: &mut File, length: u64) -> io::Result<()> {
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length)).map(drop)
}
