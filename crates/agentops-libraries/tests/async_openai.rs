//! async-openai 0.43, which makes no spans: its HTTP hook is captured.

#![allow(
    clippy::duration_suboptimal_units,
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code"
)]

#[path = "../../../tests/support/mod.rs"]
mod support;

use agentops::{
    capture::HttpCapture,
    testing::{Span, Value, draw},
};
use agentops_libraries::{Answer, Counts, Provider, openai, run};
use async_openai::{
    Client,
    config::OpenAIConfig,
    error::OpenAIError,
    middleware::{HttpRequestFactory, retry::OpenAIRetryLayer},
    types::{chat::CreateChatCompletionRequest, embeddings::CreateEmbeddingRequestArgs, responses::CreateResponseArgs},
};
use futures::StreamExt as _;
use serde_json::{Value as Json, json};
use support::{Display, Golden, Message};
use tower::{Layer as _, ServiceExt as _};
use tracing::instrument;

/// A client whose requests are captured, each try of them.
fn client(provider: &Provider) -> Client<OpenAIConfig> {
    let base = provider.url("/v1");
    let http = HttpCapture::new()
        .with_base_url(&base, "openai")
        .layer(reqwest::Client::new());
    let service = tower::service_fn(move |request: HttpRequestFactory| {
        let http = http.clone();
        async move { Ok::<_, OpenAIError>(http.oneshot(request.build().await?).await?) }
    });
    let config = OpenAIConfig::new().with_api_base(base).with_api_key("sk-scripted");
    Client::with_config(config).with_http_service(OpenAIRetryLayer::new(2).layer(service))
}

fn request(more: &Json) -> CreateChatCompletionRequest {
    let mut request = json!({
        "model": "gpt-4o-mini",
        "messages": [
            { "role": "system", "content": "You forecast." },
            { "role": "user", "content": "Weather in Paris?" },
        ],
    });
    let (Json::Object(request_of), Json::Object(more)) = (&mut request, more) else {
        panic!("{more} is no object");
    };
    request_of.extend(more.clone());
    serde_json::from_value(request).unwrap()
}

async fn stream(provider: &Provider, chunks: usize) {
    let request = request(&json!({ "stream": true, "stream_options": { "include_usage": true } }));
    let mut answer = client(provider)
        .chat()
        .create_stream(request)
        .await
        .unwrap()
        .take(chunks);
    while let Some(chunk) = answer.next().await {
        chunk.unwrap();
    }
}

fn calls(spans: &[Span]) -> Vec<&Span> {
    let mut calls: Vec<_> = spans.iter().filter(|span| span.kind() == Some("llm")).collect();
    calls.sort_by_key(|span| span.start_unix_nanos);
    calls
}

const OPENAI: Counts = Counts {
    input: Some(120),
    output: Some(24),
    cache_read: Some(64),
    cache_creation: None,
    reasoning: Some(8),
    total: Some(144),
};

#[test]
fn without_the_hook_nothing_is_seen() {
    let provider = Provider::start([openai::says("Sunny.")]);
    let spans = run(|_| async {
        let config = OpenAIConfig::new()
            .with_api_base(provider.url("/v1"))
            .with_api_key("sk-scripted");
        Client::with_config(config)
            .chat()
            .create(request(&json!({})))
            .await
            .unwrap();
    });
    assert_eq!(provider.requests().len(), 1);
    assert_eq!(draw(&spans), "");
}

