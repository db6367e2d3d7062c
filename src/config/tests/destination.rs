//! Where spans go: every way to say it, and who wins.

use super::*;

const OTLP: &str = "http://collector:4318";

fn otlp(config: &Config) -> &str {
    match &config.destination {
        Destination::Otlp { traces } => traces.as_str(),
        other => panic!("{other:?}"),
    }
}

fn headers(config: &Config) -> Vec<(&str, &str)> {
    config
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose()))
        .collect()
}

#[test]
fn without_a_key_the_endpoint_of_opentelemetry_is_used() {
    for (endpoint, expected) in [
        ("http://collector:4318", "http://collector:4318/v1/traces"),
        ("http://collector:4318/", "http://collector:4318/v1/traces"),
        ("http://collector/otlp//", "http://collector/otlp/v1/traces"),
        (
            "https://collector/otlp?tenant=a",
            "https://collector/otlp/v1/traces?tenant=a",
        ),
    ] {
        let (config, notices) = resolve(settings(), &[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]).unwrap();
        assert_eq!(otlp(&config), expected);
        assert_eq!(config.semconv, Semconv::GenAi);
        assert_eq!(notices, Notices::default());
    }
}

#[test]
fn the_endpoint_for_traces_is_used_as_it_is_and_wins() {
    let config = config(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", OTLP),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:9/custom"),
    ]);
    assert_eq!(otlp(&config), "http://traces:9/custom");
}

#[test]
fn variables_for_traces_replace_those_for_all_signals() {
    let all = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", OTLP),
        ("OTEL_EXPORTER_OTLP_HEADERS", "X-Tenant=a%20b,authorization=Basic abc="),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
    ];
    let general = config(&all);
    assert_eq!(
        headers(&general),
        [("x-tenant", "a b"), ("authorization", "Basic abc=")]
    );
    assert_eq!(
        (general.compression, general.protocol),
        (Compression::None, Protocol::HttpJson)
    );
    assert_eq!(general.export_timeout, Duration::from_millis(2500));

    let mut variables = all.to_vec();
    variables.extend([
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-team=t"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
    ]);
    let traces = config(&variables);
    assert_eq!(headers(&traces), [("x-team", "t")]);
    assert_eq!(
        (traces.compression, traces.protocol),
        (Compression::Gzip, Protocol::HttpProtobuf)
    );
    assert_eq!(traces.export_timeout, Duration::from_millis(1));
}

#[test]
fn the_builder_wins_over_how_opentelemetry_would_send() {
    let (config, _) = built(
        |s| {
            s.headers = vec![
                ("X-Tenant".to_owned(), Secret::new("mine")),
                ("x-more".to_owned(), Secret::new("m")),
            ];
            s.compression = Some(Compression::Gzip);
            s.export_timeout = Some(Duration::from_secs(3));
            s.protocol = Some(Protocol::HttpProtobuf);
        },
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", OTLP),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=theirs,x-other=o"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ],
    );
    assert_eq!(
        headers(&config),
        [("x-other", "o"), ("x-tenant", "mine"), ("x-more", "m")]
    );
    assert_eq!(
        (config.compression, config.protocol),
        (Compression::Gzip, Protocol::HttpProtobuf)
    );
    assert_eq!(config.export_timeout, Duration::from_secs(3));
}

#[cfg(not(feature = "grpc"))]
#[test]
fn grpc_without_its_feature_is_an_error_that_names_the_feature() {
    const NEXT: &str = "which is not accepted: give http/protobuf or http/json and the collector's HTTP port, usually \
                        4318, or enable the feature `grpc` of agentops";
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "GRPC"),
    ] {
        assert_eq!(
            error(|_| (), &[("OTEL_EXPORTER_OTLP_ENDPOINT", OTLP), (name, value)]),
            format!("{name} is {value:?}, {NEXT}")
        );
        // Nothing goes anywhere: there is nothing to complain about.
        let (config, _) = resolve(settings(), &[(name, value)]).unwrap();
        assert!(matches!(config.destination, Destination::Inert));
    }
    assert_eq!(
        error(|s| s.protocol = Some(Protocol::Grpc), &[("AGENTOPS_API_KEY", KEY)]),
        format!(r#"with_protocol is "grpc", {NEXT}"#)
    );
}

