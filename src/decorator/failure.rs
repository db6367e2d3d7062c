//! How an error is captured: with its type and causes if it is an `Error` or points to one, else by its `Display`, by
//! its `Debug`, or by its type's name. Chosen as in [`capture`](super::capture), from the most references down.

use std::{error::Error, fmt, ops::Deref};

use super::{Notes, Seen};
use crate::cause::cause_of;

/// An error as it should be.
pub trait TypedError {
    /// Captures it.
    fn agentops_fail(&self, notes: &mut Notes<'_>);
}

impl<E: Error> TypedError for &&&&Seen<'_, E> {
    fn agentops_fail(&self, notes: &mut Notes<'_>) {
        notes.failed::<E>(&self.0, cause_of(self.0));
    }
}

/// A pointer to one, which is none itself: `Box<dyn Error>`, `anyhow::Error`.
pub trait PointerToError {
    /// Captures it.
    fn agentops_fail(&self, notes: &mut Notes<'_>);
}

impl<P: Deref> PointerToError for &&&Seen<'_, P>
where
    P::Target: Error,
{
    fn agentops_fail(&self, notes: &mut Notes<'_>) {
        let error = &**self.0;
        notes.failed::<P::Target>(&error, cause_of(error));
    }
}

/// Something that is shown to people.
pub trait DisplayError {
    /// Captures it.
    fn agentops_fail(&self, notes: &mut Notes<'_>);
}

impl<E: fmt::Display> DisplayError for &&Seen<'_, E> {
    fn agentops_fail(&self, notes: &mut Notes<'_>) {
        notes.failed::<E>(&self.0, None);
    }
}

/// Something that is shown to programmers.
pub trait DebugError {
    /// Captures it.
    fn agentops_fail(&self, notes: &mut Notes<'_>);
}

impl<E: fmt::Debug> DebugError for &Seen<'_, E> {
    fn agentops_fail(&self, notes: &mut Notes<'_>) {
        notes.failed::<E>(&format_args!("{:?}", self.0), None);
    }
}

/// Anything else.
pub trait AnyError {
    /// Captures its type.
    fn agentops_fail(&self, notes: &mut Notes<'_>);
}

impl<E> AnyError for Seen<'_, E> {
    fn agentops_fail(&self, notes: &mut Notes<'_>) {
        notes.failed::<E>(&std::any::type_name::<E>(), None);
    }
}
