//! genai 0.7 with its feature `otel`. It records messages where `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` says
//! so, which it reads once: tests that look at messages run in a process of their own.

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

use agentops::testing::{Span, StatusCode, Value, draw};
use agentops_libraries::{Answer, Counts, Provider, anthropic, gemini, openai, own_process, run};
use futures::StreamExt as _;
use genai::{
    Client, ModelIden, ServiceTarget,
    adapter::AdapterKind,
    chat::{ChatMessage, ChatOptions, ChatRequest, ChatStreamEvent, Tool, ToolResponse},
    otel::agent::{AgentSpan, execute_tool_span},
    resolver::{AuthData, Endpoint, ServiceTargetResolver},
};
use serde_json::json;
use support::{Display, Message};
use tracing::Instrument as _;

const CONTENT: [(&str, &str); 1] = [("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")];
const ASKED: &str = "Weather in Paris?";

/// A client whose every model is this provider's.
fn client(provider: &Provider, kind: AdapterKind) -> Client {
    let url = provider.url("/v1/");
    let resolve = move |target: ServiceTarget| -> Result<ServiceTarget, genai::resolver::Error> {
        Ok(ServiceTarget {
            endpoint: Endpoint::from_owned(url.clone()),
            auth: AuthData::from_single("sk-scripted"),
            model: ModelIden::new(kind, target.model.model_name),
        })
    };
    let resolver = ServiceTargetResolver::from_resolver_fn(resolve);
    Client::builder()
        .with_service_target_resolver(resolver)
        .build()
        .unwrap()
}

fn request() -> ChatRequest {
    let tool = Tool::new("weather").with_description("The weather in a city");
    ChatRequest::new(vec![ChatMessage::system("You forecast."), ChatMessage::user(ASKED)])
        .with_tools(vec![tool.with_schema(json!({ "type": "object" }))])
}

/// One call, to its end.
fn call(kind: AdapterKind, model: &'static str, answer: Answer, streams: bool) -> Vec<Span> {
    let provider = Provider::start([answer]);
    let spans = run(|_| async {
        let client = client(&provider, kind);
        if streams {
            let options = ChatOptions::default()
                .with_capture_usage(true)
                .with_capture_content(true)
                .with_capture_tool_calls(true);
            let mut events = client
                .exec_chat_stream(model, request(), Some(&options))
                .await
                .unwrap()
                .stream;
            while let Some(event) = events.next().await {
                event.unwrap();
            }
        } else {
            let options = ChatOptions::default().with_temperature(0.5);
            client.exec_chat(model, request(), Some(&options)).await.unwrap();
        }
    });
    assert_eq!(provider.left(), 0);
    spans
}

fn only_call(spans: &[Span]) -> &Span {
    let calls: Vec<_> = spans.iter().filter(|span| span.kind() == Some("llm")).collect();
    assert_eq!(calls.len(), 1, "{}", draw(spans));
    calls[0]
}

#[test]
fn every_provider_counts_in_its_own_way_and_arrives_in_one() {
    let openai = Counts {
        input: Some(120),
        output: Some(24),
        cache_read: Some(64),
        cache_creation: None,
        reasoning: Some(8),
        total: Some(144),
    };
    let anthropic = Counts {
        cache_creation: Some(36),
        reasoning: None,
        ..openai
    };
    let (gpt, claude, pro) = ("gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-pro");
    for (kind, model, answer, streams, expected, provider) in [
        (
            AdapterKind::OpenAI,
            gpt,
            openai::says("Sunny."),
            false,
            openai,
            "openai",
        ),
        (
            AdapterKind::OpenAI,
            gpt,
            openai::streams("Sunny."),
            true,
            openai,
            "openai",
        ),
        (
            AdapterKind::OpenAIResp,
            gpt,
            openai::responds("Sunny."),
            false,
            openai,
            "openai",
        ),
        (
            AdapterKind::Anthropic,
            claude,
            anthropic::says("Sunny."),
            false,
            anthropic,
            "anthropic",
        ),
        (
            AdapterKind::Anthropic,
            claude,
            anthropic::streams("Sunny."),
            true,
            anthropic,
            "anthropic",
        ),
        // Sixteen words and eight thoughts.
        (
            AdapterKind::Gemini,
            pro,
            gemini::says("Sunny."),
            false,
            openai,
            "gcp.gemini",
        ),
        (
            AdapterKind::Gemini,
            pro,
            gemini::streams("It is sunny."),
            true,
            openai,
            "gcp.gemini",
        ),
        (
            AdapterKind::OpenAIResp,
            gpt,
            openai::responds_in_pieces("It is sunny."),
            true,
            openai,
            "openai",
        ),
    ] {
        let spans = call(kind, model, answer, streams);
        assert_eq!(draw(&spans), format!("default.session\n  chat {model}\n"), "{kind:?}");
        let call = only_call(&spans);
        assert_eq!(Counts::of(call), expected, "{kind:?}, streaming: {streams}");
        assert_eq!(
            (call.text("gen_ai.system"), call.text("gen_ai.provider.name")),
            (Some(provider), Some(provider))
        );
        assert_eq!(
            call.attribute("gen_ai.request.streaming").unwrap(),
            &Value::from(streams)
        );
        assert!(
            call.attribute("gen_ai.usage.total_cost")
                .and_then(Value::as_f64)
                .unwrap()
                > 0.0,
            "{kind:?}"
        );
        let first = |key| call.attribute(key).and_then(Value::as_f64);
        assert_eq!(first("gen_ai.streaming.time_to_first_token").is_some(), streams);
        assert_eq!(
            first("gen_ai.streaming.time_to_first_token"),
            first("gen_ai.response.time_to_first_chunk")
        );
        let display = Display::of(&spans);
        assert_eq!((display.llm_calls, display.tokens.total, display.errors), (1, 144, 0));
        assert_eq!((display.warnings, display.lost), (vec![], vec![]));
        assert_eq!(
            Display::messages(call),
            [],
            "genai keeps messages to itself unless it is told not to"
        );
    }
}

