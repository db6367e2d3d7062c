//! Lists of `key=value` pairs, as OpenTelemetry's variables write them, and the headers among them.

use super::{Headers, Secret, accept::PAIRS, endpoint::SECRET};
use crate::error::InitError;

const HEADER_NAME: &str = "a header name of letters, digits and -";
const HEADER_VALUE: &str = "a header value of printable ASCII characters";

/// Reads `key=value,key=value` with percent-encoding; empty members are skipped. `None` if a member has no key or no
/// `=`, or is not UTF-8 once decoded.
pub(super) fn parse(text: &str) -> Option<Vec<(String, String)>> {
    text.split(',')
        .map(str::trim)
        .filter(|member| !member.is_empty())
        .map(|member| {
            let (key, value) = member.split_once('=')?;
            let key = percent_decode(key.trim())?;
            (!key.is_empty()).then_some(())?;
            Some((key, percent_decode(value.trim())?))
        })
        .collect()
}

/// Reads a variable's headers. Values are secrets, and so is what cannot be told apart from one.
pub(super) fn headers(name: &'static str, text: &str) -> Result<Headers, InitError> {
    let refuse = |accepted: &str| InitError::invalid(name, SECRET, accepted);
    let members = parse(text).ok_or_else(|| refuse(PAIRS.accepted()))?;
    let mut headers = Headers::new();
    for (header, value) in members {
        if !is_header_name(&header) {
            return Err(refuse(
                "key=value pairs separated by commas, each key a header name of letters, digits and -",
            ));
        }
        if !is_header_value(&value) {
            return Err(refuse(
                "key=value pairs separated by commas, each value in printable ASCII characters",
            ));
        }
        set(&mut headers, &header, value);
    }
    Ok(headers)
}

/// Adds the builder's headers, which win.
pub(super) fn add(headers: &mut Headers, given: Vec<(String, Secret)>) -> Result<(), InitError> {
    const SETTER: &str = "with_header";
    for (header, value) in given {
        let header = header.trim();
        if !is_header_name(header) {
            return Err(InitError::invalid(SETTER, SECRET, HEADER_NAME));
        }
        if !is_header_value(value.expose()) {
            return Err(InitError::invalid(SETTER, SECRET, HEADER_VALUE));
        }
        set(headers, header, value.expose());
    }
    Ok(())
}

fn set(headers: &mut Headers, name: &str, value: impl Into<String>) {
    let name = name.to_ascii_lowercase();
    headers.retain(|(have, _)| *have != name);
    headers.push((name, Secret::new(value)));
}

/// A token as HTTP defines it.
fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn is_header_value(value: &str) -> bool {
    value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
}

/// Decodes `%41`; a `%` without two digits after it stays, for people write `100%`.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let decoded = (first == b'%')
            .then(|| after.split_at_checked(2))
            .flatten()
            .and_then(|(digits, after)| {
                let digits = std::str::from_utf8(digits)
                    .ok()
                    .filter(|_| digits.iter().all(u8::is_ascii_hexdigit))?;
                Some((u8::from_str_radix(digits, 16).ok()?, after))
            });
        let (byte, after) = decoded.unwrap_or((first, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}
