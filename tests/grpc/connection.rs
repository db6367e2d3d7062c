//! What carries the calls: connections that die without a word, and TLS.

use std::time::Duration;
#[cfg(target_os = "linux")]
use std::{
    env, fs,
    process::{Command, Stdio},
};

#[cfg(target_os = "linux")]
use agentops::{Protocol, testing::Collector};

use super::{
    front::Front,
    program::{DEADLINE, Program, to},
    server::{Server, taken},
};

#[test]
fn a_connection_that_died_without_a_word_is_replaced_and_costs_no_span() {
    let server = Server::start(|_| taken());
    let front = Front::to(server.address());
    let timeout = Duration::from_secs(5);
    let program = Program::new(to(format!("http://127.0.0.1:{}", front.port())).with_export_timeout(timeout));
    program.work([1]);
    program.delivered();
    assert_eq!(front.connections(), 1);

    front.fall_silent();
    program.work([2]);
    let stats = program.delivered();
    // A request that is given up leaves the connection as it is: without a sign of life it has to go.
    assert_eq!((stats.exported, stats.dropped.total()), (2, 0));
    assert!(stats.retries > 0, "{stats:?}");
    assert!(front.connections() > 1, "it was sent over the dead one");
    let serials: Vec<_> = server.calls().iter().flat_map(super::server::Call::serials).collect();
    assert_eq!(serials, [1, 2]);
}

#[cfg(target_os = "linux")]
const ENDPOINT: &str = "AGENTOPS_TEST_TLS_ENDPOINT";
#[cfg(target_os = "linux")]
const PROTOCOL: &str = "AGENTOPS_TEST_TLS_PROTOCOL";

/// The process that knows roots of its own; without an endpoint there is nothing to do.
#[cfg(target_os = "linux")]
#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "the role of a process stands in its environment"
)]
fn a_program_with_roots_of_its_own() {
    let Ok(endpoint) = env::var(ENDPOINT) else { return };
    let protocol = match env::var(PROTOCOL).unwrap().as_str() {
        "h2" => Protocol::Grpc,
        _ => Protocol::HttpProtobuf,
    };
    let program = Program::new(to(endpoint).with_protocol(protocol));
    if let Err(reason) = program.agentops.check(DEADLINE) {
        // Said to the process that started this one.
        fs::write(env::var("SSL_CERT_FILE").unwrap(), format!("refused: {reason}")).unwrap();
        return;
    }
    program.work(1..=3);
    program.delivered();
}

/// Runs that program with `root` as all that it trusts; gives why it could not, where it could not.
#[cfg(target_os = "linux")]
#[allow(clippy::disallowed_methods, reason = "it is this binary again")]
fn run_trusting(root: &str, endpoint: &str, protocol: &str) -> Option<String> {
    let file = env::temp_dir().join(format!("agentops-grpc-root-{}.pem", std::process::id()));
    fs::write(&file, root).unwrap();
    let status = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "grpc::connection::a_program_with_roots_of_its_own",
            "--nocapture",
        ])
        .env(ENDPOINT, endpoint)
        .env(PROTOCOL, protocol)
        .env("SSL_CERT_FILE", &file)
        .env_remove("SSL_CERT_DIR")
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    let left = fs::read_to_string(&file).unwrap();
    fs::remove_file(file).unwrap();
    left.strip_prefix("refused: ").map(str::to_owned)
}

/// The system's roots are those that count: elsewhere than on Linux they stand in no file that a test could name.
#[cfg(target_os = "linux")]
#[test]
fn over_tls_spans_arrive_where_the_certificate_is_trusted_and_nowhere_else() {
    let server = Server::start(|_| taken());
    let (front, root) = Front::with_tls(server.address(), "h2");
    let endpoint = format!("https://localhost:{}", front.port());
    assert_eq!(run_trusting(&root, &endpoint, "h2"), None);
    let serials: Vec<_> = server.calls().iter().flat_map(super::server::Call::serials).collect();
    assert_eq!(serials, [1, 2, 3]);

    let http = Collector::start_without_auth();
    let behind = http.traces_endpoint();
    let behind = behind.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let (http_front, http_root) = Front::with_tls(behind.parse().unwrap(), "http/1.1");
    let http_endpoint = format!("https://localhost:{}/v1/traces", http_front.port());
    assert_eq!(run_trusting(&http_root, &http_endpoint, "http/1.1"), None);
    assert_eq!(http.spans().len(), 3, "as over HTTP");

    // Each of the two trusts the other's certificate.
    let refused = run_trusting(&http_root, &endpoint, "h2").expect("a stranger's certificate is none");
    assert!(
        refused.contains("certificate") && refused.contains("localhost"),
        "{refused}"
    );
    let refused = run_trusting(&root, &http_endpoint, "http/1.1").expect("a stranger's certificate is none");
    assert!(refused.contains("certificate"), "{refused}");
    assert_eq!(
        (server.calls().len(), http.spans().len()),
        (2, 3),
        "a check, and a call"
    );
}
