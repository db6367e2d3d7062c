//! rig 0.44: recognised without a change to the program.

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
    Semconv,
    testing::{Span, StatusCode, Value, draw},
};
use agentops_libraries::{Counts, Provider, anthropic, openai, run, run_with};
use futures::StreamExt as _;
use rig::{
    prelude::*,
    providers::{anthropic::AnthropicConfig, openai::OpenAIConfig},
    rig_tool,
    tool::ToolExecutionError,
};
use serde_json::json;
use support::{Display, Message};
use tracing::instrument;

#[allow(clippy::needless_pass_by_value, reason = "the macro makes the arguments owned")]
#[rig_tool(description = "The weather in a city", params(city = "A city"))]
fn weather(city: String) -> Result<String, ToolExecutionError> {
    if city == "Atlantis" {
        return Err(ToolExecutionError::from_error(std::io::Error::other("no such city")));
    }
    Ok(format!("sunny in {city}"))
}

fn on_openai(provider: &Provider) -> Agent {
    let openai = OpenAIConfig::new("sk-scripted")
        .with_base_url(provider.url("/v1"))
        .client();
    let agent = AgentBuilder::new(openai.chat("gpt-4o-mini")).name("forecaster");
    agent
        .preamble("You forecast.")
        .tool(Weather)
        .record_content_telemetry(true)
        .build()
}

fn on_anthropic(provider: &Provider) -> Agent {
    let anthropic = AnthropicConfig::new("sk-scripted")
        .with_base_url(provider.url(""))
        .client();
    let agent = AgentBuilder::new(anthropic.completion("claude-sonnet-4-5")).name("forecaster");
    agent
        .preamble("You forecast.")
        .tool(Weather)
        .record_content_telemetry(true)
        .build()
}

const ASKED: &str = "Weather in Paris?";

fn paris() -> serde_json::Value {
    json!({ "city": "Paris" })
}

async fn prompt(agent: Agent) {
    agent.prompt(ASKED).max_turns(3).await.unwrap();
}

async fn stream(agent: Agent) {
    let mut items = agent.prompt(ASKED).max_turns(3).stream();
    while let Some(item) = items.next().await {
        item.unwrap();
    }
}

/// In the order of their starts.
fn of_kind<'a>(spans: &'a [Span], kind: &str) -> Vec<&'a Span> {
    let mut found: Vec<_> = spans.iter().filter(|span| span.kind() == Some(kind)).collect();
    found.sort_by_key(|span| span.start_unix_nanos);
    found
}

fn unary_and_streaming() -> [Vec<Span>; 2] {
    let unary = Provider::start([openai::calls("weather", &paris()), openai::says("It is sunny.")]);
    let streaming = Provider::start([
        openai::streams_call("weather", &paris()),
        openai::streams("It is sunny."),
    ]);
    let arrived = [
        run(|_| prompt(on_openai(&unary))),
        run(|_| stream(on_openai(&streaming))),
    ];
    assert_eq!((unary.left(), streaming.left()), (0, 0), "every answer was asked for");
    arrived
}

#[test]
fn an_agent_with_a_tool_is_one_tree_whether_it_streams_or_not() {
    for (spans, streams) in unary_and_streaming().into_iter().zip([false, true]) {
        assert_eq!(
            draw(&spans),
            "default.session\n\
             \x20 forecaster.agent\n\
             \x20   chat gpt-4o-mini\n\
             \x20   weather.tool\n\
             \x20   chat gpt-4o-mini\n"
        );
        let display = Display::of(&spans);
        assert_eq!((display.llm_calls, display.tool_calls, display.errors), (2, 1, 0));
        assert_eq!(display.agent_cards, ["forecaster"]);
        assert_eq!(display.models, [openai::MODEL]);
        assert_eq!((display.warnings, display.lost), (vec![], vec![]));
        for call in of_kind(&spans, "llm") {
            assert_eq!(
                call.attribute("gen_ai.request.streaming").unwrap(),
                &Value::from(streams)
            );
            assert_eq!(call.attribute("gen_ai.request.stream").unwrap(), &Value::from(streams));
            assert_eq!(
                (call.text("gen_ai.system"), call.text("gen_ai.provider.name")),
                (Some("openai"), Some("openai"))
            );
            assert_eq!(call.text("gen_ai.request.model"), Some("gpt-4o-mini"));
            assert_eq!(call.text("gen_ai.response.id"), Some("chatcmpl-1"));
            assert_eq!(call.text("agent.name"), Some("forecaster"));
        }
    }
}

