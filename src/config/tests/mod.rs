//! What each variable means, which errors a wrong one gives, and who wins.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use proptest::prelude::*;
use tracing::{Level, level_filters::LevelFilter};
use tracing_subscriber::{Layer, layer::SubscriberExt as _};

use super::*;
use crate::error::{InitError, NOWHERE_TO_SEND};

const KEY: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

fn settings() -> Settings {
    Settings::new(Arc::new(|_: &str, _: &str| None))
}

fn resolve(settings: Settings, variables: &[(&str, &str)]) -> Result<(Config, Notices), InitError> {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    settings.resolve(&|name| variables.get(name).map(|value| (*value).to_owned()))
}

fn config(variables: &[(&str, &str)]) -> Config {
    resolve(settings(), variables)
        .unwrap_or_else(|error| panic!("{variables:?}: {error}"))
        .0
}

fn built(change: impl FnOnce(&mut Settings), variables: &[(&str, &str)]) -> (Config, Notices) {
    let mut settings = settings();
    change(&mut settings);
    resolve(settings, variables).unwrap()
}

fn error(change: impl FnOnce(&mut Settings), variables: &[(&str, &str)]) -> String {
    let mut settings = settings();
    change(&mut settings);
    match resolve(settings, variables) {
        Ok(_) => panic!("{variables:?} was accepted"),
        Err(error) => error.to_string(),
    }
}

fn warnings(notices: &Notices) -> Vec<&str> {
    notices
        .as_slice()
        .iter()
        .filter_map(|n| {
            if let Notice::Warn(text) = n {
                Some(text.as_str())
            } else {
                None
            }
        })
        .collect()
}

fn infos(notices: &Notices) -> Vec<&str> {
    notices
        .as_slice()
        .iter()
        .filter_map(|n| {
            if let Notice::Info(text) = n {
                Some(text.as_str())
            } else {
                None
            }
        })
        .collect()
}

#[test]
fn nothing_said_gives_the_documented_defaults() {
    let (config, notices) = resolve(settings(), &[]).unwrap();
    assert!(matches!(config.destination, Destination::Inert));
    assert_eq!(warnings(&notices), [NOWHERE_TO_SEND]);
    assert_eq!(config.app_url, "https://app.agentops.ai");
    assert_eq!(
        (config.protocol, config.compression),
        (Protocol::HttpProtobuf, Compression::Gzip)
    );
    assert!(config.headers.is_empty());
    assert_eq!(config.export_timeout, Duration::from_secs(10));
    assert_eq!(config.service_name, env::executable_name().unwrap());
    assert_eq!((config.service_version, config.environment), (None, None));
    assert!(!config.env_data_opt_out);
    assert_eq!(config.host_name, HostName::Hashed);
    assert!(config.tags.is_empty() && config.dict_tags.is_empty() && config.resource_attributes.is_empty());
    assert_eq!(config.trace_name, "default");
    assert!(config.auto_start_session && config.session_replay_log && config.panic_hook);
    assert!(config.instrument_llm_calls && config.error_events_to_status);
    assert!((config.sample_ratio - 1.0).abs() < f64::EPSILON);
    assert_eq!((config.content, config.semconv), (Content::All, Semconv::GenAi));
    assert_eq!(config.attribute_value_length, 1_000_000);
    assert_eq!(
        (config.max_level, config.event_level),
        (LevelFilter::DEBUG, LevelFilter::INFO)
    );
    assert_eq!(config.host_trace, HostTrace::Link);
    assert_eq!(config.max_queue_size, 32_768);
    assert_eq!(config.max_queue_bytes, 64 * 1024 * 1024);
    assert_eq!(config.max_export_batch_size, 512);
    assert_eq!(config.flush_interval, Duration::from_secs(1));
    assert_eq!(config.shutdown_timeout, Duration::from_secs(2));
}

#[test]
fn a_key_alone_sends_to_agentops() {
    let (config, notices) = resolve(settings(), &[("AGENTOPS_API_KEY", KEY)]).unwrap();
    let Destination::AgentOps { api_key, auth, traces } = &config.destination else {
        panic!("{config:?}")
    };
    assert_eq!(api_key.expose(), KEY);
    assert_eq!(auth.as_str(), "https://api.agentops.ai/v3/auth/token");
    assert_eq!(traces.as_str(), "https://otlp.agentops.ai/v1/traces");
    assert_eq!(config.semconv, Semconv::AgentOps);
    assert_eq!(config.api_key.as_ref().map(Secret::expose), Some(KEY));
    assert_eq!(notices, Notices::default());
}

