//! [`Excerpt`]: the beginning and the end of a text that may be longer than what we keep of it.

use std::fmt;

/// The first bytes of something that arrives in pieces, and its last ones. How it was cut into pieces makes no
/// difference.
#[derive(Default)]
pub(crate) struct Excerpt {
    head: Vec<u8>,
    tail: Vec<u8>,
    most: usize,
    total: u64,
}

impl Excerpt {
    /// Bytes kept of the end, where the beginning is not all: a provider's counts come last.
    pub(crate) const TAIL: usize = 64 * 1024;

    /// Keeps the first `most` bytes, and the last [`Self::TAIL`].
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    /// The next piece.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.total = self.total.saturating_add(piece.len() as u64);
        let room = self.most.saturating_sub(self.head.len()).min(piece.len());
        // What no longer fits is the end's, also where there would be room again.
        let room = if self.tail.is_empty() { room } else { 0 };
        let (head, rest) = piece.split_at(room);
        self.head.extend_from_slice(head);
        if rest.is_empty() {
            return;
        }
        let last = rest.get(rest.len().saturating_sub(Self::TAIL)..).unwrap_or(rest);
        if self.tail.len() + last.len() > 2 * Self::TAIL {
            let kept = Self::TAIL.saturating_sub(last.len()).min(self.tail.len());
            self.tail.drain(..self.tail.len() - kept);
        }
        self.tail.extend_from_slice(last);
    }

    /// Keeps the first and the last `most` bytes; tells whether that is less than there was.
    pub(crate) fn shorten(&mut self, most: usize) -> bool {
        if self.head.len() + self.tail.len() <= 2 * most {
            return false;
        }
        let end = if self.tail.is_empty() { &self.head } else { &self.tail };
        let end = end.get(end.len().saturating_sub(most)..).unwrap_or_default();
        self.tail = end.to_vec();
        self.head.truncate(most);
        self.head.shrink_to_fit();
        self.most = self.head.len();
        true
    }

    /// From here on nothing more is added to the beginning.
    pub(crate) fn close_head(&mut self) {
        self.most = self.head.len();
    }

    /// The beginning, and the end where something between them is missing.
    pub(crate) fn parts(&self) -> (std::borrow::Cow<'_, [u8]>, Option<&[u8]>) {
        let tail = self
            .tail
            .get(self.tail.len().saturating_sub(Self::TAIL)..)
            .unwrap_or_default();
        if tail.is_empty() {
            ((&*self.head).into(), None)
        } else if (self.head.len() + tail.len()) as u64 == self.total {
            ([&*self.head, tail].concat().into(), None)
        } else {
            ((&*self.head).into(), Some(tail))
        }
    }

    /// There was nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Bytes held, for the memory budget.
    pub(crate) fn bytes(&self) -> usize {
        self.head.capacity() + self.tail.capacity()
    }
}

/// What it says is content: only its size shows.
impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Excerpt({} of {} bytes)",
            self.head.len() + self.tail.len(),
            self.total
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOST: usize = 1000;

    fn of(pieces: &[&[u8]]) -> Excerpt {
        let mut excerpt = Excerpt::new(MOST);
        for piece in pieces {
            excerpt.push(piece);
        }
        excerpt
    }

    fn numbered(len: usize) -> Vec<u8> {
        (0..len).map(|at| u8::try_from(at % 251).unwrap()).collect()
    }

    #[test]
    fn a_short_text_is_kept_whole_and_a_long_one_at_both_ends() {
        let short = numbered(MOST + Excerpt::TAIL);
        let excerpt = of(&[&short]);
        assert_eq!(excerpt.parts(), ((&*short).into(), None));
        let long = numbered(MOST + Excerpt::TAIL + 1);
        let excerpt = of(&[&long]);
        let (head, tail) = excerpt.parts();
        assert_eq!((&*head, tail), (&long[..MOST], Some(&long[MOST + 1..])));
        assert_eq!(excerpt.total, long.len() as u64);
    }

    #[test]
    fn an_endless_text_holds_no_more_than_its_bounds() {
        let mut excerpt = Excerpt::new(MOST);
        for _ in 0..10_000 {
            excerpt.push(&[b'x'; 999]);
        }
        assert!(excerpt.bytes() <= 2 * MOST + 4 * Excerpt::TAIL, "{}", excerpt.bytes());
        assert_eq!(excerpt.total, 9_990_000);
    }

    #[test]
    fn shortened_it_keeps_both_ends() {
        let text = numbered(600);
        let mut excerpt = of(&[&text]);
        assert!(!excerpt.shorten(300));
        assert!(excerpt.shorten(100));
        let (head, tail) = excerpt.parts();
        assert_eq!((&*head, tail), (&text[..100], Some(&text[500..])));
        assert!(excerpt.bytes() <= 200);
        let long = numbered(2 * MOST);
        let mut excerpt = of(&[&long]);
        assert!(excerpt.shorten(100));
        let (head, tail) = excerpt.parts();
        assert_eq!((&*head, tail), (&long[..100], Some(&long[long.len() - 100..])));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn how_it_was_cut_makes_no_difference(len in 0_usize..300_000, cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20)) {
            let text = numbered(len);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(len + 1)).collect();
            cuts.extend([0, len]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            let (cut, whole) = (of(&pieces), of(&[&text]));
            prop_assert_eq!(cut.parts(), whole.parts());
            prop_assert_eq!(cut.total, whole.total);
        }
    }
}
