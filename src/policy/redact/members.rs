//! [`Members`]: what a secret's name holds in JSON where that is no string.

use std::ops::Range;

use super::{
    MASK,
    edits::Edits,
    reader::{Quote, Reader},
};

/// Masks what stands after `"name":`.
#[derive(Default)]
pub(super) struct Members {
    /// Up to here an array or object was read in vain: what begins before is not read again.
    barren: usize,
}

impl Members {
    /// Masks the number or boolean at `reader`, or all that the array or object there holds, and moves `reader` past.
    /// False where there is nothing of it.
    pub(super) fn mask(&mut self, quote: Quote, reader: &mut Reader<'_>, edits: &mut Edits<'_>) -> bool {
        let start = reader.at;
        if !matches!(reader.peek(), Some(b'[' | b'{')) || reader.rest().starts_with(MASK) {
            let scalar = scalar(reader);
            if scalar == Some(true) {
                replace(quote, start..reader.at, false, edits);
            }
            return scalar.is_some();
        }
        if start < self.barren {
            return false;
        }
        let mut held = Vec::new();
        if !collect(quote, reader, &mut held) {
            self.barren = reader.at;
            return false;
        }
        for (range, is_text) in held {
            replace(quote, range, is_text, edits);
        }
        true
    }
}

fn replace(quote: Quote, range: Range<usize>, is_text: bool, edits: &mut Edits<'_>) {
    if is_text {
        edits.mask(range);
    } else {
        edits.replace(range, &quote.around(MASK));
    }
}

/// Passes over a number or a word of JSON; `Some(false)` for `null`, which says nothing.
fn scalar(reader: &mut Reader<'_>) -> Option<bool> {
    let mut ahead = *reader;
    ahead.skip(64, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
    });
    let word = reader.slice(reader.at..ahead.at);
    let ends = matches!(
        ahead.peek(),
        None | Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t' | b'\\' | b'"')
    );
    let is_scalar = matches!(word, "true" | "false" | "null")
        || (word.starts_with(|first: char| first.is_ascii_digit() || first == '-') && word.parse::<f64>().is_ok());
    (ends && is_scalar).then(|| {
        reader.at = ahead.at;
        word != "null"
    })
}

/// The types of a JSON schema: `{"password": {"type": "string"}}` describes a tool and holds no secret.
const SCHEMA_TYPES: &[&str] = &["array", "boolean", "integer", "null", "number", "object", "string"];
const SCHEMA_KEYS: &[&str] = &["$ref", "allOf", "anyOf", "enum", "oneOf", "properties"];

/// Collects the strings and numbers in the array or object at `reader` and moves it past, with or without its end.
/// False, and stopped there, where it is no JSON or a JSON schema.
fn collect(quote: Quote, reader: &mut Reader<'_>, held: &mut Vec<(Range<usize>, bool)>) -> bool {
    let mut depth = 0_usize;
    let mut key = None;
    while let Some(byte) = reader.peek() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            b',' | b':' => {}
            blank if blank.is_ascii_whitespace() => {}
            _ => {
                let start = reader.at;
                if scalar(reader).is_some_and(|is_value| {
                    held.extend(is_value.then_some((start..reader.at, false)));
                    true
                }) {
                    continue;
                }
                if reader.quote() != Some(quote) {
                    return false;
                }
                let Some(inside) = reader.string(quote) else {
                    return false;
                };
                let text = reader.slice(inside.clone());
                if depth == 1 && key == Some("type") && SCHEMA_TYPES.contains(&text) {
                    return false;
                }
                reader.lines_and_blanks();
                key = (reader.peek() == Some(b':')).then_some(text);
                match key {
                    Some(key) if depth == 1 && SCHEMA_KEYS.contains(&key) => return false,
                    Some(_) => {}
                    None => held.push((inside, true)),
                }
                continue;
            }
        }
        reader.at += 1;
        if depth == 0 {
            break;
        }
    }
    true
}