#[test]
fn slashes_at_the_end_of_the_api_endpoint_do_not_double() {
    for endpoint in [
        "http://localhost:8000",
        "http://localhost:8000/",
        "http://localhost:8000//",
    ] {
        let config = config(&[("AGENTOPS_API_KEY", KEY), ("AGENTOPS_API_ENDPOINT", endpoint)]);
        let Destination::AgentOps { auth, .. } = &config.destination else {
            panic!("{config:?}")
        };
        assert_eq!(auth.as_str(), "http://localhost:8000/v3/auth/token", "{endpoint}");
    }
    let below = config(&[
        ("AGENTOPS_API_KEY", KEY),
        ("AGENTOPS_API_ENDPOINT", "https://proxy.example/agentops/"),
    ]);
    let Destination::AgentOps { auth, .. } = &below.destination else {
        panic!("{below:?}")
    };
    assert_eq!(auth.as_str(), "https://proxy.example/agentops/v3/auth/token");
}

/// A variable, a value, and whether a configuration shows what the value means.
type Meaning = (&'static str, &'static str, fn(&Config) -> bool);

const MEANINGS: &[Meaning] = &[
    ("AGENTOPS_APP_URL", "http://localhost:3000/", |c| {
        c.app_url == "http://localhost:3000"
    }),
    ("AGENTOPS_APP_URL", "http://u:p@localhost:3000/a?x#y", |c| {
        c.app_url == "http://localhost:3000/a"
    }),
    ("AGENTOPS_EXPORT", "auto", |c| {
        matches!(c.destination, Destination::Inert)
    }),
    ("AGENTOPS_EXPORT", "Console", |c| {
        matches!(c.destination, Destination::Console)
    }),
    ("AGENTOPS_EXPORT", "off", |c| matches!(c.destination, Destination::Off)),
    (
        "AGENTOPS_EXPORT",
        "file:/srv/a b.jsonl",
        |c| matches!(&c.destination, Destination::File(path) if path.as_os_str() == "/srv/a b.jsonl"),
    ),
    (
        "AGENTOPS_EXPORT",
        r"file:C:\runs\a.jsonl",
        |c| matches!(&c.destination, Destination::File(path) if path.as_os_str() == r"C:\runs\a.jsonl"),
    ),
    ("AGENTOPS_DEFAULT_TAGS", "a, b,,a ,c", |c| c.tags == ["a", "b", "c"]),
    ("AGENTOPS_TRACE_NAME", " nightly ", |c| c.trace_name == "nightly"),
    ("AGENTOPS_AUTO_START_SESSION", "no", |c| !c.auto_start_session),
    ("AGENTOPS_ENV_DATA_OPT_OUT", "t", |c| c.env_data_opt_out),
    ("AGENTOPS_EXPORT_FLUSH_INTERVAL", "250", |c| {
        c.flush_interval == Duration::from_millis(250)
    }),
    ("AGENTOPS_MAX_QUEUE_SIZE", "512", |c| {
        c.max_queue_size == 512 && c.max_export_batch_size == 512
    }),
    ("AGENTOPS_LOG_SESSION_REPLAY_URL", "0", |c| !c.session_replay_log),
    ("AGENTOPS_CAPTURE_CONTENT", "all", |c| c.content == Content::All),
    ("AGENTOPS_CAPTURE_CONTENT", "no-messages", |c| {
        c.content == Content::NoMessages
    }),
    ("AGENTOPS_CAPTURE_CONTENT", "None", |c| c.content == Content::None),
    ("AGENTOPS_INSTRUMENT_LLM_CALLS", "F", |c| !c.instrument_llm_calls),
    ("AGENTOPS_SEMCONV", "agentops", |c| c.semconv == Semconv::AgentOps),
    ("AGENTOPS_SEMCONV", "gen-ai", |c| c.semconv == Semconv::GenAi),
    ("AGENTOPS_SEMCONV", "BOTH", |c| c.semconv == Semconv::Both),
    ("AGENTOPS_SERVICE_NAME", "desk", |c| c.service_name == "desk"),
    ("AGENTOPS_ENVIRONMENT", "staging", |c| {
        c.environment.as_deref() == Some("staging")
    }),
    ("AGENTOPS_SAMPLE_RATIO", "0.25", |c| {
        c.sample_ratio.to_bits() == 0.25_f64.to_bits()
    }),
    ("OTEL_SDK_DISABLED", "true", |c| {
        matches!(c.destination, Destination::Off)
    }),
    ("OTEL_SDK_DISABLED", "false", |c| {
        matches!(c.destination, Destination::Inert)
    }),
    ("OTEL_SERVICE_NAME", "desk", |c| c.service_name == "desk"),
    ("OTEL_RESOURCE_ATTRIBUTES", "team=a%2Cb , region=eu=west,", |c| {
        c.resource_attributes
            == [
                ("team".to_owned(), "a,b".to_owned()),
                ("region".to_owned(), "eu=west".to_owned()),
            ]
    }),
    ("OTEL_RESOURCE_ATTRIBUTES", "load=100%,share=5%2g", |c| {
        c.resource_attributes
            == [
                ("load".to_owned(), "100%".to_owned()),
                ("share".to_owned(), "5%2g".to_owned()),
            ]
    }),
    ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "4096", |c| {
        c.attribute_value_length == 4096
    }),
    ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true", |c| {
        c.content == Content::All
    }),
    ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "False", |c| {
        c.content == Content::NoMessages
    }),
    (
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        "NO_CONTENT",
        |c| c.content == Content::NoMessages,
    ),
    (
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        "EVENT_ONLY",
        |c| c.content == Content::NoMessages,
    ),
    ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "span_only", |c| {
        c.content == Content::All
    }),
    (
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        "SPAN_AND_EVENT",
        |c| c.content == Content::All,
    ),
    ("TRACELOOP_TRACE_CONTENT", "true", |c| c.content == Content::All),
    ("TRACELOOP_TRACE_CONTENT", "false", |c| c.content == Content::NoMessages),
    ("OTEL_TRACES_SAMPLER", "always_off", |c| c.sample_ratio == 0.0),
    ("OTEL_TRACES_SAMPLER", "parentbased_always_on", |c| {
        c.sample_ratio.to_bits() == 1.0_f64.to_bits()
    }),
    ("OTEL_TRACES_SAMPLER", "traceidratio", |c| {
        c.sample_ratio.to_bits() == 1.0_f64.to_bits()
    }),
];

