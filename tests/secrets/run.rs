//! The run: everything fails, and everything that can be shown is shown.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use agentops::{AgentOps, Builder, Export, ExportError, InitError, Project};
use tracing::subscriber::with_default;
use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};

use super::{
    everything::{show, show_everything},
    overheard::Overheard,
    planted::{BEARER, FIELD, HEADER, KEY, PASSWORD, WRONG_KEY, with_password},
    program::program,
};

const DEADLINE: Duration = Duration::from_secs(20);

/// The variable by which the run knows the backend that wants no key.
pub(crate) const BACKEND: &str = "SECRETS_TEST_BACKEND";

/// What the run wrote with `Export::File`.
pub(crate) fn file() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("secrets.jsonl")
}

fn variable(name: &str) -> String {
    env::var_os(name).unwrap().into_string().unwrap()
}

pub(crate) fn run() {
    // What libraries say on the pipelines' threads goes to the global subscriber.
    tracing_subscriber::registry().with(Overheard).try_init().unwrap();
    let refused = malformed();
    let project = the_key_is_refused();
    let lost = deliveries_fail();
    a_backend_fails();
    for export in [Export::Console, Export::File(file())] {
        let builder = agentops::builder().with_env(|_| None).with_export(export);
        let handle = built(builder.with_api_key(KEY).with_header("x-own-secret", HEADER));
        recorded(&handle, || handle.shutdown(DEADLINE)).unwrap();
    }
    let handle = built(to_agentops().with_api_key(KEY));
    recorded(&handle, || show_everything(&handle, &project, &lost, &refused));
}

/// A handle, after its builder and it were shown.
fn built(builder: Builder) -> AgentOps {
    show("Builder", &builder);
    let handle = builder.build().unwrap();
    show("AgentOps", &handle);
    handle
}

/// Runs the program with the handle's layer, then `work`.
fn recorded<T>(handle: &AgentOps, work: impl FnOnce() -> T) -> T {
    let subscriber = tracing_subscriber::registry().with(Overheard).with(handle.layer());
    with_default(subscriber, || {
        program(handle);
        let result = work();
        println!("{:?}", handle.stats());
        result
    })
}

/// Everything comes from the environment of the process, which has a host's OTLP settings and a key that is wrong.
fn to_agentops() -> Builder {
    agentops::builder().with_header("x-own-secret", HEADER)
}

/// The server refuses one key, breaks at the other, and takes it.
fn the_key_is_refused() -> Project {
    let handle = built(to_agentops());
    recorded(&handle, || {
        told(handle.check(DEADLINE).unwrap_err());
        told(handle.force_flush(Duration::from_millis(500)).unwrap_err());
        handle.set_api_key(KEY);
        handle.force_flush(DEADLINE).unwrap();
        handle.check(DEADLINE).unwrap()
    })
}

/// A handle each, for it says the same kind of trouble once a minute: the token is refused twice, the server breaks,
/// leads elsewhere, takes a part.
fn deliveries_fail() -> ExportError {
    let flush = || {
        let handle = built(to_agentops().with_api_key(KEY));
        recorded(&handle, || handle.force_flush(DEADLINE))
    };
    for _ in 0..3 {
        flush().unwrap();
    }
    let [lost, _part] = [flush(), flush()].map(|result| told(result.unwrap_err()));
    lost
}

/// Any OTLP backend, with a password in its URL and credentials in headers: refuses, breaks, then takes.
fn a_backend_fails() {
    let endpoint = with_password(&variable(BACKEND));
    let headers = format!("x-api-key={HEADER},authorization=Bearer%20{BEARER}");
    let env = move |name: &str| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint.clone()),
        "OTEL_EXPORTER_OTLP_HEADERS" => Some(headers.clone()),
        _ => None,
    };
    for _ in 0..2 {
        let handle = built(agentops::builder().with_env(env.clone()));
        recorded(&handle, || {
            if let Err(lost) = handle.force_flush(DEADLINE) {
                told(lost);
                told(handle.check(DEADLINE).unwrap_err());
            }
        });
    }
}

/// Tells an error in both ways.
fn told(error: ExportError) -> ExportError {
    println!("{error}");
    show("ExportError", &error);
    error
}

/// Settings that are not accepted.
fn malformed() -> InitError {
    let url = |begin: &str| format!("{begin}user:{PASSWORD}@host/?token={FIELD}");
    let variables = [
        ("AGENTOPS_API_KEY", format!("{KEY} {WRONG_KEY}")),
        ("AGENTOPS_API_ENDPOINT", url("http:/")),
        ("AGENTOPS_EXPORTER_ENDPOINT", url("ftp://")),
        ("AGENTOPS_APP_URL", url("")),
        ("AGENTOPS_SAMPLE_RATIO", url("redis://")),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", with_password("://host:port")),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", with_password("http://host:port")),
    ];
    let with = |pairs: Vec<(&'static str, String)>| {
        let env = move |name: &str| {
            let found = pairs.iter().find(|(have, _)| *have == name);
            found.map(|(_, value)| value.clone())
        };
        agentops::builder().with_env(env)
    };
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://host".to_owned());
    let headers = |value: String| with(vec![endpoint.clone(), ("OTEL_EXPORTER_OTLP_HEADERS", value)]);
    let mut builders: Vec<Builder> = variables.map(|pair| with(vec![pair])).into();
    builders.extend([
        headers(BEARER.replace('=', "")),
        headers(format!("not a name={HEADER}")),
        headers(format!("x-secret={HEADER}%0A")),
        with(vec![endpoint.clone()]).with_header(HEADER, BEARER),
        with(vec![endpoint]).with_header("x-secret", format!("{BEARER}\n")),
        with(Vec::new()).with_api_key(format!("{KEY}\n{WRONG_KEY}")),
        with(Vec::new()).with_exporter_endpoint(url("https//")),
    ]);
    let refused = builders.into_iter().map(|builder| builder.build().unwrap_err());
    let shown = refused.inspect(|error| {
        println!("{error}");
        show("InitError", error);
    });
    shown.last().unwrap()
}
