//! [`Fields`]: keys and typed values in the order they were said; the last value of a key wins.

use std::fmt::{self, Write as _};

/// A field's name: nearly always the callsite's, which lives for the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Static(&'static str),
    Owned(Box<str>),
}

impl Key {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Static(key) => key,
            Self::Owned(key) => key,
        }
    }
}

impl From<&'static str> for Key {
    fn from(key: &'static str) -> Self {
        Self::Static(key)
    }
}

impl From<String> for Key {
    fn from(key: String) -> Self {
        Self::Owned(key.into_boxed_str())
    }
}

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

/// Where a text stands in the arena.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    len: u32,
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Bool(bool),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Text { at: Span, origin: Origin, cut: bool },
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

/// Typed fields over one text buffer. Bounded by [`Fields::MAX_FIELDS`] and by a cap on each text.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    entries: Vec<(Key, Value)>,
    text: String,
    /// Bytes of `text` that no entry points to any more.
    garbage: usize,
    dropped: u32,
    version: u32,
}

impl Fields {
    /// More keys than this on one span are counted and dropped.
    pub(crate) const MAX_FIELDS: usize = 1024;
    /// The value of a field whose `Debug` or `Display` panicked.
    pub(crate) const PANICKED: &str = "<formatting it panicked>";

    /// Room for `fields` entries and a little text: two allocations for most spans.
    pub(crate) fn with_capacity(fields: usize) -> Self {
        Self {
            entries: Vec::with_capacity(fields + 2),
            text: String::with_capacity(256),
            garbage: 0,
            dropped: 0,
            version: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Fields that were dropped because there were too many.
    pub(crate) fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Changes with every value that is said.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    /// Counts fields that somebody else dropped.
    pub(crate) fn add_dropped(&mut self, fields: u32) {
        self.dropped = self.dropped.saturating_add(fields);
    }

    /// Bytes held, for the memory budget.
    pub(crate) fn bytes(&self) -> usize {
        self.text.capacity() + self.entries.capacity() * size_of::<(Key, Value)>()
    }

    /// Says `value` of `key`; an earlier value of the same key is forgotten. Texts beyond `cap` bytes are cut
    /// at a character boundary and marked.
    pub(crate) fn set(&mut self, key: impl Into<Key>, value: Say<'_>, cap: usize) {
        let value = match value {
            Say::Bool(value) => Value::Bool(value),
            Say::I64(value) => Value::I64(value),
            Say::U64(value) => Value::U64(value),
            Say::I128(value) => Value::I128(value),
            Say::U128(value) => Value::U128(value),
            Say::F64(value) => Value::F64(value),
            Say::Text(text, origin) => {
                let start = self.text.len();
                let kept = text.get(..floor_char_boundary(text, cap)).unwrap_or_default();
                self.text.push_str(kept);
                self.text_since(start, origin, kept.len() < text.len())
            }
        };
        self.put(key.into(), value);
    }

    /// Says what `write` formats, cut at `cap` bytes. Of a formatter that panics it says just that: what it wrote may
    /// be half of a secret.
    pub(crate) fn set_formatted(&mut self, key: impl Into<Key>, args: fmt::Arguments<'_>, cap: usize) {
        let start = self.text.len();
        let mut writer = Capped {
            text: &mut self.text,
            end: start.saturating_add(cap),
            cut: false,
        };
        // A Debug implementation is the host's code: its panic must not become ours to spread.
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| writer.write_fmt(args).is_ok()));
        let cut = writer.cut && done.is_ok();
        if done.is_err() {
            self.text.truncate(start);
            self.text.push_str(Self::PANICKED);
        }
        let value = self.text_since(start, Origin::Debug, cut);
        self.put(key.into(), value);
    }

