//! Credentials that are recognised by what stands around them: authorization schemes, URLs, PEM.

use std::sync::LazyLock;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use regex::Regex;

use super::{MASK, compiled, edits::Edits, reader::begins_word};

/// Masks PEM private keys, also cut ones and those in a JSON string.
pub(super) fn private_keys(text: &str) -> Option<String> {
    static KEY: LazyLock<Regex> = LazyLock::new(|| {
        const LABEL: &str = "[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----";
        // The headers of an encrypted key have commas and colons; line ends may be escaped.
        const BODY: &str = r"[A-Za-z0-9+/=\s\\:,.\-]";
        compiled(&format!(
            r"-----BEGIN {LABEL}(?:{BODY}*?-----END {LABEL}|(?:\s|\\+[nr])*[A-Za-z0-9+/=]{{16}}[A-Za-z0-9+/=\s\\]*)"
        ))
    });
    if !text.contains("-----BEGIN ") {
        return None;
    }
    let mut edits = Edits::of(text);
    for key in KEY.find_iter(text) {
        edits.mask(key.range());
    }
    edits.finish()
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
