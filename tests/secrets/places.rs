//! Where secrets are looked for after the run: in all it printed and in all it sent.

use std::fs;

use agentops::testing::{Collector, Failure, Request};

use crate::process::{Ended, again_alone, role};

use super::{
    everything, overheard,
    planted::{BEARER, HEADER, KEY, PASSWORD_IN_URL, TOKEN, WRONG_KEY, with_password},
    run,
    search::found,
};

/// The servers of a run, and what they are told to do.
struct Servers {
    agentops: Collector,
    backend: Collector,
    elsewhere: Collector,
}

impl Servers {
    /// Each answer repeats what it was sent, as servers do.
    fn start() -> Self {
        let servers = Self {
            agentops: Collector::start(),
            backend: Collector::start_without_auth(),
            elsewhere: Collector::start_without_auth(),
        };
        let says = |status: u16, text: &str| Failure::status(status).with_body(text.to_owned());
        let agentops = &servers.agentops;
        agentops.fail_next_auth_n(says(403, &format!("no such key: {WRONG_KEY}")), 2);
        agentops.fail_next_auth(says(500, &format!("could not read {{\"api_key\":\"{KEY}\"}}")));
        // Each handle of the run is issued the next token; a check of the key, too.
        agentops.fail_next(Failure::partial(0, format!("rather not with {TOKEN}1")));
        agentops.fail_next(says(401, &format!("expired: Bearer {TOKEN}3")));
        agentops.fail_next(Failure::partial(0, format!("rather not with {TOKEN}4")));
        agentops.fail_next(says(403, &format!("not allowed: {TOKEN}5, {HEADER}")));
        agentops.fail_next(Failure::partial(0, format!("rather not with {TOKEN}6")));
        agentops.fail_next(says(500, &format!("broken: {TOKEN}7, x-own-secret: {HEADER}")));
        agentops.fail_next(Failure::partial(0, format!("rather not with {TOKEN}7")));
        let target = format!("{}?token={TOKEN}8", with_password(&servers.elsewhere.traces_endpoint()));
        agentops.fail_next(Failure::redirect(target));
        agentops.fail_next(Failure::partial(1, format!("one was too much for {TOKEN}9")));
        let backend = &servers.backend;
        backend.fail_next(says(
            401,
            &format!("no: {HEADER}, Bearer {BEARER}, user:{PASSWORD_IN_URL}"),
        ));
        backend.fail_next(says(403, &format!("no: {BEARER}")));
        backend.fail_next(says(500, &format!("broken: {HEADER}")));
        servers
    }

    /// The run, as a process that knows only the variables it needs.
    fn run(&self, test: &str) -> Ended {
        let mut command = again_alone(test, "run");
        command
            .env(run::BACKEND, self.backend.auth_endpoint())
            .env("AGENTOPS_API_KEY", WRONG_KEY)
            .env("AGENTOPS_API_ENDPOINT", with_password(&self.agentops.auth_endpoint()))
            .env(
                "AGENTOPS_EXPORTER_ENDPOINT",
                with_password(&self.agentops.traces_endpoint()),
            )
            .env("AGENTOPS_APP_URL", with_password("https://app.example"))
            .env(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                with_password(&self.backend.auth_endpoint()),
            )
            .env("OTEL_EXPORTER_OTLP_HEADERS", format!("authorization=Bearer%20{BEARER}"));
        Ended::well(&mut command)
    }
}

/// The secrets in these bytes must be these.
fn assert_found(place: &str, bytes: &[u8], expected: &[&str]) {
    let mut names: Vec<_> = found(bytes);
    names.retain(|(name, _)| !expected.contains(name));
    assert!(
        names.is_empty(),
        "{place} shows {names:?}:\n{}",
        String::from_utf8_lossy(bytes)
    );
    for name in expected {
        let is_there = found(bytes).iter().any(|(have, _)| have == name);
        assert!(is_there, "the search does not see {name} in {place}, where it is");
    }
}

/// `allowed` are the headers of this server's requests that have secrets, and which.
fn assert_request(request: &Request, allowed: &[(&str, &str)]) {
    let place = format!("{request:?}");
    assert_found(&place, request.path.as_bytes(), &[]);
    for (name, value) in &request.headers {
        let of_header: Vec<_> = allowed.iter().filter(|(header, _)| header == name).collect();
        // `Basic` and `Bearer` stand before what is encoded.
        let value = value.rsplit(' ').next().unwrap();
        let expected: Vec<_> = of_header.iter().map(|(_, secret)| *secret).collect();
        assert_found(&format!("{place}, {name}"), value.as_bytes(), &expected);
    }
    let expected: &[&str] = match request.path.as_str() {
        "/v3/auth/token" if has(&request.body, WRONG_KEY) => &["the wrong key"],
        "/v3/auth/token" => &["the key"],
        _ => &[],
    };
    assert_found(&format!("{place}, body"), &request.decompressed().unwrap(), expected);
}

