//! Spans arrive, as they would over HTTP.

use agentops::{Compression, Protocol};

use super::{
    program::{DEADLINE, Program, to},
    server::{METHOD, Server, taken},
};

fn friendly() -> Server {
    Server::start(|_| taken())
}

#[test]
fn spans_of_a_program_without_a_runtime_arrive_at_the_method_whatever_the_endpoints_path_is() {
    let server = friendly();
    for endpoint in [
        server.endpoint(),
        format!("{}/", server.endpoint()),
        format!("{}/v1/traces?tenant=7#here", server.endpoint()),
    ] {
        let before = server.calls().len();
        let program = Program::new(to(endpoint));
        program.work(1..=3);
        let stats = program.delivered();
        assert_eq!((stats.recorded, stats.exported, stats.retries), (3, 3, 0));
        let calls = server.calls();
        assert_eq!(calls.len(), before + 1);
        assert_eq!(calls[before].serials(), [1, 2, 3]);
        assert_eq!(calls[before].text("authorization"), None);
        assert!(calls[before].text("user-agent").unwrap().starts_with("agentops-rust/"));
        assert_eq!(calls[before].text("grpc-timeout"), Some("10000000u"));
    }
    assert!(
        server.heads().iter().all(|(path, _)| path == METHOD),
        "{:?}",
        server.heads()
    );
}

#[test]
fn opentelemetrys_variables_choose_grpc() {
    let server = friendly();
    for protocol in ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] {
        let endpoint = server.endpoint();
        let env = move |name: &str| match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint.clone()),
            "OTEL_EXPORTER_OTLP_HEADERS" => Some("x-tenant=acme".to_owned()),
            name if name == protocol => Some("grpc".to_owned()),
            _ => None,
        };
        let builder = agentops::builder().with_env(env).with_auto_start_session(false);
        let program = Program::new(builder);
        program.work([7]);
        program.delivered();
        let call = server.calls().pop().unwrap();
        assert_eq!((call.serials(), call.text("x-tenant")), (vec![7], Some("acme")));
    }
    assert_eq!(server.calls().len(), 2);
}

#[test]
fn long_requests_are_compressed_and_short_ones_are_not() {
    let server = friendly();
    let text = "many words ".repeat(2_000);
    for compression in [Compression::Gzip, Compression::None] {
        let program = Program::new(to(server.endpoint()).with_compression(compression));
        program.work([1]);
        program.delivered();
        program.work_with([2], &text);
        program.delivered();
    }
    let encodings: Vec<_> = server.heads().into_iter().map(|(_, encoding)| encoding).collect();
    assert_eq!(encodings, [None, Some("gzip".to_owned()), None, None]);
    let calls = server.calls();
    assert_eq!(calls.len(), 4);
    assert_eq!(calls[1].serials(), [2]);
}

#[test]
fn a_check_asks_the_server() {
    let server = friendly();
    let program = Program::new(to(server.endpoint()));
    program.agentops.check(DEADLINE).unwrap();
    let calls = server.calls();
    assert_eq!(calls.len(), 1);
    assert!(calls[0].message.resource_spans.is_empty());

    let refusing = Server::start(|_| Err(tonic::Status::unauthenticated("who are you?")));
    let program = Program::new(to(refusing.endpoint()));
    let error = program.agentops.check(DEADLINE).unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    assert!(error.to_string().contains("Unauthenticated: who are you?"), "{error}");
}

#[test]
fn the_programs_headers_travel_as_metadata_and_replace_none_of_the_protocol() {
    let server = friendly();
    let builder = to(server.endpoint())
        .with_header("X-Tenant", "acme")
        .with_header("authorization", "Basic abc")
        .with_header("grpc-timeout", "1n")
        .with_header("grpc-encoding", "br")
        .with_header("te", "nothing")
        .with_header("content-type", "text/plain");
    let program = Program::new(builder);
    program.work([1]);
    program.delivered();
    let call = server.calls().pop().unwrap();
    assert_eq!(call.text("x-tenant"), Some("acme"));
    assert_eq!(call.text("authorization"), Some("Basic abc"));
    assert_eq!(call.text("grpc-timeout"), Some("10000000u"));
    assert_eq!(server.heads(), [(METHOD.to_owned(), None)]);
}

#[test]
fn a_check_tells_of_an_endpoint_that_takes_http_alone() {
    let http = agentops::testing::Collector::start_without_auth();
    let builder = to(http.auth_endpoint());
    let program = Program::new(builder);
    let error = program.agentops.check(DEADLINE).unwrap_err();
    assert!(error.to_string().contains(METHOD), "{error}");
    let program = Program::new(to(http.traces_endpoint()).with_protocol(Protocol::HttpProtobuf));
    program.agentops.check(DEADLINE).unwrap();
}
