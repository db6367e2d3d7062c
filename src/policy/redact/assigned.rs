//! Values that stand after the name of a secret: members of JSON, fields in `Debug` output, headers, parameters.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{
    MASK, compiled,
    edits::Edits,
    names::{is_authorization, is_cookie, is_secret, is_signature},
    reader::{Quote, Reader},
};

/// What every secret's name contains.
pub(super) const WORDS: &str =
    "(?i:(?:api |access |private |secret )?key|pass|pwd|secret|token|credential|authorization|cookie|jwt|sig)";

/// A longer run of letters is no name.
const NAME_LENGTH: usize = 48;

/// How the text goes on after a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `"name": ` in JSON and its kin.
    Member(Quote),
    /// `name: `
    Colon,
    /// `name=`
    Parameter,
    /// `name = `, `name == `, `--name `
    Loose,
}

/// Masks the values that stand after the names of secrets.
pub(super) fn mask(text: &str) -> Option<String> {
    static NAMES: LazyLock<Regex> = LazyLock::new(|| compiled(WORDS));
    let mut edits = Edits::of(text);
    let mut barren = 0;
    let mut at = 0;
    while let Some(found) = NAMES.find_at(text, at) {
        at = found.end();
        if let Some((name, form, mut reader)) = assignment(text, found.range()) {
            mask_value(name, form, &mut reader, &mut edits, &mut barren);
            at = at.max(reader.at);
        }
    }
    edits.finish()
}

/// The name around `found` and how the text goes on, if a value follows.
fn assignment(text: &str, found: Range<usize>) -> Option<(&str, Form, Reader<'_>)> {
    let name = name_around(text, found)?;
    let mut reader = Reader::new(text, name.end);
    let mut opening = Reader::new(text, name.start);
    let name = text.get(name)?;
    let quote = reader.quote();
    reader.eat(b']');
    let blank = reader.blanks();
    let form = match (reader.peek()?, quote) {
        (b':', quote) => {
            reader.at += 1;
            if reader.eat(b'=') {
                Form::Loose
            } else {
                quote.map_or(Form::Colon, Form::Member)
            }
        }
        (b'=', _) => {
            reader.at += 1;
            let compared = reader.eat(b'=') | reader.eat(b'>');
            if blank || compared {
                Form::Loose
            } else {
                Form::Parameter
            }
        }
        // ("name", "value")
        (b',', Some(quote)) => {
            opening.at = opening.at.checked_sub(quote.backslashes + 2)?;
            if opening.peek() != Some(b'(') {
                return None;
            }
            reader.at += 1;
            Form::Loose
        }
        (_, None) if blank && name.starts_with("--") => Form::Loose,
        _ => return None,
    };
    let spaced = reader.blanks();
    Some((
        name,
        if spaced && form == Form::Parameter {
            Form::Loose
        } else {
            form
        },
        reader,
    ))
}

/// Widens `found` to the whole name.
fn name_around(text: &str, found: Range<usize>) -> Option<Range<usize>> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let before = text
        .get(..found.start)?
        .bytes()
        .rev()
        .take(NAME_LENGTH)
        .take_while(|&byte| is_name(byte))
        .count();
    let after = text
        .get(found.end..)?
        .bytes()
        .take(NAME_LENGTH)
        .take_while(|&byte| is_name(byte))
        .count();
    if before == NAME_LENGTH || after == NAME_LENGTH {
        return None;
    }
    let mut start = found.start - before;
    // `\npassword`: the n belongs to the escape.
    if Reader::new(text, start).before(1) == Some(b'\\') {
        start += match text.as_bytes().get(start) {
            Some(b'n' | b'r' | b't' | b'b' | b'f') if start < found.start => 1,
            Some(b'u') if start + 5 <= found.start => 5,
            _ => 0,
        };
    }
    Some(start..found.end + after)
}

/// Masks what `reader` stands before, if it is the value of a secret, and moves it past.
fn mask_value(name: &str, form: Form, reader: &mut Reader<'_>, edits: &mut Edits<'_>, barren: &mut usize) {
    let mut ahead = *reader;
    ahead.lines_and_blanks();
    skip_wrapper(&mut ahead);
    if let Some(quote) = ahead.quote() {
        if let Some(inside) = ahead.string(quote) {
            let value = ahead.slice(inside.clone());
            if is_secret(name, value) && !is_placeholder(value) {
                edits.mask(inside);
                reader.at = ahead.at;
            }
        }
        return;
    }
    if let Form::Member(quote) = form {
        let mut member = *reader;
        member.lines_and_blanks();
        if is_secret(name, "") && mask_json(quote, &mut member, edits, barren) {
            reader.at = member.at;
            return;
        }
    }
    mask_word(name, form, reader, edits);
}

/// Passes over what a string may be wrapped in: `Some(`, `Secret(`, the `b` of a byte string.
fn skip_wrapper(reader: &mut Reader<'_>) {
    let mut ahead = *reader;
    for _ in 0..3 {
        let mut inner = ahead;
        if inner.peek().is_some_and(|byte| byte.is_ascii_uppercase())
            && inner.skip(NAME_LENGTH, |byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':')
            }) > 0
            && inner.eat(b'(')
        {
            ahead = inner;
        }
    }
    ahead.skip(2, |byte| byte.is_ascii_alphabetic());
    if Reader::quote(&mut ahead.clone()).is_some() {
        *reader = ahead;
    }
}

