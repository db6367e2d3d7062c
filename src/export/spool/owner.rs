//! [`Owner`]: whoever writes has a random id and the lock on a file of that name. The system lets go of the lock when
//! the process ends, however it does; from then on its files are anybody's to take over.

use std::{fs, fs::File, io};

use super::folder::{Folder, options};

/// A claim on all files that begin with an id.
pub(super) struct Owner {
    pub(super) id: u64,
    /// Holds the lock as long as it is open.
    _lock: File,
}

impl Owner {
    /// A new owner, of an id that nobody had.
    pub(super) fn new(folder: &Folder) -> io::Result<Self> {
        loop {
            let id = fastrand::u64(1..);
            match options().create_new(true).open(folder.lock_of(id)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(lock) => {
                    if let Some(owner) = Self::lock(folder, id, lock)? {
                        return Ok(owner);
                    }
                }
            }
        }
    }

    /// The owner of this id, where its process has ended.
    pub(super) fn succeed(folder: &Folder, id: u64) -> io::Result<Option<Self>> {
        let lock = options().create(true).truncate(false).open(folder.lock_of(id))?;
        Self::lock(folder, id, lock)
    }

    fn lock(folder: &Folder, id: u64, lock: File) -> io::Result<Option<Self>> {
        match fs4::FileExt::try_lock(&lock) {
            Ok(()) => {}
            Err(fs4::TryLockError::WouldBlock) => return Ok(None),
            Err(fs4::TryLockError::Error(error)) => return Err(error),
        }
        let owner = Self { id, _lock: lock };
        // Whoever had the lock between our opening and our locking may have removed the file.
        Ok(owner.is_there(folder).then_some(owner))
    }

    /// The lock can still be seen by others.
    pub(super) fn is_there(&self, folder: &Folder) -> bool {
        folder.lock_of(self.id).exists()
    }

    /// Nothing of this owner is left.
    pub(super) fn resign(self, folder: &Folder) {
        // Removed while it is locked: what is left over is taken for a dead owner's, which has nothing.
        drop(fs::remove_file(folder.lock_of(self.id)));
    }
}