#[test]
fn messages_calls_and_functions_arrive_in_both_dialects_whatever_the_provider() {
    if !own_process(
        "messages_calls_and_functions_arrive_in_both_dialects_whatever_the_provider",
        &CONTENT,
    ) {
        return;
    }
    let paris = json!({ "city": "Paris" });
    let (system, user) = (Message::new("system", "You forecast."), Message::new("user", ASKED));
    let sunny = Message::new("assistant", "Sunny.");
    let asks = Message::call("weather", r#"{"city":"Paris"}"#);
    let (gpt, claude, pro) = ("gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-pro");
    for (kind, model, answer, streams, answered) in [
        (
            AdapterKind::OpenAI,
            gpt,
            openai::says("Sunny."),
            false,
            vec![sunny.clone()],
        ),
        (
            AdapterKind::OpenAI,
            gpt,
            openai::calls("weather", &paris),
            false,
            vec![asks.clone()],
        ),
        (
            AdapterKind::OpenAI,
            gpt,
            openai::streams("Sunny."),
            true,
            vec![sunny.clone()],
        ),
        (
            AdapterKind::OpenAIResp,
            gpt,
            openai::responds("Sunny."),
            false,
            vec![sunny.clone()],
        ),
        (
            AdapterKind::Anthropic,
            claude,
            anthropic::calls("weather", &paris),
            false,
            vec![Message::new("assistant", "Let me look."), asks.clone()],
        ),
        (
            AdapterKind::Anthropic,
            claude,
            anthropic::streams("Sunny."),
            true,
            vec![sunny.clone()],
        ),
        (
            AdapterKind::Gemini,
            pro,
            gemini::says("Sunny."),
            false,
            vec![sunny.clone()],
        ),
        (
            AdapterKind::OpenAI,
            gpt,
            openai::streams_call("weather", &paris),
            true,
            vec![asks.clone()],
        ),
        (
            AdapterKind::Anthropic,
            claude,
            anthropic::streams_call("weather", &paris),
            true,
            vec![asks],
        ),
        (AdapterKind::Gemini, pro, gemini::streams("Sunny."), true, vec![sunny]),
    ] {
        let spans = call(kind, model, answer, streams);
        let call = only_call(&spans);
        let shown: Vec<_> = [system.clone(), user.clone()].into_iter().chain(answered).collect();
        assert_eq!(Display::messages(call), shown, "{kind:?}");
        let json = |key: &str| -> serde_json::Value { serde_json::from_str(call.text(key).unwrap()).unwrap() };
        assert_eq!(json("gen_ai.system_instructions")[0]["content"], "You forecast.");
        assert_eq!(json("gen_ai.input.messages")[0]["parts"][0]["content"], ASKED);
        assert_eq!(json("gen_ai.output.messages")[0]["role"], "assistant");
        assert_eq!(call.text("gen_ai.request.functions.0.name"), Some("weather"));
        assert_eq!(json("gen_ai.tool.definitions")[0]["name"], "weather");
    }
}

#[test]
fn a_run_with_its_agent_and_tool_spans_is_a_tree_and_the_tools_answer_is_read() {
    if !own_process(
        "a_run_with_its_agent_and_tool_spans_is_a_tree_and_the_tools_answer_is_read",
        &CONTENT,
    ) {
        return;
    }
    let provider = Provider::start([
        openai::calls("weather", &json!({ "city": "Paris" })),
        openai::says("It is sunny."),
    ]);
    let spans = run(|_| {
        let agent = AgentSpan::invoke_agent().with_name("forecaster").internal().start();
        let work = async {
            let client = client(&provider, AdapterKind::OpenAI);
            let mut request = request();
            let asked = client.exec_chat("gpt-4o-mini", request.clone(), None).await.unwrap();
            let calls = asked.into_tool_calls();
            let tool = execute_tool_span(&calls[0]);
            let answer = tool.in_scope(|| ToolResponse::new(&calls[0].call_id, "sunny"));
            drop(tool);
            request = request.append_message(calls).append_message(answer);
            client.exec_chat("gpt-4o-mini", request, None).await.unwrap();
        };
        work.instrument(agent)
    });
    assert_eq!(
        draw(&spans),
        "default.session\n\
         \x20 forecaster.agent\n\
         \x20   chat gpt-4o-mini\n\
         \x20   weather.tool\n\
         \x20   chat gpt-4o-mini\n"
    );
    let display = Display::of(&spans);
    assert_eq!((display.llm_calls, display.tool_calls), (2, 1));
    assert_eq!(display.agent_cards, ["forecaster"]);
    let mut calls: Vec<_> = spans.iter().filter(|span| span.kind() == Some("llm")).collect();
    calls.sort_by_key(|span| span.start_unix_nanos);
    // genai writes `result` where the conventions say `response`.
    assert!(
        Display::messages(calls[1]).contains(&Message::new("tool", "sunny")),
        "{:?}",
        Display::messages(calls[1])
    );
}

#[test]
fn a_refused_request_is_an_error_with_its_status_and_a_retry_another_call() {
    let provider = Provider::start([openai::refuses(503, "come back later"), openai::says("Sunny.")]);
    let spans = run(|_| async {
        let client = client(&provider, AdapterKind::OpenAI);
        client.exec_chat("gpt-4o-mini", request(), None).await.unwrap_err();
        client.exec_chat("gpt-4o-mini", request(), None).await.unwrap();
    });
    assert_eq!(
        draw(&spans),
        "default.session\n  chat gpt-4o-mini !503\n  chat gpt-4o-mini\n"
    );
    let failed = spans.iter().find(|span| span.is_error()).unwrap();
    assert_eq!(failed.text("error.type"), Some("503"));
    let display = Display::of(&spans);
    assert_eq!((display.llm_calls, display.errors, display.tokens.total), (2, 1, 144));
}

#[test]
fn an_abandoned_stream_ends_with_what_was_known_of_it() {
    let provider = Provider::start([openai::streams("It is sunny and warm.").stalling_after(3)]);
    let spans = run(|_| async {
        let client = client(&provider, AdapterKind::OpenAI);
        let mut events = client
            .exec_chat_stream("gpt-4o-mini", request(), None)
            .await
            .unwrap()
            .stream;
        while !matches!(events.next().await.unwrap().unwrap(), ChatStreamEvent::Chunk(_)) {}
    });
    let call = only_call(&spans);
    assert_eq!(call.status.code, StatusCode::Ok);
    assert_eq!(Counts::of(call), Counts::default(), "nobody counted");
    assert!(
        call.attribute("gen_ai.streaming.time_to_first_token")
            .and_then(Value::as_f64)
            .unwrap()
            > 0.0
    );
    assert_eq!(call.text("gen_ai.request.model"), Some("gpt-4o-mini"));
}

#[test]
fn embeddings_are_calls_of_their_own_kind() {
    let provider = Provider::start([openai::embeds()]);
    let spans = run(|_| async {
        let client = client(&provider, AdapterKind::OpenAI);
        client.embed("text-embedding-3-small", "hello", None).await.unwrap();
    });
    assert_eq!(draw(&spans), "default.session\n  embeddings text-embedding-3-small\n");
    let call = only_call(&spans);
    assert_eq!(call.text("gen_ai.request.type"), Some("embedding"));
    assert_eq!(Counts::of(call).input, Some(5));
    // 0.02 USD per million.
    assert_eq!(
        call.attribute("gen_ai.usage.total_cost").and_then(Value::as_f64),
        Some(1e-7)
    );
}
