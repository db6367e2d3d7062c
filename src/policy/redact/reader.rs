//! [`Reader`]: a place in a text, and what can be read there. Quotes may be escaped to any depth, as in JSON that
//! stands in a JSON string.

use std::ops::Range;

/// A quote as it stands in the text: `"`, `'`, or `\"` and `\\\"` inside of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    pub(super) backslashes: usize,
    mark: u8,
}

impl Quote {
    /// `text` within this quote.
    pub(super) fn around(self, text: &str) -> String {
        let quote = "\\".repeat(self.backslashes) + char::from(self.mark).encode_utf8(&mut [0; 4]);
        [quote.as_str(), text, quote.as_str()].concat()
    }
}

/// A place in a text.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The byte `back` places before.
    pub(super) fn before(&self, back: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at.checked_sub(back)?).copied()
    }

    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    /// Passes over all that `is`, at most `most` bytes, and says over how many.
    pub(super) fn skip(&mut self, most: usize, is: impl Fn(u8) -> bool) -> usize {
        // Bytes, for `at` may stand within a character until a caller has moved it out.
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let skipped = rest.iter().take(most).take_while(|&&byte| is(byte)).count();
        self.at += skipped;
        skipped
    }

    /// Passes over blanks and says whether there were any.
    pub(super) fn blanks(&mut self) -> bool {
        self.skip(usize::MAX, |byte| matches!(byte, b' ' | b'\t')) > 0
    }

    pub(super) fn lines_and_blanks(&mut self) {
        self.skip(usize::MAX, |byte| byte.is_ascii_whitespace());
    }

    /// Passes over a quote, if one is here.
    pub(super) fn quote(&mut self) -> Option<Quote> {
        let mut ahead = *self;
        let backslashes = ahead.skip(64, |byte| byte == b'\\');
        let mark = ahead.peek().filter(|mark| matches!(mark, b'"' | b'\'' | b'`'))?;
        self.at = ahead.at + 1;
        Some(Quote { backslashes, mark })
    }

    /// Passes over the string that `quote` opened and gives what is inside. A string that never closes ends with the
    /// text, or where the string around it ends; an apostrophe that never closes on its line opens no string.
    pub(super) fn string(&mut self, quote: Quote) -> Option<Range<usize>> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut backslashes = 0;
        for (offset, &byte) in self.rest().as_bytes().iter().enumerate() {
            match byte {
                b'\\' => backslashes += 1,
                mark if mark == quote.mark => {
                    // One level deeper, a quote has twice the backslashes and one; a backslash itself is as many as
                    // bring the count to the next multiple.
                    let escaping = backslashes % (2 * (quote.backslashes + 1));
                    if escaping <= quote.backslashes {
                        let end = start + offset - escaping;
                        let closes = escaping == quote.backslashes;
                        self.at = if closes { start + offset + 1 } else { end };
                        return Some(start..end);
                    }
                    backslashes = 0;
                }
                b'\n' if quote.mark != b'"' => return None,
                _ => backslashes = 0,
            }
        }
        if quote.mark != b'"' {
            return None;
        }
        self.at = bytes.len();
        Some(start..bytes.len())
    }
}

/// A word begins at `at`: what stands before is no letter or digit, or is the end of an escape such as `\n`, `\u000a`
/// or `%20`.
pub(super) fn begins_word(text: &str, at: usize) -> bool {
    let reader = Reader::new(text, at);
    let Some(before) = reader.before(1) else { return true };
    if !before.is_ascii_alphanumeric() {
        return true;
    }
    let is_hex = |back: usize| reader.before(back).is_some_and(|byte| byte.is_ascii_hexdigit());
    (matches!(before, b'n' | b'r' | b't' | b'b' | b'f') && reader.before(2) == Some(b'\\'))
        || (reader.before(3) == Some(b'%') && is_hex(1) && is_hex(2))
        || (reader.before(6) == Some(b'\\') && reader.before(5) == Some(b'u') && (1..=4).all(is_hex))
}