#[test]
fn each_variable_means_what_its_documentation_says() {
    for (name, value, shows) in MEANINGS {
        let config = config(&[(name, value)]);
        assert!(shows(&config), "{name}={value} gives {config:?}");
    }
}

#[test]
fn booleans_are_read_in_every_documented_spelling() {
    for (spellings, expected) in [(["true", "1", "t", "yes"], true), (["false", "0", "f", "no"], false)] {
        for spelling in spellings
            .into_iter()
            .flat_map(|text| [text.to_owned(), text.to_uppercase()])
        {
            assert_eq!(
                config(&[("AGENTOPS_ENV_DATA_OPT_OUT", &spelling)]).env_data_opt_out,
                expected,
                "{spelling}"
            );
        }
    }
}

#[test]
fn a_malformed_variable_is_an_error_that_names_it_its_value_and_what_is_accepted() {
    const BOOL: &str = "true, 1, t or yes, or false, 0, f or no";
    const URL: &str = "an http or https URL with a host, such as http://localhost:4318/v1/traces";
    const PAIRS: &str = "key=value pairs separated by commas, percent-encoded";
    const MILLIS: &str = "a whole number of milliseconds above 0";
    const MESSAGES: &str =
        "true, 1, t or yes, or false, 0, f or no, or NO_CONTENT, SPAN_ONLY, EVENT_ONLY or SPAN_AND_EVENT";
    const SAMPLER: &str = "always_on, always_off or traceidratio, or parentbased_ and one of these";
    for (name, value, accepted) in [
        ("AGENTOPS_API_ENDPOINT", "api.agentops.ai", URL),
        ("AGENTOPS_API_ENDPOINT", "ftp://api.agentops.ai", URL),
        ("AGENTOPS_EXPORTER_ENDPOINT", "http:4318", URL),
        ("AGENTOPS_EXPORTER_ENDPOINT", "https://", URL),
        ("AGENTOPS_APP_URL", "http://a b", URL),
        ("AGENTOPS_EXPORT", "stdout", "auto, required, console, file:PATH or off"),
        ("AGENTOPS_EXPORT", "file:", "auto, required, console, file:PATH or off"),
        ("AGENTOPS_AUTO_START_SESSION", "maybe", BOOL),
        ("AGENTOPS_ENV_DATA_OPT_OUT", "2", BOOL),
        ("AGENTOPS_LOG_SESSION_REPLAY_URL", "on", BOOL),
        ("AGENTOPS_INSTRUMENT_LLM_CALLS", "all", BOOL),
        ("AGENTOPS_EXPORT_FLUSH_INTERVAL", "1s", MILLIS),
        ("AGENTOPS_EXPORT_FLUSH_INTERVAL", "0", MILLIS),
        ("AGENTOPS_MAX_QUEUE_SIZE", "-1", "a whole number of spans above 0"),
        ("AGENTOPS_MAX_QUEUE_SIZE", "0", "a whole number of spans above 0"),
        ("AGENTOPS_CAPTURE_CONTENT", "some", "all, no-messages or none"),
        ("AGENTOPS_SEMCONV", "otel", "agentops, gen-ai or both"),
        ("AGENTOPS_SAMPLE_RATIO", "1.5", "a number from 0 to 1"),
        ("AGENTOPS_SAMPLE_RATIO", "NaN", "a number from 0 to 1"),
        ("OTEL_SDK_DISABLED", "disabled", BOOL),
        ("OTEL_RESOURCE_ATTRIBUTES", "team", PAIRS),
        ("OTEL_RESOURCE_ATTRIBUTES", "=a", PAIRS),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=%ff", PAIRS),
        (
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "1MB",
            "a whole number of characters above 0",
        ),
        ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SOME", MESSAGES),
        ("TRACELOOP_TRACE_CONTENT", "off", BOOL),
        ("OTEL_TRACES_SAMPLER", "xray", SAMPLER),
    ] {
        let expected = format!("{name} is {value:?}, which is not accepted: give {accepted}");
        assert_eq!(error(|_| (), &[(name, value)]), expected);
    }
    assert_eq!(
        error(
            |_| (),
            &[
                ("OTEL_TRACES_SAMPLER", "traceidratio"),
                ("OTEL_TRACES_SAMPLER_ARG", "1%")
            ]
        ),
        r#"OTEL_TRACES_SAMPLER_ARG is "1%", which is not accepted: give a number from 0 to 1"#
    );
}