/// Masks a JSON number or boolean, or all that a JSON array or object holds. False where there is nothing of it.
fn mask_json(quote: Quote, reader: &mut Reader<'_>, edits: &mut Edits<'_>, barren: &mut usize) -> bool {
    if matches!(reader.peek(), Some(b'[' | b'{')) && !reader.rest().starts_with(MASK) {
        if reader.at < *barren {
            return false;
        }
        let mut held = Vec::new();
        let is_data = collect(quote, reader, &mut held);
        if is_data {
            for (range, is_text) in held {
                replace_scalar(quote, range, is_text, edits);
            }
        } else {
            *barren = reader.at;
        }
        return is_data;
    }
    let start = reader.at;
    scalar(reader).is_some_and(|is_value| {
        if is_value {
            replace_scalar(quote, start..reader.at, false, edits);
        }
        true
    })
}

fn replace_scalar(quote: Quote, range: Range<usize>, is_text: bool, edits: &mut Edits<'_>) {
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

/// Masks a value without quotes.
fn mask_word(name: &str, form: Form, reader: &mut Reader<'_>, edits: &mut Edits<'_>) {
    if form == Form::Colon && is_authorization(name) {
        skip_scheme(reader);
    }
    let start = reader.at;
    if reader.rest().starts_with(MASK) {
        reader.at += MASK.len();
    }
    word(reader);
    let value = reader.slice(start..reader.at);
    let next = reader.peek();
    let is_value = match form {
        Form::Parameter if is_signature(name) => value.len() >= 16,
        Form::Parameter => is_secret(name, value) && !is_reference(name, value, next),
        Form::Colon if is_cookie(name) && value.contains('=') => {
            reader.skip(usize::MAX, |byte| !matches!(byte, b'\n' | b'\r' | b'"' | b'\'' | b'\\'));
            true
        }
        Form::Member(_) | Form::Colon | Form::Loose => is_secret(name, value) && looks_random(value, next),
    };
    if is_value {
        edits.mask(start..reader.at);
    } else {
        reader.at = start;
    }
}

/// Passes over `Bearer ` and the like.
fn skip_scheme(reader: &mut Reader<'_>) {
    let mut ahead = *reader;
    ahead.skip(NAME_LENGTH, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if ahead.blanks() {
        *reader = ahead;
    }
}

/// Passes over a word: up to a blank, a bracket, a quote, or what parts parameters.
fn word(reader: &mut Reader<'_>) {
    loop {
        reader.skip(usize::MAX, |byte| {
            !byte.is_ascii_whitespace()
                && !matches!(
                    byte,
                    b'&' | b';'
                        | b','
                        | b'"'
                        | b'\''
                        | b'`'
                        | b'<'
                        | b'>'
                        | b'('
                        | b')'
                        | b'['
                        | b']'
                        | b'{'
                        | b'}'
                        | b'|'
                        | b'\\'
                )
        });
        // A backslash ends the word where it escapes the quote that ends the string around it.
        let mut ahead = *reader;
        if ahead.skip(usize::MAX, |byte| byte == b'\\') == 0 || matches!(ahead.peek(), None | Some(b'"' | b'\'' | b'`'))
        {
            return;
        }
        *reader = ahead;
    }
}

/// Code that names a value instead of giving it, or a value that says nothing.
fn is_reference(name: &str, value: &str, next: Option<u8>) -> bool {
    if value == name || is_placeholder(value) || matches!(next, Some(b'(' | b'[' | b'{')) {
        return true;
    }
    let is_path = value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    is_path && value.rsplit_once('.').is_some_and(|(_, last)| is_secret(last, ""))
}

/// What nobody would write but as a secret: neither prose nor a type. `password: hunter2`, but not `token: String`.
fn looks_random(value: &str, next: Option<u8>) -> bool {
    if value.starts_with(MASK) {
        return value != MASK;
    }
    if is_placeholder(value) || matches!(next, Some(b'(' | b'<' | b'[' | b'{')) {
        return false;
    }
    let value = value.trim_end_matches(['.', ':', '!', '?']);
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let ends = matches!(next, None | Some(b',' | b'}' | b')' | b']' | b'\n' | b'\r'));
    let has_sign =
        value.contains(|letter: char| "!@#$%^*+~".contains(letter)) && !value.starts_with(['@', '*', '!', '#']);
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    (is_number && ends) || (value.len() >= 6 && (has_sign || (has_digit && !is_number)))
}

/// Where a value is yet to be filled in.
fn is_placeholder(value: &str) -> bool {
    let is_within = |open: &str, close: &str| {
        value
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
            .is_some_and(|inside| {
                inside
                    .chars()
                    .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | ' '))
            })
    };
    let is_variable = value.strip_prefix('$').is_some_and(|name| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    });
    is_variable
        || is_within("${", "}")
        || is_within("<", ">")
        || is_within("{{", "}}")
        || is_within("{", "}")
        || matches!(
            value.to_ascii_lowercase().as_str(),
            "" | "true" | "false" | "null" | "none" | "nil" | "undefined"
        )
        || value.bytes().all(|byte| matches!(byte, b'*' | b'.' | b'x' | b'X'))
}
