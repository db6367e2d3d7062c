use std::{
    io::Read,
    net::TcpListener,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use flate2::read::GzDecoder;
use opentelemetry::KeyValue;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message;
use tokio::net::TcpSocket;
use url::Url;

use super::{
    config, header,
    ledger::{Ledger, deliver},
    resource,
    server::{Say, Seen, Server, TOKEN_PATH, TRACES_PATH},
    span, spans,
};
use crate::{
    config::{Compression, Config, Destination, Protocol, Secret},
    export::{Delivery, DropReason, Project},
};

const KEY: &str = "0a1b2c3d-key";

fn agentops(auth: &Server, traces: &Server) -> Config {
    let (auth, traces) = (auth.url(TOKEN_PATH), traces.url(TRACES_PATH));
    config(Destination::AgentOps {
        api_key: Secret::new(KEY),
        auth,
        traces,
    })
}

fn otlp(traces: Url) -> Config {
    config(Destination::Otlp { traces })
}

fn delivery(config: &Config) -> Delivery {
    Delivery::new(config, resource(), None).unwrap()
}

/// Grants tokens and takes spans.
async fn friendly() -> Server {
    Server::start(|seen| {
        if seen.path == TOKEN_PATH {
            Say::token("jwt-1")
        } else {
            Say::status(200)
        }
    })
    .await
}

/// Answers every request for spans alike.
async fn always(say: impl Fn() -> Say + Send + Sync + 'static) -> Server {
    Server::start(move |seen| {
        if seen.path == TOKEN_PATH {
            Say::token("jwt-1")
        } else {
            say()
        }
    })
    .await
}

#[tokio::test]
async fn a_key_becomes_a_token_and_spans_arrive_as_protobuf() {
    let server = friendly().await;
    let ledger = deliver(&mut delivery(&agentops(&server, &server)), spans(3)).await;
    assert_eq!(ledger.exported, 3);
    assert!(ledger.troubles.is_empty());

    let asked = &server.seen(TOKEN_PATH)[0];
    assert_eq!(asked.body, format!(r#"{{"api_key":"{KEY}"}}"#));
    assert_eq!(asked.header("content-type"), Some("application/json"));
    let sent = &server.seen(TRACES_PATH)[0];
    assert_eq!(sent.names(), ["span-1", "span-2", "span-3"]);
    assert_eq!(sent.header("authorization"), Some("Bearer jwt-1"));
    assert_eq!(sent.header("content-type"), Some("application/x-protobuf"));
    for request in [asked, sent] {
        assert_eq!(
            request.header("user-agent"),
            Some(concat!("agentops-rust/", env!("CARGO_PKG_VERSION")))
        );
    }
}

#[tokio::test]
async fn many_batches_fetch_one_token() {
    let server = friendly().await;
    let mut delivery = delivery(&agentops(&server, &server));
    for _ in 0..20 {
        delivery.submit(spans(2));
    }
    let mut ledger = Ledger::default();
    ledger.settle(&mut delivery).await;
    ledger.balances(40, &delivery);
    assert_eq!(ledger.exported, 40);
    assert_eq!((server.seen(TOKEN_PATH).len(), server.seen(TRACES_PATH).len()), (1, 20));
}

#[tokio::test]
async fn own_headers_go_with_spans_but_never_replace_ours_and_never_go_to_the_token_endpoint() {
    let server = friendly().await;
    let mut config = agentops(&server, &server);
    config.headers = vec![
        header("x-tenant", "acme"),
        header("authorization", "Bearer mine"),
        header("content-type", "text/plain"),
        header("content-encoding", "br"),
        header("content-length", "1"),
        header("user-agent", "other/1"),
        header("host", "elsewhere"),
    ];
    let ledger = deliver(&mut delivery(&config), spans(1)).await;
    assert_eq!(ledger.exported, 1);
    assert!(
        ledger.troubles[0].contains("authorization, content-type"),
        "{:?}",
        ledger.troubles
    );
    assert!(!ledger.troubles[0].contains("mine"));

    let sent = &server.seen(TRACES_PATH)[0];
    assert_eq!(sent.header("x-tenant"), Some("acme"));
    assert_eq!(sent.header("authorization"), Some("Bearer jwt-1"));
    assert_eq!(sent.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(sent.header("content-encoding"), None);
    assert_eq!(
        sent.header("host"),
        server
            .url("")
            .as_str()
            .strip_prefix("http://")
            .map(|s| s.trim_end_matches('/'))
    );
    assert!(sent.header("user-agent").unwrap().starts_with("agentops-rust/"));
    assert_eq!(server.seen(TOKEN_PATH)[0].header("x-tenant"), None);
}

#[tokio::test]
async fn an_otlp_endpoint_gets_the_programs_own_authorization_and_no_token() {
    let server = friendly().await;
    let mut config = otlp(server.url(TRACES_PATH));
    config.headers = vec![header("authorization", "Basic abc")];
    assert_eq!(deliver(&mut delivery(&config), spans(1)).await.exported, 1);
    assert_eq!(server.seen(TRACES_PATH)[0].header("authorization"), Some("Basic abc"));
    assert!(server.seen(TOKEN_PATH).is_empty());
}

#[tokio::test]
async fn credentials_of_a_url_are_sent_but_a_token_wins() {
    let server = friendly().await;
    let mut url = server.url(TRACES_PATH);
    url.set_username("user").unwrap();
    url.set_password(Some("password")).unwrap();
    deliver(&mut delivery(&otlp(url.clone())), spans(1)).await;
    assert_eq!(
        server.seen(TRACES_PATH)[0].header("authorization"),
        Some("Basic dXNlcjpwYXNzd29yZA==")
    );

    let destination = Destination::AgentOps {
        api_key: Secret::new(KEY),
        auth: server.url(TOKEN_PATH),
        traces: url,
    };
    deliver(&mut delivery(&config(destination)), spans(1)).await;
    assert_eq!(
        server.seen(TRACES_PATH)[1].header("authorization"),
        Some("Bearer jwt-1")
    );
}

fn large() -> Vec<opentelemetry_sdk::trace::SpanData> {
    let mut span = span(1, "large");
    span.attributes.push(KeyValue::new("text", "many words ".repeat(2_000)));
    vec![span]
}

#[tokio::test]
async fn large_requests_are_compressed_and_small_ones_are_not() {
    let server = friendly().await;
    let mut config = otlp(server.url(TRACES_PATH));
    let mut sender = delivery(&config);
    deliver(&mut sender, spans(1)).await;
    deliver(&mut sender, large()).await;
    config.compression = Compression::None;
    deliver(&mut delivery(&config), large()).await;

    let seen = server.seen(TRACES_PATH);
    let encodings: Vec<_> = seen.iter().map(|seen| seen.header("content-encoding")).collect();
    assert_eq!(encodings, [None, Some("gzip"), None]);
    let mut body = Vec::new();
    GzDecoder::new(&*seen[1].body).read_to_end(&mut body).unwrap();
    assert_eq!(body, seen[2].body);
    assert!(seen[1].body.len() < body.len() / 10);
}

#[tokio::test]
async fn json_is_sent_as_json_and_its_partial_success_is_read() {
    let server = Server::start(|_| {
        Say::status(200).body(r#"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}"#)
    })
    .await;
    let mut config = otlp(server.url(TRACES_PATH));
    config.protocol = Protocol::HttpJson;
    let ledger = deliver(&mut delivery(&config), spans(5)).await;

    assert_eq!((ledger.exported, ledger.dropped(DropReason::Refused)), (3, 2));
    assert!(ledger.troubles[0].contains("too old"));
    let sent = &server.seen(TRACES_PATH)[0];
    assert_eq!(sent.header("content-type"), Some("application/json"));
    let json: serde_json::Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(json["resourceSpans"][0]["scopeSpans"][0]["spans"][4]["name"], "span-5");
}

#[tokio::test]
async fn spans_that_the_receiver_rejected_are_counted_as_refused() {
    let partial = ExportTracePartialSuccess {
        rejected_spans: 1,
        error_message: "no service".to_owned(),
    };
    let answer = Bytes::from(
        ExportTraceServiceResponse {
            partial_success: Some(partial),
        }
        .encode_to_vec(),
    );
    let server = always(move || Say::status(200).body(answer.clone())).await;
    let ledger = deliver(&mut delivery(&otlp(server.url(TRACES_PATH))), spans(3)).await;
    assert_eq!((ledger.exported, ledger.dropped(DropReason::Refused)), (2, 1));
    assert!(ledger.troubles[0].contains("no service"));
}

#[tokio::test]
async fn a_redirect_is_refused_and_no_token_follows_it() {
    let other = friendly().await;
    let target = other.url("/elsewhere").to_string() + "?signature=abcdef";
    let server = always(move || Say::status(307).header("location", target.clone())).await;
    let ledger = deliver(&mut delivery(&agentops(&server, &server)), spans(2)).await;

    assert_eq!(ledger.dropped(DropReason::Refused), 2);
    let trouble = &ledger.troubles[0];
    assert!(
        trouble.contains("307") && trouble.contains("/elsewhere, another origin"),
        "{trouble}"
    );
    assert!(!trouble.contains("abcdef"), "{trouble}");
    assert!(other.seen("/elsewhere").is_empty(), "nobody came");
}

#[tokio::test]
async fn after_a_503_spans_are_sent_again() {
    let calls = AtomicUsize::new(0);
    let server = Server::start(move |_| match calls.fetch_add(1, Ordering::Relaxed) {
        0 => Say::status(503).header("retry-after", "0").body("overloaded"),
        1 => Say::status(429).header("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
        _ => Say::status(200),
    })
    .await;
    let start = Instant::now();
    let ledger = deliver(&mut delivery(&otlp(server.url(TRACES_PATH))), spans(2)).await;
    assert_eq!((ledger.exported, ledger.retries), (2, 2));
    assert!(
        ledger.troubles[0].ends_with("answered 503 Service Unavailable: overloaded"),
        "{:?}",
        ledger.troubles
    );
    // Neither says how long: at once, again and again, would be a busy loop.
    assert!(
        start.elapsed() >= Duration::from_millis(400 + 800),
        "the usual back-off"
    );
}

#[tokio::test]
async fn a_413_halves_a_request_until_only_single_spans_are_too_large() {
    let fits = |seen: &Seen| seen.names().len() <= 3 && !seen.names().contains(&"span-5".to_owned());
    let server = Server::start(move |seen| Say::status(if fits(seen) { 200 } else { 413 })).await;
    let ledger = deliver(&mut delivery(&otlp(server.url(TRACES_PATH))), spans(10)).await;
    assert_eq!((ledger.exported, ledger.dropped(DropReason::Refused)), (9, 1));
    assert!(ledger.troubles.iter().any(|trouble| trouble.contains("413")));
}

#[tokio::test]
async fn a_400_costs_the_bad_span_and_no_other() {
    let bad = |seen: &Seen| seen.names().contains(&"span-77".to_owned());
    let server = Server::start(move |seen| {
        if bad(seen) {
            Say::status(400).body("bad span")
        } else {
            Say::status(200)
        }
    });
    let server = server.await;
    let ledger = deliver(&mut delivery(&otlp(server.url(TRACES_PATH))), spans(100)).await;
    assert_eq!((ledger.exported, ledger.dropped(DropReason::Refused)), (99, 1));
    assert!(
        ledger.troubles[0].ends_with("answered 400 Bad Request: bad span"),
        "{:?}",
        ledger.troubles
    );
}

#[tokio::test]
async fn a_wrong_path_is_refused_with_the_address_in_the_reason() {
    let server = always(|| Say::status(404)).await;
    let ledger = deliver(&mut delivery(&otlp(server.url("/wrong"))), spans(2)).await;
    assert_eq!(ledger.dropped(DropReason::Refused), 2);
    assert_eq!(
        ledger.troubles,
        [format!("{} answered 404 Not Found", server.url("/wrong"))]
    );
    assert_eq!(server.seen("/wrong").len(), 1);
}

#[tokio::test]
async fn an_expired_token_is_replaced() {
    let issued = AtomicUsize::new(0);
    let server = Server::start(move |seen| match (&*seen.path, seen.header("authorization")) {
        (TOKEN_PATH, _) => Say::token(&format!("jwt-{}", issued.fetch_add(1, Ordering::Relaxed))),
        (_, Some("Bearer jwt-0")) => Say::status(401).body("expired"),
        _ => Say::status(200),
    })
    .await;
    let mut delivery = delivery(&agentops(&server, &server));
    for _ in 0..6 {
        delivery.submit(spans(1));
    }
    let mut ledger = Ledger::default();
    ledger.settle(&mut delivery).await;
    ledger.balances(6, &delivery);
    assert_eq!(ledger.exported, 6);
    assert_eq!(server.seen(TOKEN_PATH).len(), 2);
}

#[tokio::test]
async fn nothing_a_server_repeats_to_us_shows_a_secret() {
    let echo = |seen: &Seen| {
        let headers: Vec<_> = seen.headers.values().map(|value| value.to_str().unwrap()).collect();
        format!(
            "you sent {} and {}",
            headers.join(", "),
            String::from_utf8_lossy(&seen.body)
        )
    };
    let server = Server::start(move |seen| match &*seen.path {
        "/good" => Say::token("jwt-very-secret"),
        TOKEN_PATH => Say::status(403).body(echo(seen)),
        _ => Say::status(404).body(echo(seen)),
    })
    .await;
    let mut traces = server.url(TRACES_PATH);
    traces.set_query(Some("sig=query-secret"));
    let destination = |path: &str, traces: &Url| Destination::AgentOps {
        api_key: Secret::new(KEY),
        auth: server.url(path),
        traces: traces.clone(),
    };
    let mut good = config(destination("/good", &traces));
    good.headers = vec![header("x-a", "header-secret")];
    good.protocol = Protocol::HttpJson;
    let mut ledger = deliver(&mut delivery(&good), vec![span(1, "x")]).await;
    let mut refused = delivery(&config(destination(TOKEN_PATH, &traces)));
    refused.submit(spans(1));
    ledger.add(refused.progress().await);
    let error = refused.check().await.unwrap_err();

    assert_eq!(ledger.troubles.len(), 2);
    assert!(
        ledger.troubles.iter().all(|trouble| trouble.contains("you sent")),
        "the echo is shown: {ledger:?}"
    );
    for text in ledger
        .troubles
        .iter()
        .chain([&error.to_string(), &format!("{error:?}")])
    {
        for secret in ["jwt-very-secret", KEY, "header-secret", "query-secret"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.chars().count() < 600, "{text}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_its_password() {
    let nobody = TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let free = nobody.local_addr().unwrap();
    let url: Url = format!("http://user:hunter2@{free}{TRACES_PATH}").parse().unwrap();
    let mut delivery = delivery(&otlp(url));
    delivery.submit(spans(1));
    let trouble = delivery.progress().await.trouble.unwrap();
    assert!(
        trouble.contains(&free.to_string()) && trouble.contains("refused"),
        "{trouble}"
    );
    assert!(!trouble.contains("hunter2"), "{trouble}");
    assert_eq!(delivery.pending_spans(), 1, "it may come back");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_after_the_export_timeout() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = otlp(format!("http://{}/", silent.local_addr().unwrap()).parse().unwrap());
    config.export_timeout = Duration::from_millis(50);
    let mut delivery = delivery(&config);
    delivery.submit(spans(1));
    let trouble = delivery.progress().await.trouble.unwrap();
    assert!(trouble.ends_with("no answer in time"), "{trouble}");
    assert_eq!(delivery.pending_spans(), 1);
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let server = always(|| Say::status(404).body(vec![b'x'; 20 << 20])).await;
    let ledger = deliver(&mut delivery(&otlp(server.url(TRACES_PATH))), spans(1)).await;
    assert_eq!(ledger.dropped(DropReason::Refused), 1);
    assert!(ledger.troubles[0].len() < 400);
}

#[tokio::test]
async fn a_check_says_whose_key_it_is() {
    let server = friendly().await;
    let project = delivery(&agentops(&server, &server)).check().await.unwrap();
    assert_eq!(
        project,
        Project {
            id: "p-1".to_owned(),
            plan: "free".to_owned()
        }
    );
    assert!(server.seen(TRACES_PATH).is_empty());
}

#[tokio::test]
async fn a_check_tells_a_refused_key_from_a_failing_server() {
    for (status, unauthorized) in [(400, true), (403, true), (500, false), (404, false)] {
        let server = Server::start(move |_| Say::status(status).body(r#"{"error":"why"}"#)).await;
        let error = delivery(&agentops(&server, &server)).check().await.unwrap_err();
        assert_eq!(error.is_unauthorized(), unauthorized, "{status}: {error}");
        assert!(error.to_string().contains("why"), "{error}");
    }
}

#[tokio::test]
async fn a_check_of_an_otlp_endpoint_sends_no_span() {
    let server = friendly().await;
    let project = delivery(&otlp(server.url(TRACES_PATH))).check().await.unwrap();
    assert_eq!(project, Project::default());
    assert!(server.seen(TRACES_PATH)[0].names().is_empty());

    let closed = always(|| Say::status(401)).await;
    assert!(
        delivery(&otlp(closed.url(TRACES_PATH)))
            .check()
            .await
            .unwrap_err()
            .is_unauthorized()
    );
    let inert = config(Destination::Inert);
    assert!(
        delivery(&inert)
            .check()
            .await
            .unwrap_err()
            .to_string()
            .contains("AGENTOPS_API_KEY")
    );
}

#[tokio::test]
async fn a_header_that_http_does_not_allow_is_named_without_its_value() {
    for (name, value) in [("x-bad", "secret\nvalue"), ("not a name", "secret value")] {
        let mut config = otlp("http://127.0.0.1:9/".parse().unwrap());
        config.headers = vec![header(name, value)];
        let error = Delivery::new(&config, resource(), None).err().unwrap();
        assert!(error.contains(name) && !error.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn nothing_is_sent_where_there_is_nowhere_to_send_to_and_it_is_counted() {
    for destination in [Destination::Off, Destination::Inert] {
        let ledger = deliver(&mut delivery(&config(destination)), spans(2)).await;
        assert_eq!(ledger.dropped(DropReason::Refused), 2);
    }
}
