//! [`Golden`]: what the AgentOps Python SDK 0.4.21 sends, captured on loopback.

use std::sync::Arc;

use agentops::testing::{Attributes, Event, OtelKind, Span, Status, StatusCode, Value};
use serde_json::Value as Json;

const CAPTURE: &str = include_str!("../fixtures/python-sdk-0.4.21.json");

/// The capture: three programs.
#[derive(Debug)]
pub(crate) struct Golden {
    /// An auto-session, an agent, a task, a model call.
    pub(crate) putting_it_all_together: Scenario,
    /// Every kind of span, an error, generators, tags, cost, metadata.
    pub(crate) hierarchy: Scenario,
    /// Model calls: plain, streaming, with tools, failing, embeddings; under agents that outlive the program.
    pub(crate) openai: Scenario,
}

/// What one program sent.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) resource: Attributes,
    pub(crate) spans: Vec<Span>,
}

impl Scenario {
    /// The first span of this name.
    pub(crate) fn span(&self, name: &str) -> &Span {
        self.spans
            .iter()
            .find(|span| span.name == name)
            .unwrap_or_else(|| panic!("{} has no span {name}", self.name))
    }

    /// The same span, to be doctored.
    pub(crate) fn span_mut(&mut self, name: &str) -> &mut Span {
        self.spans
            .iter_mut()
            .find(|span| span.name == name)
            .expect("a span of the capture")
    }
}

impl Golden {
    pub(crate) fn load() -> Self {
        let capture: Json = serde_json::from_str(CAPTURE).expect("the capture is JSON");
        let load = |name| scenario(name, &capture["scenarios"][name]);
        Self {
            putting_it_all_together: load("putting_it_all_together"),
            hierarchy: load("hierarchy"),
            openai: load("openai"),
        }
    }
}

fn scenario(name: &'static str, captured: &Json) -> Scenario {
    let resource = Arc::new(attributes(&captured["resource"][0]));
    let spans: Vec<_> = captured["spans"]
        .as_array()
        .expect("spans")
        .iter()
        .map(|it| span(it, &resource))
        .collect();
    Scenario {
        name,
        resource: Attributes::clone(&resource),
        spans,
    }
}

fn span(captured: &Json, resource: &Arc<Attributes>) -> Span {
    let mut span = Span::new(text(&captured["name"]));
    span.trace_id = text(&captured["trace_id"]);
    span.span_id = text(&captured["span_id"]);
    span.parent_span_id = Some(text(&captured["parent_span_id"])).filter(|id| !id.is_empty());
    span.flags = u32::try_from(number(&captured["flags"])).expect("flags of 32 bits");
    span.otel_kind = match text(&captured["otel_kind"]).as_str() {
        "INTERNAL" => OtelKind::Internal,
        "CLIENT" => OtelKind::Client,
        other => panic!("the capture has no kind {other}"),
    };
    span.start_unix_nanos = number(&captured["start_time_unix_nano"]);
    span.end_unix_nanos = number(&captured["end_time_unix_nano"]);
    let code = match text(&captured["status"]["code"]).as_str() {
        "UNSET" => StatusCode::Unset,
        "OK" => StatusCode::Ok,
        "ERROR" => StatusCode::Error,
        other => panic!("the capture has no status {other}"),
    };
    span.status = Status::new(code, text(&captured["status"]["message"]));
    span.attributes = attributes(&captured["attributes"]);
    span.events = captured["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(event)
        .collect();
    span.scope_name = text(&captured["scope"]["name"]);
    span.scope_version = text(&captured["scope"]["version"]);
    span.resource = Arc::clone(resource);
    span
}

fn event(captured: &Json) -> Event {
    let mut event = Event::new(text(&captured["name"]));
    event.unix_nanos = number(&captured["time_unix_nano"]);
    event.attributes = attributes(&captured["attributes"]);
    event
}

fn attributes(captured: &Json) -> Attributes {
    captured
        .as_object()
        .expect("attributes")
        .iter()
        .map(|(key, typed)| (key.as_str(), value(typed)))
        .collect()
}

/// A value as the capture writes it: an object with the OTLP type as its one key.
fn value(typed: &Json) -> Value {
    let (kind, value) = typed
        .as_object()
        .and_then(|typed| typed.iter().next())
        .expect("a typed value");
    let read = match kind.as_str() {
        "string_value" => value.as_str().map(Value::from),
        "int_value" => value.as_i64().map(Value::from),
        "double_value" => value.as_f64().map(Value::from),
        "bool_value" => value.as_bool().map(Value::from),
        "array_value" => value
            .as_array()
            .map(|items| Value::Array(items.iter().map(self::value).collect())),
        _ => None,
    };
    read.unwrap_or_else(|| panic!("the capture has a value that is no {kind}: {value}"))
}

fn text(value: &Json) -> String {
    value.as_str().expect("a text").to_owned()
}

fn number(value: &Json) -> u64 {
    value.as_u64().expect("a number")
}
