//! [`Charge`]: bytes that will be a record's, and count towards the memory budget before they are.

use std::sync::Arc;

use super::Recorder;

/// Bytes that are gathered for a record. They are given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    recorder: Arc<Recorder>,
    bytes: usize,
}

impl Charge {
    pub(crate) fn new(recorder: Arc<Recorder>) -> Self {
        Self { recorder, bytes: 0 }
    }

    /// The budget has room for long values.
    #[cfg(feature = "tower")]
    pub(crate) fn has_room(&self) -> bool {
        self.recorder.has_room()
    }

    /// So many are held now.
    pub(crate) fn hold(&mut self, bytes: usize) {
        if bytes != self.bytes {
            self.recorder.recharge(&mut self.bytes, bytes);
        }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.hold(0);
    }
}