#[test]
fn every_call_has_its_tokens_and_the_agents_totals_are_not_counted_again() {
    let call = Counts {
        input: Some(openai::PROMPT_TOKENS),
        output: Some(openai::COMPLETION_TOKENS),
        cache_read: Some(openai::CACHED_TOKENS),
        cache_creation: None,
        reasoning: Some(openai::REASONING_TOKENS),
        total: Some(openai::PROMPT_TOKENS + openai::COMPLETION_TOKENS),
    };
    for spans in unary_and_streaming() {
        let calls = of_kind(&spans, "llm");
        assert_eq!(calls.iter().map(|span| Counts::of(span)).collect::<Vec<_>>(), [call; 2]);
        let agent = of_kind(&spans, "agent")[0];
        assert_eq!(Counts::of(agent), Counts::default());
        let total = agent.attribute("agentops.agent.usage.total_tokens").unwrap();
        assert_eq!(total.as_i64(), Some(2 * call.total.unwrap()));
        let display = Display::of(&spans);
        assert_eq!(i64::try_from(display.tokens.total).ok(), Some(2 * call.total.unwrap()));
        // gpt-4o-mini: 0.15 and 0.60 USD per million, 0.075 for cached input.
        let one = (56.0 * 0.15 + 64.0 * 0.075 + 24.0 * 0.6) / 1e6;
        assert!((display.cost.unwrap() - 2.0 * one).abs() < 1e-9, "{:?}", display.cost);
    }
}

