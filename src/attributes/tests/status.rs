//! How spans end: status, exceptions, events.

use super::*;
use crate::semconv::wire::WireEvent;

fn task() -> Span {
    marked("work", EntityKind::Task)
}

fn error(text: &str) -> WireStatus {
    WireStatus::Error(text.to_owned())
}

fn exceptions(wire: &WireSpan) -> Vec<&WireEvent> {
    wire.events.iter().filter(|event| event.name == "exception").collect()
}

#[test]
fn a_failure_is_one_exception_and_an_error_with_its_type() {
    let wire = task()
        .failed(
            Some("ParseError"),
            "no digit",
            Some("ParseError: no digit\ncaused by: x"),
        )
        .map();
    assert_eq!(wire.status, error("ParseError: no digit"));
    assert_eq!(wire.attributes.str("error.type"), "ParseError");
    assert_eq!(wire.attributes.str("error.message"), "no digit");
    assert_eq!(wire.attributes.class("error.message"), Class::Diagnostic);
    let [event] = exceptions(&wire)[..] else {
        panic!("{:?}", wire.events)
    };
    assert_eq!(event.attributes.str("exception.type"), "ParseError");
    assert_eq!(event.attributes.str("exception.message"), "no digit");
    assert_eq!(
        event.attributes.str("exception.stacktrace"),
        "ParseError: no digit\ncaused by: x"
    );
    assert_eq!(event.attributes.class("exception.message"), Class::Diagnostic);
    assert_eq!(event.attributes.class("exception.stacktrace"), Class::Diagnostic);
}

#[test]
fn a_failure_of_unknown_type_has_its_message_alone() {
    let wire = task().failed(None, "no digit", None).map();
    assert_eq!(wire.status, error("no digit"));
    assert!(!wire.attributes.has("error.type"));
    assert_eq!(exceptions(&wire)[0].attributes.keys(), ["exception.message"]);
}

#[test]
fn otel_status_wins() {
    let failed = || task().failed(Some("E"), "m", None);
    let recovered = failed().text("otel.status_code", "OK").map();
    assert_eq!(recovered.status, WireStatus::Ok);
    assert!(!recovered.attributes.has("error.type") && !recovered.attributes.has("otel.status_code"));
    assert_eq!(exceptions(&recovered).len(), 1, "it happened all the same");

    let said = task()
        .text("otel.status_code", "error")
        .text("otel.status_description", "quota")
        .map();
    assert_eq!(
        (said.status.clone(), said.attributes.str("error.message")),
        (error("quota"), "quota")
    );
    assert_eq!(said.events, []);
    assert_eq!(
        failed().text("otel.status_description", "quota").map().status,
        error("quota")
    );
    assert_eq!(task().text("otel.status_code", "error").map().status, error("error"));
    assert_eq!(task().text("otel.status_code", "fine").map().status, WireStatus::Ok);
}

#[test]
fn an_error_type_stands_on_failed_spans_only() {
    let wire = chat().text("error.type", "timeout").map();
    assert_eq!(
        (wire.status, wire.attributes.str("error.type")),
        (error("timeout"), "timeout")
    );
    let wire = chat()
        .text("error.type", "timeout")
        .text("error.message", "after 30 s")
        .map();
    assert_eq!(
        (wire.status, wire.attributes.str("error.message")),
        (error("timeout: after 30 s"), "after 30 s")
    );
}

#[test]
fn the_first_error_event_is_the_status_unless_switched_off() {
    let span = || {
        task()
            .event(Level::WARN, 1, &[("message", "slow")])
            .event(Level::ERROR, 2, &[("message", "lost"), ("code", "7")])
            .event(Level::ERROR, 3, &[("message", "gave up")])
    };
    let wire = span().map();
    assert_eq!(
        (wire.status, wire.attributes.str("error.message")),
        (error("lost"), "lost")
    );
    assert_eq!(wire.events.len(), 3, "an event is no exception");
    let off = span().with(|policy| policy.error_events_to_status = false).map();
    assert_eq!(off.status, WireStatus::Ok);
    assert!(!off.attributes.has("error.message"));
    assert_eq!(span().failed(Some("E"), "m", None).map().status, error("E: m"));
}

#[test]
fn events_are_named_by_their_message_and_keep_their_order() {
    let wire = task()
        .event(
            Level::INFO,
            90,
            &[
                ("message", "after"),
                ("log.target", "dep"),
                ("log.line", "3"),
                ("n", "1"),
            ],
        )
        .event(Level::INFO, 10, &[("n", "2")])
        .failed(None, "between", None)
        .map();
    let names: Vec<_> = wire.events.iter().map(|event| &*event.name).collect();
    assert_eq!(names, ["event src/main.rs:1", "exception", "after"]);
    assert_eq!(wire.events[2].attributes.keys(), ["n"]);
    assert_eq!(wire.events[2].attributes.class("n"), Class::Diagnostic);
    assert_eq!(
        (wire.events[0].name_class, wire.events[2].name_class),
        (Class::Plain, Class::Diagnostic)
    );
}

#[test]
fn the_score_of_an_evaluation_is_no_content() {
    let wire = task()
        .event(
            Level::INFO,
            1,
            &[
                ("gen_ai.evaluation.name", "tone"),
                ("gen_ai.evaluation.explanation", "too curt"),
            ],
        )
        .map();
    let attributes = &wire.events[0].attributes;
    assert_eq!(attributes.class("gen_ai.evaluation.name"), Class::Plain);
    assert_eq!(attributes.class("gen_ai.evaluation.explanation"), Class::Diagnostic);
}

#[test]
fn dropped_fields_and_events_are_counted() {
    let mut span = task();
    span.record.dropped_events = 3;
    for i in 0..=Fields::MAX_FIELDS {
        span.record
            .fields
            .set(Key::Told(&format!("k.{i}")), Say::Bool(true), CAP);
    }
    let wire = span.map();
    assert_eq!((wire.dropped_events, wire.dropped_attributes), (3, 2));
}
