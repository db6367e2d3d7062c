//! Where spans go over HTTP.

use agentops::{Builder, Export, testing::Collector};

use super::harness::{KEY, as_is, run, seen, tool, variables};

const OTHER_KEY: &str = "99999999-8888-4777-8666-555555555555";

#[test]
fn the_key_is_exchanged_at_the_endpoint_for_the_token_of_the_exporter_endpoint() {
    covers!(
        "with_env",
        "with_api_key",
        "with_endpoint",
        "with_exporter_endpoint",
        "AGENTOPS_API_KEY",
        "AGENTOPS_API_ENDPOINT",
        "AGENTOPS_EXPORTER_ENDPOINT"
    );
    let (keys, traces, unused) = (Collector::start(), Collector::start_without_auth(), Collector::start());
    let delivers = |builder: Builder| {
        keys.clear();
        traces.clear();
        let seen = run(&traces, builder, |_| tool());
        assert_eq!(seen.spans.len(), 2);
        let [exchange] = keys.requests().try_into().unwrap();
        assert_eq!(exchange.path, "/v3/auth/token");
        let body: serde_json::Value = serde_json::from_slice(&exchange.body).unwrap();
        assert_eq!(body, serde_json::json!({ "api_key": KEY }));
        let bearer = format!("Bearer {}", keys.token().unwrap());
        for request in traces.requests() {
            assert_eq!(request.path, "/v1/traces");
            assert_eq!(request.header("authorization"), Some(bearer.as_str()));
        }
        assert!(unused.requests().is_empty(), "{:?}", unused.requests());
    };
    let by_setter = |builder: Builder| {
        builder
            .with_api_key(KEY)
            .with_endpoint(keys.auth_endpoint())
            .with_exporter_endpoint(traces.traces_endpoint())
    };
    let by_variable = |key: &str, endpoint: &Collector, traces: &Collector| {
        let env = variables(&[
            ("AGENTOPS_API_KEY", key),
            ("AGENTOPS_API_ENDPOINT", &endpoint.auth_endpoint()),
            ("AGENTOPS_EXPORTER_ENDPOINT", &traces.traces_endpoint()),
        ]);
        agentops::builder().with_env(env)
    };
    delivers(by_setter(agentops::builder().with_env(|_| None)));
    delivers(by_variable(KEY, &keys, &traces));
    delivers(by_setter(by_variable(OTHER_KEY, &unused, &unused)));
}

#[test]
fn without_a_key_spans_go_where_opentelemetrys_variables_say_and_no_token_is_asked_for() {
    covers!("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    let (backend, unused) = (Collector::start_without_auth(), Collector::start_without_auth());
    let (base, elsewhere) = (backend.auth_endpoint(), unused.auth_endpoint());
    let as_given = format!("{}?tenant=7", backend.traces_endpoint());
    for (pairs, path) in [
        (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", &base)], "/v1/traces"),
        (
            vec![("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &as_given)],
            "/v1/traces?tenant=7",
        ),
        (
            vec![
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &elsewhere),
                ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &as_given),
            ],
            "/v1/traces?tenant=7",
        ),
        (
            vec![
                ("AGENTOPS_EXPORTER_ENDPOINT", &as_given),
                ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &elsewhere),
            ],
            "/v1/traces?tenant=7",
        ),
    ] {
        backend.clear();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let seen = run(&backend, agentops::builder().with_env(variables(&pairs)), |_| tool());
        assert_eq!(seen.names(), ["tool.tool", "default.session"], "{pairs:?}");
        for request in &seen.requests {
            assert_eq!((request.path.as_str(), request.header("authorization")), (path, None));
        }
    }
    assert!(unused.requests().is_empty());
}

#[test]
fn with_a_key_the_hosts_collector_gets_nothing_and_its_settings_are_not_read() {
    let host = Collector::start_without_auth();
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", host.auth_endpoint()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-host-secret=s3cret".to_owned()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc".to_owned()),
        ("OTEL_TRACES_SAMPLER", "always_off".to_owned()),
    ];
    let env = env.each_ref().map(|(name, value)| (*name, value.as_str()));
    let seen = seen(|builder| builder.with_env(variables(&env)), |_| tool());
    assert_eq!(seen.names(), ["tool.tool", "default.session"]);
    for request in seen.deliveries() {
        assert_eq!(request.header("x-host-secret"), None);
        assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
    }
    assert!(host.requests().is_empty());
    let said = seen.log.lines_with("not read");
    assert_eq!(said.len(), 1, "{said:?}");
    for (name, _) in env {
        assert!(said[0].starts_with("INFO") && said[0].contains(name), "{said:?}");
    }
}

#[test]
fn off_records_and_sends_nothing() {
    covers!("with_export", "AGENTOPS_EXPORT", "OTEL_SDK_DISABLED");
    let off = [("AGENTOPS_EXPORT", "off")];
    let disabled = [("OTEL_SDK_DISABLED", "true")];
    let silent = [
        seen(|builder| builder.with_export(Export::Off), |_| tool()),
        seen(|builder| builder.with_env(variables(&off)), |_| tool()),
        seen(
            |builder| builder.with_env(variables(&disabled)).with_export(Export::Auto),
            |_| tool(),
        ),
    ];
    for seen in silent {
        assert_eq!((seen.stats.recorded, seen.requests.len()), (0, 0));
    }
    let loud = [
        seen(as_is, |_| tool()),
        seen(
            |builder| builder.with_env(variables(&off)).with_export(Export::Auto),
            |_| tool(),
        ),
        seen(
            |builder| builder.with_env(variables(&[("OTEL_SDK_DISABLED", "false")])),
            |_| tool(),
        ),
    ];
    for seen in loud {
        assert_eq!((seen.stats.recorded, seen.spans.len()), (2, 2));
    }
}

#[test]
fn nowhere_to_send_is_an_error_only_where_a_destination_is_required() {
    covers!("with_export", "AGENTOPS_EXPORT");
    let required = [("AGENTOPS_EXPORT", "required")];
    let nowhere = || agentops::builder().with_env(|_| None);
    let by_setter = nowhere().with_export(Export::Required).build();
    let by_variable = nowhere().with_env(variables(&required)).build();
    for refused in [by_setter, by_variable] {
        let error = refused.unwrap_err();
        assert!(error.is_no_destination(), "{error}");
        assert!(error.to_string().contains("AGENTOPS_API_KEY"), "{error}");
    }
    let overruled = nowhere().with_env(variables(&required)).with_export(Export::Auto);
    for allowed in [nowhere(), overruled] {
        let collector = Collector::start();
        let seen = run(&collector, allowed, |_| tool());
        assert_eq!(seen.stats.recorded, 0);
        let said = seen.log.lines_with("nowhere to send");
        assert!(
            matches!(said.as_slice(), [line] if line.starts_with("WARN")),
            "{said:?}"
        );
    }
    let seen = seen(|builder| builder.with_export(Export::Required), |_| tool());
    assert_eq!(seen.spans.len(), 2, "required, and there");
}
