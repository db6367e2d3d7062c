//! adk-rust 2.3: recognised by the fields and names that it publishes.

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

use std::{collections::HashMap, sync::Arc};

use adk_agent::LlmAgentBuilder;
use adk_core::{AdkError, Content, RunConfig, StreamingMode};
use adk_model::anthropic::{AnthropicClient, AnthropicConfig};
use adk_runner::Runner;
use adk_session::{CreateRequest, InMemorySessionService, SessionService as _};
use adk_tool::FunctionTool;
use agentops::testing::{Span, StatusCode, Value, draw};
use agentops_libraries::{Counts, Provider, anthropic, run};
use futures::StreamExt as _;
use serde_json::json;
use support::Display;

const ASKED: &str = "Weather in Paris?";

/// Runs an agent with a tool and takes so many of its events.
async fn agent(provider: &Provider, events: usize) {
    agent_in(provider, events, StreamingMode::SSE).await;
}

/// The same, whose events come piece by piece or not. The model is asked for a stream in any case.
async fn agent_in(provider: &Provider, events: usize, mode: StreamingMode) {
    let config = AnthropicConfig::new("sk-scripted", "claude-sonnet-4-5").with_base_url(provider.url(""));
    let weather = |_context, arguments: serde_json::Value| async move {
        if arguments["city"] == "Atlantis" {
            return Err(AdkError::tool("no such city"));
        }
        Ok(json!({ "sky": "sunny" }))
    };
    let agent = LlmAgentBuilder::new("forecaster")
        .model(Arc::new(AnthropicClient::new(config).unwrap()))
        .instruction("You forecast.")
        .tool(Arc::new(FunctionTool::new("weather", "The weather in a city", weather)));
    let sessions = Arc::new(InMemorySessionService::new());
    let session = CreateRequest {
        app_name: "desk".to_owned(),
        user_id: "u-1".to_owned(),
        session_id: Some("s-1".to_owned()),
        state: HashMap::new(),
    };
    sessions.create(session).await.unwrap();
    let runner = Runner::builder()
        .app_name("desk")
        .agent(Arc::new(agent.build().unwrap()))
        .session_service(sessions)
        .run_config(RunConfig::builder().record_payloads(true).streaming_mode(mode).build());
    let runner = runner.build().unwrap();
    let asked = Content::new("user").with_text(ASKED);
    let mut said = runner.run_str("u-1", "s-1", asked).await.unwrap().take(events);
    while said.next().await.is_some() {}
}

const ALL: usize = usize::MAX;

fn of_kind<'a>(spans: &'a [Span], kind: &str) -> Vec<&'a Span> {
    let mut found: Vec<_> = spans.iter().filter(|span| span.kind() == Some(kind)).collect();
    found.sort_by_key(|span| span.start_unix_nanos);
    found
}

#[test]
fn an_agent_with_a_tool_is_one_tree_with_its_tokens_once() {
    for mode in [StreamingMode::SSE, StreamingMode::None] {
        let provider = Provider::start([
            anthropic::streams_call("weather", &json!({ "city": "Paris" })),
            anthropic::streams("It is sunny."),
        ]);
        let spans = run(|_| agent_in(&provider, ALL, mode));
        assert_eq!(provider.left(), 0);
        assert_is_one_tree(&spans);
    }
}

