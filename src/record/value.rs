//! [`Say`] and [`ValueRef`]: a value before it is stored in [`Fields`](super::Fields), and read from there.

use std::fmt;

use super::arena::Piece;

/// How a text came to be, which decides how it may be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Given as a string.
    Str,
    /// Written by a `Debug` or `Display` implementation.
    Debug,
    /// Serialised by us: valid JSON.
    Json,
    /// Bytes in base64.
    Bytes,
    /// A list that was given as one, written as JSON.
    List,
}

/// A value as it is stored: its text stands in an [`Arena`](super::arena::Arena).
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    Bool(bool),
    I64(i64),
    U64(u64),
    // Written out, as hardly anybody has them: an entry is a quarter smaller.
    I128(Piece),
    U128(Piece),
    F64(f64),
    Text { at: Piece, origin: Origin, cut: bool },
}

impl Value {
    /// Where its text stands, if it has one.
    pub(super) fn piece(&mut self) -> Option<&mut Piece> {
        match self {
            Self::I128(at) | Self::U128(at) | Self::Text { at, .. } => Some(at),
            Self::Bool(_) | Self::I64(_) | Self::U64(_) | Self::F64(_) => None,
        }
    }
}

/// A value as it was said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ValueRef<'a> {
    Bool(bool),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Text {
        text: &'a str,
        origin: Origin,
        /// The caller's thread stopped copying at the cap.
        cut: bool,
    },
}

/// As people write it.
impl fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::I64(value) => value.fmt(f),
            Self::U64(value) => value.fmt(f),
            Self::I128(value) => value.fmt(f),
            Self::U128(value) => value.fmt(f),
            // A whole number stays one with a point.
            Self::F64(value) => write!(f, "{value:?}"),
            Self::Text { text, .. } => f.write_str(text),
        }
    }
}

/// A value to store, before its text is copied.
#[derive(Clone, Copy)]
pub(crate) enum Say<'a> {
    Bool(bool),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Text(&'a str, Origin),
}
