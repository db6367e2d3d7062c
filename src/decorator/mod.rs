//! What the attribute macros expand to calls. Hidden: it changes with them, in the same version.
//!
//! Nothing here records without the feature `export`: [`Notebook::notes`] is then always `None`, and an expansion is its span.

mod capture;
mod failure;
mod future;
mod inside;
mod outcome;
#[cfg(not(feature = "export"))]
mod silence;
mod stream;

pub use capture::{ByDebug, ByJson, ByTypeName, Seen};
pub use failure::{AnyError, DebugError, DisplayError, PointerToError, TypedError};
pub use future::{Observed, observe};
pub use inside::{Inside, is_heard};
pub use outcome::{ResultOutcome, ValueOutcome};
#[cfg(not(feature = "export"))]
pub use silence::{Notebook, Notes};
pub use stream::{ObservedStream, observe_stream};

pub(crate) use crate::span_ext::cancelled;
#[cfg(feature = "export")]
pub use crate::span_ext::{Notebook, Notes};

// Expansions name nothing else, so that a program's own names and a missing prelude do not matter.
pub use core::{
    clone::Clone,
    iter::IntoIterator,
    ops::FnOnce,
    option::Option::{self, None, Some},
    result::Result::{self, Err, Ok},
};
pub use std::boxed::Box;
pub use tracing;

/// The key of a function's result.
pub const RESULT: &str = "return";

/// A function's body, known to be called once: what it gives may then borrow from what the body took along.
#[inline]
pub fn once<R, F: FnOnce() -> R>(body: F) -> F {
    body
}

/// A cost is a number.
#[inline]
pub fn usd(cost: impl Into<f64>) -> f64 {
    cost.into()
}
