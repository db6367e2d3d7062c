//! How requests travel.

use std::time::Duration;

use agentops::{
    Builder, Compression, Protocol,
    testing::{Collector, Failure},
};

use super::harness::{DEADLINE, as_is, run, seen, seen_plain, to_plain, tool, tool_with, variables};

/// What the header `name` says of the requests that bring a span of 20,000 bytes to a plain backend.
fn header(name: &str, settings: impl FnOnce(Builder) -> Builder) -> Option<String> {
    let seen = seen_plain(settings, |_| tool_with(20_000));
    assert_eq!(seen.names(), ["tool.tool", "default.session"]);
    let deliveries = seen.deliveries();
    let [request] = deliveries.as_slice() else {
        panic!("{deliveries:?}")
    };
    request.header(name).map(ToOwned::to_owned)
}

/// Without a key, `specific` is read before `general`, and a setter before both.
fn assert_read(
    name: &str,
    general: &str,
    specific: &str,
    [usual, chosen]: [(&str, Option<&str>); 2],
    setter: impl Fn(Builder) -> Builder,
) {
    let under = |pairs: &[(&str, &str)]| header(name, |builder| builder.with_env(variables(pairs)));
    assert_eq!(header(name, as_is).as_deref(), usual.1);
    assert_eq!(header(name, &setter).as_deref(), chosen.1);
    assert_eq!(under(&[(general, chosen.0)]).as_deref(), chosen.1);
    assert_eq!(under(&[(specific, chosen.0)]).as_deref(), chosen.1);
    assert_eq!(under(&[(general, usual.0), (specific, chosen.0)]).as_deref(), chosen.1);
    let overruled = [(general, usual.0), (specific, usual.0)];
    let overruled = header(name, |builder| setter(builder.with_env(variables(&overruled))));
    assert_eq!(overruled.as_deref(), chosen.1);
}

#[test]
fn the_protocol_is_protobuf_or_json() {
    covers!(
        "with_protocol",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
    );
    assert_read(
        "content-type",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        [
            ("http/protobuf", Some("application/x-protobuf")),
            ("http/json", Some("application/json")),
        ],
        |builder| builder.with_protocol(Protocol::HttpJson),
    );
}

#[test]
fn long_requests_are_compressed_unless_that_is_switched_off() {
    covers!(
        "with_compression",
        "OTEL_EXPORTER_OTLP_COMPRESSION",
        "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION"
    );
    assert_read(
        "content-encoding",
        "OTEL_EXPORTER_OTLP_COMPRESSION",
        "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
        [("gzip", Some("gzip")), ("none", None)],
        |builder| builder.with_compression(Compression::None),
    );
}

#[test]
fn headers_of_the_program_and_of_the_variables_travel_with_spans() {
    covers!(
        "with_header",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
    );
    let general = ("OTEL_EXPORTER_OTLP_HEADERS", "x-team=general,x-only=general");
    let specific = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-team=two%20words");
    let under = |name: &str, pairs: &[(&str, &str)]| header(name, |builder| builder.with_env(variables(pairs)));
    assert_eq!(header("x-team", as_is), None);
    assert_eq!(under("x-team", &[general]).as_deref(), Some("general"));
    assert_eq!(under("x-team", &[general, specific]).as_deref(), Some("two words"));
    assert_eq!(
        under("x-only", &[general, specific]),
        None,
        "one replaces the other whole"
    );
    let both = |name: &str| {
        header(name, |builder| {
            builder.with_env(variables(&[general])).with_header("X-Team", "blue")
        })
    };
    assert_eq!(both("x-team").as_deref(), Some("blue"));
    assert_eq!(both("x-only").as_deref(), Some("general"));

    let with_key = seen(|builder| builder.with_header("x-team", "blue"), |_| tool());
    for request in &with_key.requests {
        let expected = (request.path == "/v1/traces").then_some("blue");
        assert_eq!(request.header("x-team"), expected, "only spans carry it: {request:?}");
    }
    assert_eq!(with_key.spans.len(), 2);
}

#[test]
fn a_request_that_takes_too_long_is_given_up_and_tried_again() {
    covers!(
        "with_export_timeout",
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"
    );
    // Less than the default of 10 seconds, more than what is set and the wait before another attempt.
    let patience = Duration::from_secs(8);
    let (general, specific) = ("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT");
    let env = |pairs: &'static [(&str, &str)]| move |builder: Builder| builder.with_env(variables(pairs));
    let settings: [Box<dyn FnOnce(Builder) -> Builder>; 4] = [
        Box::new(|builder| builder.with_export_timeout(Duration::from_millis(1_500))),
        Box::new(env(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "1500")])),
        Box::new(env(&[
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "60000"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1500"),
        ])),
        Box::new(move |builder| {
            let long = [(general, "60000"), (specific, "60000")];
            builder
                .with_env(variables(&long))
                .with_export_timeout(Duration::from_millis(1_500))
        }),
    ];
    for settings in settings {
        let backend = Collector::start_without_auth();
        backend.fail_next(Failure::no_answer());
        let seen = run(&backend, settings(to_plain(&backend)), |agentops| {
            tool();
            agentops.force_flush(patience).unwrap();
            assert!(agentops.stats().retries >= 1, "{:?}", agentops.stats());
        });
        assert_eq!(seen.requests[0].status, None, "the first one was never answered");
        assert_eq!(seen.names(), ["tool.tool", "default.session"]);
    }
    let prompt = seen_plain(as_is, |agentops| {
        tool();
        agentops.force_flush(DEADLINE).unwrap();
    });
    assert_eq!(prompt.stats.retries, 0);
}