#[cfg(feature = "grpc")]
#[test]
fn over_grpc_an_endpoint_is_an_origin_and_the_path_is_the_methods() {
    const METHOD: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    let choice = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    for (variable, endpoint, origin) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", OTLP, OTLP),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "https://u:p@traces/v1?a=b#c",
            "https://u:p@traces",
        ),
        (
            "AGENTOPS_EXPORTER_ENDPOINT",
            "http://[::1]:9/v1/traces",
            "http://[::1]:9",
        ),
    ] {
        let config = config(&[choice, (variable, endpoint)]);
        assert_eq!(
            (otlp(&config), config.protocol),
            (&*format!("{origin}{METHOD}"), Protocol::Grpc)
        );
    }
    let (config, _) = built(|s| s.protocol = Some(Protocol::Grpc), &[("AGENTOPS_API_KEY", KEY)]);
    let Destination::AgentOps { auth, traces, .. } = &config.destination else {
        panic!("{config:?}");
    };
    assert_eq!(auth.as_str(), "https://api.agentops.ai/v3/auth/token");
    assert_eq!(traces.as_str(), format!("https://otlp.agentops.ai{METHOD}"));
}

#[cfg(feature = "grpc")]
#[test]
fn who_chooses_grpc_by_variable_and_names_no_endpoint_means_the_collector_on_this_machine() {
    for variable in ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] {
        let local = config(&[(variable, "GRPC"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "5")]);
        assert!(otlp(&local).starts_with("http://localhost:4317/"), "{local:?}");
        assert_eq!(local.export_timeout, Duration::from_millis(5));
        let nowhere = config(&[(variable, "http/json")]);
        assert!(matches!(nowhere.destination, Destination::Inert), "{nowhere:?}");
        let (overruled, _) = built(|s| s.protocol = Some(Protocol::HttpJson), &[(variable, "grpc")]);
        assert!(matches!(overruled.destination, Destination::Inert), "{overruled:?}");
    }
}

#[test]
fn malformed_variables_of_the_exporter_are_errors_where_they_are_read() {
    for (name, value, accepted) in [
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "thrift",
            "http/protobuf, http/json or grpc",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "grpc:",
            "http/protobuf, http/json or grpc",
        ),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", "gzip or none"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "br", "gzip or none"),
        (
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            "10s",
            "a whole number of milliseconds above 0",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
            "0",
            "a whole number of milliseconds above 0",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "collector:4318",
            "an http or https URL with a host, such as http://localhost:4318/v1/traces",
        ),
    ] {
        let expected = format!("{name} is {value:?}, which is not accepted: give {accepted}");
        assert_eq!(
            error(|_| (), &[("OTEL_EXPORTER_OTLP_ENDPOINT", OTLP), (name, value)]),
            expected
        );
        // Spans go elsewhere: what the host's own exporter is told is none of our business.
        for elsewhere in [
            ("AGENTOPS_API_KEY", KEY),
            ("AGENTOPS_EXPORT", "console"),
            ("OTEL_SDK_DISABLED", "true"),
        ] {
            assert!(
                resolve(settings(), &[(name, value), elsewhere]).is_ok(),
                "{name} with {elsewhere:?}"
            );
        }
    }
    assert_eq!(
        error(|_| (), &[("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317")]),
        r#"OTEL_EXPORTER_OTLP_ENDPOINT is "localhost:4317", which is not accepted: give an http or https URL with a host, such as http://localhost:4318/v1/traces"#
    );
}

#[test]
fn with_a_key_nothing_of_the_hosts_own_exporter_is_used_and_one_event_says_so() {
    let (config, notices) = resolve(
        settings(),
        &[
            ("AGENTOPS_API_KEY", KEY),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", OTLP),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "nonsense"),
            ("OTEL_TRACES_SAMPLER", "nonsense"),
        ],
    )
    .unwrap();
    let Destination::AgentOps { traces, .. } = &config.destination else {
        panic!("{config:?}")
    };
    assert_eq!(traces.as_str(), "https://otlp.agentops.ai/v1/traces");
    assert!(config.headers.is_empty());
    assert_eq!(config.export_timeout, Duration::from_secs(10));
    assert_eq!(
        infos(&notices),
        [
            "not read, as an AgentOps key is set and spans go to AgentOps: OTEL_EXPORTER_OTLP_ENDPOINT, \
          OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_TIMEOUT, OTEL_TRACES_SAMPLER"
        ]
    );
    assert!(warnings(&notices).is_empty());
}

#[test]
fn the_exporter_endpoint_of_agentops_is_used_as_it_is_with_a_key_and_without() {
    let endpoint = ("AGENTOPS_EXPORTER_ENDPOINT", "http://gateway:9/deep/path");
    assert_eq!(otlp(&config(&[endpoint])), endpoint.1);
    let with_key = config(&[endpoint, ("AGENTOPS_API_KEY", KEY)]);
    let Destination::AgentOps { traces, .. } = &with_key.destination else {
        panic!("{with_key:?}")
    };
    assert_eq!(traces.as_str(), endpoint.1);
    let (built, _) = built(|s| s.exporter_endpoint = Some("http://built/".to_owned()), &[endpoint]);
    assert_eq!(otlp(&built), "http://built/");
}

