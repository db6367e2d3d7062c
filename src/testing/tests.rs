//! The collector as a client sees it, over real HTTP.

use std::{io::Write as _, time::Duration};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span as OtlpSpan, Status as OtlpStatus, span},
};
use prost::Message as _;

use super::*;

const KEY: &str = "11111111-2222-4333-8444-555555555555";
const SOON: Duration = Duration::from_secs(20);

/// A client that follows no redirect and no proxy of the environment.
fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

fn key_value(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    key_value(key, any_value::Value::StringValue(value.to_owned()))
}

/// A request with one span for each name, children of the first.
fn request_with(names: &[&str]) -> ExportTraceServiceRequest {
    let spans = names.iter().zip(1_u8..).map(|(name, id)| OtlpSpan {
        trace_id: vec![0xab; 16],
        span_id: vec![id; 8],
        parent_span_id: if id == 1 { Vec::new() } else { vec![1; 8] },
        name: (*name).to_owned(),
        kind: span::SpanKind::Internal.into(),
        start_time_unix_nano: u64::from(id),
        end_time_unix_nano: 100,
        attributes: vec![text("agentops.span.kind", "task")],
        ..OtlpSpan::default()
    });
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![text("service.name", "probe")],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: "agentops".to_owned(),
                    version: "0.1.0".to_owned(),
                    ..InstrumentationScope::default()
                }),
                spans: spans.collect(),
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

async fn fetch_token(collector: &Collector, body: &str) -> reqwest::Response {
    client()
        .post(format!("{}/v3/auth/token", collector.auth_endpoint()))
        .body(body.to_owned())
        .send()
        .await
        .unwrap()
}

async fn token_for(collector: &Collector, key: &str) -> String {
    let answer = fetch_token(collector, &format!("{{\"api_key\":\"{key}\"}}")).await;
    assert_eq!(answer.status(), 200);
    let body: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    body["token"].as_str().unwrap().to_owned()
}

fn post(collector: &Collector, names: &[&str]) -> reqwest::RequestBuilder {
    client()
        .post(collector.traces_endpoint())
        .header("content-type", "application/x-protobuf")
        .body(request_with(names).encode_to_vec())
}

/// Sends to a collector without tokens and returns the status.
async fn status_of(collector: &Collector, names: &[&str]) -> u16 {
    post(collector, names).send().await.unwrap().status().as_u16()
}

fn names(collector: &Collector) -> Vec<String> {
    collector.spans().into_iter().map(|span| span.name).collect()
}

#[tokio::test]
async fn a_key_is_exchanged_for_a_token_that_admits_spans() {
    let collector = Collector::start();
    let answer = fetch_token(&collector, &format!("{{\"api_key\":\"{KEY}\"}}")).await;
    assert_eq!(answer.status(), 200);
    let body: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(body["token"].as_str(), collector.token().as_deref());
    assert!(body["project_id"].is_string());
    assert_eq!(body["project_prem_status"], "free");

    let sent = post(&collector, &["a"])
        .bearer_auth(collector.token().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200);
    assert_eq!(sent.headers()["content-type"], "application/x-protobuf");
    let reply = ExportTraceServiceResponse::decode(sent.bytes().await.unwrap()).unwrap();
    assert_eq!(reply.partial_success, None);
    assert_eq!(names(&collector), ["a"]);
}

