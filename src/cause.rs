//! What an error of the program says caused it.

use std::{
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Asks an error for its cause; nothing where its code panics.
pub(crate) fn cause_of<E: Error + ?Sized>(error: &E) -> Option<&(dyn Error + 'static)> {
    catch_unwind(AssertUnwindSafe(|| error.source())).unwrap_or_default()
}
