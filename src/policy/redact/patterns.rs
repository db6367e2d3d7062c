//! Credentials that are recognised by what stands around them: authorization schemes, URLs, PEM.

use std::sync::LazyLock;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use regex::Regex;

use super::{
    MASK, compiled,
    edits::Edits,
    reader::{Reader, begins_word},
};

/// Masks PEM private keys, also cut ones and those in a JSON string.
pub(super) fn private_keys(text: &str) -> Option<String> {
    static BEGIN: LazyLock<Regex> = LazyLock::new(|| compiled("-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"));
    static END: LazyLock<Regex> = LazyLock::new(|| compiled(r"\A-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"));
    let mut edits = Edits::of(text);
    let mut reader = Reader::new(text, 0);
    while let Some(begin) = BEGIN.find_at(text, reader.at) {
        reader.at = begin.end();
        skip_key(&mut reader);
        let body = reader.slice(begin.end()..reader.at);
        if let Some(end) = END.find(reader.rest()) {
            reader.at += end.len();
            edits.mask(begin.start()..reader.at);
        } else if body
            .split(|letter| !is_base64(letter))
            .take(64)
            .any(|word| word.len() >= 16)
        {
            edits.mask(begin.start()..reader.at);
        }
    }
    edits.finish()
}

fn is_base64(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=')
}

/// Passes over base64, the headers of an encrypted key, and line ends, which may be escaped.
fn skip_key(reader: &mut Reader<'_>) {
    loop {
        reader.skip(usize::MAX, |byte| {
            is_base64(char::from(byte)) || byte.is_ascii_whitespace() || matches!(byte, b'\\' | b':' | b',' | b'.')
        });
        if reader.rest().starts_with("-----") || !reader.eat(b'-') {
            return;
        }
    }
}

/// Masks what follows `Bearer` and `Basic`.
pub(super) fn authorization(text: &str) -> Option<String> {
    static SCHEME: LazyLock<Regex> =
        LazyLock::new(|| compiled(r"(?i:(bearer)|basic)(?:[ \t]|%20|\+)+([A-Za-z0-9\-._~+/]+=*)"));
    let mut edits = Edits::of(text);
    for found in SCHEME.captures_iter(text) {
        let (Some(whole), Some(credential)) = (found.get(0), found.get(2)) else {
            continue;
        };
        let is_credential = if found.get(1).is_some() {
            is_token
        } else {
            is_user_and_password
        };
        if begins_word(text, whole.start()) && is_credential(credential.as_str()) {
            edits.mask(credential.range());
        }
    }
    edits.finish()
}

/// No word of prose, as in "bearer tokens".
fn is_token(text: &str) -> bool {
    let text = text.trim_end_matches('.');
    text.len() >= 16 || (text.len() >= 6 && !text.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

/// `user:password` in base64.
fn is_user_and_password(text: &str) -> bool {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    LENIENT
        .decode(text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .is_some_and(|pair| pair.contains(':') && !pair.contains(char::is_control))
}

/// Masks the passwords of URLs.
pub(super) fn urls(text: &str) -> Option<String> {
    static USER: LazyLock<Regex> = LazyLock::new(|| compiled(r#":\\*/\\*/[^\s/?#@:"'<>\\]*:([^\s/?#"'<>\\]+)@"#));
    let mut edits = Edits::of(text);
    for found in USER.captures_iter(text) {
        let Some(password) = found.get(1) else { continue };
        if password.as_str() != MASK && !password.as_str().starts_with(['$', '{']) {
            edits.mask(password.range());
        }
    }
    edits.finish()
}
