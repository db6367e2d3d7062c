//! Capture as a layer of tower, over hyper and over reqwest.

use agentops::{capture::HttpCapture, testing::draw};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tower::{Layer as _, ServiceExt as _};

use super::{
    bodies::{CHAT, CHAT_EVENTS, MESSAGE, chat_request, messages_request},
    provider::{Provider, Reply},
    run::{below, block_on, call},
};
use crate::harness::{arrived, text};

const TREE: &str = "default.session\n  chat gpt-4o\n";
const PATH: &str = "/v1/chat/completions";

fn post(url: &str, body: Vec<u8>) -> http::Request<Full<Bytes>> {
    let request = http::Request::post(url).header("authorization", "Bearer planted-token");
    request.body(Full::from(body)).unwrap()
}

#[test]
fn a_call_through_hyper_is_captured() {
    for (reply, stream, answer) in [
        (Reply::json(CHAT), false, CHAT),
        (Reply::events().pieces_of(CHAT_EVENTS), true, CHAT_EVENTS),
    ] {
        let provider = Provider::start(vec![reply]);
        let request = serde_json::to_vec(&chat_request(stream)).unwrap();
        let spans = arrived(|_| {
            let client = Client::builder(TokioExecutor::new()).build_http();
            let service = HttpCapture::new().layer(client);
            let body = block_on(async {
                let answer = service
                    .oneshot(post(&format!("{}{PATH}", provider.url), request.clone()))
                    .await;
                answer.unwrap().into_body().collect().await.unwrap().to_bytes()
            });
            assert_eq!(body, answer);
        });
        assert_eq!(draw(&spans), TREE);
        assert_eq!(provider.asked()[0].body, request);
        let call = call(&spans);
        assert_eq!(call.attribute("gen_ai.usage.total_tokens"), Some(&170_i64.into()));
        assert_eq!(text(call, "gen_ai.prompt.1.content"), "What is the weather in Paris?");
        assert!(!below(call, &["gen_ai.completion.0.content"]).is_empty());
        assert!(!format!("{spans:?}").contains("planted"));
    }
}

#[test]
fn a_call_through_reqwest_as_a_service_is_captured() {
    let provider = Provider::start(vec![Reply::json(MESSAGE)]);
    let spans = arrived(|_| {
        let service = HttpCapture::new().layer(reqwest::Client::new());
        block_on(async {
            let request = reqwest::Client::new()
                .post(format!("{}/v1/messages", provider.url))
                .header("anthropic-version", "2023-06-01")
                .json(&messages_request(false));
            let answer = service.oneshot(request.build().unwrap()).await.unwrap();
            assert_eq!(answer.bytes().await.unwrap(), MESSAGE);
        });
    });
    let call = call(&spans);
    assert_eq!(
        (call.name.as_str(), text(call, "gen_ai.system")),
        ("chat claude-sonnet-4-5", "anthropic")
    );
    assert_eq!(call.attribute("gen_ai.usage.prompt_tokens"), Some(&100_i64.into()));
}

#[test]
fn a_failed_and_an_abandoned_request_end_their_spans() {
    let (reply, held) = Reply::silent();
    let provider = Provider::start(vec![reply]);
    let gone = std::net::TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap();
    let request = serde_json::to_vec(&chat_request(false)).unwrap();
    let spans = arrived(|_| {
        block_on(async {
            let service = HttpCapture::new().layer(Client::builder(TokioExecutor::new()).build_http());
            let refused = service
                .clone()
                .oneshot(post(&format!("http://{gone}{PATH}"), request.clone()))
                .await;
            refused.unwrap_err();
            let waiting = service.oneshot(post(&format!("{}{PATH}", provider.url), request.clone()));
            tokio::select! {
                _ = waiting => panic!("nobody answers"),
                () = provider.was_asked() => {}
            }
        });
    });
    drop(held);
    assert_eq!(
        draw(&spans).lines().map(str::trim).collect::<Vec<_>>()[1..].join("\n"),
        "chat !the request failed\nchat gpt-4o !cancelled"
    );
}

#[test]
fn a_request_that_is_under_way_is_within_the_memory_budget() {
    const LENGTH: usize = 50_000;
    let (reply, held) = Reply::silent();
    let provider = Provider::start(vec![reply]);
    let mut request = chat_request(false);
    request["messages"][1]["content"] = "x".repeat(LENGTH).into();
    let request = serde_json::to_vec(&request).unwrap();
    arrived(|agentops| {
        block_on(async {
            let service = HttpCapture::new().layer(Client::builder(TokioExecutor::new()).build_http());
            let waiting = service.oneshot(post(&format!("{}{PATH}", provider.url), request));
            tokio::select! {
                _ = waiting => panic!("nobody answers"),
                () = async {
                    provider.was_asked().await;
                    // The server has all of it, and so do we.
                    let open = agentops.stats().open_bytes;
                    assert!((LENGTH..2 * LENGTH).contains(&open), "{open}");
                } => {}
            }
        });
        assert_eq!(
            agentops.stats().open_bytes,
            0,
            "it is the record's, which is on its way"
        );
    });
    drop(held);
}

#[test]
fn what_is_not_a_call_of_a_model_passes() {
    let provider = Provider::start(vec![Reply::json("{}")]);
    let spans = arrived(|_| {
        let service = HttpCapture::new().layer(Client::builder(TokioExecutor::new()).build_http());
        block_on(async {
            let answer = service
                .oneshot(post(&format!("{}/orders", provider.url), b"{}".to_vec()))
                .await;
            assert_eq!(answer.unwrap().into_body().collect().await.unwrap().to_bytes(), "{}");
        });
    });
    assert_eq!(spans.len(), 0);
    assert_eq!(provider.asked()[0].body, b"{}");
}
