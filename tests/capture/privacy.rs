//! What never leaves, and what a content level holds back.

use agentops::Content;

use super::{
    bodies::{CHAT, CHAT_EVENTS, chat_request},
    provider::Reply,
    run::{below, call, run, run_with},
};

const PATH: &str = "/v1/chat/completions";

#[test]
fn headers_and_queries_are_never_recorded_and_bodies_are() {
    let reply = Reply::json(CHAT).header("set-cookie", "session=planted-cookie");
    let (spans, asked) = run(vec![reply], async |program| {
        let request = program
            .client
            .post(format!("{}{PATH}?api-key=planted-query", program.url));
        let request = request
            .header("authorization", "Bearer planted-token")
            .header("x-api-key", "planted-key")
            .basic_auth("user", Some("planted-password"))
            .json(&chat_request(false));
        request.send().await.unwrap().bytes().await.unwrap();
    });
    for planted in ["planted-token", "planted-key", "planted-query"] {
        assert!(asked[0].head.contains(planted), "the server is told: {}", asked[0].head);
    }
    let everything = format!("{spans:?}");
    assert!(!everything.contains("planted"), "{everything}");
    assert!(everything.contains("What is the weather in Paris?"));
    assert!(everything.contains("It is sunny in Paris."));
}

#[test]
fn a_key_in_a_conversation_is_masked() {
    let planted = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD";
    let body = CHAT.replace("It is sunny in Paris.", &format!("Your key is {planted}"));
    let mut request = chat_request(false);
    request["messages"][1]["content"] = format!("My key is {planted}").into();
    let (spans, _) = run(vec![Reply::json(body)], async |program| {
        program.post(PATH, &request).await;
    });
    let everything = format!("{:?}", call(&spans));
    assert!(!everything.contains(planted), "{everything}");
    assert!(everything.contains("Your key is ") && everything.contains("My key is "));
}

#[test]
fn a_content_level_holds_back_conversations_on_both_ways_and_no_counts() {
    let error =
        r#"{"error":{"message":"Your prompt was: weather in Paris","type":"invalid_request_error","code":null}}"#;
    for level in [Content::NoMessages, Content::None] {
        let replies = vec![
            Reply::json(CHAT),
            Reply::events().pieces_of(CHAT_EVENTS),
            Reply::new(400, "application/json").piece(error),
        ];
        let (spans, _) = run_with(
            |builder| builder.with_content_capture(level),
            |capture, _| capture,
            replies,
            async |program| {
                for stream in [false, true, false] {
                    program.post(PATH, &chat_request(stream)).await;
                }
            },
        );
        let calls: Vec<_> = spans.iter().filter(|span| span.kind() == Some("llm")).collect();
        let everything = format!("{spans:?}");
        for said in ["Be brief", "sunny", "Let me", "The sky over", "city"] {
            assert!(!everything.contains(said), "{level:?}: {said} in {everything}");
        }
        assert_eq!(calls.len(), 3);
        for call in &calls[..2] {
            assert_eq!(call.name, "chat gpt-4o");
            assert_eq!(call.attribute("gen_ai.usage.total_tokens"), Some(&170_i64.into()));
            assert!(!below(call, &["gen_ai.response.finish_reason"]).is_empty());
        }
        assert!(calls[2].is_error());
        assert_eq!(calls[2].text("error.type"), Some("invalid_request_error"));
        assert_eq!(everything.contains("Your prompt was"), level == Content::NoMessages);
    }
}

#[test]
fn with_instrument_llm_calls_off_nothing_is_captured() {
    for (on, calls) in [(true, 1), (false, 0)] {
        let (spans, asked) = run_with(
            |builder| builder.with_instrument_llm_calls(on),
            |capture, _| capture,
            vec![Reply::json(CHAT)],
            async |program| {
                assert_eq!(program.post(PATH, &chat_request(false)).await, CHAT.as_bytes());
            },
        );
        assert_eq!(spans.iter().filter(|span| span.kind() == Some("llm")).count(), calls);
        assert_eq!(asked.len(), 1);
    }
}
