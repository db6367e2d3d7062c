//! Whether what a function returned is a `Result`, whatever its name is there.
#![expect(clippy::missing_errors_doc, reason = "these take results apart, they give none")]

use std::convert::Infallible;

use super::{Notes, Seen};

/// Of a `Result`.
pub trait ResultOutcome<'a> {
    /// What is in a good result.
    type Value: ?Sized;
    /// What is in a bad one.
    type Error: ?Sized;

    /// Takes the result apart.
    fn agentops_peek(&self) -> Result<&'a Self::Value, &'a Self::Error>;

    /// Takes the result apart and tells which it is.
    fn agentops_outcome(&self, notes: &mut Notes<'_>) -> Result<&'a Self::Value, &'a Self::Error>;
}

impl<'a, T, E> ResultOutcome<'a> for &Seen<'a, Result<T, E>> {
    type Value = T;
    type Error = E;

    fn agentops_peek(&self) -> Result<&'a T, &'a E> {
        self.0.as_ref()
    }

    fn agentops_outcome(&self, notes: &mut Notes<'_>) -> Result<&'a T, &'a E> {
        notes.returned(self.0.is_ok());
        self.0.as_ref()
    }
}

/// Of anything else.
pub trait ValueOutcome<'a> {
    /// The value itself.
    type Value: ?Sized;

    /// It is good.
    fn agentops_peek(&self) -> Result<&'a Self::Value, &'a Infallible>;

    /// It is good.
    fn agentops_outcome(&self, notes: &mut Notes<'_>) -> Result<&'a Self::Value, &'a Infallible>;
}

impl<'a, T: ?Sized> ValueOutcome<'a> for Seen<'a, T> {
    type Value = T;

    fn agentops_peek(&self) -> Result<&'a T, &'a Infallible> {
        Ok(self.0)
    }

    fn agentops_outcome(&self, _: &mut Notes<'_>) -> Result<&'a T, &'a Infallible> {
        Ok(self.0)
    }
}
