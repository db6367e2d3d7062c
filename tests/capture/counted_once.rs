//! A call that somebody traces already is counted once.

use agentops::{
    capture::HttpCapture,
    testing::{Collector, draw},
};
use futures::StreamExt as _;
use reqwest_middleware::ClientBuilder;
use rig::{prelude::*, providers::openai::OpenAIConfig, rig_tool, tool::ToolExecutionError};
use serde_json::json;
use tracing::{Instrument as _, info_span};
use tracing_subscriber::prelude::*;

use super::{
    bodies::{CHAT, CHAT_EVENTS, CHAT_WITH_TOOL_CALL, EMBEDDINGS, chat_request},
    provider::{Provider, Reply},
    run::{below, block_on, call, run},
};
use crate::harness::{DEADLINE, named, text, to};

const PATH: &str = "/v1/chat/completions";

#[test]
fn inside_an_open_call_no_other_is_made_and_what_it_does_not_say_is_added() {
    let (spans, _) = run(vec![Reply::json(CHAT)], async |program| {
        let span = info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.provider.name = "mine",
            gen_ai.request.model = "my-model",
            gen_ai.usage.input_tokens = 7,
        );
        program.post(PATH, &chat_request(false)).instrument(span).await;
    });
    assert_eq!(draw(&spans), "default.session\n  planner.agent\n    chat my-model\n");
    let call = call(&spans);
    assert_eq!(text(call, "gen_ai.system"), "mine");
    assert_eq!(below(call, &["gen_ai.usage.input"]), "gen_ai.usage.input_tokens = 7\n");
    assert_eq!(
        call.attribute("gen_ai.usage.output_tokens"),
        None,
        "who counts keeps the count"
    );
    assert_eq!(text(call, "gen_ai.completion.0.content"), "It is sunny in Paris.");
    assert_eq!(text(call, "gen_ai.response.finish_reason"), "stop");
    assert_eq!(call.attribute("gen_ai.request.temperature"), Some(&0.2.into()));
}

#[test]
fn spans_of_others_between_a_call_and_its_request_make_no_difference() {
    let provider = Provider::start(vec![Reply::json(CHAT)]);
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let all_spans = tracing_subscriber::fmt::layer().with_writer(std::io::sink);
    let subscriber = tracing_subscriber::registry().with(agentops.layer()).with(all_spans);
    tracing::subscriber::with_default(subscriber, || {
        let client = ClientBuilder::new(reqwest::Client::new())
            .with(HttpCapture::new())
            .build();
        let span = info_span!("ask", agentops.kind = "llm");
        let between = info_span!(parent: &span, "http request");
        assert!(!between.is_disabled(), "the other layer has it");
        let request = client
            .post(format!("{}{PATH}", provider.url))
            .json(&chat_request(false));
        block_on(async { request.send().await.unwrap().bytes().await.unwrap() }.instrument(between));
    });
    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(draw(&collector.spans()), "default.session\n  ask\n");
    assert_eq!(
        call(&collector.spans()).attribute("gen_ai.usage.total_tokens"),
        Some(&170_i64.into())
    );
}

#[test]
fn retries_inside_an_open_call_are_one_call_whose_last_answer_stands() {
    let busy = r#"{"error":{"message":"Overloaded","type":"server_error","code":null}}"#;
    let replies = vec![
        Reply::new(503, "application/json").piece(busy),
        Reply::json(CHAT),
        Reply::json(CHAT.replace("sunny", "raining")),
    ];
    let (spans, _) = run(replies, async |program| {
        let span = info_span!("ask", agentops.kind = "llm");
        async {
            for _ in 0..3 {
                program.post(PATH, &chat_request(false)).await;
            }
        }
        .instrument(span)
        .await;
    });
    assert_eq!(draw(&spans), "default.session\n  planner.agent\n    ask\n");
    let call = call(&spans);
    assert!(!call.is_error(), "{:?}", call.status);
    assert_eq!(text(call, "gen_ai.completion.0.content"), "It is raining in Paris.");
    assert_eq!(
        call.attribute("gen_ai.usage.total_tokens"),
        Some(&340_i64.into()),
        "both were paid for"
    );
    assert_eq!(call.attribute("http.request.resend_count"), Some(&2_i64.into()));
}

