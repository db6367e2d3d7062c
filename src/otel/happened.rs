//! Events of a span of OpenTelemetry: what was logged, what failed, and what a function gave back.

use std::time::Instant;

use opentelemetry::{Array, KeyValue, StringValue, Value, trace::Event};
use tracing::Level;

use super::reading::{Surrounded, say, text};
use crate::{
    record::{EventRecord, Failure, Fields, Origin, Say, SpanRecord},
    semconv::agentops,
};

/// What `tracing` calls an event that has no message: `event src/main.rs:7`.
const UNNAMED: &str = "event ";

/// Adds an event to the record of its span.
pub(super) fn add(record: &mut SpanRecord, event: &Event, at: Instant, span: &Surrounded<'_>, cap: usize) {
    let told = Told::of(event);
    if event.name == agentops::EXCEPTION {
        record.fail(failure(&told, at, cap));
        return;
    }
    if let [KeyValue { key, value, .. }] = told.fields
        && key.as_str() == SpanRecord::RETURN
        && event.name.starts_with(UNNAMED)
    {
        // It is written where its span is; that of another function went to its caller.
        if told.level.is_some() && (told.file, told.line) == (span.file, span.line) {
            let said = Say::Text(text(value).unwrap_or_default(), Origin::Debug);
            record.fields.set(SpanRecord::RETURN, said, cap);
        }
        return;
    }
    let mut fields = Box::<Fields>::default();
    let by_tracing = told.level.is_some();
    if by_tracing && !event.name.starts_with(UNNAMED) {
        fields.set("message", Say::Text(&event.name, Origin::Debug), cap);
    }
    for KeyValue { key, value, .. } in told.fields {
        let key = key.as_str();
        let repeats_error = key.starts_with("exception.") || key.strip_suffix(".chain").is_some();
        if !(by_tracing && repeats_error) {
            say(&mut fields, key, value, by_tracing, cap);
        }
    }
    record.add_event(
        EventRecord {
            at,
            name: event.name.clone(),
            level: told.level.unwrap_or(Level::INFO),
            fields,
            error_chain: if by_tracing { told.chain() } else { None },
        },
        true,
    );
}

fn failure(told: &Told<'_>, at: Instant, cap: usize) -> Failure {
    let mut message = Fields::default();
    if let Some(value) = told.get(agentops::EXCEPTION_MESSAGE) {
        say(&mut message, "message", value, told.level.is_some(), cap);
    }
    let type_name = told.get(agentops::EXCEPTION_TYPE).and_then(text);
    Failure {
        at,
        type_name: type_name.map(|name| name.to_owned().into()),
        message: message.get_text("message").unwrap_or_default().to_owned(),
        chain: told.chain(),
    }
}

/// The fields of an event, and what `tracing-opentelemetry` put around them.
struct Told<'a> {
    fields: &'a [KeyValue],
    /// Only `tracing` has levels.
    level: Option<Level>,
    file: Option<&'a Value>,
    line: Option<&'a Value>,
}

impl<'a> Told<'a> {
    fn of(event: &'a Event) -> Self {
        let mut told = Self {
            fields: &event.attributes,
            level: None,
            file: None,
            line: None,
        };
        let [level, target, fields @ ..] = told.fields else {
            return told;
        };
        if level.key.as_str() != "level" || target.key.as_str() != "target" {
            return told;
        }
        told.level = text(&level.value).and_then(|level| level.parse().ok());
        told.fields = fields;
        while let [before @ .., last] = told.fields {
            match last.key.as_str() {
                "code.file.path" => told.file = Some(&last.value),
                "code.line.number" => told.line = Some(&last.value),
                "code.module.name" => {}
                _ => break,
            }
            told.fields = before;
        }
        told
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        let found = self.fields.iter().find(|attribute| attribute.key.as_str() == key);
        found.map(|attribute| &attribute.value)
    }

    /// A stack trace; or the causes, which `tracing-opentelemetry` puts there as a list.
    fn chain(&self) -> Option<String> {
        let chain = match self.get(agentops::EXCEPTION_STACKTRACE)? {
            Value::Array(Array::String(causes)) => {
                let lines = causes.iter().map(StringValue::as_str);
                lines
                    .map(|cause| format!("caused by: {cause}"))
                    .collect::<Vec<_>>()
                    .join("\n")
            }
            other => text(other)?.to_owned(),
        };
        (!chain.is_empty()).then_some(chain)
    }
}