#[test]
fn a_malformed_setter_is_an_error_that_names_it() {
    for (change, expected) in [
        (
            (|s: &mut Settings| s.endpoint = Some("agentops".to_owned())) as fn(&mut Settings),
            r#"with_endpoint is "agentops", which is not accepted: give an http or https URL with a host, such as http://localhost:4318/v1/traces"#,
        ),
        (
            |s| s.exporter_endpoint = Some("grpc://h".to_owned()),
            r#"with_exporter_endpoint is "grpc://h", which is not accepted: give an http or https URL with a host, such as http://localhost:4318/v1/traces"#,
        ),
        (
            |s| s.app_url = Some("//h".to_owned()),
            r#"with_app_url is "//h", which is not accepted: give an http or https URL with a host, such as http://localhost:4318/v1/traces"#,
        ),
        (
            |s| s.export = Some(Export::File(PathBuf::new())),
            r#"with_export is "file:", which is not accepted: give Export::File with a path"#,
        ),
        (
            |s| s.resource_attributes = vec![(String::new(), "a".to_owned())],
            r#"with_resource_attribute is "", which is not accepted: give a key that is not empty"#,
        ),
        (
            |s| s.sample_ratio = Some(-0.5),
            r#"with_sample_ratio is "-0.5", which is not accepted: give a number from 0 to 1"#,
        ),
        (
            |s| s.sample_ratio = Some(f64::NAN),
            r#"with_sample_ratio is "NaN", which is not accepted: give a number from 0 to 1"#,
        ),
        (
            |s| s.attribute_value_length = Some(0),
            r#"with_attribute_value_length is "0", which is not accepted: give a whole number of characters above 0"#,
        ),
        (
            |s| s.max_queue_size = Some(0),
            r#"with_max_queue_size is "0", which is not accepted: give a whole number of spans above 0"#,
        ),
        (
            |s| s.max_queue_bytes = Some(0),
            r#"with_max_queue_bytes is "0", which is not accepted: give a number of bytes above 0"#,
        ),
        (
            |s| s.max_export_batch_size = Some(0),
            r#"with_max_export_batch_size is "0", which is not accepted: give a whole number of spans above 0"#,
        ),
        (
            |s| s.flush_interval = Some(Duration::ZERO),
            r#"with_export_flush_interval is "0ns", which is not accepted: give a duration above 0"#,
        ),
        (
            |s| s.export_timeout = Some(Duration::ZERO),
            r#"with_export_timeout is "0ns", which is not accepted: give a duration above 0"#,
        ),
    ] {
        assert_eq!(error(change, &[]), expected);
    }
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let (config, notices) = resolve(
        settings(),
        &[
            ("AGENTOPS_API_KEY", ""),
            ("AGENTOPS_EXPORT", "  "),
            ("AGENTOPS_MAX_QUEUE_SIZE", ""),
            ("OTEL_SDK_DISABLED", ""),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
        ],
    )
    .unwrap();
    assert!(matches!(config.destination, Destination::Inert));
    assert_eq!(config.max_queue_size, 32_768);
    assert_eq!(warnings(&notices), [NOWHERE_TO_SEND]);
}

