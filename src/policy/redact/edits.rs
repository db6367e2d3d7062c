//! [`Edits`]: replacements in a text, which is copied only once there is one.

use std::ops::Range;

use super::MASK;

/// Replacements in a text, from its start to its end.
pub(super) struct Edits<'a> {
    text: &'a str,
    edited: String,
    /// Up to here `text` is in `edited`.
    copied: usize,
}

impl<'a> Edits<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            text,
            edited: String::new(),
            copied: 0,
        }
    }

    /// The end of the latest replacement.
    pub(super) fn end(&self) -> usize {
        self.copied
    }

    pub(super) fn mask(&mut self, range: Range<usize>) {
        self.replace(range, MASK);
    }

    /// Replaces `range`; one that begins before the latest replacement's end is already masked.
    pub(super) fn replace(&mut self, range: Range<usize>, with: &str) {
        if range.is_empty() || self.text.get(range.clone()) == Some(with) {
            return;
        }
        let Some(between) = self.text.get(self.copied..range.start) else {
            return;
        };
        self.edited.push_str(between);
        self.edited.push_str(with);
        self.copied = range.end;
    }

    /// The edited text; `None` where nothing was replaced.
    pub(super) fn finish(mut self) -> Option<String> {
        if self.copied == 0 {
            return None;
        }
        self.edited.push_str(self.text.get(self.copied..).unwrap_or_default());
        Some(self.edited)
    }
}
