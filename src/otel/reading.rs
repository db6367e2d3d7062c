//! Reading a span of OpenTelemetry as a record: the inverse of [`span`](super::span), before meaning is given.
//!
//! `tracing-opentelemetry` puts attributes of its own around a span's fields. They are told apart by their place, and
//! taken out: through the layer, the same span has none of them.

use std::time::{Duration, Instant};

use opentelemetry::{
    Array, KeyValue, StringValue, Value,
    trace::{SpanKind, Status},
};
use opentelemetry_sdk::trace::SpanData;
use tracing::Level;

use super::{foreign::unix_nanos, happened};
use crate::{
    attributes::classify,
    clock::Start,
    hierarchy::SpanLink,
    propagation::link_of,
    record::{Fields, Key, Origin, Say, SpanRecord, Told},
    semconv::agentops::field,
};

/// A span, read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) record: Box<SpanRecord>,
    pub(super) end: Instant,
    pub(super) links: Vec<SpanLink>,
}

/// Reads a span that ended. `base` stands for its start.
pub(super) fn read(span: &SpanData, base: Instant, cap: usize) -> Read {
    let start = Start {
        unix_nanos: unix_nanos(span.start_time),
        at: base,
    };
    let moment = |time| moment(&start, unix_nanos(time));
    let fields = Surrounded::of(&span.attributes);
    let mut record = record(span, &fields, start, cap);
    for event in &span.events.events {
        happened::add(&mut record, event, moment(event.timestamp), &fields, cap);
    }
    record.fields.add_dropped(span.dropped_attributes_count);
    record.dropped_events = record.dropped_events.saturating_add(span.events.dropped_count);
    put_status(&mut record, &span.status, cap);
    let own = &span.links;
    let beyond = own.links.len().saturating_sub(SpanLink::MOST);
    record.dropped_links = own
        .dropped_count
        .saturating_add(u32::try_from(beyond).unwrap_or(u32::MAX));
    let links = own.links.iter().filter_map(|link| link_of(&link.span_context));
    Read {
        end: moment(span.end_time),
        links: links.take(SpanLink::MOST).collect(),
        record: Box::new(record),
    }
}

/// What was said at a span's start, as far as it settles what the span stands for.
pub(super) fn outline(span: &SpanData) -> SpanRecord {
    /// Kinds and names are short.
    const CAP: usize = 1024;
    let start = Start {
        unix_nanos: 0,
        at: crate::clock::Clock::System.now(),
    };
    record(span, &Surrounded::of(&span.attributes), start, CAP)
}

/// The target of the span's callsite in `tracing`, else the name of the instrumentation.
pub(super) fn target(span: &SpanData) -> &str {
    let told = Surrounded::of(&span.attributes).target;
    told.unwrap_or_else(|| span.instrumentation_scope.name())
}

/// A moment of a span that is measured from `start`.
pub(super) fn moment(start: &Start, unix_nanos: u64) -> Instant {
    let since = Duration::from_nanos(unix_nanos.saturating_sub(start.unix_nanos));
    start.at.checked_add(since).unwrap_or(start.at)
}

fn record(span: &SpanData, surrounded: &Surrounded<'_>, start: Start, cap: usize) -> SpanRecord {
    let callsite = Told {
        name: span.name.clone(),
        target: target(span).to_owned().into(),
    };
    let mut record = SpanRecord::new(callsite, start);
    let fields = &mut record.fields;
    for KeyValue { key, value, .. } in surrounded.fields {
        // A method's own state is never recorded.
        if key.as_str() != "self" {
            say(fields, key.as_str(), value, surrounded.by_tracing, cap);
        }
    }
    let kind = match span.span_kind {
        SpanKind::Client => Some("client"),
        SpanKind::Server => Some("server"),
        SpanKind::Producer => Some("producer"),
        SpanKind::Consumer => Some("consumer"),
        // What a span has to which nothing was said.
        SpanKind::Internal => None,
    };
    if let Some(kind) = kind {
        fields.set(field::OTEL_KIND, Say::Text(kind, Origin::Str), cap);
    }
    record.kind = classify::settle(&record.callsite, &record.fields);
    record
}

