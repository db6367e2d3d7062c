//! [`Fields`]: keys and typed values in the order they were said; the last value of a key wins.

use std::fmt;

use smallvec::SmallVec;

use super::{
    arena::Arena,
    key::{Key, Name},
    value::{Origin, Say, Value, ValueRef},
};

/// Typed fields over one text buffer. Bounded by [`Fields::MAX_FIELDS`] and by a cap on each text.
///
/// The first fields lie in place, as the first bytes of their texts do: most records need no memory beyond their own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    entries: SmallVec<[(Name, Value); 8]>,
    texts: Arena,
    /// A bit for each key, which some share: a key whose bit is not set was not said yet.
    seen: u64,
    /// Bytes of `texts` that no entry points to any more.
    garbage: usize,
    dropped: u32,
    version: u32,
}

impl Fields {
    /// More keys than this on one span are counted and dropped.
    pub(crate) const MAX_FIELDS: usize = 1024;
    /// The value of a field whose `Debug` or `Display` panicked.
    pub(crate) const PANICKED: &str = "<formatting it panicked>";

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

    /// Bytes held outside of the value itself, for the memory budget.
    pub(crate) fn heap_bytes(&self) -> usize {
        let entries = if self.entries.spilled() {
            self.entries.capacity()
        } else {
            0
        };
        self.texts.heap_bytes() + entries * size_of::<(Name, Value)>()
    }

    /// Says `value` of `key`; an earlier value of the same key is forgotten. Texts beyond `cap` bytes are cut
    /// at a character boundary and marked.
    pub(crate) fn set<'k>(&mut self, key: impl Into<Key<'k>>, value: Say<'_>, cap: usize) {
        let value = match value {
            Say::Bool(value) => Value::Bool(value),
            Say::I64(value) => Value::I64(value),
            Say::U64(value) => Value::U64(value),
            Say::I128(value) => Value::I128(self.texts.push(&value.to_string(), usize::MAX).0),
            Say::U128(value) => Value::U128(self.texts.push(&value.to_string(), usize::MAX).0),
            Say::F64(value) => Value::F64(value),
            Say::Text(text, origin) => return self.set_text(key, text, origin, cap),
        };
        self.put(key.into(), || value);
    }

    /// As [`Self::set`], of a text, which most values are.
    #[inline]
    pub(crate) fn set_text<'k>(&mut self, key: impl Into<Key<'k>>, text: &str, origin: Origin, cap: usize) {
        let (at, cut) = self.texts.push(text, cap);
        self.put(key.into(), || Value::Text { at, origin, cut });
    }

    /// Says what `write` formats, cut at `cap` bytes. Of a formatter that panics it says just that: what it wrote may
    /// be half of a secret.
    pub(crate) fn set_formatted<'k>(&mut self, key: impl Into<Key<'k>>, args: fmt::Arguments<'_>, cap: usize) {
        let (at, cut) = self.texts.push_formatted(args, cap);
        let origin = Origin::Debug;
        self.put(key.into(), || Value::Text { at, origin, cut });
    }

    /// The value of `key`.
    pub(crate) fn get(&self, key: &str) -> Option<ValueRef<'_>> {
        self.value(key).map(|value| self.resolve(value))
    }

    /// The value of `key` if it is a text.
    pub(crate) fn get_text(&self, key: &str) -> Option<&str> {
        match self.value(key)? {
            Value::Text { at, .. } => Some(self.texts.get(*at)),
            _ => None,
        }
    }

    fn value(&self, key: &str) -> Option<&Value> {
        if self.seen & bit(key) == 0 {
            return None;
        }
        let mut all = self.entries.iter();
        all.find(|(have, _)| have.key(&self.texts).as_str() == key)
            .map(|(_, value)| value)
    }

    /// All fields in the order in which their keys were first said.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, ValueRef<'_>)> {
        self.entries
            .iter()
            .map(|(name, value)| (name.key(&self.texts).as_str(), self.resolve(value)))
    }

    /// Adds the fields of `other` after these; `other`'s values win.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (name, value) in &other.entries {
            let mut value = *value;
            if let Some(at) = value.piece() {
                *at = self.texts.copy(&other.texts, *at);
            }
            self.put(name.key(&other.texts), || value);
        }
        self.dropped = self.dropped.saturating_add(other.dropped);
    }

    /// Cuts each text to `longest` bytes, marks what is cut, and gives the memory back.
    pub(crate) fn shorten(&mut self, longest: usize) {
        let whole = std::mem::take(&mut self.texts);
        for (name, value) in &mut self.entries {
            if let Name::Told(at) = name {
                *at = self.texts.copy(&whole, *at);
            }
            if let Value::Text { at, cut, .. } = value {
                let (kept, was_cut) = self.texts.push(whole.get(*at), longest);
                *at = kept;
                *cut |= was_cut;
            } else if let Some(at) = value.piece() {
                *at = self.texts.copy(&whole, *at);
            }
        }
        self.garbage = 0;
    }

    /// Texts that were cut to `longest` bytes or fewer.
    pub(crate) fn shortened(&self, longest: usize) -> usize {
        let short =
            |value: &&(Name, Value)| matches!(value.1, Value::Text { at, cut: true, .. } if at.len() <= longest);
        self.entries.iter().filter(short).count()
    }

    // Once for every field of every span, on the caller's thread: inlined, what it is given needs no copy, and the compiler
    // decides otherwise with every change around it. The value is made where it goes: one that passes through memory is
    // written in parts and read as a whole, for which a processor waits.
    #[expect(clippy::inline_always, reason = "a fifth of what a field costs")]
    #[inline(always)]
    fn put(&mut self, key: Key<'_>, value: impl FnOnce() -> Value) {
        self.version = self.version.wrapping_add(1);
        let bit = bit(key.as_str());
        let is_new = self.seen & bit == 0;
        self.seen |= bit;
        if is_new && self.entries.len() < Self::MAX_FIELDS {
            self.add(key, value());
        } else {
            self.put_again(key, value());
        }
    }

    /// As [`Self::put`], for a key that may have been said before, or for which there is no room.
    #[cold]
    fn put_again(&mut self, key: Key<'_>, mut value: Value) {
        let mut all = self.entries.iter_mut();
        if let Some((_, have)) = all.find(|(have, _)| have.key(&self.texts).as_str() == key.as_str()) {
            if let Some(at) = have.piece() {
                self.garbage += at.len();
            }
            *have = value;
            self.compact();
        } else if self.entries.len() < Self::MAX_FIELDS {
            self.add(key, value);
        } else {
            if let Some(at) = value.piece() {
                self.texts.pop(*at);
            }
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    #[inline]
    fn add(&mut self, key: Key<'_>, value: Value) {
        let name = match key {
            Key::Static(key) => Name::Static(key),
            Key::Told(key) => Name::Told(self.texts.push(key, usize::MAX).0),
        };
        self.entries.push((name, value));
    }

    /// Frees replaced texts once they outweigh the live ones: a value recorded a million times costs one.
    fn compact(&mut self) {
        if self.garbage < 4096 || self.garbage * 2 < self.texts.len() {
            return;
        }
        let garbage = std::mem::take(&mut self.texts);
        for (name, value) in &mut self.entries {
            if let Name::Told(at) = name {
                *at = self.texts.copy(&garbage, *at);
            }
            if let Some(at) = value.piece() {
                *at = self.texts.copy(&garbage, *at);
            }
        }
        self.garbage = 0;
    }

    fn resolve(&self, value: &Value) -> ValueRef<'_> {
        match *value {
            Value::Bool(value) => ValueRef::Bool(value),
            Value::I64(value) => ValueRef::I64(value),
            Value::U64(value) => ValueRef::U64(value),
            Value::I128(at) => ValueRef::I128(self.texts.get(at).parse().unwrap_or_default()),
            Value::U128(at) => ValueRef::U128(self.texts.get(at).parse().unwrap_or_default()),
            Value::F64(value) => ValueRef::F64(value),
            Value::Text { at, origin, cut } => ValueRef::Text {
                text: self.texts.get(at),
                origin,
                cut,
            },
        }
    }
}

