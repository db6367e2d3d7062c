//! Values without quotes, and whether they are one.

use super::{
    MASK,
    assigned::{Form, NAME_LENGTH},
    edits::Edits,
    names::{is_authorization, is_cookie, is_secret, is_signature},
    reader::Reader,
};

/// Bytes of a word that are read to judge it. Its end is looked for only where it is masked: a text of nothing but
/// names and colons is one long word after each of its names.
const JUDGED: usize = 256;

/// Masks a value without quotes.
pub(super) fn mask_word(name: &str, form: Form, reader: &mut Reader<'_>, edits: &mut Edits<'_>) {
    if form == Form::Colon && is_authorization(name) {
        skip_scheme(reader);
    }
    let start = reader.at;
    if reader.rest().starts_with(MASK) {
        reader.at += MASK.len();
    }
    word(reader, JUDGED);
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
        word(reader, usize::MAX);
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

/// Passes over a word: up to a blank, a bracket, a quote, or what parts parameters, at most about `most` bytes.
fn word(reader: &mut Reader<'_>, most: usize) {
    let end = reader.at.saturating_add(most);
    while reader.at < end {
        reader.skip(end - reader.at, |byte| {
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
        // Not within a character.
        reader.skip(3, |byte| byte & 0b1100_0000 == 0b1000_0000);
        // A backslash ends the word where it escapes the quote that ends the string around it.
        let mut ahead = *reader;
        if ahead.skip(most, |byte| byte == b'\\') == 0 || matches!(ahead.peek(), None | Some(b'"' | b'\'' | b'`')) {
            return;
        }
        *reader = ahead;
    }
}

/// Code that names a value instead of giving it, or a value that says nothing.
fn is_reference(name: &str, value: &str, next: Option<u8>) -> bool {
    let is_path = value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$'));
    let is_used =
        matches!(next, Some(b'(' | b'[' | b'{')) || value.rsplit_once('.').is_some_and(|(_, last)| is_secret(last, ""));
    value == name || is_placeholder(value) || (is_path && is_used)
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
pub(super) fn is_placeholder(value: &str) -> bool {
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
        || ["", "true", "false", "null", "none", "nil", "undefined"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word))
        || value.bytes().all(|byte| matches!(byte, b'*' | b'.' | b'x' | b'X'))
}