#[test]
fn the_builder_wins_over_the_environment_even_over_a_malformed_variable() {
    let (config, _) = built(
        |s| {
            s.export = Some(Export::Console);
            s.trace_name = Some("mine".to_owned());
            s.auto_start_session = Some(true);
            s.tags = Some(vec!["mine".to_owned()]);
            s.max_queue_size = Some(7);
            s.sample_ratio = Some(0.5);
            s.content = Some(Content::None);
            s.semconv = Some(Semconv::Both);
        },
        &[
            ("AGENTOPS_EXPORT", "nonsense"),
            ("AGENTOPS_TRACE_NAME", "theirs"),
            ("AGENTOPS_AUTO_START_SESSION", "nonsense"),
            ("AGENTOPS_DEFAULT_TAGS", "theirs"),
            ("AGENTOPS_MAX_QUEUE_SIZE", "nonsense"),
            ("AGENTOPS_SAMPLE_RATIO", "nonsense"),
            ("OTEL_TRACES_SAMPLER", "nonsense"),
            ("AGENTOPS_CAPTURE_CONTENT", "nonsense"),
            ("TRACELOOP_TRACE_CONTENT", "nonsense"),
            ("AGENTOPS_SEMCONV", "nonsense"),
        ],
    );
    assert!(matches!(config.destination, Destination::Console));
    assert_eq!(
        (config.trace_name.as_str(), config.tags.as_slice()),
        ("mine", &["mine".to_owned()][..])
    );
    assert!(config.auto_start_session);
    assert_eq!(config.max_queue_size, 7);
    assert_eq!((config.content, config.semconv), (Content::None, Semconv::Both));
}

#[test]
fn agentops_own_content_variable_wins_over_those_of_others() {
    let others = [
        ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "false"),
        ("TRACELOOP_TRACE_CONTENT", "false"),
    ];
    for (own, expected) in [("all", Content::All), ("none", Content::None)] {
        let config = config(&[("AGENTOPS_CAPTURE_CONTENT", own), others[0], others[1]]);
        assert_eq!(config.content, expected);
    }
    // Either one of the others is enough to hold messages back.
    let config = config(&[others[0], ("TRACELOOP_TRACE_CONTENT", "true")]);
    assert_eq!(config.content, Content::NoMessages);
}

#[test]
fn the_sample_ratio_of_agentops_wins_over_the_sampler_of_opentelemetry() {
    let sampler = [
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.01"),
    ];
    assert_eq!(config(&sampler).sample_ratio.to_bits(), 0.01_f64.to_bits());
    let both = config(&[sampler[0], sampler[1], ("AGENTOPS_SAMPLE_RATIO", "0.5")]);
    assert_eq!(both.sample_ratio.to_bits(), 0.5_f64.to_bits());
    let with_key = config(&[sampler[0], sampler[1], ("AGENTOPS_API_KEY", KEY)]);
    assert_eq!(with_key.sample_ratio.to_bits(), 1.0_f64.to_bits());
}

