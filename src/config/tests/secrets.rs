//! Nothing that is secret is shown, and nothing that a variable can hold is fatal.

use super::*;
use crate::builder;

const PLANTED: &str = "hunter2";

#[test]
fn a_refused_key_or_header_shows_as_a_placeholder() {
    let spaced = format!("{PLANTED} {PLANTED}");
    let key = r#" is "[secret]", which is not accepted: give a key without spaces and control characters"#;
    assert_eq!(
        error(|_| (), &[("AGENTOPS_API_KEY", &spaced)]),
        format!("AGENTOPS_API_KEY{key}")
    );
    assert_eq!(
        error(|s| s.api_key = Some(Secret::new(&spaced)), &[]),
        format!("with_api_key{key}")
    );
    for (name, value, accepted) in [
        ("", "v", "a header name of letters, digits and -"),
        ("x y", "v", "a header name of letters, digits and -"),
        ("x", "a\nb", "a header value of printable ASCII characters"),
        ("x", "caf\u{e9}", "a header value of printable ASCII characters"),
    ] {
        assert_eq!(
            error(
                |s| s.headers = vec![(name.to_owned(), Secret::new(value))],
                &[("AGENTOPS_EXPORT", "console")]
            ),
            format!(r#"with_header is "[secret]", which is not accepted: give {accepted}"#)
        );
    }
    for (headers, accepted) in [
        (PLANTED, "key=value pairs separated by commas, percent-encoded"),
        (
            "hunter2 x=v",
            "key=value pairs separated by commas, each key a header name of letters, digits and -",
        ),
        (
            "x=hunter2%0A",
            "key=value pairs separated by commas, each value in printable ASCII characters",
        ),
    ] {
        for name in ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"] {
            assert_eq!(
                error(|_| (), &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"), (name, headers)]),
                format!(r#"{name} is "[secret]", which is not accepted: give {accepted}"#)
            );
        }
    }
}

#[test]
fn a_refused_endpoint_shows_neither_its_password_nor_its_query() {
    for (endpoint, shown) in [
        ("ftp://user:hunter2@host/path", "ftp://[secret]@host/path"),
        ("http://user:hunter2@host:port", "http://[secret]@host:port"),
        ("http://user:hun/ter2@x@host:port", "http://[secret]@host:port"),
        ("user:hunter2@host", "[secret]@host"),
        ("user:hunter2://x@host", "[secret]@host"),
        ("ftp://host/path?token=hunter2", "ftp://host/path?[secret]"),
        ("ftp://host/#hunter2", "ftp://host/?[secret]"),
        ("https//host/?token=hunter2", "https//host/?[secret]"),
        ("host?token=hunter2", "host?[secret]"),
    ] {
        let text = error(|_| (), &[("AGENTOPS_EXPORTER_ENDPOINT", endpoint)]);
        assert!(
            text.starts_with(&format!("AGENTOPS_EXPORTER_ENDPOINT is {shown:?},")),
            "{text}"
        );
    }
}

#[test]
fn a_long_value_is_not_repeated_whole() {
    let text = error(|_| (), &[("AGENTOPS_EXPORT", &"\u{e9}".repeat(10_000))]);
    assert!(text.contains("\u{e9}...\""), "{text}");
    assert!(text.len() < 600, "{}", text.len());
}

#[test]
fn debug_shows_none_of_the_secrets() {
    let build = || {
        builder()
            .with_api_key(PLANTED)
            .with_endpoint(format!("https://u:{PLANTED}@api"))
            .with_exporter_endpoint(format!("https://u:{PLANTED}@traces/v1?k={PLANTED}"))
            .with_app_url(format!("https://u:{PLANTED}@app"))
            .with_header("authorization", PLANTED)
            .with_resource_attribute("password", PLANTED)
            .with_tag("password", PLANTED)
            .with_service_name("desk")
            .with_env(|_| Some(PLANTED.to_owned()))
    };
    let shown = format!("{:?}", build());
    assert!(shown.contains("desk") && shown.contains("[secret]"), "{shown}");
    assert!(!shown.contains(PLANTED), "{shown}");
    let (config, notices) = build()
        .with_env(|_| None)
        .into_parts()
        .settings
        .resolve(&|_| None)
        .unwrap();
    let shown = format!("{config:?} {notices:?} {:?} {:?}", config.headers, config.api_key);
    assert!(shown.contains("AgentOps(https://traces/v1)"), "{shown}");
    assert!(!shown.contains(PLANTED) && !config.app_url.contains(PLANTED), "{shown}");
    let inert = builder()
        .with_header("x", PLANTED)
        .with_exporter_endpoint(format!("http://u:{PLANTED}@c"));
    let (config, _) = inert.into_parts().settings.resolve(&|_| None).unwrap();
    assert_eq!(format!("{:?}", config.destination), "Otlp(http://c/)");
}

#[test]
fn an_empty_text_of_the_builder_counts_as_not_said() {
    let parts = builder()
        .with_api_key("  ")
        .with_endpoint("")
        .with_exporter_endpoint("")
        .with_app_url("")
        .with_service_name("")
        .with_environment(" ")
        .with_trace_name("")
        .into_parts();
    let variables = [
        ("AGENTOPS_API_KEY", KEY),
        ("AGENTOPS_TRACE_NAME", "nightly"),
        ("AGENTOPS_SERVICE_NAME", "desk"),
    ];
    let (config, _) = resolve(parts.settings, &variables).unwrap();
    assert!(matches!(config.destination, Destination::AgentOps { .. }));
    assert_eq!(
        (config.trace_name.as_str(), config.service_name.as_str()),
        ("nightly", "desk")
    );
    assert_eq!(config.environment, None);
}

const NAMES: [&str; 36] = [
    env::AGENTOPS_API_KEY,
    env::AGENTOPS_API_ENDPOINT,
    env::AGENTOPS_EXPORTER_ENDPOINT,
    env::AGENTOPS_APP_URL,
    env::AGENTOPS_EXPORT,
    env::AGENTOPS_DEFAULT_TAGS,
    env::AGENTOPS_TRACE_NAME,
    env::AGENTOPS_AUTO_START_SESSION,
    env::AGENTOPS_ENV_DATA_OPT_OUT,
    env::AGENTOPS_EXPORT_FLUSH_INTERVAL,
    env::AGENTOPS_MAX_QUEUE_SIZE,
    env::AGENTOPS_LOG_SESSION_REPLAY_URL,
    env::AGENTOPS_CAPTURE_CONTENT,
    env::AGENTOPS_INSTRUMENT_LLM_CALLS,
    env::AGENTOPS_SEMCONV,
    env::AGENTOPS_SERVICE_NAME,
    env::AGENTOPS_ENVIRONMENT,
    env::AGENTOPS_SAMPLE_RATIO,
    env::OTEL_SDK_DISABLED,
    env::OTEL_SERVICE_NAME,
    env::OTEL_RESOURCE_ATTRIBUTES,
    env::OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT,
    env::OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT,
    env::TRACELOOP_TRACE_CONTENT,
    env::OTEL_TRACES_SAMPLER,
    env::OTEL_TRACES_SAMPLER_ARG,
    env::OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    env::OTEL_EXPORTER_OTLP_ENDPOINT,
    env::OTEL_EXPORTER_OTLP_TRACES_HEADERS,
    env::OTEL_EXPORTER_OTLP_HEADERS,
    env::OTEL_EXPORTER_OTLP_TRACES_COMPRESSION,
    env::OTEL_EXPORTER_OTLP_COMPRESSION,
    env::OTEL_EXPORTER_OTLP_TRACES_TIMEOUT,
    env::OTEL_EXPORTER_OTLP_TIMEOUT,
    env::OTEL_EXPORTER_OTLP_PROTOCOL,
    env::OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
];

/// Right values of some variable, so that reading goes on behind the first error; anything else otherwise.
fn value() -> impl Strategy<Value = String> {
    const RIGHT: [&str; 11] = [
        "true",
        "0",
        "console",
        "file:x",
        "http://h",
        "a=b,c=%41",
        "0.5",
        "traceidratio",
        "grpc",
        "gzip",
        "512",
    ];
    prop_oneof![
        proptest::sample::select(&RIGHT[..]).prop_map(str::to_owned),
        ".{0,40}",
        "[a-z=,%:/@?#0-9. ]{0,40}"
    ]
}

proptest! {
    #[test]
    fn no_content_of_any_variable_panics_and_every_error_names_a_variable(
        variables in proptest::collection::hash_map(proptest::sample::select(&NAMES[..]), value(), 0..8),
    ) {
        match settings().resolve(&|name| variables.get(name).cloned()) {
            Ok((config, _)) => prop_assert!((0.0..=1.0).contains(&config.sample_ratio) && config.max_queue_size > 0),
            Err(error) if error.is_no_destination() => prop_assert!(variables.contains_key(env::AGENTOPS_EXPORT)),
            Err(error) => {
                prop_assert!(error.is_invalid_setting());
                let text = error.to_string();
                prop_assert!(variables.keys().any(|name| text.starts_with(&format!("{name} is "))), "{}", text);
            }
        }
    }

    #[test]
    fn a_password_in_a_refused_endpoint_is_never_shown(user in "[a-z]{0,5}", password in "Q[!-~]{8,20}Q", host in "[a-z.:]{0,12}") {
        let text = endpoint::shown(&format!("http://{user}:{password}@{host}"));
        prop_assert!(!text.contains(&password), "{}", text);
    }

    #[test]
    fn percent_encoded_pairs_read_back_as_they_were(value in "\\PC{0,20}", key in "[a-z.]{1,10}") {
        use std::fmt::Write as _;
        let mut encoded = String::new();
        for byte in value.bytes() {
            write!(encoded, "%{byte:02X}").unwrap();
        }
        prop_assert_eq!(pairs::parse(&format!(" {key} = {encoded} ,")), Some(vec![(key, value)]));
    }
}