#[tokio::test]
async fn spans_without_a_token_or_with_one_never_issued_are_refused() {
    let collector = Collector::start();
    assert_eq!(status_of(&collector, &["a"]).await, 401);
    assert_eq!(
        post(&collector, &["b"])
            .bearer_auth("made-up")
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
    let token = token_for(&collector, KEY).await;
    let without_scheme = post(&collector, &["c"]).header("authorization", token);
    assert_eq!(without_scheme.send().await.unwrap().status(), 401);
    assert_eq!(collector.spans(), []);
}

#[tokio::test]
async fn expired_tokens_are_refused_until_a_new_one_is_fetched() {
    let collector = Collector::start();
    let (first, second) = (token_for(&collector, KEY).await, token_for(&collector, KEY).await);
    assert_ne!(first, second);
    assert_eq!(
        post(&collector, &["a"])
            .bearer_auth(&first)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    collector.expire_tokens();
    for old in [first, second] {
        assert_eq!(
            post(&collector, &["b"]).bearer_auth(old).send().await.unwrap().status(),
            401
        );
    }
    let fresh = token_for(&collector, KEY).await;
    assert_eq!(
        post(&collector, &["c"])
            .bearer_auth(fresh)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(names(&collector), ["a", "c"]);
}

#[tokio::test]
async fn a_key_that_is_no_uuid_is_400_and_one_that_is_not_accepted_403() {
    let collector = Collector::start();
    for body in [
        "",
        "{}",
        "not json",
        "{\"api_key\":7}",
        "{\"api_key\":\"abc\"}",
        "{\"api_key\":\"11111111-2222-4333-8444-55555555555g\"}",
        "{\"api_key\":\"11111111-2222-4333-8444-555555555555-\"}",
    ] {
        assert_eq!(fetch_token(&collector, body).await.status(), 400, "{body}");
    }
    let key = format!("{{\"api_key\":\"{KEY}\"}}");
    collector.accept_only_key("99999999-2222-4333-8444-555555555555");
    assert_eq!(fetch_token(&collector, &key).await.status(), 403);
    collector.accept_only_key(KEY);
    assert_eq!(fetch_token(&collector, &key).await.status(), 200);
    collector.reject_keys();
    assert_eq!(fetch_token(&collector, &key).await.status(), 403);
    collector.accept_any_key();
    assert_eq!(fetch_token(&collector, &key).await.status(), 200);
}

#[tokio::test]
async fn other_routes_and_methods_are_404() {
    let collector = Collector::start();
    for path in ["/", "/v1/metrics", "/v3/auth/token/x"] {
        let answer = client()
            .post(format!("{}{path}", collector.auth_endpoint()))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
    assert_eq!(
        client().get(collector.traces_endpoint()).send().await.unwrap().status(),
        404
    );
}

#[tokio::test]
async fn a_collector_without_auth_takes_spans_without_a_token() {
    let collector = Collector::start_without_auth();
    assert_eq!(status_of(&collector, &["a"]).await, 200);
    assert_eq!(names(&collector), ["a"]);
}

/// Sends a session and a span below it that `fill` fills, and returns the latter.
async fn received(collector: &Collector, fill: impl FnOnce(&mut OtlpSpan)) -> Span {
    let mut message = request_with(&["default.session", "step.task"]);
    fill(&mut message.resource_spans[0].scope_spans[0].spans[1]);
    let sent = client()
        .post(collector.traces_endpoint())
        .header("content-type", "application/x-protobuf; charset=utf-8")
        .body(message.encode_to_vec());
    assert_eq!(sent.send().await.unwrap().status(), 200);
    collector.spans().pop().unwrap()
}

#[tokio::test]
async fn ids_times_status_events_links_scope_and_resource_are_decoded() {
    let collector = Collector::start_without_auth();
    let span = received(&collector, |span| {
        span.kind = span::SpanKind::Client.into();
        span.flags = 0x101;
        span.trace_state = "a=b".to_owned();
        span.status = Some(OtlpStatus {
            code: 2,
            message: "ValueError: no".to_owned(),
        });
        span.dropped_attributes_count = 3;
        let attributes = vec![text("exception.message", "no")];
        let event = span::Event {
            time_unix_nano: 42,
            name: "exception".to_owned(),
            attributes,
            ..Default::default()
        };
        span.events = vec![event];
        span.links = vec![span::Link {
            trace_id: vec![0xcd; 16],
            span_id: vec![9; 8],
            flags: 0x300,
            ..Default::default()
        }];
    })
    .await;
    assert_eq!(
        (span.trace_id.as_str(), span.span_id.as_str()),
        ("ab".repeat(16).as_str(), "0202020202020202")
    );
    assert_eq!(span.parent_span_id.as_deref(), Some("0101010101010101"));
    assert_eq!(
        (span.flags, span.trace_state.as_str(), span.dropped_attributes),
        (0x101, "a=b", 3)
    );
    assert_eq!(
        (span.otel_kind, span.start_unix_nanos, span.end_unix_nanos),
        (OtelKind::Client, 2, 100)
    );
    assert_eq!(span.status, Status::new(StatusCode::Error, "ValueError: no"));
    assert_eq!((span.kind(), span.is_error()), (Some("task"), true));
    let event = span.events_named("exception").next().unwrap();
    assert_eq!(
        (event.unix_nanos, event.attribute("exception.message").unwrap()),
        (42, &"no".into())
    );
    assert_eq!(
        (span.links[0].trace_id.as_str(), span.links[0].flags),
        ("cd".repeat(16).as_str(), 0x300)
    );
    assert_eq!(
        (span.scope_name.as_str(), span.scope_version.as_str()),
        ("agentops", "0.1.0")
    );
    assert_eq!(span.resource.get("service.name").unwrap(), "probe");
    assert_eq!(collector.resources().len(), 1);
    assert_eq!(collector.tree(), "default.session\n  step.task !ValueError: no\n");
}

#[tokio::test]
async fn attributes_keep_their_types_and_their_order() {
    let collector = Collector::start_without_auth();
    let span = received(&collector, |span| {
        let any = AnyValue {
            value: Some(any_value::Value::StringValue("x".to_owned())),
        };
        span.attributes = vec![
            key_value("b", any_value::Value::BoolValue(true)),
            key_value("i", any_value::Value::IntValue(-7)),
            key_value("d", any_value::Value::DoubleValue(0.5)),
            text("a", "text"),
            key_value("bytes", any_value::Value::BytesValue(vec![1, 2])),
            key_value("list", any_value::Value::ArrayValue(ArrayValue { values: vec![any] })),
            key_value(
                "map",
                any_value::Value::KvlistValue(KeyValueList {
                    values: vec![text("k", "v")],
                }),
            ),
            KeyValue {
                key: "none".to_owned(),
                ..KeyValue::default()
            },
        ];
    })
    .await;
    assert_eq!(
        span.attributes.keys().collect::<Vec<_>>(),
        ["b", "i", "d", "a", "bytes", "list", "map", "none"]
    );
    assert_eq!(span.attribute("b").unwrap(), true);
    assert_eq!(span.attribute("i").unwrap(), -7);
    assert_eq!(span.attribute("d").unwrap(), 0.5);
    assert_eq!(span.attribute("a").unwrap(), "text");
    assert_eq!(span.attribute("bytes").unwrap().as_bytes(), Some([1, 2].as_slice()));
    assert_eq!(span.attribute("list").unwrap(), ["x"]);
    assert_eq!(span.attribute("map").unwrap().as_map().unwrap().get("k").unwrap(), "v");
    assert_eq!(span.attribute("none"), Some(&Value::Empty));
    assert_eq!(span.text("i"), None);
    assert_ne!(span.attribute("i").unwrap(), -7.0);
}

#[tokio::test]
async fn gzip_and_json_bodies_are_understood_and_answered_in_kind() {
    let collector = Collector::start_without_auth();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&request_with(&["zipped"]).encode_to_vec()).unwrap();
    let sent = client()
        .post(collector.traces_endpoint())
        .header("content-type", "application/x-protobuf")
        .header("content-encoding", "gzip")
        .body(gzip.finish().unwrap());
    assert_eq!(sent.send().await.unwrap().status(), 200);

    let json = serde_json::to_vec(&request_with(&["json"])).unwrap();
    let sent = client()
        .post(collector.traces_endpoint())
        .header("content-type", "application/json")
        .body(json);
    let answer = sent.send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    assert_eq!(answer.bytes().await.unwrap().as_ref(), b"{}");

    assert_eq!(names(&collector), ["zipped", "json"]);
    let [zipped, json] = &collector.requests()[..] else {
        panic!("two requests")
    };
    assert_ne!(zipped.decompressed().unwrap(), zipped.body);
    assert_eq!(zipped.spans()[0].name, "zipped");
    assert_eq!(json.spans()[0].trace_id, "ab".repeat(16));
}

#[tokio::test]
async fn what_cannot_be_decoded_is_refused() {
    let collector = Collector::start_without_auth();
    let cases: [(&str, &str, &[u8], u16); 5] = [
        ("text/plain", "identity", b"", 415),
        ("application/x-protobuf", "zstd", b"", 415),
        ("application/x-protobuf", "gzip", b"no gzip", 400),
        ("application/x-protobuf", "identity", &[0xff], 400),
        ("application/json", "identity", b"{\"resourceSpans\":7}", 400),
    ];
    for (content_type, encoding, body, status) in cases {
        let sent = client()
            .post(collector.traces_endpoint())
            .header("content-type", content_type)
            .header("content-encoding", encoding)
            .body(body.to_vec());
        assert_eq!(sent.send().await.unwrap().status(), status, "{content_type} {encoding}");
    }
    assert_eq!(collector.spans(), []);
    assert!(collector.requests().iter().all(|request| request.spans().is_empty()));
}

#[tokio::test]
async fn requests_are_kept_with_their_headers_and_their_answers() {
    let collector = Collector::start_without_auth();
    let sent = client()
        .post(format!("{}?v=1", collector.traces_endpoint()))
        .header("content-type", "application/x-protobuf")
        .header("X-Team", "blue")
        .body(request_with(&["a"]).encode_to_vec());
    assert_eq!(sent.send().await.unwrap().status(), 200);
    let request = &collector.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/v1/traces?v=1")
    );
    assert_eq!(
        (request.header("x-team"), request.header("X-TEAM")),
        (Some("blue"), Some("blue"))
    );
    assert!(request.headers.iter().all(|(name, _)| *name == name.to_lowercase()));
    assert_eq!(
        (request.status, request.body.as_slice()),
        (Some(200), request_with(&["a"]).encode_to_vec().as_slice())
    );
    collector.clear();
    assert_eq!(
        (
            collector.requests().len(),
            collector.spans().len(),
            collector.resources().len()
        ),
        (0, 0, 0)
    );
}

#[tokio::test]
async fn what_is_printed_of_a_request_holds_no_key_and_no_token() {
    let collector = Collector::start();
    let token = token_for(&collector, KEY).await;
    post(&collector, &["a"]).bearer_auth(&token).send().await.unwrap();
    let printed = format!(
        "{collector:?} {:?} {:?}",
        collector.requests(),
        collector.wait_for_spans(9, Duration::ZERO)
    );
    assert!(printed.contains("POST /v3/auth/token"), "{printed}");
    assert!(!printed.contains(KEY) && !printed.contains(&token), "{printed}");
}

#[tokio::test]
async fn a_scripted_status_meets_the_next_requests_and_no_more() {
    let collector = Collector::start_without_auth();
    collector.fail_next_n(
        Failure::status(503).with_header("Retry-After", "7").with_body("busy"),
        2,
    );
    collector.fail_next(Failure::status(429));
    let first = post(&collector, &["a"]).send().await.unwrap();
    assert_eq!(
        (first.status().as_u16(), &first.headers()["retry-after"]),
        (503, &"7".parse().unwrap())
    );
    assert_eq!(first.bytes().await.unwrap().as_ref(), b"busy");
    assert_eq!(status_of(&collector, &["b"]).await, 503);
    assert_eq!(status_of(&collector, &["c"]).await, 429);
    assert_eq!(status_of(&collector, &["d"]).await, 200);
    assert_eq!(names(&collector), ["d"]);
    let statuses: Vec<_> = collector.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(503), Some(503), Some(429), Some(200)]);
}

