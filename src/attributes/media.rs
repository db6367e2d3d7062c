//! Media: images, sounds and files that stand inside messages leave as what they are, how large, and a hash.
//!
//! Their bytes would fill a span that people read, and cost what they cost; the hash still says that two of them are
//! the same, and is the one that `sha256sum` of the file begins with.

use std::borrow::Cow;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::value;

/// Members that say what a medium is as `image/png` does.
const MIME_TYPES: &[&str] = &["mime_type", "mimeType", "media_type", "mediaType"];
/// Members that say it in fewer words.
const FORMATS: &[&str] = &["format", "modality"];

const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// The value with every medium in it replaced, at any depth.
pub(super) fn replaced(mut value: Value) -> Value {
    replace(&mut value, "", None);
    value
}

/// The text, if it is JSON, or a medium itself, with every medium in it replaced.
pub(super) fn replaced_in(text: &str) -> Cow<'_, str> {
    /// No medium in JSON is shorter: its type has to be there, too.
    const SHORTEST: usize = 16;
    if let Some(name) = named_by_url(text) {
        return name.into();
    }
    if text.len() < SHORTEST {
        return text.into();
    }
    match value::container(text) {
        Some(parsed) => {
            let replaced = replaced(parsed.clone());
            if replaced == parsed {
                text.into()
            } else {
                replaced.to_string().into()
            }
        }
        None => text.into(),
    }
}

/// `place` is the member that the value is, `around` what the medium around it was said to be.
fn replace(value: &mut Value, place: &str, around: Option<&str>) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(replaced) = replaced_in(text) {
                *text = replaced;
            }
        }
        // Ollama's images are nothing but their bytes.
        Value::Array(images) if place == "images" => {
            for image in images {
                match image.as_str().and_then(decoded) {
                    Some(bytes) => *image = name_of("image", &bytes).into(),
                    None => replace(image, "", around),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, place, around)),
        Value::Object(object) => replace_members(object, place, around),
        _ => {}
    }
}

fn replace_members(object: &mut Map<String, Value>, place: &str, around: Option<&str>) {
    let text = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| object.get(*name)?.as_str())
            .map(str::to_owned)
    };
    let mime_type = text(MIME_TYPES).filter(|text| text.contains('/'));
    let kind = text(&["type"]).unwrap_or_default();
    let has_bytes = mime_type.is_some() || kind == "base64" || place == "input_audio";
    let own = mime_type.or_else(|| text(FORMATS));
    let what = own.as_deref().or(around);
    for (name, member) in object.iter_mut() {
        let is_bytes = match name.as_str() {
            "b64_json" | "file_data" => true,
            "data" => has_bytes,
            "bytes" => place == "source",
            "content" => kind == "blob",
            "result" => kind == "image_generation_call",
            _ => false,
        };
        match member {
            Value::String(text) if is_bytes => {
                let name = named_by_url(text).or_else(|| Some(name_of(what.unwrap_or("file"), &decoded(text)?)));
                if let Some(name) = name {
                    *text = name;
                }
            }
            other => replace(other, name, what),
        }
    }
}

/// What stands for a medium: its type, its size and the beginning of its SHA-256.
fn name_of(what: &str, bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let start = hash.first_chunk().copied().map(u64::from_be_bytes).unwrap_or_default();
    format!("[{what}, {} bytes, sha256:{start:016x}]", bytes.len())
}

/// What stands for a medium in a `data:` URL. One that is not well-formed is named all the same: its bytes are no text.
fn named_by_url(text: &str) -> Option<String> {
    let (head, data) = text.strip_prefix("data:")?.split_once(',')?;
    let (what, _) = head.rsplit_once(";base64")?;
    let what = what.split(';').next().filter(|what| !what.is_empty()).unwrap_or("file");
    let bytes = decoded(data);
    Some(name_of(what, bytes.as_deref().unwrap_or(data.as_bytes())))
}

/// The bytes that the text is the base64 of.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let is_url_safe = text.contains(['-', '_']);
    if is_url_safe { URL_SAFE } else { STANDARD }.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `printf hello | sha256sum` begins with it.
    const HELLO: &str = "5 bytes, sha256:2cf24dba5fb0a30e]";

    #[test]
    fn every_place_of_a_medium_is_known() {
        for (given, what) in [
            (
                json!({ "type": "blob", "modality": "image", "content": "aGVsbG8=" }),
                "image",
            ),
            (
                json!({ "type": "blob", "mime_type": "image/png", "content": "aGVsbG8" }),
                "image/png",
            ),
            (
                json!({ "source": { "type": "base64", "media_type": "image/jpeg", "data": "aGVsbG8=" } }),
                "image/jpeg",
            ),
            (
                json!({ "inlineData": { "mimeType": "audio/wav", "data": "aGVsbG8=" } }),
                "audio/wav",
            ),
            (
                json!({ "type": "image", "data": "aGVsbG8=", "mimeType": "image/gif" }),
                "image/gif",
            ),
            (
                json!({ "type": "input_audio", "input_audio": { "data": "aGVsbG8=", "format": "mp3" } }),
                "mp3",
            ),
            (
                json!({ "type": "file", "file": { "file_data": "data:application/pdf;base64,aGVsbG8=" } }),
                "application/pdf",
            ),
            (
                json!({ "image": { "format": "webp", "source": { "bytes": "aGVsbG8=" } } }),
                "webp",
            ),
            (
                json!({ "image_url": { "url": "data:image/png;base64,aGVsbG8=" } }),
                "image/png",
            ),
            (json!({ "images": ["aGVsbG8="] }), "image"),
            (json!({ "data": [{ "b64_json": "aGVsbG8=" }] }), "file"),
            (json!({ "type": "image_generation_call", "result": "aGVsbG8=" }), "file"),
            (json!("data:text/csv;charset=utf-8;base64,aGVsbG8="), "text/csv"),
        ] {
            let left = replaced(given.clone()).to_string();
            assert!(left.contains(&format!("[{what}, {HELLO}")), "{given} left {left}");
            assert!(!left.contains("aGVsbG8"), "{given} left {left}");
            let again = replaced(serde_json::from_str(&left).unwrap()).to_string();
            assert_eq!(again, left, "a second time changes nothing");
        }
    }

    #[test]
    fn what_is_no_medium_stays() {
        for text in [
            json!({ "type": "text", "content": "aGVsbG8=" }),
            json!({ "type": "text", "format": "markdown", "content": "hello" }),
            json!({ "data": "aGVsbG8=" }),
            json!({ "type": "tool_call", "arguments": { "format": "csv", "data": "abcd", "bytes": "four" } }),
            json!({ "image_url": { "url": "https://example.com/cat.png" } }),
            json!({ "type": "blob", "content": "[image/png, 5 bytes]" }),
            json!({ "images": ["https://example.com/cat.png"] }),
            json!("data: the price of it, in EUR"),
        ] {
            assert_eq!(replaced(text.clone()), text);
        }
    }
}
