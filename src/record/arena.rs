//! [`Arena`]: all texts of one record in one buffer.

use std::fmt::{self, Write as _};

use super::Fields;

/// Texts, one after the other: in place while they fit there, which is enough for most spans and events, else all of
/// them on the heap.
///
/// Only whole characters are ever pushed, so that every piece is UTF-8.
#[derive(Clone, Debug)]
pub(super) struct Arena {
    near: [u8; 128],
    len: usize,
    /// Empty while the texts are in place.
    far: Vec<u8>,
}

impl Default for Arena {
    fn default() -> Self {
        Self {
            near: [0; 128],
            len: 0,
            far: Vec::new(),
        }
    }
}

/// Where a text stands in its arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    start: u32,
    len: u32,
}

impl Piece {
    pub(super) fn len(self) -> usize {
        self.len as usize
    }
}

impl Arena {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes outside of the arena itself.
    pub(super) fn heap_bytes(&self) -> usize {
        self.far.capacity()
    }

    pub(super) fn get(&self, piece: Piece) -> &str {
        std::str::from_utf8(self.bytes(piece)).unwrap_or_default()
    }

    fn bytes(&self, piece: Piece) -> &[u8] {
        let start = piece.start as usize;
        let texts = if self.far.is_empty() { &self.near[..] } else { &self.far };
        texts.get(start..start + piece.len()).unwrap_or_default()
    }

    /// Copies a text of another arena.
    pub(super) fn copy(&mut self, other: &Self, piece: Piece) -> Piece {
        let start = self.len;
        self.append(other.bytes(piece));
        self.since(start)
    }

    /// Copies a text up to `cap` bytes; true where that cut it.
    #[inline]
    pub(super) fn push(&mut self, text: &str, cap: usize) -> (Piece, bool) {
        let start = self.len;
        let kept = if text.len() <= cap {
            text
        } else {
            text.get(..floor_char_boundary(text, cap)).unwrap_or_default()
        };
        self.append(kept.as_bytes());
        (self.since(start), kept.len() < text.len())
    }

    #[inline]
    fn append(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        match self.near.get_mut(self.len..end) {
            Some(room) if self.far.is_empty() => room.copy_from_slice(bytes),
            _ => self.append_far(bytes),
        }
        self.len = end;
    }

    #[cold]
    fn append_far(&mut self, bytes: &[u8]) {
        if self.far.is_empty() {
            self.far.reserve(self.len + bytes.len());
            self.far
                .extend_from_slice(self.near.get(..self.len).unwrap_or_default());
        }
        self.far.extend_from_slice(bytes);
    }

    /// Copies what is formatted up to `cap` bytes; true where that cut it. Of a formatter that panics it says just that.
    pub(super) fn push_formatted(&mut self, args: fmt::Arguments<'_>, cap: usize) -> (Piece, bool) {
        let start = self.len;
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
        (self.since(start), cut)
    }

    /// Takes the last piece back.
    pub(super) fn pop(&mut self, piece: Piece) {
        self.truncate(piece.start as usize);
    }

    fn truncate(&mut self, len: usize) {
        // Nothing left over there means that the texts are in place again: of length zero, they are.
        self.far.truncate(len);
        self.len = len;
    }

    fn since(&self, start: usize) -> Piece {
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Piece {
            start: narrow(start),
            len: narrow(self.len - start),
        }
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
        let (_, cut) = self.arena.push(part, self.end.saturating_sub(self.arena.len));
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
