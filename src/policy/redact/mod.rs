//! Masks what must not leave.

mod assigned;
mod edits;
mod guarded;
mod members;
mod names;
mod patterns;
mod reader;
mod shapes;
#[cfg(test)]
mod tests;
mod words;

use std::{borrow::Cow, sync::LazyLock};

pub(crate) use guarded::Guarded;
use regex::Regex;

use crate::{
    config::Redactor,
    semconv::wire::{AttributeSet, WireSpan, WireStatus, WireValue},
};

/// What stands in place of a secret.
pub(crate) const MASK: &str = "[redacted]";

/// The keys under which a redactor sees what is no attribute.
const SPAN_NAME: &str = "span.name";
const EVENT_NAME: &str = "event.name";
const STATUS_MESSAGE: &str = "status.message";

/// The default redactor: masks credentials with `[redacted]`.
///
/// What it finds, in plain text, in JSON, in JSON inside JSON strings, in Rust's `Debug` output and in query strings:
/// - keys and tokens of known shapes: `OpenAI`, Anthropic, AWS, GitHub, GitLab, Google, Hugging Face, Slack, Stripe, npm
///   and others, and JSON web tokens;
/// - `Bearer` and `Basic` credentials, PEM private keys, and the password of `scheme://user:password@host`;
/// - the value of whatever is named like a secret (`password`, `api_key`, `clientSecret`, `authorization`, `cookie`,
///   `access_token`, ...), be it an attribute, a member of JSON, a field or a parameter. Counts (`max_tokens`), timing
///   (`time_to_first_token`) and placeholders (`${API_KEY}`) stay.
///
/// It takes time linear in the text and has no settings. [`Builder::with_redactor`](crate::Builder::with_redactor)
/// replaces it; a redactor that only adds to it calls it:
///
/// ```
/// use agentops::{CredentialRedactor, Redactor};
///
/// let redactor = |key: &str, value: &str| match key {
///     "customer.iban" => Some("[IBAN]".to_owned()),
///     _ => CredentialRedactor.redact(key, value),
/// };
/// assert_eq!(redactor.redact("customer.iban", "DE02 1203"), Some("[IBAN]".to_owned()));
/// assert_eq!(redactor.redact("note", "password=hunter2&max_tokens=100"), Some("password=[redacted]&max_tokens=100".to_owned()));
/// assert_eq!(redactor.redact("note", "nothing to hide"), None);
/// ```
///
/// A redactor sees the name of a span, without its kind, under the key `span.name`, that of an event under
/// `event.name` and the text of a status under `status.message`. One that panics has the value replaced by
/// `[redacted]`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CredentialRedactor;

impl Redactor for CredentialRedactor {
    fn redact(&self, key: &str, value: &str) -> Option<String> {
        if names::is_secret_key(key, value) {
            return (!value.is_empty() && value != MASK).then(|| MASK.to_owned());
        }
        masked(value)
    }
}

/// Shows every string of the span to `redactor`.
pub(crate) fn apply(span: &mut WireSpan, redactor: &dyn Redactor) {
    name(span, redactor);
    attributes(&mut span.attributes, redactor);
    if let WireStatus::Error(message) = &mut span.status {
        show(redactor, STATUS_MESSAGE, message);
    }
    for event in &mut span.events {
        if let Some(name) = redactor.redact(EVENT_NAME, &event.name) {
            event.name = Cow::Owned(name);
        }
        attributes(&mut event.attributes, redactor);
    }
}

/// The kind at the end of a name is ours and says what the span is; behind `password=x` it would pass for a part of
/// the secret.
fn name(span: &mut WireSpan, redactor: &dyn Redactor) {
    let suffix = format!(".{}", span.kind.as_str());
    if let Some(bare) = span.name.strip_suffix(&suffix) {
        if let Some(masked) = redactor.redact(SPAN_NAME, bare) {
            span.name = masked + &suffix;
        }
    } else {
        show(redactor, SPAN_NAME, &mut span.name);
    }
}

/// Shows every string of `attributes` to `redactor`, and the numbers whose key says that they are secret.
pub(crate) fn attributes(attributes: &mut AttributeSet, redactor: &dyn Redactor) {
    for attribute in &mut attributes.0 {
        let key = attribute.key.as_ref();
        let number = match &mut attribute.value {
            WireValue::Str(text) => {
                show(redactor, key, text);
                continue;
            }
            WireValue::StrArray(items) => {
                for item in items {
                    show(redactor, key, item);
                }
                continue;
            }
            WireValue::I64(number) if names::is_secret_key(key, "") => number.to_string(),
            WireValue::F64(number) if names::is_secret_key(key, "") => number.to_string(),
            WireValue::I64(_) | WireValue::F64(_) | WireValue::Bool(_) => continue,
        };
        if let Some(masked) = redactor.redact(key, &number) {
            attribute.value = WireValue::Str(masked);
        }
    }
}

fn show(redactor: &dyn Redactor, key: &str, text: &mut String) {
    if let Some(masked) = redactor.redact(key, text) {
        *text = masked;
    }
}

/// How often a text is read again after something was masked in it: masking may bring a name and a value together.
const ROUNDS: usize = 8;

/// `value` with its credentials masked; `None` where there are none.
fn masked(value: &str) -> Option<String> {
    if !TRIGGERS.is_match(value) {
        return None;
    }
    let mut masked = once(value)?;
    for _ in 1..ROUNDS {
        match once(&masked) {
            Some(next) => masked = next,
            None => break,
        }
    }
    Some(masked)
}

fn once(value: &str) -> Option<String> {
    let mut masked = None;
    for pass in [
        patterns::private_keys,
        assigned::mask,
        patterns::authorization,
        patterns::urls,
        shapes::mask,
    ] {
        if let Some(next) = pass(masked.as_deref().unwrap_or(value)) {
            masked = Some(next);
        }
    }
    masked
}

/// Whatever a credential contains or follows: one scan clears most texts.
static TRIGGERS: LazyLock<Regex> = LazyLock::new(|| {
    compiled(&format!(
        "{}|{}|{}",
        assigned::WORDS,
        shapes::prefixes(),
        r"(?i:bearer|basic)|:\\*/\\*/|-----BEGIN "
    ))
});

#[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles each")]
fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}
