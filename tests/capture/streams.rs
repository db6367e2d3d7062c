//! Answers that arrive in pieces: times, what was put together, and what is left of one that ended early.

use std::time::Duration;

use futures::StreamExt as _;
use http_body_util::BodyExt as _;

use super::{
    bodies::{CHAT_EVENTS, chat_request},
    provider::Reply,
    run::{below, call, run},
};
use crate::harness::text;

const CHAT: &str = "/v1/chat/completions";
const ANSWER: &str = r#"gen_ai.completion.0.content = "Let me look."
gen_ai.completion.0.role = "assistant"
gen_ai.completion.0.finish_reason = "tool_calls"
gen_ai.completion.0.tool_calls.0.id = "call_1"
gen_ai.completion.0.tool_calls.0.name = "weather"
gen_ai.completion.0.tool_calls.0.arguments = "{\"city\": \"Paris\"}"
"#;

#[test]
fn a_stream_is_put_together_and_timed() {
    let (spans, _) = run(vec![Reply::events().pieces_of(CHAT_EVENTS)], async |program| {
        let body = program.post(CHAT, &chat_request(true)).await;
        assert_eq!(body, CHAT_EVENTS.as_bytes());
    });
    let call = call(&spans);
    assert_eq!(below(call, &["gen_ai.completion"]), ANSWER);
    assert_eq!(call.attribute("gen_ai.usage.total_tokens"), Some(&170_i64.into()));
    assert_eq!(
        call.attribute("gen_ai.usage.cache_read_input_tokens"),
        Some(&64_i64.into())
    );
    for key in ["gen_ai.request.streaming", "gen_ai.request.stream"] {
        assert_eq!(call.attribute(key), Some(&true.into()), "{key}");
    }
    assert_eq!(call.attribute("gen_ai.streaming.chunk_count"), Some(&8_i64.into()));
    let seconds = |key| call.attribute(key).and_then(|value| value.as_f64()).unwrap();
    let first = seconds("gen_ai.streaming.time_to_first_token");
    assert!((first - seconds("gen_ai.response.time_to_first_chunk")).abs() < f64::EPSILON);
    let whole = (call.end_unix_nanos - call.start_unix_nanos) as f64 / 1e9;
    let generation = seconds("gen_ai.streaming.time_to_generate");
    assert!(
        first > 0.0 && generation >= 0.0 && first + generation <= whole,
        "{first} + {generation} <= {whole}"
    );
    assert_eq!(call.attribute("agentops.response.partial"), None);
}

#[test]
fn what_passes_before_the_first_piece_and_what_passes_after_it_are_told_apart() {
    const A_WHILE: Duration = Duration::from_millis(60);
    let (first, rest) = CHAT_EVENTS.split_at(CHAT_EVENTS.find("\n\n").unwrap() + 2);
    let (reply, begin) = Reply::events().hold();
    let (reply, go_on) = reply.piece(first).hold();
    let (spans, _) = run(vec![reply.piece(rest)], async |program| {
        let answer = program.send(CHAT, &chat_request(true)).await.unwrap();
        tokio::time::sleep(A_WHILE).await;
        begin.send(()).unwrap();
        let mut body = std::pin::pin!(reqwest::Body::from(answer).into_data_stream());
        assert_eq!(body.next().await.unwrap().unwrap(), first);
        tokio::time::sleep(A_WHILE).await;
        go_on.send(()).unwrap();
        while let Some(piece) = body.next().await {
            piece.unwrap();
        }
    });
    let call = call(&spans);
    let seconds = |key| call.attribute(key).and_then(|value| value.as_f64()).unwrap();
    let before = seconds("gen_ai.streaming.time_to_first_token");
    let after = seconds("gen_ai.streaming.time_to_generate");
    let (a_while, whole) = (
        A_WHILE.as_secs_f64(),
        (call.end_unix_nanos - call.start_unix_nanos) as f64 / 1e9,
    );
    assert!(before >= a_while && after >= a_while, "{before} and {after}");
    assert!(before + after <= whole + 1e-6, "{before} and {after} of {whole}");
}

