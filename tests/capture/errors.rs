//! Requests that fail, answers that cannot be read, and retries.

use std::io::Write as _;

use agentops::{capture::HttpCapture, testing::draw};
use reqwest_middleware::ClientBuilder;
use serde_json::json;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{
    bodies::{CHAT, chat_request},
    provider::Reply,
    run::{below, block_on, call, run, run_with},
};
use crate::harness::text;

const PATH: &str = "/v1/chat/completions";

#[test]
fn what_the_provider_says_went_wrong_is_the_error() {
    let openai = r#"{"error":{"message":"Rate limit reached for gpt-4o","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#;
    let anthropic =
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#;
    let gemini = r#"{"error":{"code":429,"message":"Resource has been exhausted","status":"RESOURCE_EXHAUSTED"}}"#;
    let ollama = r#"{"error":"model 'x' not found"}"#;
    for (status, body, message) in [
        (429, openai, "rate_limit_exceeded: Rate limit reached for gpt-4o"),
        (529, anthropic, "overloaded_error: Overloaded"),
        (429, gemini, "RESOURCE_EXHAUSTED: Resource has been exhausted"),
        (404, ollama, "404: model 'x' not found"),
        (
            502,
            "<html>Bad gateway</html>",
            "502: the server answered with status 502",
        ),
    ] {
        let reply = Reply::new(status, "application/json").piece(body);
        let (spans, _) = run(vec![reply], async |program| {
            assert_eq!(program.post(PATH, &chat_request(false)).await, body.as_bytes());
        });
        let call = call(&spans);
        assert_eq!(call.status.message, message);
        assert_eq!(
            call.attribute("http.response.status_code"),
            Some(&i64::from(status).into())
        );
        assert_eq!(text(call, "error.type"), message.split(':').next().unwrap());
        assert_eq!(
            text(call, "gen_ai.request.model"),
            "gpt-4o",
            "what was asked is known all the same"
        );
        assert_eq!(call.events_named("exception").count(), 1);
    }
}

#[test]
fn nobody_at_the_other_end_is_an_error_without_the_address() {
    let (spans, _) = run(vec![], async |program| {
        let gone = std::net::TcpListener::bind(("127.0.0.1", 0))
            .unwrap()
            .local_addr()
            .unwrap();
        let url = format!("http://{gone}/v1beta/models/gemini-2.5-pro:generateContent?key=AIzaSyPlanted");
        program
            .client
            .post(url)
            .json(&json!({"contents": []}))
            .send()
            .await
            .unwrap_err();
    });
    let call = call(&spans);
    assert_eq!(call.name, "generate_content gemini-2.5-pro", "the path tells the model");
    assert!(
        call.status.message.starts_with("cannot connect"),
        "{}",
        call.status.message
    );
    assert!(!format!("{spans:?}").contains("AIzaSyPlanted"), "{spans:?}");
}

#[test]
fn a_body_that_cannot_be_read_leaves_what_is_known() {
    for body in [
        &b"not json at all"[..],
        b"\xff\xfe\x00\x01",
        b"",
        b"data: {broken\n\n",
        b"{\"choices\": 7, \"usage\": []}",
    ] {
        let (spans, _) = run(vec![Reply::json(body)], async |program| {
            assert_eq!(program.post(PATH, &chat_request(false)).await, body);
        });
        let call = call(&spans);
        assert_eq!(call.name, "chat gpt-4o");
        assert_eq!(text(call, "gen_ai.prompt.1.role"), "user");
        assert_eq!(below(call, &["gen_ai.completion", "gen_ai.usage"]), "");
        assert!(!call.is_error());
    }
}

#[test]
fn a_compressed_answer_is_read_and_passed_on_as_it_is() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(CHAT.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    for (coding, body, tokens) in [("gzip", &gzip[..], Some(170_i64)), ("br", b"whatever", None)] {
        let reply = Reply::json(body).header("content-encoding", coding);
        let (spans, _) = run(vec![reply], async |program| {
            assert_eq!(program.post(PATH, &chat_request(false)).await, body);
        });
        let total = call(&spans).attribute("gen_ai.usage.total_tokens");
        assert_eq!(total, tokens.map(Into::into).as_ref(), "{coding}");
    }
}

#[test]
fn of_a_huge_answer_the_beginning_and_the_counts_are_kept() {
    let words = "word ".repeat(100_000);
    let whole = CHAT.replace("It is sunny in Paris.", &words);
    let pieces: String = std::iter::repeat_n(
        "data: {\"id\":\"c\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n",
        10_000,
    )
    .collect();
    let streamed = format!(
        "{pieces}data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"stop\"}}],\
         \"usage\":{{\"prompt_tokens\":120,\"completion_tokens\":50,\"total_tokens\":170}}}}\n\ndata: [DONE]\n\n"
    );
    for (reply, body) in [
        (Reply::json(whole.as_bytes()), whole.as_bytes()),
        (Reply::events().pieces_of(&streamed), streamed.as_bytes()),
    ] {
        let (spans, _) = run_with(
            |builder| builder,
            |capture, _| capture.with_max_body_bytes(100_000),
            vec![reply],
            async |program| {
                assert_eq!(program.post(PATH, &chat_request(false)).await, body);
            },
        );
        let call = call(&spans);
        assert_eq!(call.attribute("gen_ai.usage.total_tokens"), Some(&170_i64.into()));
        let kept = text(call, "gen_ai.completion.0.content");
        assert!(
            kept.starts_with("word word ") && kept.ends_with("...[truncated]"),
            "{}",
            kept.len()
        );
        assert!(kept.len() < 100_000);
        assert_eq!(
            call.attribute("agentops.response.partial"),
            None,
            "the model had said everything"
        );
    }
}