#[test]
fn the_service_takes_the_first_name_that_was_given() {
    let order = [
        ("AGENTOPS_SERVICE_NAME", "ours", "ours"),
        ("OTEL_SERVICE_NAME", "otel", "otel"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=resource", "resource"),
    ];
    for start in 0..order.len() {
        let variables: Vec<_> = order[start..].iter().map(|(name, value, _)| (*name, *value)).collect();
        assert_eq!(config(&variables).service_name, order[start].2);
        let (config, _) = built(|s| s.service_name = Some("built".to_owned()), &variables);
        assert_eq!(config.service_name, "built");
        let (config, _) = built(
            |s| s.resource_attributes = vec![("service.name".to_owned(), "attribute".to_owned())],
            &variables,
        );
        assert_eq!(config.service_name, "attribute");
        assert!(config.resource_attributes.is_empty(), "one value stands for the name");
    }
}

#[test]
fn the_deployment_environment_has_one_value_under_whichever_name_it_was_given() {
    for key in [
        "deployment.environment.name",
        "deployment.environment",
        "agentops.environment",
    ] {
        let attributes = format!("{key}=prod,service.version=1.2");
        let config = config(&[("OTEL_RESOURCE_ATTRIBUTES", &attributes)]);
        assert_eq!(config.environment.as_deref(), Some("prod"), "{key}");
        assert_eq!(config.service_version.as_deref(), Some("1.2"));
        assert!(config.resource_attributes.is_empty());
        let (config, _) = resolve(
            settings(),
            &[
                ("OTEL_RESOURCE_ATTRIBUTES", attributes.as_str()),
                ("AGENTOPS_ENVIRONMENT", "staging"),
            ],
        )
        .unwrap();
        assert_eq!(config.environment.as_deref(), Some("staging"));
    }
}

#[test]
fn resource_attributes_of_the_builder_replace_those_of_the_environment() {
    let (config, _) = built(
        |s| s.resource_attributes = vec![("team".to_owned(), "b".to_owned()), ("zone".to_owned(), "c".to_owned())],
        &[("OTEL_RESOURCE_ATTRIBUTES", "team=a,region=eu")],
    );
    let pairs: Vec<_> = config
        .resource_attributes
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(pairs, [("team", "b"), ("region", "eu"), ("zone", "c")]);
}

#[test]
fn a_wait_that_no_clock_can_hold_is_a_year() {
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let (built, _) = built(
        |s| {
            s.flush_interval = Some(Duration::MAX);
            s.export_timeout = Some(Duration::MAX);
            s.shutdown_timeout = Some(Duration::MAX);
        },
        &[],
    );
    assert_eq!(
        [built.flush_interval, built.export_timeout, built.shutdown_timeout],
        [year; 3]
    );
    assert_eq!(
        config(&[("AGENTOPS_EXPORT_FLUSH_INTERVAL", &u64::MAX.to_string())]).flush_interval,
        year
    );
}

#[test]
fn a_shutdown_timeout_of_zero_does_not_wait() {
    let (config, _) = built(|s| s.shutdown_timeout = Some(Duration::ZERO), &[]);
    assert_eq!(config.shutdown_timeout, Duration::ZERO);
}

#[test]
fn notices_are_told_as_events_of_agentops() {
    let told = Told::default();
    let (_, notices) = resolve(
        settings(),
        &[
            ("AGENTOPS_API_KEY", "my-key"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
        ],
    )
    .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(told.clone()), || notices.tell());
    let told = told.0.lock().unwrap();
    let levels: Vec<_> = told.iter().map(|(level, target, _)| (*level, *target)).collect();
    assert_eq!(levels, [(Level::INFO, "agentops"), (Level::WARN, "agentops")]);
    assert!(
        told[0].2.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && told[1].2.contains("AGENTOPS_API_KEY"),
        "{told:?}"
    );
}

/// Keeps what it is told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Event>>>);

/// Level, target and message.
type Event = (Level, &'static str, String);

impl<S: tracing::Subscriber> Layer<S> for Told {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let mut message = String::new();
        event.record(&mut |_: &tracing::field::Field, value: &dyn fmt::Debug| message = format!("{value:?}"));
        let metadata = event.metadata();
        self.0
            .lock()
            .unwrap()
            .push((*metadata.level(), metadata.target(), message));
    }
}

#[test]
fn the_process_is_asked_unless_another_environment_was_given() {
    let variable = |parts: &crate::builder::BuilderParts, name: &str| (parts.lookup)(name);
    let process = crate::builder::builder().into_parts();
    assert!(
        variable(&process, "PATH").is_some(),
        "every process of a test has a PATH"
    );
    assert_eq!(variable(&process, "AGENTOPS_NOBODY_SETS_THIS"), None);
    let given = crate::builder::builder()
        .with_env(|name| Some(name.to_lowercase()))
        .into_parts();
    assert_eq!(variable(&given, "PATH").as_deref(), Some("path"));
}

mod destination;
mod secrets;
