//! [`Said`]: a serde value on its way into [`Fields`](super::Fields).

use std::io;

use serde::Serialize;

use super::{Origin, Say, direct::Direct, floor_char_boundary};

/// A serde value with the type that it has as a field.
#[derive(Debug)]
pub(crate) enum Said {
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Text(String, Origin),
}

impl Said {
    /// Serialises a value, at most a little more than `cap` bytes of it.
    pub(crate) fn serialize<T: Serialize + ?Sized>(value: &T, cap: usize) -> Self {
        let mut said = Self::Text(String::new(), Origin::Str);
        Self::told(value, cap, &mut |say| said = Self::owned(say, cap));
        said
    }

    /// Serialises a value and says what it is, without a copy where it is a text. What is said last counts.
    pub(crate) fn told<T: Serialize + ?Sized>(value: &T, cap: usize, say: &mut dyn FnMut(Say<'_>)) {
        let mut text = Bounded {
            text: Vec::new(),
            end: cap.saturating_add(1),
        };
        let mut json = serde_json::Serializer::new(&mut text);
        let direct = Direct {
            json: &mut json,
            say: &mut *say,
        };
        // The implementation is the host's code: its panic must not become ours to spread.
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| value.serialize(direct)));
        let whole = match done {
            Ok(Ok(())) => true,
            Ok(Err(reason)) if reason.is_io() => false,
            Ok(Err(reason)) => return say(Say::Text(&format!("<{reason}>"), Origin::Str)),
            Err(_) => return say(Say::Text("<its Serialize panicked>", Origin::Str)),
        };
        if text.text.is_empty() {
            return;
        }
        let text = String::from_utf8(text.text).unwrap_or_else(|error| {
            let valid = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(valid);
            String::from_utf8(bytes).unwrap_or_default()
        });
        if whole {
            say(Self::of_json(text).say());
        } else {
            say(Say::Text(&text, Origin::Str));
        }
    }

    /// Of a text a little more than `cap` bytes, so that who cuts it knows that it was longer.
    fn owned(say: Say<'_>, cap: usize) -> Self {
        match say {
            Say::Bool(value) => Self::Bool(value),
            Say::I64(value) => Self::I64(value),
            Say::U64(value) => Self::U64(value),
            Say::F64(value) => Self::F64(value),
            Say::I128(value) => Self::Text(value.to_string(), Origin::Json),
            Say::U128(value) => Self::Text(value.to_string(), Origin::Json),
            Say::Text(text, origin) => {
                let kept = floor_char_boundary(text, cap.saturating_add(4));
                Self::Text(text.get(..kept).unwrap_or_default().to_owned(), origin)
            }
        }
    }

    /// Scalars keep their type; a string is what it says, without quotes.
    fn of_json(text: String) -> Self {
        match text.as_bytes().first() {
            Some(b'"') => match serde_json::from_str(&text) {
                Ok(plain) => Self::Text(plain, Origin::Str),
                Err(_) => Self::Text(text, Origin::Json),
            },
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'-' | b'0'..=b'9') => match serde_json::from_str::<serde_json::Number>(&text) {
                Ok(number) => number
                    .as_u64()
                    .map(Self::U64)
                    .or_else(|| number.as_i64().map(Self::I64))
                    .or_else(|| number.as_f64().map(Self::F64))
                    .unwrap_or(Self::Text(text, Origin::Json)),
                Err(_) => Self::Text(text, Origin::Json),
            },
            _ => Self::Text(text, Origin::Json),
        }
    }

    pub(crate) fn say(&self) -> Say<'_> {
        match self {
            Self::Bool(value) => Say::Bool(*value),
            Self::I64(value) => Say::I64(*value),
            Self::U64(value) => Say::U64(*value),
            Self::F64(value) => Say::F64(*value),
            Self::Text(text, origin) => Say::Text(text, *origin),
        }
    }
}

/// Takes bytes until `end`, then refuses.
pub(super) struct Bounded {
    text: Vec<u8>,
    end: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.text.capacity() == 0 {
            // Enough for most values.
            self.text.reserve(128);
        }
        let room = self.end.saturating_sub(self.text.len());
        self.text.extend_from_slice(part.get(..room).unwrap_or(part));
        if part.len() > room {
            Err(io::Error::other("the value is long enough"))
        } else {
            Ok(part.len())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(value: impl Serialize) -> String {
        format!("{:?}", Said::serialize(&value, 10))
    }

    #[test]
    fn a_scalar_keeps_its_type_and_a_string_its_text() {
        assert_eq!(said(true), "Bool(true)");
        assert_eq!(said(7_u8), "U64(7)");
        assert_eq!(said(-7), "I64(-7)");
        assert_eq!(said(0.5), "F64(0.5)");
        assert_eq!(said("a\"b"), r#"Text("a\"b", Str)"#);
        assert_eq!(said([1, 2]), r#"Text("[1,2]", Json)"#);
        assert_eq!(said(()), r#"Text("null", Json)"#);
        assert_eq!(said(Some(Some('x'))), r#"Text("x", Str)"#);
        assert_eq!(said(0.1_f32), "F64(0.1)");
        assert_eq!(said(f64::NAN), r#"Text("null", Json)"#);
        assert_eq!(said(1_i128), "U64(1)");
    }

    #[test]
    fn a_long_value_is_cut_where_it_is_long_enough() {
        assert_eq!(said([1111, 2222, 3333]), r#"Text("[1111,2222,", Str)"#);
        assert_eq!(said("ééééééééé"), r#"Text("ééééééé", Str)"#);
    }

    struct Refuses;
    impl Serialize for Refuses {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }

    #[test]
    fn a_value_that_cannot_be_serialised_says_why() {
        assert_eq!(said(Refuses), r#"Text("<no>", Str)"#);
    }
}
