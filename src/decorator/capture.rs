//! How a value is captured: as JSON if it can be serialised, else by its `Debug`, else by its type's name. The choice
//! is the compiler's, which tries methods on `&&&Seen(..)` from the most references down; no bound is asked of anybody.

use std::fmt;

use serde::Serialize;

use super::Notes;

/// A value to be captured. The more references are around it, the better the way that takes it.
#[derive(Debug)]
pub struct Seen<'a, T: ?Sized>(pub &'a T);

/// The best way.
pub trait ByJson {
    /// Captures the value.
    fn agentops_note(&self, notes: &mut Notes<'_>, key: &'static str);
}

impl<T: Serialize + ?Sized> ByJson for &&Seen<'_, T> {
    fn agentops_note(&self, notes: &mut Notes<'_>, key: &'static str) {
        notes.json(key, self.0);
    }
}

/// The next best.
pub trait ByDebug {
    /// Captures the value.
    fn agentops_note(&self, notes: &mut Notes<'_>, key: &'static str);
}

impl<T: fmt::Debug + ?Sized> ByDebug for &Seen<'_, T> {
    fn agentops_note(&self, notes: &mut Notes<'_>, key: &'static str) {
        notes.debug(key, &self.0);
    }
}

/// What is left.
pub trait ByTypeName {
    /// Captures the type's name.
    fn agentops_note(&self, notes: &mut Notes<'_>, key: &'static str);
}

impl<T: ?Sized> ByTypeName for Seen<'_, T> {
    fn agentops_note(&self, notes: &mut Notes<'_>, key: &'static str) {
        let name = std::any::type_name::<T>().trim_start_matches('&');
        notes.debug(key, &format_args!("{name}"));
    }
}
