//! [`Key`]: the name of a field.

use super::arena::{Arena, Piece};

/// A field's name: nearly always the callsite's, which lives for the program.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a> {
    Static(&'static str),
    /// A name that somebody told, to be copied.
    Told(&'a str),
}

impl<'a> Key<'a> {
    #[expect(clippy::match_same_arms, reason = "the two live for different times")]
    pub(super) fn as_str(self) -> &'a str {
        match self {
            Self::Static(key) => key,
            Self::Told(key) => key,
        }
    }
}

impl From<&'static str> for Key<'_> {
    fn from(key: &'static str) -> Self {
        Self::Static(key)
    }
}

/// A key that was said.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name {
    Static(&'static str),
    Told(Piece),
}

impl Name {
    pub(super) fn key(self, texts: &Arena) -> Key<'_> {
        match self {
            Self::Static(key) => Key::Static(key),
            Self::Told(at) => Key::Told(texts.get(at)),
        }
    }
}
