//! What an AgentOps key may be.

use super::Secret;

/// What is accepted, to follow "give".
pub(crate) const ACCEPTED: &str = "a key without spaces and control characters";

/// A key, without the white space around it; `None` where no request could carry it.
pub(crate) fn accept(text: &str) -> Option<Secret> {
    let text = text.trim();
    let is_good = !text.chars().any(|char| char.is_control() || char.is_whitespace());
    is_good.then(|| Secret::new(text))
}

/// Why AgentOps is likely to refuse a key that comes from `setting`; `None` where it looks like one: 32 hexadecimal
/// digits, with dashes or without.
pub(crate) fn doubt(setting: &str, key: &Secret) -> Option<String> {
    let text = key.expose();
    let is_uuid = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        && text.bytes().filter(u8::is_ascii_hexdigit).count() == 32;
    (!is_uuid).then(|| format!("{setting} is not a UUID, as an AgentOps key is: AgentOps is likely to refuse it"))
}
