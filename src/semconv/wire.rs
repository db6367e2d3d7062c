//! [`WireSpan`]: a span as it will stand on the wire, still free of OpenTelemetry types, so that mapping and
//! policy are plain functions over plain data. `otel` turns it into `SpanData`.

use std::{borrow::Cow, time::Instant};

use crate::kind::EntityKind;

/// A value with its OTLP type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WireValue {
    Bool(bool),
    I64(i64),
    F64(f64),
    Str(String),
    StrArray(Vec<String>),
}

impl From<bool> for WireValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
impl From<i64> for WireValue {
    fn from(value: i64) -> Self {
        Self::I64(value)
    }
}
impl From<f64> for WireValue {
    fn from(value: f64) -> Self {
        Self::F64(value)
    }
}
impl From<&str> for WireValue {
    fn from(value: &str) -> Self {
        Self::Str(value.to_owned())
    }
}
impl From<String> for WireValue {
    fn from(value: String) -> Self {
        Self::Str(value)
    }
}
impl From<Vec<String>> for WireValue {
    fn from(value: Vec<String>) -> Self {
        Self::StrArray(value)
    }
}

/// What an attribute tells, which decides whether a content level lets it leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Names, tokens, cost, timing: always leaves.
    Plain,
    /// Prompts, completions, arguments, results: leaves with `Content::All` only.
    Message,
    /// Event bodies, exception messages, stack traces: leaves unless `Content::None`.
    Diagnostic,
}

/// One attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attribute {
    pub(crate) key: Cow<'static, str>,
    pub(crate) value: WireValue,
    pub(crate) class: Class,
    /// Copying stopped at the cap: the last 4 KiB are there for the redactor only.
    pub(crate) cut: bool,
}

/// Attributes in order, a key once. The order matters: the server reads lists by it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AttributeSet(pub(crate) Vec<Attribute>);

impl AttributeSet {
    /// Sets `key`; an earlier value is replaced in its place.
    pub(crate) fn set(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<WireValue>) {
        self.put(Attribute {
            key: key.into(),
            value: value.into(),
            class: Class::Plain,
            cut: false,
        });
    }

    /// Sets `key` to something that a content level may hold back.
    pub(crate) fn set_as(&mut self, class: Class, key: impl Into<Cow<'static, str>>, value: impl Into<WireValue>) {
        self.put(Attribute {
            key: key.into(),
            value: value.into(),
            class,
            cut: false,
        });
    }

    /// Sets an attribute as it is.
    pub(crate) fn put(&mut self, attribute: Attribute) {
        match self.0.iter_mut().find(|have| have.key == attribute.key) {
            Some(have) => *have = attribute,
            None => self.0.push(attribute),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&WireValue> {
        self.0.iter().find(|have| have.key == key).map(|have| &have.value)
    }

    #[cfg(test)]
    pub(crate) fn get_str(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            WireValue::Str(text) => Some(text),
            _ => None,
        }
    }

    #[cfg(test)]
    pub(crate) fn get_i64(&self, key: &str) -> Option<i64> {
        match self.get(key)? {
            WireValue::I64(n) => Some(*n),
            _ => None,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Attribute> {
        self.0.iter()
    }
}

/// OpenTelemetry's span kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtelKind {
    Internal,
    Client,
    Server,
    Producer,
    Consumer,
}

/// OpenTelemetry's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WireStatus {
    Unset,
    Ok,
    Error(String),
}

/// An event on a span.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WireEvent {
    pub(crate) name: Cow<'static, str>,
    /// What the name tells: a message of the program is a diagnostic.
    pub(crate) name_class: Class,
    pub(crate) at: Instant,
    pub(crate) attributes: AttributeSet,
}

/// A span without its ids and times.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WireSpan {
    pub(crate) name: String,
    pub(crate) kind: EntityKind,
    pub(crate) otel_kind: OtelKind,
    pub(crate) status: WireStatus,
    pub(crate) attributes: AttributeSet,
    pub(crate) events: Vec<WireEvent>,
    pub(crate) dropped_attributes: u32,
    pub(crate) dropped_events: u32,
}