#[test]
fn a_chat_is_one_call_in_both_dialects_whether_it_streams_or_not() {
    #[instrument(skip_all, fields(agentops.kind = "agent"))]
    async fn forecaster(provider: &Provider, streams: bool) {
        if streams {
            stream(provider, usize::MAX).await;
        } else {
            client(provider).chat().create(request(&json!({}))).await.unwrap();
        }
    }
    for streams in [false, true] {
        let answer = if streams { openai::streams } else { openai::says };
        let provider = Provider::start([answer("It is sunny.")]);
        let spans = run(|_| forecaster(&provider, streams));
        assert_eq!(
            draw(&spans),
            "default.session\n  forecaster.agent\n    chat gpt-4o-mini\n"
        );
        let call = calls(&spans)[0];
        assert_eq!(Counts::of(call), OPENAI);
        assert_eq!(
            Display::messages(call),
            [
                Message::new("system", "You forecast."),
                Message::new("user", "Weather in Paris?"),
                Message::new("assistant", "It is sunny."),
            ]
        );
        assert_eq!(
            (call.text("gen_ai.system"), call.text("gen_ai.provider.name")),
            (Some("openai"), Some("openai"))
        );
        assert_eq!(call.text("agent.name"), Some("forecaster"));
        assert_eq!(
            call.attribute("gen_ai.request.streaming").unwrap(),
            &Value::from(streams)
        );
        assert_eq!(
            call.attribute("gen_ai.streaming.time_to_first_token").is_some(),
            streams
        );
        let display = Display::of(&spans);
        assert_eq!((display.llm_calls, display.tokens.total, display.errors), (1, 144, 0));
        assert_eq!((display.warnings, display.lost), (vec![], vec![]));
    }
}