/// One of 64 bits that a key may be known by.
#[inline]
fn bit(key: &str) -> u64 {
    let last = key.as_bytes().last().copied().unwrap_or_default();
    1 << ((key.len() * 31 + usize::from(last)) % 64)
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
        assert!(fields.heap_bytes() < 64 * 1024, "{} bytes", fields.heap_bytes());
    }

    #[test]
    fn told_keys_and_wide_numbers_outlive_what_is_replaced_around_them() {
        let mut said = Fields::default();
        let told = "a key that somebody told".to_owned();
        said.set("long", Say::Text("x", Origin::Str), 9999);
        said.set(Key::Told(&told), Say::I128(i128::MIN), 9999);
        said.set("wide", Say::U128(u128::MAX), 9999);
        for text in ["y", "z"] {
            said.set("long", Say::Text(&text.repeat(9000), Origin::Str), 9999);
        }
        let mut merged = Fields::default();
        merged.merge(&said);
        for fields in [&said, &merged] {
            let all: Vec<_> = fields.iter().collect();
            assert_eq!(
                all[1..],
                [(&*told, ValueRef::I128(i128::MIN)), ("wide", ValueRef::U128(u128::MAX))]
            );
            assert_eq!(text(fields, "long"), "z".repeat(9000));
        }
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
    fn what_is_shortened_is_marked_and_gives_its_memory_back() {
        let mut fields = Fields::default();
        let told = String::from("told");
        fields.set("long", Say::Text(&"é".repeat(10_000), Origin::Str), usize::MAX);
        fields.set("short", Say::Text("short", Origin::Str), usize::MAX);
        fields.set(Key::Told(&told), Say::U128(u128::MAX), usize::MAX);
        assert_eq!(fields.shortened(256), 0);
        fields.shorten(255);
        assert_eq!(text(&fields, "long"), "é".repeat(127));
        assert!(matches!(fields.get("long"), Some(ValueRef::Text { cut: true, .. })));
        assert!(matches!(
            fields.get("short"),
            Some(ValueRef::Text {
                cut: false,
                text: "short",
                ..
            })
        ));
        assert_eq!(fields.get("told"), Some(ValueRef::U128(u128::MAX)));
        assert_eq!(fields.shortened(255), 1);
        assert!(fields.heap_bytes() < 1_000, "{} bytes", fields.heap_bytes());
    }

    #[test]
    fn fields_beyond_the_bound_are_counted() {
        let mut fields = Fields::default();
        for i in 0..10_000 {
            fields.set(Key::Told(&format!("key.{i}")), Say::I64(i), 100);
        }
        assert_eq!(fields.iter().count(), Fields::MAX_FIELDS);
        assert_eq!(fields.dropped() as usize, 10_000 - Fields::MAX_FIELDS);
    }
}