#[test]
fn messages_and_tools_are_readable_in_both_dialects() {
    for spans in unary_and_streaming() {
        let calls = of_kind(&spans, "llm");
        assert_eq!(
            Display::messages(calls[0]),
            [
                Message::new("system", "You forecast."),
                Message::new("user", ASKED),
                Message::call("weather", r#"{"city":"Paris"}"#),
            ]
        );
        let last = Display::messages(calls[1]);
        assert_eq!(
            last[last.len() - 2..],
            [
                Message::new("tool", "sunny in Paris"),
                Message::new("assistant", "It is sunny.")
            ]
        );
        let json = |key: &str| -> serde_json::Value { serde_json::from_str(calls[1].text(key).unwrap()).unwrap() };
        assert_eq!(json("gen_ai.system_instructions")[0]["content"], "You forecast.");
        assert_eq!(
            json("gen_ai.input.messages")[3]["parts"][0]["response"],
            "sunny in Paris"
        );
        assert_eq!(json("gen_ai.output.messages")[0]["parts"][0]["content"], "It is sunny.");

        let tool = Display::tool(of_kind(&spans, "tool")[0]);
        assert_eq!(
            (tool.name.as_str(), tool.parameters.as_str()),
            ("weather", r#"{"city":"Paris"}"#)
        );
        assert_eq!(tool.result, "sunny in Paris");
        let agent = of_kind(&spans, "agent")[0];
        assert_eq!(agent.text("agentops.entity.input"), Some(ASKED));
        assert_eq!(agent.text("agentops.entity.output"), Some("It is sunny."));
    }
}

#[test]
fn the_conventions_names_of_tools_and_agents_are_there_where_they_are_asked_for() {
    let provider = Provider::start([openai::calls("weather", &paris()), openai::says("It is sunny.")]);
    let spans = run_with(
        |builder| builder.with_semconv(Semconv::Both),
        |_| prompt(on_openai(&provider)),
    );
    let tool = of_kind(&spans, "tool")[0];
    assert_eq!(
        (tool.text("tool.name"), tool.text("gen_ai.tool.name")),
        (Some("weather"), Some("weather"))
    );
    assert_eq!(tool.text("gen_ai.operation.name"), Some("execute_tool"));
    assert_eq!(tool.text("gen_ai.tool.call.result"), Some("sunny in Paris"));
    let agent = of_kind(&spans, "agent")[0];
    assert_eq!(
        (agent.text("agent.name"), agent.text("gen_ai.agent.name")),
        (Some("forecaster"), Some("forecaster"))
    );
}

#[test]
fn anthropics_cached_tokens_are_inside_the_input_and_its_system_prompt_is_shown() {
    for streams in [false, true] {
        let answer = if streams { anthropic::streams } else { anthropic::says };
        let provider = Provider::start([answer("It is sunny.")]);
        let spans = run(|_| async {
            if streams {
                stream(on_anthropic(&provider)).await;
            } else {
                prompt(on_anthropic(&provider)).await;
            }
        });
        let call = of_kind(&spans, "llm")[0];
        assert_eq!(
            Counts::of(call),
            Counts {
                input: Some(anthropic::ALL_INPUT_TOKENS),
                output: Some(anthropic::OUTPUT_TOKENS),
                cache_read: Some(anthropic::CACHE_READ_TOKENS),
                cache_creation: Some(anthropic::CACHE_CREATION_TOKENS),
                reasoning: None,
                total: Some(anthropic::ALL_INPUT_TOKENS + anthropic::OUTPUT_TOKENS),
            }
        );
        // claude-sonnet-4-5: 3 and 15 USD per million, 0.30 read from a cache, 3.75 written to it.
        let cost = (20.0 * 3.0 + 64.0 * 0.3 + 36.0 * 3.75 + 24.0 * 15.0) / 1e6;
        let told = call
            .attribute("gen_ai.usage.total_cost")
            .and_then(Value::as_f64)
            .unwrap();
        assert!((told - cost).abs() < 1e-9, "{told} is not {cost}");
        assert_eq!(Display::messages(call)[0], Message::new("system", "You forecast."));
    }
}

#[test]
fn inside_a_marked_agent_rig_makes_none_and_its_calls_are_the_marked_ones() {
    #[instrument(skip_all, fields(agentops.kind = "agent"))]
    async fn desk(agent: Agent) {
        prompt(agent).await;
    }
    let provider = Provider::start([openai::calls("weather", &paris()), openai::says("It is sunny.")]);
    let spans = run(|_| desk(on_openai(&provider)));
    assert_eq!(
        draw(&spans),
        "default.session\n\
         \x20 desk.agent\n\
         \x20   chat gpt-4o-mini\n\
         \x20   weather.tool\n\
         \x20   chat gpt-4o-mini\n"
    );
    for span in of_kind(&spans, "llm").into_iter().chain(of_kind(&spans, "tool")) {
        assert_eq!(span.text("agent.name"), Some("desk"));
    }
    assert_eq!(
        of_kind(&spans, "llm")[0].text("gen_ai.agent.name"),
        Some("forecaster"),
        "what rig says stays"
    );
}

#[test]
fn an_abandoned_stream_keeps_what_was_asked_and_ends() {
    let provider = Provider::start([openai::streams("It is sunny and warm.").stalling_after(4)]);
    let spans = run(|_| async {
        let agent = on_openai(&provider);
        let mut items = agent.prompt(ASKED).max_turns(3).stream();
        for _ in 0..2 {
            items.next().await.unwrap().unwrap();
        }
    });
    assert_eq!(
        draw(&spans),
        "default.session\n  forecaster.agent\n    chat gpt-4o-mini\n"
    );
    let call = of_kind(&spans, "llm")[0];
    assert_eq!(
        Display::messages(call),
        [Message::new("system", "You forecast."), Message::new("user", ASKED)]
    );
    assert_eq!(call.attribute("gen_ai.request.streaming").unwrap(), &Value::from(true));
    assert_eq!(Counts::of(call), Counts::default(), "nobody counted");
}

#[test]
fn a_tool_that_fails_is_an_error_and_the_run_is_none() {
    let atlantis = json!({ "city": "Atlantis" });
    let provider = Provider::start([openai::calls("weather", &atlantis), openai::says("There is none.")]);
    let spans = run(|_| prompt(on_openai(&provider)));
    let tool = of_kind(&spans, "tool")[0];
    assert!(tool.is_error(), "{tool:?}");
    assert_eq!(tool.text("tool.status"), Some("failed"));
    let display = Display::of(&spans);
    assert_eq!((display.errors, display.sessions[0].errors), (1, 1));
    assert_eq!(of_kind(&spans, "agent")[0].status.code, StatusCode::Ok);
}

/// rig tells its spans nothing of a request that was refused; the function around it does.
#[test]
fn a_refused_request_is_the_error_of_the_function_around_it_and_a_retry_is_another_call() {
    #[instrument(skip_all, fields(agentops.kind = "agent", agentops.name = "desk"), err)]
    async fn once(agent: Agent) -> Result<(), Box<dyn std::error::Error>> {
        agent.prompt(ASKED).await?;
        Ok(())
    }
    let provider = Provider::start([openai::refuses(503, "come back later"), openai::says("It is sunny.")]);
    let spans = run(|_| async {
        once(on_openai(&provider)).await.unwrap_err();
        once(on_openai(&provider)).await.unwrap();
    });
    assert_eq!(provider.requests().len(), 2);
    let agents = of_kind(&spans, "agent");
    assert!(
        agents[0].is_error() && agents[0].status.message.contains("come back later"),
        "{:?}",
        agents[0]
    );
    assert_eq!(agents[1].status.code, StatusCode::Ok);
    let calls = of_kind(&spans, "llm");
    assert_eq!(calls.len(), 2, "a span for each request");
    assert_eq!(Counts::of(calls[0]), Counts::default());
    assert_eq!(Counts::of(calls[1]).total, Some(144));
}