#[test]
fn headers_for_the_hosts_collector_do_not_go_to_another_endpoint() {
    let ours = ("AGENTOPS_EXPORTER_ENDPOINT", "http://gateway/v1/traces");
    let secret = ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret");
    let (config, notices) = resolve(settings(), &[ours, secret, ("OTEL_EXPORTER_OTLP_ENDPOINT", OTLP)]).unwrap();
    assert_eq!(otlp(&config), ours.1);
    assert!(config.headers.is_empty());
    assert_eq!(
        infos(&notices),
        [
            "not read, as they are about another endpoint than spans go to: OTEL_EXPORTER_OTLP_ENDPOINT, \
          OTEL_EXPORTER_OTLP_HEADERS"
        ]
    );
    // Where they name no endpoint of their own, they are about this one.
    let (config, notices) = resolve(settings(), &[ours, secret]).unwrap();
    assert_eq!(headers(&config), [("authorization", "secret")]);
    assert_eq!(notices, Notices::default());
}

#[test]
fn required_without_anywhere_to_go_is_an_error() {
    let mut required = settings();
    required.export = Some(Export::Required);
    for refused in [
        resolve(required.clone(), &[]),
        resolve(settings(), &[("AGENTOPS_EXPORT", "required")]),
    ] {
        let refused = refused.map(|_| ()).unwrap_err();
        assert!(refused.is_no_destination());
        assert_eq!(refused.to_string(), NOWHERE_TO_SEND);
    }
    for enough in [("AGENTOPS_API_KEY", KEY), ("OTEL_EXPORTER_OTLP_ENDPOINT", OTLP)] {
        let (config, notices) = resolve(required.clone(), &[enough]).unwrap();
        assert!(!config.destination.is_inert());
        assert_eq!(notices, Notices::default());
    }
}

#[test]
fn console_file_and_off_win_over_a_key_and_an_exporter() {
    for (export, expected) in [
        (Export::Console, "Console"),
        (Export::File("runs.jsonl".into()), "File(runs.jsonl)"),
        (Export::Off, "Off"),
    ] {
        let (config, notices) = built(
            |s| {
                s.export = Some(export);
                s.has_exporter = true;
            },
            &[("AGENTOPS_API_KEY", KEY), ("OTEL_EXPORTER_OTLP_ENDPOINT", OTLP)],
        );
        assert_eq!(format!("{:?}", config.destination), expected);
        assert_eq!(notices, Notices::default());
        // The key still names the dialect and hashes the host's name.
        assert_eq!(config.semconv, Semconv::AgentOps);
        assert!(config.api_key.is_some());
    }
}

#[test]
fn an_exporter_of_the_program_wins_over_a_key_and_needs_none() {
    for variables in [
        &[][..],
        &[("AGENTOPS_API_KEY", KEY)],
        &[("AGENTOPS_EXPORT", "required")],
    ] {
        let (config, notices) = built(|s| s.has_exporter = true, variables);
        assert!(matches!(config.destination, Destination::Exporter), "{variables:?}");
        assert_eq!(notices, Notices::default());
    }
}

#[test]
fn disabling_the_sdk_wins_over_everything_that_was_built() {
    let (config, notices) = built(
        |s| {
            s.api_key = Some(Secret::new(KEY));
            s.export = Some(Export::Console);
            s.has_exporter = true;
        },
        &[("OTEL_SDK_DISABLED", "True")],
    );
    assert!(matches!(config.destination, Destination::Off));
    assert_eq!(notices, Notices::default());
}

#[test]
fn a_key_that_is_no_uuid_is_used_with_one_warning() {
    let (config, notices) = resolve(settings(), &[("AGENTOPS_API_KEY", "my-key")]).unwrap();
    assert!(matches!(config.destination, Destination::AgentOps { .. }));
    let warning = "AGENTOPS_API_KEY is not a UUID, as an AgentOps key is: AgentOps is likely to refuse it";
    assert_eq!(warnings(&notices), [warning]);
    let (_, notices) = built(|s| s.api_key = Some(Secret::new("my-key")), &[]);
    assert_eq!(
        warnings(&notices),
        [warning.replace("AGENTOPS_API_KEY", "with_api_key")]
    );
    let (_, notices) = resolve(
        settings(),
        &[("AGENTOPS_API_KEY", "my-key"), ("AGENTOPS_EXPORT", "off")],
    )
    .unwrap();
    assert_eq!(notices, Notices::default(), "a key that nobody gets to see is no news");
}

#[test]
fn a_tag_that_was_not_taken_is_told() {
    let (_, notices) = built(
        |s| s.refused_tags = vec!["agent".to_owned()],
        &[("AGENTOPS_EXPORT", "console")],
    );
    assert_eq!(
        warnings(&notices),
        ["with_tag was not taken for the key \"agent\": AgentOps keeps it for itself"]
    );
}