#[test]
fn of_a_huge_request_the_beginning_is_kept() {
    let mut request = chat_request(false);
    request["messages"][1]["content"] = json!("word ".repeat(100_000));
    let (spans, asked) = run_with(
        |builder| builder,
        |capture, _| capture.with_max_body_bytes(50_000),
        vec![Reply::json(CHAT)],
        async |program| {
            program.post(PATH, &request).await;
        },
    );
    assert_eq!(
        asked[0].body,
        serde_json::to_vec(&request).unwrap(),
        "the server gets all of it"
    );
    let call = call(&spans);
    assert_eq!(text(call, "gen_ai.request.model"), "gpt-4o");
    let kept = text(call, "gen_ai.prompt.1.content");
    assert!(
        kept.starts_with("word word ") && kept.ends_with("...[truncated]"),
        "{}",
        kept.len()
    );
    assert!(kept.len() < 50_000);
}

#[test]
fn every_attempt_is_a_call_of_its_own_where_no_library_traces_it() {
    let busy = r#"{"error":{"message":"Overloaded","type":"server_error","code":null}}"#;
    let replies = vec![Reply::new(503, "application/json").piece(busy), Reply::json(CHAT)];
    let (spans, _) = run(replies, async |program| {
        for _ in 0..2 {
            program.post(PATH, &chat_request(false)).await;
        }
    });
    assert_eq!(
        draw(&spans),
        "default.session\n  planner.agent\n    chat gpt-4o !server_error: Overloaded\n    chat gpt-4o\n"
    );
}

#[test]
fn a_request_that_nobody_waits_for_is_cancelled() {
    let (reply, held) = Reply::silent();
    let (spans, _) = run(vec![reply], async |program| {
        let request = chat_request(false);
        tokio::select! {
            _ = program.send(PATH, &request) => panic!("nobody answers"),
            () = program.provider.was_asked() => {}
        }
    });
    drop(held);
    let call = call(&spans);
    assert_eq!(call.attribute("agentops.cancelled"), Some(&true.into()));
    assert_eq!((call.is_error(), call.status.message.as_str()), (true, "cancelled"));
    assert_eq!(call.events_named("exception").count(), 0);
    assert_eq!(text(call, "gen_ai.prompt.1.role"), "user", "what was asked is known");
}

#[test]
fn what_is_kept_while_an_answer_arrives_is_within_the_budget_of_the_handle() {
    const PIECES: usize = 64;
    let piece = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n",
        "x".repeat(64 * 1024)
    );
    let reply = (0..PIECES).fold(Reply::events(), |reply, _| reply.piece(piece.as_str()));
    let provider = super::provider::Provider::start(vec![reply]);
    let mut most = 0;
    let collector = agentops::testing::Collector::start();
    let agentops = crate::harness::to(&collector)
        .with_max_queue_bytes(1024 * 1024)
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        let capture = HttpCapture::new().with_max_body_bytes(usize::MAX);
        let client = ClientBuilder::new(reqwest::Client::new()).with(capture).build();
        block_on(async {
            let request = client.post(format!("{}{PATH}", provider.url)).json(&chat_request(true));
            let mut answer = request.send().await.unwrap();
            let mut passed = 0;
            while let Some(piece) = answer.chunk().await.unwrap() {
                passed += piece.len();
                most = most.max(agentops.stats().open_bytes);
            }
            assert_eq!(passed, PIECES * piece.len(), "what is not kept passes all the same");
        });
    });
    // The call itself may be more than there is room for: then it is lost, and that is told.
    drop(agentops.shutdown(crate::harness::DEADLINE));
    let stats = agentops.stats();
    assert_eq!(stats.recorded, stats.exported + stats.dropped.total(), "{stats:?}");
    // A vector doubles, and the end of the body is kept in any case.
    assert!((64 * 1024..3 * 1024 * 1024).contains(&most), "{most}");
}

#[test]
fn a_call_that_failed_keeps_its_trace() {
    let busy = r#"{"error":{"message":"Overloaded","type":"server_error","code":null}}"#;
    for (reply, kept) in [
        (Reply::new(503, "application/json").piece(busy), 3),
        (Reply::json(CHAT), 0),
    ] {
        let (spans, _) = run_with(
            |builder| builder.with_sample_ratio(0.0).with_keep_errors(true),
            |capture, _| capture,
            vec![reply],
            async |program| {
                program.post(PATH, &chat_request(false)).await;
            },
        );
        assert_eq!(spans.len(), kept, "{}", draw(&spans));
    }
}