    /// The value of `key`.
    pub(crate) fn get(&self, key: &str) -> Option<ValueRef<'_>> {
        self.entries
            .iter()
            .find(|(have, _)| have.as_str() == key)
            .map(|(_, value)| self.resolve(value))
    }

    /// The value of `key` if it is a text.
    pub(crate) fn get_text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            ValueRef::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// All fields in the order in which their keys were first said.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, ValueRef<'_>)> {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_str(), self.resolve(value)))
    }

    /// Adds the fields of `other` after these; `other`'s values win.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (key, value) in &other.entries {
            let value = match *value {
                Value::Text { at, origin, cut } => {
                    let start = self.text.len();
                    self.text.push_str(other.slice(at));
                    self.text_since(start, origin, cut)
                }
                plain => plain,
            };
            self.put(key.clone(), value);
        }
        self.dropped += other.dropped;
    }

    /// Cuts each text to `longest` bytes, marks what is cut, and gives the memory back.
    pub(crate) fn shorten(&mut self, longest: usize) {
        let mut text = String::new();
        for (_, value) in &mut self.entries {
            if let Value::Text { at, cut, .. } = value {
                let whole = slice(&self.text, *at);
                let kept = whole.get(..floor_char_boundary(whole, longest)).unwrap_or_default();
                *cut |= kept.len() < whole.len();
                *at = Span {
                    start: u32::try_from(text.len()).unwrap_or(u32::MAX),
                    len: u32::try_from(kept.len()).unwrap_or(u32::MAX),
                };
                text.push_str(kept);
            }
        }
        self.text = text;
        self.garbage = 0;
    }

    /// Texts that were cut to `longest` bytes or fewer.
    pub(crate) fn shortened(&self, longest: usize) -> usize {
        let short =
            |value: &&(Key, Value)| matches!(value.1, Value::Text { at, cut: true, .. } if at.len as usize <= longest);
        self.entries.iter().filter(short).count()
    }

    fn put(&mut self, key: Key, value: Value) {
        self.version = self.version.wrapping_add(1);
        if let Some((_, have)) = self.entries.iter_mut().find(|(have, _)| have.as_str() == key.as_str()) {
            if let Value::Text { at, .. } = have {
                self.garbage += at.len as usize;
            }
            *have = value;
            self.compact();
        } else if self.entries.len() < Self::MAX_FIELDS {
            self.entries.push((key, value));
        } else {
            if let Value::Text { at, .. } = value {
                self.text.truncate(at.start as usize);
            }
            self.dropped += 1;
        }
    }

    fn text_since(&self, start: usize, origin: Origin, cut: bool) -> Value {
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Value::Text {
            at: Span {
                start: narrow(start),
                len: narrow(self.text.len() - start),
            },
            origin,
            cut,
        }
    }

    /// Frees replaced texts once they outweigh the live ones: a value recorded a million times costs one.
    fn compact(&mut self) {
        if self.garbage < 4096 || self.garbage * 2 < self.text.len() {
            return;
        }
        let mut text = String::with_capacity(self.text.len() - self.garbage);
        for (_, value) in &mut self.entries {
            if let Value::Text { at, .. } = value {
                let start = u32::try_from(text.len()).unwrap_or(u32::MAX);
                text.push_str(slice(&self.text, *at));
                at.start = start;
            }
        }
        self.text = text;
        self.garbage = 0;
    }

    fn slice(&self, at: Span) -> &str {
        slice(&self.text, at)
    }

    fn resolve(&self, value: &Value) -> ValueRef<'_> {
        match *value {
            Value::Bool(value) => ValueRef::Bool(value),
            Value::I64(value) => ValueRef::I64(value),
            Value::U64(value) => ValueRef::U64(value),
            Value::I128(value) => ValueRef::I128(value),
            Value::U128(value) => ValueRef::U128(value),
            Value::F64(value) => ValueRef::F64(value),
            Value::Text { at, origin, cut } => ValueRef::Text {
                text: self.slice(at),
                origin,
                cut,
            },
        }
    }
}

fn slice(text: &str, at: Span) -> &str {
    text.get(at.start as usize..at.start as usize + at.len as usize)
        .unwrap_or_default()
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
    text: &'a mut String,
    end: usize,
    cut: bool,
}

impl fmt::Write for Capped<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let room = self.end.saturating_sub(self.text.len());
        if part.len() <= room {
            self.text.push_str(part);
            return Ok(());
        }
        self.text
            .push_str(part.get(..floor_char_boundary(part, room)).unwrap_or_default());
        self.cut = true;
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<'a>(fields: &'a Fields, key: &str) -> &'a str {
        fields.get_text(key).unwrap()
    }

    #[test]
    fn the_last_value_of_a_key_wins_and_keeps_its_place() {
        let mut fields = Fields::default();
        fields.set("a", Say::Text("one", Origin::Str), 100);
        fields.set("b", Say::U64(7), 100);
        fields.set("a", Say::Text("two", Origin::Str), 100);
        assert_eq!(fields.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(text(&fields, "a"), "two");
    }

    #[test]
    fn a_value_said_a_million_times_costs_one() {
        let mut fields = Fields::default();
        for i in 0..1_000_000_u32 {
            fields.set(
                "n",
                Say::Text(if i % 2 == 0 { "an even value" } else { "an odd value" }, Origin::Str),
                100,
            );
        }
        assert_eq!(text(&fields, "n"), "an odd value");
        assert!(fields.bytes() < 64 * 1024, "{} bytes", fields.bytes());
    }

    #[test]
    fn a_text_is_cut_at_a_character_and_marked() {
        let mut fields = Fields::default();
        fields.set("a", Say::Text("aé", Origin::Str), 2);
        assert_eq!(
            fields.get("a"),
            Some(ValueRef::Text {
                text: "a",
                origin: Origin::Str,
                cut: true
            })
        );
    }

    struct Endless;
    impl fmt::Debug for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("é")?;
            }
        }
    }

    struct Panics;
    impl fmt::Debug for Panics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            panic!("a Debug that panics")
        }
    }

    #[test]
    fn a_debug_that_never_ends_leaves_what_it_wrote_and_one_that_panics_that_it_did() {
        let mut fields = Fields::default();
        fields.set_formatted("endless", format_args!("{Endless:?}"), 9);
        fields.set_formatted("panics", format_args!("{Panics:?}"), 100);
        assert_eq!(text(&fields, "endless"), "éééé");
        assert!(matches!(fields.get("endless"), Some(ValueRef::Text { cut: true, .. })));
        assert_eq!(text(&fields, "panics"), "<formatting it panicked>");
    }

    #[test]
    fn fields_beyond_the_bound_are_counted() {
        let mut fields = Fields::default();
        for i in 0..10_000 {
            fields.set(format!("key.{i}"), Say::I64(i), 100);
        }
        assert_eq!(fields.iter().count(), Fields::MAX_FIELDS);
        assert_eq!(fields.dropped() as usize, 10_000 - Fields::MAX_FIELDS);
    }
}