#[tokio::test]
async fn failures_for_ever_end_when_told_to() {
    let collector = Collector::start_without_auth();
    collector.fail_next_n(Failure::status(500), usize::MAX);
    assert_eq!(status_of(&collector, &["a"]).await, 500);
    collector.fail_next_n(Failure::status(502), 0);
    assert_eq!(status_of(&collector, &["a"]).await, 500);
    collector.stop_failing();
    assert_eq!(status_of(&collector, &["a"]).await, 200);
}

#[tokio::test]
async fn a_header_or_status_that_http_does_not_know_does_no_harm() {
    let collector = Collector::start_without_auth();
    collector.fail_next(Failure::status(7).with_header("no good", "x").with_header("x", "a\nb"));
    assert_eq!(status_of(&collector, &["a"]).await, 500);
    collector.fail_next(Failure::status(101));
    assert_eq!(status_of(&collector, &["a"]).await, 500);
}

#[tokio::test]
async fn auth_has_a_script_of_its_own() {
    let collector = Collector::start();
    collector.fail_next_auth(Failure::status(500));
    let key = format!("{{\"api_key\":\"{KEY}\"}}");
    assert_eq!(status_of(&collector, &["a"]).await, 401);
    assert_eq!(fetch_token(&collector, &key).await.status(), 500);
    collector.fail_next_auth(Failure::malformed());
    let malformed = fetch_token(&collector, &key).await;
    assert_eq!(malformed.status(), 200);
    assert!(serde_json::from_slice::<serde_json::Value>(&malformed.bytes().await.unwrap()).is_err());
    assert_eq!(collector.token(), None);
    collector.fail_next_auth(Failure::truncated());
    assert!(fetch_token(&collector, &key).await.bytes().await.is_err());
    collector.fail_next_auth(Failure::partial(1, "means nothing here"));
    assert_eq!(fetch_token(&collector, &key).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_request_is_answered_when_released_and_a_later_one_is_held_again() {
    let collector = Collector::start_without_auth();
    collector.fail_next_n(Failure::hold(), 2);
    let held = tokio::spawn(post(&collector, &["a"]).send());
    collector.wait_for_requests(1, SOON).unwrap();
    assert_eq!((collector.requests()[0].status, collector.spans()), (None, Vec::new()));
    collector.release();
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
    assert_eq!(names(&collector), ["a"]);

    let held = tokio::spawn(post(&collector, &["b"]).send());
    collector.wait_for_requests(2, SOON).unwrap();
    assert_eq!(collector.requests()[1].status, None);
    collector.release();
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_silent_server_leaves_the_client_to_its_timeout() {
    let collector = Collector::start_without_auth();
    collector.fail_next(Failure::no_answer());
    // Long enough for the request to be there, however busy the machine is.
    let error = post(&collector, &["a"])
        .timeout(Duration::from_secs(1))
        .send()
        .await
        .unwrap_err();
    assert!(error.is_timeout(), "{error}");
    collector.wait_for_requests(1, SOON).unwrap();
    assert_eq!((collector.requests()[0].status, collector.spans()), (None, Vec::new()));
}

#[tokio::test]
async fn a_reset_connection_keeps_nothing_and_a_truncated_answer_keeps_the_spans() {
    let collector = Collector::start_without_auth();
    collector.fail_next(Failure::reset());
    assert!(post(&collector, &["a"]).send().await.is_err());
    assert_eq!((collector.requests()[0].status, collector.spans()), (None, Vec::new()));

    collector.fail_next(Failure::truncated());
    let cut = post(&collector, &["b"]).send().await;
    assert!(cut.unwrap().bytes().await.is_err());
    assert_eq!(names(&collector), ["b"]);
}

#[tokio::test]
async fn a_redirect_names_the_other_place() {
    let collector = Collector::start_without_auth();
    collector.fail_next(Failure::redirect("http://127.0.0.1:9/elsewhere"));
    let answer = post(&collector, &["a"]).send().await.unwrap();
    assert_eq!(answer.status(), 307);
    assert_eq!(answer.headers()["location"], "http://127.0.0.1:9/elsewhere");
    assert_eq!(collector.spans(), []);
}

#[tokio::test]
async fn a_partial_success_keeps_all_but_the_rejected() {
    let collector = Collector::start_without_auth();
    collector.fail_next(Failure::partial(1, "too old"));
    let answer = post(&collector, &["a", "b", "c"]).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let reply = ExportTraceServiceResponse::decode(answer.bytes().await.unwrap()).unwrap();
    let partial = reply.partial_success.unwrap();
    assert_eq!((partial.rejected_spans, partial.error_message.as_str()), (1, "too old"));
    assert_eq!(names(&collector), ["a", "b"]);

    collector.fail_next(Failure::partial(9, "none"));
    let json = serde_json::to_vec(&request_with(&["d"])).unwrap();
    let sent = client()
        .post(collector.traces_endpoint())
        .header("content-type", "application/json")
        .body(json);
    let reply = sent.send().await.unwrap().bytes().await.unwrap();
    let reply: serde_json::Value = serde_json::from_slice(&reply).unwrap();
    // Protobuf's JSON writes a 64-bit integer as a string.
    assert_eq!(reply["partialSuccess"]["rejectedSpans"], "1");
    assert_eq!(names(&collector), ["a", "b"]);
}

#[tokio::test]
async fn a_malformed_answer_cannot_be_decoded_but_the_spans_are_kept() {
    let collector = Collector::start_without_auth();
    collector.fail_next(Failure::malformed());
    let answer = post(&collector, &["a"]).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(ExportTraceServiceResponse::decode(answer.bytes().await.unwrap()).is_err());
    assert_eq!(names(&collector), ["a"]);
}

#[tokio::test]
async fn a_rule_fails_the_requests_it_names_and_a_script_comes_first() {
    let collector = Collector::start_without_auth();
    collector.fail_when(|request| {
        request
            .spans()
            .iter()
            .any(|span| span.name == "poison")
            .then(|| Failure::status(400))
    });
    collector.fail_next(Failure::status(503));
    assert_eq!(status_of(&collector, &["good", "poison"]).await, 503);
    assert_eq!(status_of(&collector, &["good", "poison"]).await, 400);
    assert_eq!(status_of(&collector, &["good"]).await, 200);
    collector.stop_failing();
    assert_eq!(status_of(&collector, &["poison"]).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_when_the_spans_are_there_and_says_what_came_when_they_are_not() {
    let collector = Collector::start_without_auth();
    let sending = tokio::spawn(post(&collector, &["a", "b"]).send());
    assert_eq!(collector.wait_for_spans(2, SOON).unwrap().len(), 2);
    assert_eq!(
        collector
            .wait_until(|spans| spans.iter().any(|span| span.name == "b"), SOON)
            .unwrap()
            .len(),
        2
    );
    assert_eq!(sending.await.unwrap().unwrap().status(), 200);

    let error = collector.wait_for_spans(3, Duration::from_millis(1)).unwrap_err();
    assert_eq!(error.to_string(), format!("{error:?}"));
    assert!(
        error.to_string().contains("3 spans") && error.to_string().ends_with("a\n  b\n"),
        "{error}"
    );
    assert!(collector.wait_for_requests(2, Duration::ZERO).is_err());
    // The test may look at the collector while it waits.
    let error = collector.wait_until(|spans| spans.len() > collector.spans().len(), Duration::from_millis(1));
    assert!(error.is_err());
    assert!(collector.wait_until(|_| true, Duration::MAX).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_collector_frees_its_port_though_a_request_is_held() {
    let collector = Collector::start_without_auth();
    collector.fail_next(Failure::hold());
    let held = tokio::spawn(post(&collector, &["a"]).send());
    collector.wait_for_requests(1, SOON).unwrap();
    let (endpoint, client) = (collector.traces_endpoint(), client());
    drop(collector);
    assert!(held.await.unwrap().is_err());
    assert!(client.post(endpoint).send().await.unwrap_err().is_connect());
}

/// A span of trace `a`, its id and its parent's by number.
fn numbered(name: &str, id: u32, parent: Option<u32>, start: u64) -> Span {
    let mut span = Span::new(name);
    span.trace_id = "a".repeat(32);
    span.span_id = format!("{id:016x}");
    span.parent_span_id = parent.map(|parent| format!("{parent:016x}"));
    span.start_unix_nanos = start;
    span
}

#[test]
fn a_tree_orders_children_by_start_then_by_id() {
    let mut failed = numbered("late.tool", 4, Some(1), 9);
    failed.status = Status::new(StatusCode::Error, "two\nlines");
    let spans = [
        failed,
        numbered("tie b", 3, Some(1), 5),
        numbered("tie a", 2, Some(1), 5),
        numbered("root", 1, None, 1),
    ];
    assert_eq!(draw(&spans), "root\n  tie a\n  tie b\n  late.tool !two\\nlines\n");
}

#[test]
fn a_tree_keeps_traces_apart_and_shows_orphans_cycles_and_repeated_spans() {
    let mut other = numbered("other root", 1, None, 0);
    other.trace_id = "b".repeat(32);
    let spans = [
        numbered("root", 1, None, 1),
        numbered("orphan", 2, Some(77), 3),
        numbered("below orphan", 3, Some(2), 4),
        numbered("ouroboros", 5, Some(6), 5),
        numbered("its tail", 6, Some(5), 6),
        numbered("root", 1, None, 1),
        other,
    ];
    assert_eq!(
        draw(&spans),
        "other root\n\nroot\nroot\norphan (orphan)\n  below orphan\nouroboros (orphan)\n  its tail\n"
    );
    assert_eq!(draw(&[]), "");
}

#[test]
fn a_chain_of_many_spans_is_drawn_without_a_deep_stack() {
    let spans: Vec<_> = (1..3_000)
        .map(|id| numbered("s", id, (id > 1).then(|| id - 1), u64::from(id)))
        .collect();
    assert_eq!(draw(&spans).lines().count(), 2_999);
}

#[test]
fn fixed_ids_and_clock_are_the_same_in_every_run() {
    let ids = || {
        let source = FixedIds::new().into_source();
        (source.trace_id().0, source.span_id().0, source.span_id().0)
    };
    assert_eq!((ids(), ids()), ((1, 2, 3), (1, 2, 3)));

    let begin = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(10);
    let clock = FixedClock::at(begin, Duration::from_secs(2)).into_clock();
    let (first, second) = (clock.start(), clock.start());
    assert_eq!((first.unix_nanos, second.unix_nanos), (10_000_000_000, 12_000_000_000));
    assert_eq!(first.unix_nanos_at(clock.now()), 14_000_000_000);
    assert_eq!(
        FixedClock::new().into_clock().start().unix_nanos,
        1_767_225_600_000_000_000
    );
}

#[test]
fn a_fixed_clock_survives_absurd_settings() {
    let before = std::time::SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    let clock = FixedClock::at(before, Duration::MAX).into_clock();
    assert_eq!(clock.start().unix_nanos, 0);
    assert_eq!(clock.start().unix_nanos, 86_400_000_000_000);
}

#[test]
fn attributes_keep_their_order_and_the_last_of_a_repeated_key_counts() {
    let mut attributes: Attributes = [("b", 1), ("a", 2), ("b", 3)]
        .into_iter()
        .map(|(k, v)| (k, i64::from(v)))
        .collect();
    assert_eq!(attributes.get("b").unwrap(), 3);
    assert_eq!(attributes.keys().collect::<Vec<_>>(), ["b", "a", "b"]);
    attributes.set("a", "text");
    assert_eq!(attributes.remove("b").unwrap(), 3);
    assert_eq!(attributes.get("b").unwrap(), 1);
    assert!(attributes.contains_key("a") && !attributes.contains_key("c"));
}
