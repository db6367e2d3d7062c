//! [`Span`]: a span as the collector received it.

use std::sync::Arc;

use super::{Attributes, Value};

/// A span as the collector received it.
///
/// The fields are public, so that a test can also build spans by hand, beginning with [`Span::new`].
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Span {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// 16 hexadecimal digits; `None` for the root of a trace.
    pub parent_span_id: Option<String>,
    /// W3C trace state, empty if there is none.
    pub trace_state: String,
    /// OTLP flags: the lowest eight bits are the W3C trace flags.
    pub flags: u32,
    /// The name.
    pub name: String,
    /// OpenTelemetry's kind; AgentOps' own is [`kind`](Self::kind).
    pub otel_kind: OtelKind,
    /// Start, in nanoseconds since the Unix epoch.
    pub start_unix_nanos: u64,
    /// End, in nanoseconds since the Unix epoch.
    pub end_unix_nanos: u64,
    /// How it ended.
    pub status: Status,
    /// The attributes, in the order of the wire.
    pub attributes: Attributes,
    /// The events, in the order of the wire.
    pub events: Vec<Event>,
    /// The links, in the order of the wire.
    pub links: Vec<Link>,
    /// Attributes that the sender says it left out.
    pub dropped_attributes: u32,
    /// Events that the sender says it left out.
    pub dropped_events: u32,
    /// Links that the sender says it left out.
    pub dropped_links: u32,
    /// The name of the instrumentation scope.
    pub scope_name: String,
    /// The version of the instrumentation scope.
    pub scope_version: String,
    /// The resource that sent it, shared by all spans of one request.
    pub resource: Arc<Attributes>,
}

impl Span {
    /// A span with a name and nothing else.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// The same span with one more attribute.
    #[must_use]
    pub fn with_attribute(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.attributes.set(key, value);
        self
    }

    /// The value of an attribute.
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes.get(key)
    }

    /// The text of an attribute, `None` also where its value is no text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.attribute(key)?.as_str()
    }

    /// What the span stands for, the attribute `agentops.span.kind`: `agent`, `tool`, ...
    pub fn kind(&self) -> Option<&str> {
        self.text(crate::semconv::agentops::SPAN_KIND)
    }

    /// The events of this name.
    pub fn events_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Event> {
        self.events.iter().filter(move |event| event.name == name)
    }

    /// Whether the status is an error.
    pub fn is_error(&self) -> bool {
        self.status.code == StatusCode::Error
    }
}

/// OpenTelemetry's kind of a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OtelKind {
    /// None, or one that OTLP does not know.
    #[default]
    Unspecified,
    /// Within the program.
    Internal,
    /// Answers a request.
    Server,
    /// Makes a request.
    Client,
    /// Sends a message.
    Producer,
    /// Receives a message.
    Consumer,
}

/// How a span ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The code.
    pub code: StatusCode,
    /// What went wrong, empty if nothing was said.
    pub message: String,
}

impl Status {
    /// A status with its message.
    pub fn new(code: StatusCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// The code of a [`Status`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatusCode {
    /// Nobody said.
    #[default]
    Unset,
    /// It did what it should.
    Ok,
    /// It did not.
    Error,
}

/// An event on a span.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The name.
    pub name: String,
    /// When, in nanoseconds since the Unix epoch.
    pub unix_nanos: u64,
    /// The attributes, in the order of the wire.
    pub attributes: Attributes,
}

impl Event {
    /// An event with a name and nothing else.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// The value of an attribute.
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes.get(key)
    }
}

/// A span elsewhere that a span is related to.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Link {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// OTLP flags, as in [`Span::flags`].
    pub flags: u32,
    /// The attributes, in the order of the wire.
    pub attributes: Attributes,
}