#[test]
fn embeddings_inside_a_chat_and_calls_inside_a_tool_inside_one_have_spans_of_their_own() {
    let replies = vec![Reply::json(EMBEDDINGS), Reply::json(CHAT)];
    let (spans, _) = run(replies, async |program| {
        let chat = info_span!("chat", gen_ai.operation.name = "chat", gen_ai.request.model = "outer");
        let tool = info_span!(parent: &chat, "search", agentops.kind = "tool");
        let embeddings = json!({"model": "text-embedding-3-small", "input": "x"});
        program.post("/v1/embeddings", &embeddings).instrument(chat).await;
        program.post(PATH, &chat_request(false)).instrument(tool).await;
    });
    assert_eq!(
        draw(&spans),
        "default.session\n  planner.agent\n    chat outer\n      search.tool\n        chat gpt-4o\n      \
         embeddings text-embedding-3-small\n"
    );
    assert_eq!(named(&spans, "chat outer").attribute("gen_ai.usage.total_tokens"), None);
}

/// An agent on rig, over a client that captures.
fn agent(program: super::run::Program) -> Agent {
    let url = format!("{}/v1", program.url);
    let http = rig::rig_reqwest::ReqwestMiddlewareClient::from(program.client);
    let openai = OpenAIConfig::new("sk-planted").with_base_url(url).connect(http);
    let agent = AgentBuilder::new(openai.chat("gpt-4o")).name("geographer");
    agent.tool(Weather).build()
}

#[allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "the macro makes the arguments owned, and asks for a result"
)]
#[rig_tool(description = "The weather in a city", params(city = "A city"))]
fn weather(city: String) -> Result<String, ToolExecutionError> {
    Ok(format!("sunny in {city}"))
}

/// A stream without the call of a tool.
fn words_alone() -> String {
    let words = CHAT_EVENTS.replace("\"finish_reason\":\"tool_calls\"", "\"finish_reason\":\"stop\"");
    words
        .split_inclusive("\n\n")
        .filter(|event| !event.contains("tool_calls"))
        .collect()
}

#[test]
fn a_call_of_rig_is_counted_once_and_told_more_of() {
    let (spans, asked) = run(vec![Reply::json(CHAT)], async |program| {
        agent(program).prompt("What is the weather in Paris?").await.unwrap();
    });
    let call = call(&spans);
    assert_eq!(asked.len(), 1);
    assert_eq!(draw(&spans), "default.session\n  planner.agent\n    chat gpt-4o\n");
    assert_eq!(call.attribute("gen_ai.usage.total_tokens"), Some(&170_i64.into()));
    assert_eq!(
        text(call, "gen_ai.response.finish_reason"),
        "stop",
        "which rig does not tell"
    );
    assert_eq!(text(call, "gen_ai.completion.0.content"), "It is sunny in Paris.");
    assert_eq!(text(call, "agent.name"), "planner");
}

#[test]
fn a_stream_of_rig_is_counted_once() {
    let (spans, asked) = run(vec![Reply::events().pieces_of(&words_alone())], async |program| {
        let mut stream = agent(program).prompt("What is the weather in Paris?").stream();
        while let Some(item) = stream.next().await {
            item.unwrap();
        }
    });
    let call = call(&spans);
    assert_eq!(asked.len(), 1);
    assert_eq!(call.attribute("gen_ai.usage.total_tokens"), Some(&170_i64.into()));
    assert_eq!(call.attribute("gen_ai.request.streaming"), Some(&true.into()));
    assert!(
        call.attribute("gen_ai.streaming.time_to_first_token").is_some(),
        "which rig does not tell"
    );
    assert_eq!(text(call, "gen_ai.completion.0.content"), "Let me look.");
    assert_eq!(call.attribute("agentops.response.partial"), None);
}

/// Both count tokens, and both know of every request.
#[test]
fn a_run_of_rig_with_a_tool_has_one_call_for_each_request_and_each_token_once() {
    for streams in [false, true] {
        let replies = if streams {
            let asks = Reply::events().pieces_of(CHAT_EVENTS);
            vec![asks, Reply::events().pieces_of(&words_alone())]
        } else {
            vec![Reply::json(CHAT_WITH_TOOL_CALL), Reply::json(CHAT)]
        };
        let (spans, asked) = run(replies, async |program| {
            let asked = agent(program).prompt("What is the weather in Paris?").max_turns(3);
            if streams {
                let mut stream = asked.stream();
                while let Some(item) = stream.next().await {
                    item.unwrap();
                }
            } else {
                asked.await.unwrap();
            }
        });
        assert_eq!(asked.len(), 2);
        assert_eq!(
            draw(&spans),
            "default.session\n  planner.agent\n    chat gpt-4o\n    weather.tool\n    chat gpt-4o\n",
            "streamed: {streams}"
        );
        // 99 and 170, or 170 twice.
        let expected = if streams { 2 * 170 } else { 99 + 170 };
        let counts = spans
            .iter()
            .filter_map(|span| span.attribute("gen_ai.usage.total_tokens")?.as_i64());
        assert_eq!(counts.sum::<i64>(), expected, "streamed: {streams}");
    }
}
