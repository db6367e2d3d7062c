//! Values that stand after the name of a secret: members of JSON, fields in `Debug` output, headers, parameters.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{
    compiled,
    edits::Edits,
    members::Members,
    names::is_secret,
    reader::{Quote, Reader},
    words::{is_placeholder, mask_word},
};

/// What every secret's name contains.
pub(super) const WORDS: &str =
    "(?i:(?:api |access |private |secret )?key|pass|pwd|secret|token|credential|authorization|cookie|jwt|sig)";

/// A longer run of letters is no name.
pub(super) const NAME_LENGTH: usize = 48;

/// How the text goes on after a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
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
    let mut members = Members::default();
    let mut at = 0;
    while let Some(found) = NAMES.find_at(text, at) {
        at = found.end();
        if let Some((name, form, mut reader)) = assignment(text, found.range()) {
            mask_value(name, form, &mut reader, &mut edits, &mut members);
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
fn mask_value(name: &str, form: Form, reader: &mut Reader<'_>, edits: &mut Edits<'_>, members: &mut Members) {
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
        if is_secret(name, "") && members.mask(quote, &mut member, edits) {
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