fn assert_is_one_tree(spans: &[Span]) {
    assert_eq!(
        draw(spans),
        "default.session\n\
         \x20 forecaster.agent\n\
         \x20   call_llm.operation\n\
         \x20     chat claude-sonnet-4-5\n\
         \x20   weather.tool\n\
         \x20   call_llm.operation\n\
         \x20     chat claude-sonnet-4-5\n"
    );
    let counts = Counts {
        input: Some(anthropic::ALL_INPUT_TOKENS),
        output: Some(anthropic::OUTPUT_TOKENS),
        cache_read: Some(anthropic::CACHE_READ_TOKENS),
        cache_creation: Some(anthropic::CACHE_CREATION_TOKENS),
        reasoning: None,
        total: Some(144),
    };
    let calls = of_kind(spans, "llm");
    assert_eq!(
        calls.iter().map(|call| Counts::of(call)).collect::<Vec<_>>(),
        [counts; 2]
    );
    for call in calls {
        assert_eq!(
            (call.text("gen_ai.system"), call.text("gen_ai.provider.name")),
            (Some("anthropic"), Some("anthropic"))
        );
        assert_eq!(call.attribute("gen_ai.request.streaming").unwrap(), &Value::from(true));
        assert_eq!(call.text("agent.name"), Some("forecaster"));
    }
    let display = Display::of(spans);
    assert_eq!(
        (
            display.llm_calls,
            display.tool_calls,
            display.errors,
            display.tokens.total
        ),
        (2, 1, 0, 288)
    );
    assert_eq!(display.agent_cards, ["forecaster"]);
    assert_eq!((display.warnings, display.lost), (vec![], vec![]));
    for span in of_kind(spans, "agent").into_iter().chain(of_kind(spans, "tool")) {
        assert_eq!(
            (span.text("session.id"), span.text("agent.name")),
            (Some("s-1"), Some("forecaster"))
        );
    }
    assert_eq!(of_kind(spans, "agent")[0].text("user.id"), Some("u-1"));
}

/// adk-rust has them on the span around the call, and only where it is told to record payloads.
#[test]
fn what_was_asked_and_answered_is_the_input_and_output_of_the_step_around_the_call() {
    let provider = Provider::start([anthropic::streams("It is sunny.")]);
    let spans = run(|_| agent(&provider, ALL));
    let step = of_kind(&spans, "operation")[0];
    assert!(step.text("agentops.entity.input").unwrap().contains(ASKED), "{step:?}");
    assert!(
        step.text("agentops.entity.output").unwrap().contains("It is sunny."),
        "{step:?}"
    );
}

#[test]
fn a_retry_is_inside_one_call_and_a_tool_that_fails_is_told_of_in_an_event() {
    let atlantis = json!({ "city": "Atlantis" });
    let provider = Provider::start([
        anthropic::overloaded(),
        anthropic::streams_call("weather", &atlantis),
        anthropic::streams("There is none."),
    ]);
    let spans = run(|_| agent(&provider, ALL));
    assert_eq!(provider.requests().len(), 3);
    assert_eq!(of_kind(&spans, "llm").len(), 2, "{}", draw(&spans));
    assert_eq!(Display::of(&spans).tokens.total, 288);
    // The event of the first try is an ERROR.
    let step = of_kind(&spans, "operation")[0];
    assert!(
        step.is_error() && step.events_named("anthropic api error").count() == 1,
        "{step:?}"
    );
    let told = of_kind(&spans, "agent")[0].events_named("tool_error").next().unwrap();
    assert!(
        told.attribute("error")
            .unwrap()
            .as_str()
            .unwrap()
            .contains("no such city")
    );
}

#[test]
fn a_refused_request_is_an_error_of_the_step_around_the_call() {
    let provider = Provider::start([anthropic::refuses("no such model")]);
    let spans = run(|_| agent(&provider, ALL));
    let step = of_kind(&spans, "operation")[0];
    assert!(step.is_error(), "{}", draw(&spans));
    let told = step.events_named("anthropic api error").next().unwrap();
    assert_eq!(told.attribute("error.message").unwrap().as_str(), Some("no such model"));
    assert_eq!(Counts::of(of_kind(&spans, "llm")[0]), Counts::default());
}

#[test]
fn an_abandoned_run_ends_with_what_was_known_of_it() {
    let provider = Provider::start([anthropic::streams("It is sunny and warm.").stalling_after(4)]);
    let spans = run(|_| agent(&provider, 1));
    assert_eq!(
        draw(&spans),
        "default.session\n  forecaster.agent\n    call_llm.operation\n      chat claude-sonnet-4-5\n"
    );
    let call = of_kind(&spans, "llm")[0];
    assert_eq!(
        (call.status.code, call.text("gen_ai.request.model")),
        (StatusCode::Ok, Some("claude-sonnet-4-5"))
    );
}