fn has(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}

#[test]
fn a_run_that_fails_in_every_way_shows_no_secret_and_sends_each_only_where_it_belongs() {
    if role().is_some() {
        return run::run();
    }
    if run::file().exists() {
        fs::remove_file(run::file()).unwrap();
    }
    let servers = Servers::start();
    let ended = servers
        .run("secrets::places::a_run_that_fails_in_every_way_shows_no_secret_and_sends_each_only_where_it_belongs");
    let (printed, errors) = (ended.stdout, ended.stderr);
    assert_found("stdout", printed.as_bytes(), &[]);
    assert_found("stderr", errors.as_bytes(), &[]);
    let written = fs::read(run::file()).unwrap();
    assert_found("the file", &written, &[]);
    for request in servers.agentops.requests() {
        match request.path.as_str() {
            "/v3/auth/token" => assert_request(&request, &[("authorization", "a URL's password")]),
            _ => assert_request(
                &request,
                &[("authorization", "a token"), ("x-own-secret", "a header's value")],
            ),
        }
    }
    for request in servers.backend.requests() {
        assert_request(
            &request,
            &[("authorization", "a bearer"), ("x-api-key", "a header's value")],
        );
    }
    let elsewhere = servers.elsewhere.requests();
    assert!(elsewhere.is_empty(), "a redirect was followed: {elsewhere:?}");
    let debug = format!("{:?} {:?}", servers.agentops, servers.agentops.requests());
    assert_found("the fake server's Debug", debug.as_bytes(), &[]);

    assert_run_was_what_it_should_be(&printed, &servers);
    assert!(
        has(&written, "[redacted]"),
        "the program's secrets were there to be masked"
    );
}

/// None of what is absent above is absent because nothing happened.
fn assert_run_was_what_it_should_be(printed: &str, servers: &Servers) {
    for (collector, wanted) in [
        (&servers.agentops, &[200, 307, 401, 403, 500][..]),
        (&servers.backend, &[200, 401, 403, 500]),
    ] {
        let mut statuses: Vec<_> = collector
            .requests()
            .iter()
            .filter_map(|request| request.status)
            .collect();
        statuses.sort_unstable();
        statuses.dedup();
        assert_eq!(statuses, wanted);
        let spans = collector.spans();
        for name in ["login.tool", "planner password=[redacted].agent", "nightly.session"] {
            assert!(
                spans.iter().any(|span| span.name == name),
                "no {name}:\n{}",
                collector.tree()
            );
        }
    }
    for wanted in [
        [
            "WARN",
            "the API key was refused",
            "403 Forbidden: no such key: [secret]",
        ],
        [
            "WARN",
            "another token is fetched",
            "401 Unauthorized: expired: Bearer [secret]",
        ],
        [
            "WARN",
            "another token is fetched",
            "403 Forbidden: not allowed: [secret], [secret]",
        ],
        [
            "WARN",
            "delivery is in trouble",
            "500 Internal Server Error: broken: [secret]",
        ],
        ["WARN", "spans were lost", "redirects are not followed"],
        ["WARN", "part of a request was rejected", "too much for [secret]"],
        ["INFO", "session started; replay", "https://app.example/sessions"],
        ["debug InitError", "AGENTOPS_API_KEY", "[secret]"],
        ["debug ExportError", "Lost", "redirect"],
        // The console's tree.
        ["login.tool", "error", "password=[redacted]"],
    ] {
        assert!(told(printed, &wanted), "{wanted:?} is not in:\n{printed}");
    }
    let others = printed
        .lines()
        .filter(|line| line.starts_with(overheard::MARK) && !line.contains(" agentops "));
    assert!(
        others.count() > 0,
        "libraries on the pipeline's thread are overheard, too:\n{printed}"
    );
    for name in everything::public_types() {
        let line = format!("{} {name}: ", everything::MARK);
        assert!(
            told(printed, &[&line]),
            "no Debug of {name}: show it in tests/secrets/everything.rs"
        );
    }
}

/// A line has all of these.
fn told(printed: &str, wanted: &[&str]) -> bool {
    printed
        .lines()
        .any(|line| wanted.iter().all(|text| line.contains(text)))
}