#[test]
fn functions_and_calls_of_tools_are_readable_streamed_or_not() {
    let tool = json!({
        "type": "function",
        "function": { "name": "weather", "description": "The weather", "parameters": { "type": "object" } },
    });
    let paris = json!({ "city": "Paris" });
    for (answer, streams) in [
        (openai::calls("weather", &paris), false),
        (openai::streams_call("weather", &paris), true),
    ] {
        let provider = Provider::start([answer]);
        let spans = run(|_| async {
            let request = request(&json!({ "tools": [tool], "stream": streams }));
            if streams {
                let mut chunks = client(&provider).chat().create_stream(request).await.unwrap();
                while chunks.next().await.is_some() {}
            } else {
                client(&provider).chat().create(request).await.unwrap();
            }
        });
        let call = calls(&spans)[0];
        assert_eq!(
            Display::messages(call)[2],
            Message::call("weather", r#"{"city":"Paris"}"#),
            "{streams}"
        );
        assert_eq!(call.text("gen_ai.request.functions.0.name"), Some("weather"));
        assert_eq!(call.text("gen_ai.completion.0.finish_reason"), Some("tool_calls"));
    }
}

#[test]
fn the_text_of_a_response_is_there_with_its_cached_and_thought_tokens_streamed_or_not() {
    for streams in [false, true] {
        let answer = if streams {
            openai::responds_in_pieces
        } else {
            openai::responds
        };
        let provider = Provider::start([answer("It is sunny.")]);
        let spans = run(|_| async {
            let mut request = CreateResponseArgs::default();
            let request = request
                .model("gpt-4o-mini")
                .instructions("You forecast.")
                .input("Weather in Paris?");
            let client = client(&provider);
            if streams {
                let request = request.stream(true).build().unwrap();
                let mut events = client.responses().create_stream(request).await.unwrap();
                while let Some(event) = events.next().await {
                    event.unwrap();
                }
            } else {
                client.responses().create(request.build().unwrap()).await.unwrap();
            }
        });
        let call = calls(&spans)[0];
        assert_eq!(Counts::of(call), OPENAI);
        assert_eq!(
            Display::messages(call),
            [
                Message::new("system", "You forecast."),
                Message::new("user", "Weather in Paris?"),
                Message::new("assistant", "It is sunny."),
            ]
        );
        assert_eq!(
            call.attribute("gen_ai.request.streaming").unwrap(),
            &Value::from(streams)
        );
        assert_eq!(call.text("gen_ai.response.finish_reason"), Some("stop"));
    }
}

#[test]
fn embeddings_are_calls_of_their_own_kind() {
    let provider = Provider::start([openai::embeds()]);
    let spans = run(|_| async {
        let mut request = CreateEmbeddingRequestArgs::default();
        let request = request.model("text-embedding-3-small").input("hello").build();
        client(&provider).embeddings().create(request.unwrap()).await.unwrap();
    });
    assert_eq!(draw(&spans), "default.session\n  embeddings text-embedding-3-small\n");
    assert_eq!(
        (
            calls(&spans)[0].text("gen_ai.request.type"),
            Counts::of(calls(&spans)[0]).total
        ),
        (Some("embedding"), Some(5))
    );
}

#[test]
fn each_try_of_a_request_is_a_call_and_a_refusal_its_error() {
    let provider = Provider::start([
        openai::refuses(500, "come back later"),
        openai::says("Sunny."),
        openai::refuses(404, "no such model"),
    ]);
    let spans = run(|_| async {
        client(&provider).chat().create(request(&json!({}))).await.unwrap();
        client(&provider).chat().create(request(&json!({}))).await.unwrap_err();
    });
    let calls = calls(&spans);
    let errors: Vec<_> = calls.iter().map(|call| call.is_error()).collect();
    assert_eq!(errors, [true, false, true], "{}", draw(&spans));
    // The layer that tries again throws the first answer away unread.
    assert_eq!(calls[0].text("error.type"), Some("500"));
    assert_eq!(calls[2].text("error.type"), Some("model_not_found"));
    let display = Display::of(&spans);
    assert_eq!((display.llm_calls, display.errors, display.tokens.total), (3, 2, 144));
}

#[test]
fn an_abandoned_stream_keeps_what_had_come() {
    let provider = Provider::start([openai::streams("It is sunny and warm.").stalling_after(4)]);
    let spans = run(|_| stream(&provider, 3));
    let call = calls(&spans)[0];
    let said = Display::messages(call).pop().unwrap();
    assert_eq!(
        (said.role.as_str(), said.content.starts_with("It is ")),
        ("assistant", true),
        "{said:?}"
    );
    assert_eq!(call.attribute("agentops.response.partial").unwrap(), &Value::from(true));
    assert_eq!(Counts::of(call), Counts::default(), "nobody counted");
}

/// The bodies of the capture of the Python SDK.
mod scripted {
    use super::{Answer, Json, json};

    const MESSAGE: &str = "The capital of France is Paris.";

    fn completion(message: &Json, reason: &str) -> Answer {
        Answer::json(&json!({
            "id": "chatcmpl-fake1", "object": "chat.completion", "created": 1_700_000_000, "model": "gpt-4-0613",
            "system_fingerprint": "fp_fake",
            "choices": [{ "index": 0, "message": message, "finish_reason": reason }],
            "usage": { "prompt_tokens": 14, "completion_tokens": 8, "total_tokens": 22 },
        }))
    }

    pub(crate) fn says() -> Answer {
        completion(&json!({ "role": "assistant", "content": MESSAGE }), "stop")
    }

    pub(crate) fn calls() -> Answer {
        let call = json!({
            "id": "call_1", "type": "function",
            "function": { "name": "get_weather", "arguments": "{\"city\": \"Paris\"}" },
        });
        completion(
            &json!({ "role": "assistant", "content": null, "tool_calls": [call] }),
            "tool_calls",
        )
    }

    pub(crate) fn streams() -> Answer {
        let chunk = |choices: Json, usage: Json| {
            let chunk = json!({
                "id": "chatcmpl-fake1", "object": "chat.completion.chunk", "created": 1_700_000_000,
                "model": "gpt-4-0613", "choices": choices, "usage": usage,
            });
            (None, chunk.to_string())
        };
        let delta = |delta: Json, reason: Json| {
            chunk(
                json!([{ "index": 0, "delta": delta, "finish_reason": reason }]),
                Json::Null,
            )
        };
        Answer::events([
            delta(json!({ "role": "assistant", "content": "" }), Json::Null),
            delta(json!({ "content": "Par" }), Json::Null),
            delta(json!({ "content": "is." }), Json::Null),
            delta(json!({}), json!("stop")),
            chunk(
                json!([]),
                json!({ "prompt_tokens": 14, "completion_tokens": 8, "total_tokens": 22 }),
            ),
            (None, "[DONE]".to_owned()),
        ])
    }

    pub(crate) fn refuses() -> Answer {
        let error = json!({
            "message": "model boom does not exist", "type": "invalid_request_error", "param": "model",
            "code": "model_not_found",
        });
        Answer::error(400, &json!({ "error": error }))
    }
}

/// The calls of the Python program, by this library.
fn as_python() -> Vec<Span> {
    let provider = Provider::start([
        scripted::says(),
        scripted::streams(),
        scripted::calls(),
        scripted::says(),
        scripted::refuses(),
        openai::embeds(),
        scripted::says(),
        scripted::streams(),
    ]);
    let brief = json!([
        { "role": "system", "content": "Be brief." },
        { "role": "user", "content": "What's the capital of France?" },
    ]);
    let chat = |more: &Json| {
        let mut request = json!({ "model": "gpt-4", "messages": brief });
        request
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        serde_json::from_value::<CreateChatCompletionRequest>(request).unwrap()
    };
    run(|_| async {
        let client = client(&provider);
        let stream = async || {
            let mut chunks = client
                .chat()
                .create_stream(chat(&json!({ "stream": true })))
                .await
                .unwrap();
            while chunks.next().await.is_some() {}
        };
        let settings = json!({
            "temperature": 0.2, "max_tokens": 50, "top_p": 0.9, "frequency_penalty": 0.1, "presence_penalty": 0.2,
            "user": "u-1",
        });
        client.chat().create(chat(&settings)).await.unwrap();
        stream().await;
        let parameters = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
        let tool = json!({ "name": "get_weather", "description": "Weather", "parameters": parameters });
        let tools = json!({ "tools": [{ "type": "function", "function": tool }] });
        client.chat().create(chat(&tools)).await.unwrap();
        let messages = json!({ "messages": [
            { "role": "user", "content": [
                { "type": "text", "text": "multi" },
                { "type": "image_url", "image_url": { "url": "http://x/y.png" } },
            ] },
            { "role": "assistant", "content": null, "tool_calls": [
                { "id": "call_1", "type": "function", "function": { "name": "get_weather", "arguments": "{}" } },
            ] },
            { "role": "tool", "tool_call_id": "call_1", "content": "sunny" },
        ] });
        client.chat().create(chat(&messages)).await.unwrap();
        client
            .chat()
            .create(chat(&json!({ "model": "boom" })))
            .await
            .unwrap_err();
        let mut embedding = CreateEmbeddingRequestArgs::default();
        let embedding = embedding
            .model("text-embedding-3-small")
            .input("hello")
            .build()
            .unwrap();
        client.embeddings().create(embedding).await.unwrap();
        client.chat().create(chat(&json!({}))).await.unwrap();
        stream().await;
    })
}

/// As JSON where it is JSON: Python puts spaces into it.
fn comparable(value: &Value) -> Json {
    match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Value::Int(number) => json!(number),
        Value::Double(number) => json!(number),
        other => json!(format!("{other:?}")),
    }
}

