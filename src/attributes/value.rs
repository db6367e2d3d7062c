//! Reading one field's value: as an attribute, as text, as a number, as JSON.

use std::borrow::Cow;

use serde_json::Value;

use crate::{
    record::{Origin, ValueRef},
    semconv::wire::{Attribute, Class, WireValue},
};

/// The attribute `key` with this value, typed as it was said.
pub(super) fn attribute(key: impl Into<Cow<'static, str>>, value: ValueRef<'_>, class: Class) -> Attribute {
    Attribute {
        key: key.into(),
        value: wire(value),
        class,
        cut: is_cut(value),
    }
}

/// The value with its OTLP type. Integers that `i64` cannot hold are text: rounding them would be worse.
pub(super) fn wire(value: ValueRef<'_>) -> WireValue {
    match value {
        ValueRef::Bool(value) => WireValue::Bool(value),
        ValueRef::I64(value) => WireValue::I64(value),
        ValueRef::F64(value) => WireValue::F64(value),
        ValueRef::U64(n) => i64::try_from(n).map_or_else(|_| WireValue::Str(n.to_string()), WireValue::I64),
        ValueRef::I128(n) => i64::try_from(n).map_or_else(|_| WireValue::Str(n.to_string()), WireValue::I64),
        ValueRef::U128(n) => i64::try_from(n).map_or_else(|_| WireValue::Str(n.to_string()), WireValue::I64),
        ValueRef::Text {
            text,
            origin: Origin::List,
            cut: false,
        } => serde_json::from_str(text).map_or_else(|_| WireValue::Str(text.to_owned()), WireValue::StrArray),
        ValueRef::Text { .. } => WireValue::Str(text(value).into_owned()),
    }
}

/// The value as text: a string without the quotes that `Debug` or JSON put around it, everything else as JSON
/// would write it.
pub(super) fn text(value: ValueRef<'_>) -> Cow<'_, str> {
    match value {
        ValueRef::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
        ValueRef::I64(value) => value.to_string().into(),
        ValueRef::U64(value) => value.to_string().into(),
        ValueRef::I128(value) => value.to_string().into(),
        ValueRef::U128(value) => value.to_string().into(),
        ValueRef::F64(value) => format!("{value:?}").into(),
        ValueRef::Text {
            text,
            origin: Origin::Debug,
            cut,
        } => unquote(text, cut).map_or(Cow::Borrowed(text), Cow::Owned),
        ValueRef::Text {
            text,
            origin: Origin::Json,
            ..
        } if text.starts_with('"') => serde_json::from_str::<String>(text).map_or(Cow::Borrowed(text), Cow::Owned),
        ValueRef::Text { text, .. } => Cow::Borrowed(text),
    }
}

/// The caller's thread stopped copying the value at the cap.
pub(super) fn is_cut(value: ValueRef<'_>) -> bool {
    matches!(value, ValueRef::Text { cut: true, .. })
}

/// A count: a whole number that is not negative, or a text that spells one.
pub(super) fn count(value: ValueRef<'_>) -> Option<i64> {
    let n = match value {
        ValueRef::I64(n) => Some(n),
        ValueRef::U64(n) => i64::try_from(n).ok(),
        ValueRef::I128(n) => i64::try_from(n).ok(),
        ValueRef::U128(n) => i64::try_from(n).ok(),
        ValueRef::F64(n) => whole(n),
        ValueRef::Text { .. } => {
            let text = text(value);
            let text = text.trim();
            text.parse().ok().or_else(|| whole(text.parse().ok()?))
        }
        ValueRef::Bool(_) => None,
    };
    n.filter(|n| *n >= 0)
}

/// The integer that `n` is exactly, where a double still tells integers apart.
fn whole(n: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
    (n.fract() == 0.0 && n.abs() <= EXACT).then_some(n as i64)
}

/// A finite number, or a text that spells one.
pub(super) fn number(value: ValueRef<'_>) -> Option<f64> {
    let n = match value {
        ValueRef::F64(n) => n,
        ValueRef::I64(n) => n as f64,
        ValueRef::U64(n) => n as f64,
        ValueRef::I128(n) => n as f64,
        ValueRef::U128(n) => n as f64,
        ValueRef::Text { .. } => text(value).trim().parse().ok()?,
        ValueRef::Bool(_) => return None,
    };
    n.is_finite().then_some(n)
}

/// A boolean, or a text that spells one.
pub(super) fn flag(value: ValueRef<'_>) -> Option<bool> {
    match value {
        ValueRef::Bool(flag) => Some(flag),
        ValueRef::Text { .. } => match text(value).trim() {
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// An amount in USD, with the nine decimals that the server keeps.
pub(super) fn usd(value: ValueRef<'_>) -> Option<f64> {
    let rounded = rounded(number(value).filter(|amount| *amount >= 0.0)?);
    rounded.is_finite().then_some(rounded)
}

/// Nine decimals.
pub(super) fn rounded(amount: f64) -> f64 {
    (amount * 1e9).round() / 1e9
}

/// The value as JSON, as it stands among a function's arguments.
pub(super) fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Bool(value) => value.into(),
        ValueRef::I64(value) => value.into(),
        ValueRef::U64(value) => value.into(),
        ValueRef::F64(value) => {
            serde_json::Number::from_f64(value).map_or_else(|| text(ValueRef::F64(value)).into(), Value::Number)
        }
        ValueRef::I128(n) => i64::try_from(n).map_or_else(|_| n.to_string().into(), Value::from),
        ValueRef::U128(n) => u64::try_from(n).map_or_else(|_| n.to_string().into(), Value::from),
        ValueRef::Text { text: raw, origin, .. } => match origin {
            Origin::Json | Origin::List => serde_json::from_str(raw).unwrap_or_else(|_| raw.into()),
            Origin::Debug => container(raw).unwrap_or_else(|| text(value).into()),
            Origin::Str | Origin::Bytes => raw.into(),
        },
    }
}

/// The JSON object or array that `text` is.
pub(super) fn container(text: &str) -> Option<Value> {
    text.trim_start()
        .starts_with(['{', '['])
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}

/// JSON as it stands in an attribute: a string raw, all else compact.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The string that `text` is the literal of, if it is exactly one. A literal that was cut has no closing quote.
fn unquote(text: &str, cut: bool) -> Option<String> {
    let mut rest = text.strip_prefix('"')?.chars();
    let mut out = String::with_capacity(text.len());
    loop {
        match rest.next() {
            None => return cut.then_some(out),
            Some('"') => return rest.as_str().is_empty().then_some(out),
            Some('\\') => match escape(&mut rest) {
                Some(c) => out.push(c),
                None => return (cut && rest.as_str().is_empty()).then_some(out),
            },
            Some(c) => out.push(c),
        }
    }
}

/// What the escape after a backslash stands for.
fn escape(rest: &mut std::str::Chars<'_>) -> Option<char> {
    Some(match rest.next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        '\\' => '\\',
        '\'' => '\'',
        '"' => '"',
        'u' => {
            if rest.next()? != '{' {
                return None;
            }
            let mut code = 0_u32;
            loop {
                match rest.next()? {
                    '}' => return char::from_u32(code),
                    digit => code = code.checked_mul(16)?.checked_add(digit.to_digit(16)?)?,
                }
            }
        }
        _ => return None,
    })
}
