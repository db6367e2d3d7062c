//! JSON that was cut: the value that its beginning says.

use serde_json::Value;

use crate::{
    policy::limits::{MARK, REDACTION_MARGIN},
    record::floor_char_boundary,
};

/// Reads the beginning of a JSON value: what was open is closed where it ends, and what had only begun is left out. A
/// string that was cut loses its last 4 KiB, in which half of a secret could stand that no redactor would know.
pub(super) fn read(text: &str) -> Option<Value> {
    let mut scan = Scan::default();
    for (at, byte) in text.bytes().enumerate() {
        scan.step(at, byte);
    }
    let in_value = matches!(scan.string, Some(string) if !string.is_key);
    let end = if in_value { scan.whole } else { scan.safe };
    let mut closed = text.get(..end)?.to_owned();
    if in_value {
        closed.push('"');
    }
    closed.extend(
        scan.open
            .iter()
            .rev()
            .map(|level| if level.is_object { '}' } else { ']' }),
    );
    let mut value = serde_json::from_str(&closed).ok()?;
    if in_value {
        shorten_last(&mut value);
    }
    Some(value)
}

#[derive(Clone, Copy)]
struct Level {
    is_object: bool,
    expects_key: bool,
}

#[derive(Clone, Copy)]
struct Text {
    is_key: bool,
    /// Bytes of an escape that are still to come.
    escaped: u8,
    /// The first half of a pair of escapes.
    is_half: bool,
}

/// Where the text could be closed. No level opens or closes between such a place and the next.
#[derive(Default)]
struct Scan {
    open: Vec<Level>,
    string: Option<Text>,
    /// The last end of a value, or begin of a container.
    safe: usize,
    /// Inside a string: the end of its last whole character.
    whole: usize,
    /// The four digits of an escape, as far as they are read.
    code: u32,
}

impl Scan {
    fn step(&mut self, at: usize, byte: u8) {
        match self.string {
            Some(string) => self.step_in_string(string, at, byte),
            None => self.step_outside(at, byte),
        }
    }

    fn step_in_string(&mut self, mut string: Text, at: usize, byte: u8) {
        match (string.escaped, byte) {
            (0, b'"') => {
                if !string.is_key {
                    self.safe = at + 1;
                }
                self.string = None;
                return;
            }
            (0, b'\\') => string.escaped = 1,
            (0, _) => {
                self.whole = at + 1;
                string.is_half = false;
            }
            (1, b'u') => {
                self.code = 0;
                string.escaped = 5;
            }
            (1, _) => {
                string.escaped = 0;
                self.whole = at + 1;
                string.is_half = false;
            }
            (left, digit) => {
                self.code = self.code * 16 + (digit as char).to_digit(16).unwrap_or_default();
                string.escaped = if left == 2 { 0 } else { left - 1 };
                if left == 2 {
                    string.is_half = (0xD800..0xDC00).contains(&self.code);
                    if !string.is_half {
                        self.whole = at + 1;
                    }
                }
            }
        }
        self.string = Some(string);
    }

    fn step_outside(&mut self, at: usize, byte: u8) {
        match byte {
            b'"' => {
                self.whole = at + 1;
                self.string = Some(Text {
                    is_key: self.open.last().is_some_and(|level| level.expects_key),
                    escaped: 0,
                    is_half: false,
                });
            }
            b'{' | b'[' => {
                let is_object = byte == b'{';
                self.open.push(Level {
                    is_object,
                    expects_key: is_object,
                });
                self.safe = at + 1;
            }
            b'}' | b']' => {
                self.open.pop();
                self.safe = at + 1;
            }
            b',' => {
                // A number ends here, or what ended before.
                self.safe = at;
                if let Some(level) = self.open.last_mut() {
                    level.expects_key = level.is_object;
                }
            }
            b':' => {
                if let Some(level) = self.open.last_mut() {
                    level.expects_key = false;
                }
            }
            _ => {}
        }
    }
}

/// Shortens the string that stands last, which was cut.
fn shorten_last(value: &mut Value) {
    let mut last = value;
    loop {
        last = match last {
            Value::Array(items) => match items.last_mut() {
                Some(item) => item,
                None => return,
            },
            Value::Object(members) => match members.iter_mut().next_back() {
                Some((_, member)) => member,
                None => return,
            },
            Value::String(text) => return shorten(text),
            _ => return,
        };
    }
}

/// Removes the last 4 KiB of a text that was cut, and marks it.
pub(super) fn shorten(text: &mut String) {
    let kept = floor_char_boundary(text, text.len().saturating_sub(REDACTION_MARGIN));
    text.truncate(kept);
    text.push_str(MARK);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn said(text: &str) -> Option<String> {
        read(text).map(|value| value.to_string())
    }

    #[test]
    fn what_was_open_is_closed_and_what_had_only_begun_is_left_out() {
        for (text, value) in [
            (r#"{"model":"gpt","n":12"#, r#"{"model":"gpt"}"#),
            (r#"{"model":"gpt","n":12,"#, r#"{"model":"gpt","n":12}"#),
            (r#"{"a":[1,{"b":tru"#, r#"{"a":[1,{}]}"#),
            (r#"{"a":[1,[2,3],"#, r#"{"a":[1,[2,3]]}"#),
            (r#"{"a":1,"key"#, r#"{"a":1}"#),
            (r#"{"a":1,"key":"#, r#"{"a":1}"#),
            (r#"{"a":1}"#, r#"{"a":1}"#),
            ("[", "[]"),
        ] {
            assert_eq!(said(text).as_deref(), Some(value), "{text}");
        }
        assert_eq!(said(""), None);
        assert_eq!(said("nonsense"), None);
    }

    #[test]
    fn a_string_that_was_cut_loses_its_end_and_says_so() {
        let long = "x".repeat(REDACTION_MARGIN + 3);
        assert_eq!(
            read(&format!(r#"{{"a":"{long}"#)),
            Some(json!({ "a": format!("xxx{MARK}") }))
        );
        for cut in [
            r#"["ab\"#,
            r#"["ab\u00"#,
            r#"["ab\ud83d"#,
            r#"["ab\ud83d\ude0"#,
            r#"["ab"#,
        ] {
            assert_eq!(read(cut), Some(json!([MARK])), "{cut}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((".{0,4}", inner), 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_beginning_of_a_container_says_something(value in any_json(), cut in any::<prop::sample::Index>()) {
            let text = format!("[{value}]");
            let end = floor_char_boundary(&text, cut.index(text.len()) + 1);
            let begin = text.split_at(end).0;
            prop_assert!(read(begin).is_some(), "{}", begin);
            prop_assert_eq!(read(&text), Some(json!([value])));
        }

        #[test]
        fn nothing_that_it_is_given_makes_it_panic(text in ".*") {
            let _some = read(&text);
        }
    }
}
