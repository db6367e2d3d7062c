//! [`Guarded`]: the program's redactor, whose panic does not end the pipeline.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use super::MASK;
use crate::config::Redactor;

/// A redactor that is code of the program. What it panics about is not judged, and leaves as [`MASK`].
pub(crate) struct Guarded {
    redactor: Arc<dyn Redactor>,
    /// The key of a value that it panicked about, until somebody tells of it.
    panicked: Mutex<Option<String>>,
}

impl Guarded {
    pub(crate) fn new(redactor: Arc<dyn Redactor>) -> Self {
        Self {
            redactor,
            panicked: Mutex::default(),
        }
    }

    /// The key of a value that the redactor panicked about since this was asked last.
    pub(crate) fn take_panicked(&self) -> Option<String> {
        self.panicked.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}

impl Redactor for Guarded {
    fn redact(&self, key: &str, value: &str) -> Option<String> {
        catch_unwind(AssertUnwindSafe(|| self.redactor.redact(key, value))).unwrap_or_else(|_panic| {
            let mut panicked = self.panicked.lock().unwrap_or_else(PoisonError::into_inner);
            panicked.get_or_insert_with(|| key.to_owned());
            Some(MASK.to_owned())
        })
    }
}
