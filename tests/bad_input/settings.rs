//! Wrong settings: each variable with values that it does not accept, and URLs that are none.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc, time::Duration};

use agentops::{Builder, Export, testing::Collector};
use tracing::info_span;

use crate::{
    host::{DEADLINE, Host, KEY},
    table::healthy,
};

const BOOL: &str = "true, 1, t or yes, or false, 0, f or no";
const MESSAGES: &str =
    "true, 1, t or yes, or false, 0, f or no, or NO_CONTENT, SPAN_ONLY, EVENT_ONLY or SPAN_AND_EVENT";
const URL: &str = "an http or https URL with a host, such as http://localhost:4318/v1/traces";
const PAIRS: &str = "key=value pairs separated by commas, percent-encoded";
const MILLIS: &str = "a whole number of milliseconds above 0";
const SPANS: &str = "a whole number of spans above 0";
const CHARACTERS: &str = "a whole number of characters above 0";
const RATIO: &str = "a number from 0 to 1";
const SAMPLER: &str = "always_on, always_off or traceidratio, or parentbased_ and one of these";
const EXPORT: &str = "auto, required, console, file:PATH or off";
const PROTOCOL: &str = "http/protobuf, http/json or grpc";
const HEADER_NAMES: &str = "key=value pairs separated by commas, each key a header name of letters, digits and -";
const HEADER_VALUES: &str = "key=value pairs separated by commas, each value in printable ASCII characters";
const PRICES: &str = "the path of a JSON file such as {\"my-model\": {\"input\": 2.0, \"output\": 8.0, \
     \"cache_read\": 0.5, \"cache_creation\": 2.5}}, in USD per million tokens, the two for caches optional";
const API_KEY: &str = "a key without spaces and control characters";

/// A variable, a value that it does not accept, how the error shows the value, and what it accepts.
type Wrong = (&'static str, &'static str, &'static str, &'static str);

const WRONG: &[Wrong] = &[
    ("AGENTOPS_API_KEY", "two words", "[secret]", API_KEY),
    ("AGENTOPS_API_KEY", "bell\u{7}", "[secret]", API_KEY),
    ("AGENTOPS_EXPORT", "stdout", "stdout", EXPORT),
    ("AGENTOPS_EXPORT", "file:", "file:", EXPORT),
    ("AGENTOPS_AUTO_START_SESSION", "maybe", "maybe", BOOL),
    ("AGENTOPS_ENV_DATA_OPT_OUT", "2", "2", BOOL),
    ("AGENTOPS_EXPORT_FLUSH_INTERVAL", "1s", "1s", MILLIS),
    ("AGENTOPS_EXPORT_FLUSH_INTERVAL", "0", "0", MILLIS),
    (
        "AGENTOPS_EXPORT_FLUSH_INTERVAL",
        "99999999999999999999",
        "99999999999999999999",
        MILLIS,
    ),
    ("AGENTOPS_MAX_QUEUE_SIZE", "-1", "-1", SPANS),
    ("AGENTOPS_MAX_QUEUE_SIZE", "1e3", "1e3", SPANS),
    ("AGENTOPS_LOG_SESSION_REPLAY_URL", "on", "on", BOOL),
    ("AGENTOPS_CAPTURE_CONTENT", "some", "some", "all, no-messages or none"),
    ("AGENTOPS_INSTRUMENT_LLM_CALLS", "openai", "openai", BOOL),
    ("AGENTOPS_SEMCONV", "otel", "otel", "agentops, gen-ai or both"),
    #[cfg(unix)]
    (
        "AGENTOPS_PRICE_FILE",
        "/no/such/prices",
        "/no/such/prices (No such file or directory (os error 2))",
        PRICES,
    ),
    #[cfg(unix)]
    ("AGENTOPS_PRICE_FILE", "/", "/ (Is a directory (os error 21))", PRICES),
    ("AGENTOPS_SAMPLE_RATIO", "1.5", "1.5", RATIO),
    ("AGENTOPS_SAMPLE_RATIO", "NaN", "NaN", RATIO),
    ("AGENTOPS_SAMPLE_RATIO", "10%", "10%", RATIO),
    ("OTEL_SDK_DISABLED", "disabled", "disabled", BOOL),
    ("OTEL_RESOURCE_ATTRIBUTES", "team", "team", PAIRS),
    ("OTEL_RESOURCE_ATTRIBUTES", "=blue", "=blue", PAIRS),
    ("OTEL_RESOURCE_ATTRIBUTES", "team=%ff", "team=%ff", PAIRS),
    ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "1MB", "1MB", CHARACTERS),
    (
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        "SOME",
        "SOME",
        MESSAGES,
    ),
    ("TRACELOOP_TRACE_CONTENT", "off", "off", BOOL),
    ("OTEL_TRACES_SAMPLER", "xray", "xray", SAMPLER),
    ("OTEL_TRACES_SAMPLER_ARG", "1%", "1%", RATIO),
    ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "s3cret", "[secret]", PAIRS),
    ("OTEL_EXPORTER_OTLP_HEADERS", "a b=s3cret", "[secret]", HEADER_NAMES),
    ("OTEL_EXPORTER_OTLP_HEADERS", "a=s3cret%00", "[secret]", HEADER_VALUES),
    ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zstd", "zstd", "gzip or none"),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", "9", "9", "gzip or none"),
    ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "0", "0", MILLIS),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "10s", MILLIS),
    ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc:", "grpc:", PROTOCOL),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/xml", "http/xml", PROTOCOL),
];