#[test]
fn whatever_python_sends_of_these_calls_is_sent_with_the_same_values() {
    let golden = Golden::load().openai;
    let mut theirs: Vec<_> = golden
        .spans
        .iter()
        .filter(|span| span.text("gen_ai.system").is_some())
        .collect();
    theirs.sort_by_key(|span| span.start_unix_nanos);
    let spans = as_python();
    let ours = calls(&spans);
    assert_eq!(ours.len(), theirs.len(), "{}", draw(&spans));
    let mut other = Vec::new();
    for (at, (theirs, ours)) in theirs.iter().zip(&ours).enumerate() {
        assert_eq!(theirs.is_error(), ours.is_error(), "{at}");
        for (key, value) in &theirs.attributes {
            let told = ours.attribute(key);
            let same = match key.as_str() {
                // The closed list: providers in lower case, headers never.
                "gen_ai.system" => told.and_then(Value::as_str) == Some("openai"),
                "gen_ai.request.headers" => told.is_none(),
                key if key.starts_with("gen_ai.streaming.") || key.ends_with("_duration") => {
                    told.and_then(Value::as_f64).is_some()
                }
                // Python shows the JSON of a message's parts, we its words, with media named among them.
                "gen_ai.prompt.0.content" if at == 3 => {
                    told.and_then(Value::as_str) == Some("multi\n[image: http://x/y.png]")
                }
                _ => told.map(comparable) == Some(comparable(value)),
            };
            if !same {
                other.push(format!("{at} {key}: {value:?} {told:?}"));
            }
        }
    }
    assert!(other.is_empty(), "{other:#?}");
}
