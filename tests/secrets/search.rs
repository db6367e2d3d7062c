//! Finds the planted secrets in any bytes: plain, in base64 wherever in a longer text they stand, and URL-encoded.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

use super::planted::{self, Secret};

/// What was found: the secret's name and the encoding.
pub(crate) fn found(bytes: &[u8]) -> Vec<(&'static str, &'static str)> {
    let encodings = planted::ALL.iter().flat_map(|secret| {
        let forms = forms(secret.text).into_iter();
        forms.map(|(encoding, form)| (secret.name, encoding, form))
    });
    let mut found: Vec<_> = encodings
        .filter(|(_, _, form)| contains(bytes, form.as_bytes()))
        .map(|(name, encoding, _)| (name, encoding))
        .collect();
    found.dedup();
    found
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some((first, rest)) = wanted.split_first() else {
        return false;
    };
    let mut left = bytes;
    while let Some(at) = left.iter().position(|byte| byte == first) {
        left = left.get(at + 1..).unwrap_or_default();
        if left.starts_with(rest) {
            return true;
        }
    }
    false
}

/// A secret as it may be written, with the name of the encoding.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let mut forms = vec![("plain", secret.to_owned())];
    let escaped = |format: fn(u8) -> String| -> String {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        secret
            .bytes()
            .map(|byte| {
                if unreserved(byte) {
                    char::from(byte).to_string()
                } else {
                    format(byte)
                }
            })
            .collect()
    };
    let upper = escaped(|byte| format!("%{byte:02X}"));
    for form in [
        upper.replace("%20", "+"),
        upper,
        escaped(|byte| format!("%{byte:02x}")),
        // A server's log may leave in a path what means nothing there.
        secret.replace(' ', "%20").replace('?', "%3F"),
        in_full(secret),
    ] {
        if form != secret {
            forms.push(("URL-encoded", form));
        }
    }
    for offset in 0..3 {
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = engine.encode([vec![0; offset], secret.as_bytes().to_vec()].concat());
            // What depends on the bytes before and behind is not the secret's.
            let begin = (offset * 8).div_ceil(6);
            let end = (offset + secret.len()) * 8 / 6;
            forms.push(("base64", encoded.get(begin..end).unwrap().to_owned()));
        }
    }
    forms
}

/// Every byte escaped.
fn in_full(text: &str) -> String {
    let bytes: Vec<_> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    bytes.concat()
}

/// The control: with the search broken, nothing below could fail.
#[test]
fn the_search_finds_each_secret_in_each_encoding_and_nothing_where_nothing_is() {
    for Secret { name, text } in planted::ALL {
        assert_eq!(found(format!("before {text} behind").as_bytes()), [(name, "plain")]);
        for before in ["", "x", "xy", "xyz"] {
            let long = format!("{before}{text}, and more");
            for encoded in [STANDARD.encode(&long), URL_SAFE_NO_PAD.encode(&long)] {
                assert_eq!(found(encoded.as_bytes()), [(name, "base64")], "{encoded}");
            }
        }
        let in_a_form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for encoded in [in_a_form, in_full(text)] {
            let expected = if encoded == text { "plain" } else { "URL-encoded" };
            assert_eq!(found(encoded.as_bytes()), [(name, expected)], "{encoded}");
        }
    }
    assert_eq!(
        found(planted::with_password("http://host").as_bytes()),
        [("a URL's password", "URL-encoded")]
    );
    let nothing = "before [secret] behind, password=[redacted], YmVmb3Jl, a%20b";
    assert_eq!(found(nothing.as_bytes()), []);
}