/// Ok and Error are what somebody said; an Error without a word is what an ERROR event leaves, which is judged again.
fn put_status(record: &mut SpanRecord, status: &Status, cap: usize) {
    let by_event = record.events.iter().any(|event| event.level == Level::ERROR);
    let (code, description) = match status {
        Status::Unset => return,
        Status::Ok => ("ok", None),
        Status::Error { description } if description.is_empty() && (by_event || record.failure.is_some()) => return,
        Status::Error { description } => ("error", Some(description).filter(|text| !text.is_empty())),
    };
    record
        .fields
        .set(field::OTEL_STATUS_CODE, Say::Text(code, Origin::Str), cap);
    if let Some(description) = description {
        let key = field::OTEL_STATUS_DESCRIPTION;
        record.fields.set(key, Say::Text(description, Origin::Str), cap);
    }
}

/// The fields of a span, and what `tracing-opentelemetry` put around them.
pub(super) struct Surrounded<'a> {
    pub(super) fields: &'a [KeyValue],
    /// It did: the span comes from `tracing`.
    by_tracing: bool,
    target: Option<&'a str>,
    pub(super) file: Option<&'a Value>,
    pub(super) line: Option<&'a Value>,
}

impl<'a> Surrounded<'a> {
    fn of(attributes: &'a [KeyValue]) -> Self {
        const BEFORE: [&str; 7] = [
            "code.file.path",
            "code.module.name",
            "code.line.number",
            "thread.id",
            "thread.name",
            "level",
            "target",
        ];
        let mut expected = BEFORE.iter();
        let before = attributes
            .iter()
            .take_while(|attribute| expected.any(|key| *key == attribute.key.as_str()))
            .count();
        let (front, fields) = attributes.split_at_checked(before).unwrap_or_default();
        let of = |key: &str| {
            let found = front.iter().find(|attribute| attribute.key.as_str() == key);
            found.map(|attribute| &attribute.value)
        };
        let timed = match fields {
            [fields @ .., busy, idle] if busy.key.as_str() == "busy_ns" && idle.key.as_str() == "idle_ns" => {
                Some(fields)
            }
            _ => None,
        };
        let target = of("target").and_then(text);
        let by_tracing = target.is_some() || timed.is_some();
        Self {
            fields: if by_tracing {
                timed.unwrap_or(fields)
            } else {
                attributes
            },
            by_tracing,
            target,
            file: of("code.file.path"),
            line: of("code.line.number"),
        }
    }
}

pub(super) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text.as_str()),
        _ => None,
    }
}

/// Says an attribute's value with its type.
pub(super) fn say(fields: &mut Fields, key: &str, value: &Value, by_tracing: bool, cap: usize) {
    let name = Key::Told(key);
    match value {
        Value::Bool(value) => fields.set(name, Say::Bool(*value), cap),
        Value::I64(value) => fields.set(name, Say::I64(*value), cap),
        Value::F64(value) => fields.set(name, Say::F64(*value), cap),
        Value::String(value) => fields.set(name, said(key, value.as_str(), by_tracing), cap),
        Value::Array(array) => fields.set(name, Say::Text(&list(array), Origin::List), cap),
        // A type that later versions of OpenTelemetry have.
        other => fields.set_formatted(name, format_args!("{other}"), cap),
    }
}

/// A text, with what became of its type in `tracing-opentelemetry`, which writes unsigned integers as texts and does
/// not tell a string from what a `Debug` wrote.
fn said<'a>(key: &str, value: &'a str, by_tracing: bool) -> Say<'a> {
    if is_count(key)
        && let Ok(count) = value.parse()
    {
        return Say::U64(count);
    }
    let origin = if by_tracing && value.starts_with(['"', '{', '[']) {
        Origin::Debug
    } else {
        Origin::Str
    };
    Say::Text(value, origin)
}

/// An attribute that the conventions define as an integer that is not negative.
fn is_count(key: &str) -> bool {
    matches!(
        key,
        "gen_ai.request.max_tokens"
            | "gen_ai.request.choice.count"
            | "gen_ai.request.seed"
            | "http.response.status_code"
            | "http.status_code"
            | "server.port"
    ) || key.starts_with("llm.token_count.")
        || key.starts_with("gen_ai.usage.") && !key.ends_with("cost")
}

/// A list as JSON.
fn list(array: &Array) -> String {
    let json = match array {
        Array::Bool(items) => serde_json::to_string(items),
        Array::I64(items) => serde_json::to_string(items),
        Array::F64(items) => serde_json::to_string(items),
        Array::String(items) => serde_json::to_string(&items.iter().map(StringValue::as_str).collect::<Vec<_>>()),
        other => serde_json::to_string(&format!("{other:?}")),
    };
    json.unwrap_or_default()
}
