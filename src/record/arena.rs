//! [`Arena`]: all texts of one record in one buffer.

use std::fmt::{self, Write as _};

use arrayvec::ArrayString;

use super::Fields;

/// Texts, one after the other: in place while they fit there, which is enough for most spans and events, else all of
/// them on the heap. One of the two is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Arena {
    near: ArrayString<128>,
    far: String,
}

/// Where a text stands in its arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    start: u32,
    len: u32,
}

impl Piece {
    fn new(start: usize, text: &str) -> Self {
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            start: narrow(start),
            len: narrow(text.len()),
        }
    }

    pub(super) fn len(self) -> usize {
        self.len as usize
    }
}

impl Arena {
    pub(super) fn len(&self) -> usize {
        self.texts().len()
    }

    /// Bytes outside of the arena itself.
    pub(super) fn heap_bytes(&self) -> usize {
        self.far.capacity()
    }

    pub(super) fn get(&self, piece: Piece) -> &str {
        let start = piece.start as usize;
        self.texts().get(start..start + piece.len()).unwrap_or_default()
    }

    fn texts(&self) -> &str {
        if self.far.is_empty() { &self.near } else { &self.far }
    }

    /// Copies a text of another arena.
    pub(super) fn copy(&mut self, other: &Self, piece: Piece) -> Piece {
        self.append(other.get(piece))
    }

    /// Copies a text up to `cap` bytes; true where that cut it.
    #[inline]
    pub(super) fn push(&mut self, text: &str, cap: usize) -> (Piece, bool) {
        if text.len() <= cap {
            (self.append(text), false)
        } else {
            let kept = text.get(..floor_char_boundary(text, cap)).unwrap_or_default();
            (self.append(kept), true)
        }
    }

    #[inline]
    fn append(&mut self, text: &str) -> Piece {
        let start = self.near.len();
        if self.far.is_empty() && self.near.try_push_str(text).is_ok() {
            Piece::new(start, text)
        } else {
            self.append_far(text)
        }
    }

    #[cold]
    fn append_far(&mut self, text: &str) -> Piece {
        if self.far.is_empty() {
            self.far.reserve(self.near.len() + text.len());
            self.far.push_str(&self.near);
            self.near.clear();
        }
        let start = self.far.len();
        self.far.push_str(text);
        Piece::new(start, text)
    }

    /// Copies what is formatted up to `cap` bytes; true where that cut it. Of a formatter that panics it says just that.
    pub(super) fn push_formatted(&mut self, args: fmt::Arguments<'_>, cap: usize) -> (Piece, bool) {
        let start = self.len();
        let mut writer = Capped {
            end: start.saturating_add(cap),
            arena: self,
            cut: false,
        };
        // A Debug implementation is the host's code: its panic must not become ours to spread.
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| writer.write_fmt(args).is_ok()));
        let cut = writer.cut;
        if done.is_err() {
            self.truncate(start);
            return self.push(Fields::PANICKED, usize::MAX);
        }
        let written = self.texts().get(start..).unwrap_or_default();
        (Piece::new(start, written), cut)
    }

    /// Takes the last piece back.
    pub(super) fn pop(&mut self, piece: Piece) {
        self.truncate(piece.start as usize);
    }

    fn truncate(&mut self, len: usize) {
        self.near.truncate(len);
        self.far.truncate(len);
    }
}

/// The largest index not above `at` that does not split a character.
pub(crate) fn floor_char_boundary(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

/// Appends until `end`, then refuses: a formatter that never ends stops at its first error.
struct Capped<'a> {
    arena: &'a mut Arena,
    end: usize,
    cut: bool,
}

impl fmt::Write for Capped<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let (_, cut) = self.arena.push(part, self.end.saturating_sub(self.arena.len()));
        self.cut |= cut;
        if cut { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_read_back_as_they_were_said_in_place_and_beyond(texts in prop::collection::vec("\\PC{0,60}", 0..12)) {
            let (mut arena, mut copied) = (Arena::default(), Arena::default());
            let pieces: Vec<_> = texts.iter().map(|text| arena.push(text, usize::MAX)).collect();
            for (text, (piece, cut)) in texts.iter().zip(&pieces) {
                prop_assert_eq!((arena.get(*piece), *cut), (text.as_str(), false));
                let copy = copied.copy(&arena, *piece);
                prop_assert_eq!(copied.get(copy), text.as_str());
            }
            if let Some((last, _)) = pieces.last() {
                arena.pop(*last);
                let (again, _) = arena.push("again", usize::MAX);
                prop_assert_eq!(arena.get(again), "again");
                for (text, (piece, _)) in texts.iter().zip(&pieces).take(pieces.len() - 1) {
                    prop_assert_eq!(arena.get(*piece), text.as_str());
                }
            }
        }
    }
}
