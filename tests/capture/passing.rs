//! What passes is not changed: bytes, pieces, heads and addresses.

use super::{
    bodies::{CHAT, chat_request},
    provider::Reply,
    run::{call, run},
};

const PATH: &str = "/v1/chat/completions";

#[test]
fn the_head_and_the_address_of_an_answer_stay() {
    let reply = Reply::json(CHAT)
        .header("x-request-id", "req_1")
        .header("openai-processing-ms", "17");
    run(vec![reply], async |program| {
        let answer = program.send(PATH, &chat_request(false)).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.url().as_str(), format!("{}{PATH}", program.url));
        assert_eq!(answer.headers()["x-request-id"], "req_1");
        assert_eq!(answer.headers()["content-type"], "application/json");
        assert_eq!(answer.version(), reqwest::Version::HTTP_11);
        assert!(answer.remote_addr().is_some());
        let value: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(value["object"], "chat.completion");
    });
}

#[test]
fn a_request_reaches_the_server_as_it_was_sent() {
    let request = chat_request(false);
    let (_, asked) = run(vec![Reply::json(CHAT)], async |program| {
        program.post(PATH, &request).await;
    });
    assert_eq!(asked[0].body, serde_json::to_vec(&request).unwrap());
    assert!(asked[0].head.contains("content-length"), "{}", asked[0].head);
}

#[test]
fn every_byte_passes_in_the_pieces_in_which_it_came() {
    let pieces: Vec<Vec<u8>> = (0..200_u32)
        .map(|at| vec![u8::try_from(at).unwrap(); 1 + at as usize * 7])
        .collect();
    let reply = pieces
        .iter()
        .fold(Reply::events(), |reply, piece| reply.piece(piece.as_slice()));
    let (spans, _) = run(vec![reply], async |program| {
        let body = program.post(PATH, &chat_request(true)).await;
        assert_eq!(body, pieces.concat());
    });
    assert_eq!(call(&spans).name, "chat gpt-4o", "whatever it was");
}

#[test]
fn without_a_layer_nothing_is_watched() {
    let provider = super::provider::Provider::start(vec![Reply::json(CHAT)]);
    let capture = agentops::capture::HttpCapture::new();
    let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
        .with(capture)
        .build();
    let body = super::run::block_on(async {
        let answer = client
            .post(format!("{}{PATH}", provider.url))
            .json(&chat_request(false))
            .send()
            .await;
        answer.unwrap().bytes().await.unwrap()
    });
    assert_eq!(body, CHAT);
}