/// Texts that are no URL to send to, and how an error shows them.
const NO_URLS: [(&str, &str); 15] = [
    ("localhost:4318", "localhost:4318"),
    ("http:4318", "http:4318"),
    ("http://", "http://"),
    ("http://[::1", "http://[::1"),
    ("http://a b", "http://a b"),
    ("http://h:99999", "http://h:99999"),
    ("http://h:port", "http://h:port"),
    ("http://h\u{7}x", "http://h\u{7}x"),
    ("//h/v1/traces", "//h/v1/traces"),
    ("ftp://h", "ftp://h"),
    ("file:///etc/passwd", "file:///etc/passwd"),
    ("javascript:alert(1)", "javascript:alert(1)"),
    ("http://user:s3cret@", "http://[secret]@"),
    ("s3cret@h", "[secret]@h"),
    ("grpc://h/?key=s3cret", "grpc://h/?[secret]"),
];

const URLS: [&str; 5] = [
    "AGENTOPS_API_ENDPOINT",
    "AGENTOPS_EXPORTER_ENDPOINT",
    "AGENTOPS_APP_URL",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

/// Variables that take any text: nothing that they hold is wrong.
const ANY_TEXT: [&str; 8] = [
    "AGENTOPS_DEFAULT_TAGS",
    "AGENTOPS_TRACE_NAME",
    "AGENTOPS_SERVICE_NAME",
    "AGENTOPS_ENVIRONMENT",
    "AGENTOPS_SPOOL_DIR",
    "OTEL_SERVICE_NAME",
    // Context that is malformed is none, as W3C demands.
    "TRACEPARENT",
    "BAGGAGE",
];

pub(crate) fn check() {
    let host = Host::start(|builder| builder);
    let healthy = || healthy(&host.agentops, &host.collector, |work| host.run(work));
    for (name, value, shown, accepted) in WRONG {
        let mut variables = vec![(*name, *value)];
        match *name {
            // Is read only for a sampler that has an argument.
            "OTEL_TRACES_SAMPLER_ARG" => variables.push(("OTEL_TRACES_SAMPLER", "traceidratio")),
            // Are read only where they describe the destination.
            name if name.starts_with("OTEL_EXPORTER_OTLP") => {
                variables.push(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"));
            }
            _ => {}
        }
        demand_refused(from_environment(&variables), name, shown, accepted);
        healthy();
    }
    for (text, shown) in NO_URLS {
        for name in URLS {
            demand_refused(from_environment(&[(name, text)]), name, shown, URL);
        }
        let nothing = || from_environment(&[]);
        demand_refused(nothing().with_endpoint(text), "with_endpoint", shown, URL);
        demand_refused(
            nothing().with_exporter_endpoint(text),
            "with_exporter_endpoint",
            shown,
            URL,
        );
        demand_refused(nothing().with_app_url(text), "with_app_url", shown, URL);
        healthy();
    }
    demand_long_values_are_shown_short();
    healthy();
    demand_any_text_is_taken(&host.collector);
    demand_an_empty_key_is_none(&host.collector);
    demand_a_key_that_is_none_is_told(&host.collector);
    demand_that_a_later_key_is_read_as_the_first(&host.collector);
    demand_all_variables_have_a_row();
}

/// A builder in an environment of these variables.
fn from_environment(variables: &[(&str, &str)]) -> Builder {
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    agentops::builder().with_env(move |name| {
        let found = variables.iter().find(|(have, _)| have == name)?;
        Some(found.1.clone())
    })
}

fn demand_refused(builder: Builder, name: &str, shown: &str, accepted: &str) {
    let error = builder.build().expect_err(name);
    assert!(error.is_invalid_setting(), "{error}");
    assert_eq!(
        error.to_string(),
        format!("{name} is {shown:?}, which is not accepted: give {accepted}")
    );
}

fn demand_long_values_are_shown_short() {
    let long = format!("ftp://{}", "é".repeat(1_000_000));
    let shown = format!("ftp://{}...", "é".repeat(194));
    demand_refused(
        from_environment(&[("AGENTOPS_APP_URL", &long)]),
        "AGENTOPS_APP_URL",
        &shown,
        URL,
    );
}

fn demand_any_text_is_taken(collector: &Arc<Collector>) {
    let odd = format!("\u{7}\u{1b}[31m, =%zz, {}", "n".repeat(100_000));
    let variables = ANY_TEXT.map(|name| (name, odd.as_str()));
    let host = Host::beside(collector, |_| {
        let builder = from_environment(&variables)
            .with_api_key(KEY)
            .with_session_replay_log(false);
        builder
            .with_endpoint(collector.auth_endpoint())
            .with_exporter_endpoint(collector.traces_endpoint())
    });
    healthy(&host.agentops, collector, |work| host.run(work));
    let spans = collector.spans();
    let sent = spans.last().unwrap();
    assert_eq!(
        sent.resource.get("service.name").and_then(|name| name.as_str()),
        Some(odd.trim())
    );
    let tags = sent
        .attribute("agentops.tags")
        .and_then(|tags| tags.as_array())
        .unwrap();
    assert_eq!((tags.len(), tags[1].as_str()), (3, Some("=%zz")));
}

fn demand_an_empty_key_is_none(collector: &Arc<Collector>) {
    const NOWHERE: &str = "nowhere to send spans to: set AGENTOPS_API_KEY (an AgentOps account), or \
        AGENTOPS_EXPORTER_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT (any OpenTelemetry backend), or \
        AGENTOPS_EXPORT=console to print each session";
    for empty in ["", "  "] {
        let keyless = || from_environment(&[("AGENTOPS_API_KEY", empty)]).with_api_key(empty);
        let host = Host::beside(collector, |_| keyless());
        host.run(|| {
            drop(info_span!("lost", agentops.kind = "tool"));
            host.agentops.force_flush(DEADLINE).unwrap();
            host.agentops.force_flush(DEADLINE).unwrap();
        });
        assert_eq!(host.told(), [format!("WARN {NOWHERE}")]);
        assert_eq!(
            (host.agentops.stats().recorded, host.agentops.stats().open_spans),
            (0, 0)
        );
        let error = keyless().with_export(Export::Required).build().unwrap_err();
        assert!(error.is_no_destination());
        assert_eq!(error.to_string(), NOWHERE);
        let next = Host::beside(collector, |builder| builder);
        healthy(&next.agentops, collector, |work| next.run(work));
    }
}

fn demand_a_key_that_is_none_is_told(collector: &Arc<Collector>) {
    let host = Host::beside(collector, |builder| builder.with_api_key("s3cret"));
    host.run(|| drop(info_span!("kept", agentops.kind = "tool")));
    // The flush waits in vain, and its time is over: the span waits for a key that is one.
    let waited = host.run(|| host.agentops.force_flush(Duration::from_millis(300)));
    assert!(waited.unwrap_err().is_timeout());
    let told = host.told();
    assert_eq!(
        told[0],
        "WARN with_api_key is not a UUID, as an AgentOps key is: AgentOps is likely to refuse it"
    );
    assert!(!told.concat().contains("s3cret"), "{told:?}");
    host.agentops.set_api_key(KEY);
    healthy(&host.agentops, collector, |work| host.run(work));
    assert!(collector.spans().iter().any(|span| span.name == "kept.tool"));
}

fn demand_that_a_later_key_is_read_as_the_first(collector: &Arc<Collector>) {
    collector.accept_only_key(KEY);
    let host = Host::beside(collector, |builder| builder);
    let healthy = || healthy(&host.agentops, collector, |work| host.run(work));
    healthy();
    host.run(|| {
        for nothing in ["", "  \n", "two words", "bell\u{7}s3cret"] {
            host.agentops.set_api_key(nothing);
            healthy();
        }
        host.agentops.set_api_key(format!("  {KEY}\n"));
        healthy();
    });
    let refused =
        "WARN set_api_key was not taken, and the key before stays: give a key without spaces and control characters";
    assert_eq!(host.told(), [refused, refused]);
    host.run(|| host.agentops.set_api_key("s3cret"));
    assert_eq!(
        host.told()[2],
        "WARN set_api_key is not a UUID, as an AgentOps key is: AgentOps is likely to refuse it"
    );
    assert!(!host.told().concat().contains("s3cret"));
    collector.accept_any_key();
}

/// The variables that the crate reads.
fn demand_all_variables_have_a_row() {
    let code = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config/env.rs")).unwrap();
    let read: BTreeSet<&str> = code
        .split("pub(crate) const ")
        .skip(1)
        .filter_map(|item| item.split_once(';').map(|(item, _)| item))
        .filter(|item| item.contains(": &str ="))
        .filter_map(|item| item.split('"').nth(1))
        .collect();
    assert!(read.len() >= 36, "{read:?}");
    let tabled: BTreeSet<&str> = WRONG.iter().map(|row| row.0).chain(URLS).chain(ANY_TEXT).collect();
    assert_eq!(read, tabled);
}