#[test]
fn the_first_piece_reaches_the_program_while_the_server_holds_the_second() {
    let (first, rest) = CHAT_EVENTS.split_at(CHAT_EVENTS.find("\n\n").unwrap() + 2);
    let (reply, go_on) = Reply::events().piece(first).hold();
    let (spans, _) = run(vec![reply.piece(rest)], async |program| {
        let answer = program.send(CHAT, &chat_request(true)).await.unwrap();
        let mut body = std::pin::pin!(reqwest::Body::from(answer).into_data_stream());
        assert_eq!(body.next().await.unwrap().unwrap(), first);
        go_on.send(()).unwrap();
        let mut left = Vec::new();
        while let Some(piece) = body.next().await {
            left.extend_from_slice(&piece.unwrap());
        }
        assert_eq!(left, rest.as_bytes());
    });
    assert_eq!(below(call(&spans), &["gen_ai.completion"]), ANSWER);
}

#[test]
fn a_stream_that_is_dropped_early_keeps_what_came_and_says_so() {
    let cut = CHAT_EVENTS.find(r#"{"tool_calls""#).unwrap();
    let cut = CHAT_EVENTS[..cut].rfind("\n\n").unwrap() + 2;
    let (reply, _held) = Reply::events().piece(&CHAT_EVENTS[..cut]).hold();
    let (spans, _) = run(vec![reply], async |program| {
        let mut answer = program.send(CHAT, &chat_request(true)).await.unwrap();
        assert_eq!(answer.chunk().await.unwrap().unwrap(), CHAT_EVENTS[..cut]);
    });
    let call = call(&spans);
    assert_eq!(text(call, "gen_ai.completion.0.content"), "Let me look.");
    assert_eq!(call.attribute("agentops.response.partial"), Some(&true.into()));
    assert_eq!(call.attribute("gen_ai.usage.total_tokens"), None);
    assert_eq!(call.attribute("agentops.cancelled"), None);
    assert!(!call.is_error(), "who takes three pieces wants no more");
}

#[test]
fn who_stops_at_the_last_event_has_it_all() {
    let (reply, _held) = Reply::events().piece(CHAT_EVENTS).hold();
    let (spans, _) = run(vec![reply], async |program| {
        let mut answer = program.send(CHAT, &chat_request(true)).await.unwrap();
        answer.chunk().await.unwrap().unwrap();
    });
    assert_eq!(below(call(&spans), &["gen_ai.completion"]), ANSWER);
    assert_eq!(call(&spans).attribute("agentops.response.partial"), None);
}

#[test]
fn a_stream_that_breaks_is_an_error_with_what_came() {
    let cut = CHAT_EVENTS.find(r#"{"tool_calls""#).unwrap();
    let reply = Reply::events().piece(&CHAT_EVENTS[..cut]).broken();
    let (spans, _) = run(vec![reply], async |program| {
        let answer = program.send(CHAT, &chat_request(true)).await.unwrap();
        answer.bytes().await.unwrap_err();
    });
    let call = call(&spans);
    assert_eq!(text(call, "gen_ai.completion.0.content"), "Let me look.");
    assert_eq!(call.attribute("agentops.response.partial"), Some(&true.into()));
    assert!(
        call.status.message.starts_with("the answer broke off"),
        "{}",
        call.status.message
    );
    assert_eq!(call.events_named("exception").count(), 1);
}

#[test]
fn an_error_in_the_middle_of_a_stream_is_the_calls() {
    let events = "data: {\"id\":\"1\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"He\"}}]}\n\n\
                  data: {\"error\":{\"message\":\"The server had an error\",\"type\":\"server_error\",\"code\":null}}\n\n";
    let (spans, _) = run(vec![Reply::events().pieces_of(events)], async |program| {
        program.post(CHAT, &chat_request(true)).await;
    });
    let call = call(&spans);
    assert_eq!(call.status.message, "server_error: The server had an error");
    assert_eq!(text(call, "error.type"), "server_error");
    assert_eq!(text(call, "gen_ai.completion.0.content"), "He");
}

#[test]
fn comments_that_keep_the_connection_alive_are_no_answer_yet() {
    let (reply, go_on) = Reply::events().piece(": keep-alive\n\n").hold();
    let wait = Duration::from_millis(30);
    let (spans, _) = run(vec![reply.piece(CHAT_EVENTS)], async |program| {
        let mut answer = program.send(CHAT, &chat_request(true)).await.unwrap();
        answer.chunk().await.unwrap().unwrap();
        tokio::time::sleep(wait).await;
        go_on.send(()).unwrap();
        while answer.chunk().await.unwrap().is_some() {}
    });
    let first = call(&spans).attribute("gen_ai.streaming.time_to_first_token");
    let first = first.and_then(|value| value.as_f64()).unwrap();
    assert!(first >= wait.as_secs_f64(), "{first}");
    assert_eq!(below(call(&spans), &["gen_ai.completion"]), ANSWER);
}
