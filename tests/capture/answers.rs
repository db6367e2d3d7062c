//! Each provider's answer becomes one call of a model, told in both dialects.

use agentops::{Semconv, testing::draw};
use serde_json::json;

use super::{
    bodies::*,
    provider::Reply,
    run::{below, call, run, run_with},
};
use crate::harness::{named, text};

const USAGE: &[&str] = &["gen_ai.usage"];
const WORDS: &[&str] = &["gen_ai.prompt", "gen_ai.completion"];

#[test]
fn a_chat_completion_is_one_call_with_everything_that_was_said() {
    let (spans, _) = run(vec![Reply::json(CHAT)], async |program| {
        let body = program.post("/v1/chat/completions", &chat_request(false)).await;
        assert_eq!(body, CHAT.as_bytes(), "the program gets what the server sent");
    });
    assert_eq!(draw(&spans), "default.session\n  planner.agent\n    chat gpt-4o\n");
    let call = call(&spans);
    assert_eq!(call.otel_kind, agentops::testing::OtelKind::Client);
    assert_eq!(text(call, "agent.name"), "planner");
    assert_eq!(
        below(
            call,
            &[
                "gen_ai.request",
                "gen_ai.response",
                "gen_ai.system",
                "gen_ai.provider",
                "gen_ai.operation",
                "openai.",
                "http."
            ]
        ),
        r#"gen_ai.request.type = "chat"
gen_ai.operation.name = "chat"
gen_ai.system = "openai"
gen_ai.provider.name = "openai"
gen_ai.request.model = "gpt-4o"
gen_ai.response.model = "gpt-4o-2024-08-06"
gen_ai.request.streaming = false
gen_ai.request.stream = false
openai.response.system_fingerprint = "fp_fc9f1d7035"
gen_ai.request.functions.0.name = "weather"
gen_ai.request.functions.0.description = "The sky over a city"
gen_ai.request.functions.0.parameters = "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}"
gen_ai.response.finish_reason = "stop"
gen_ai.response.finish_reasons = ["stop"]
http.response.status_code = 200
gen_ai.request.temperature = 0.2
gen_ai.request.max_tokens = 256
gen_ai.request.seed = 7
gen_ai.request.stop_sequences = ["END"]
gen_ai.response.id = "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT"
openai.response.service_tier = "default"
"#
    );
    assert_eq!(
        below(call, USAGE),
        "gen_ai.usage.prompt_tokens = 120
gen_ai.usage.input_tokens = 120
gen_ai.usage.completion_tokens = 50
gen_ai.usage.output_tokens = 50
gen_ai.usage.cache_read_input_tokens = 64
gen_ai.usage.cache_read.input_tokens = 64
gen_ai.usage.reasoning_tokens = 30
gen_ai.usage.reasoning.output_tokens = 30
gen_ai.usage.total_tokens = 170
gen_ai.usage.prompt_cost = 0.00022
gen_ai.usage.completion_cost = 0.0005
gen_ai.usage.total_cost = 0.00072
"
    );
}

#[test]
fn a_chat_completion_says_who_said_what_where_and_with_which_tools() {
    let (spans, _) = run(vec![Reply::json(CHAT)], async |program| {
        program.post("/v1/chat/completions", &chat_request(false)).await;
    });
    let call = call(&spans);
    assert_eq!(
        below(call, WORDS),
        r#"gen_ai.prompt.0.content = "Be brief."
gen_ai.prompt.0.role = "system"
gen_ai.prompt.1.content = "What is the weather in Paris?"
gen_ai.prompt.1.role = "user"
gen_ai.completion.0.content = "It is sunny in Paris."
gen_ai.completion.0.role = "assistant"
gen_ai.completion.0.finish_reason = "stop"
"#
    );
    let tools = serde_json::from_str::<serde_json::Value>(text(call, "gen_ai.tool.definitions")).unwrap();
    assert_eq!(tools[0]["name"], "weather");
    assert_eq!(tools[0]["parameters"]["type"], "object");
    let server = call.attribute("server.address").and_then(|host| host.as_str());
    assert_eq!(server, Some("127.0.0.1"));
    assert!(call.attribute("server.port").and_then(|port| port.as_i64()).is_some());
}

#[test]
fn the_conventions_messages_say_the_same() {
    let (spans, _) = run_with(
        |builder| builder.with_semconv(Semconv::GenAi),
        |capture, _| capture,
        vec![Reply::json(CHAT_WITH_TOOL_CALL)],
        async |program| {
            program.post("/v1/chat/completions", &chat_request(false)).await;
        },
    );
    let output = serde_json::from_str::<serde_json::Value>(text(call(&spans), "gen_ai.output.messages")).unwrap();
    assert_eq!(
        output,
        json!([{"role": "assistant", "finish_reason": "tool_calls", "parts": [
            {"type": "tool_call", "id": "call_abc123", "name": "weather", "arguments": "{\"city\": \"Paris\"}"}]}])
    );
    let input = serde_json::from_str::<serde_json::Value>(text(call(&spans), "gen_ai.input.messages")).unwrap();
    assert_eq!(
        input[1]["parts"][0],
        json!({"type": "text", "content": "What is the weather in Paris?"})
    );
}

/// What a call with thoughts, words and a tool call says.
fn completion(thoughts: &str, id: &str, arguments: &str, reason: &str) -> String {
    let id = if id.is_empty() {
        String::new()
    } else {
        format!("gen_ai.completion.0.tool_calls.0.id = {id:?}\n")
    };
    let thoughts = if thoughts.is_empty() {
        String::new()
    } else {
        format!("gen_ai.completion.0.reasoning = {thoughts:?}\n")
    };
    format!(
        "gen_ai.completion.0.content = \"I will look.\"\ngen_ai.completion.0.role = \"assistant\"\n\
         gen_ai.completion.0.finish_reason = {reason:?}\n{thoughts}{id}\
         gen_ai.completion.0.tool_calls.0.name = \"weather\"\n\
         gen_ai.completion.0.tool_calls.0.arguments = {arguments:?}\n"
    )
}

fn tokens(input: i64, output: i64, cached: Option<i64>, thoughts: Option<i64>) -> Vec<(&'static str, i64)> {
    let mut expected = vec![
        ("gen_ai.usage.prompt_tokens", input),
        ("gen_ai.usage.input_tokens", input),
        ("gen_ai.usage.completion_tokens", output),
        ("gen_ai.usage.output_tokens", output),
        ("gen_ai.usage.total_tokens", input + output),
    ];
    expected.extend(cached.map(|cached| ("gen_ai.usage.cache_read_input_tokens", cached)));
    expected.extend(thoughts.map(|thoughts| ("gen_ai.usage.reasoning_tokens", thoughts)));
    expected
}

struct Case {
    name: &'static str,
    path: &'static str,
    request: serde_json::Value,
    reply: Reply,
    span: &'static str,
    provider: &'static str,
    completion: String,
    tokens: Vec<(&'static str, i64)>,
}

fn openai() -> Vec<Case> {
    let responses = json!({"model": "gpt-5", "instructions": "Be brief.", "input": "What is the weather in Paris?"});
    let city = r#"{"city":"Paris"}"#;
    vec![
        Case {
            name: "responses",
            path: "/v1/responses",
            request: responses.clone(),
            reply: Reply::json(RESPONSE),
            span: "chat gpt-5",
            provider: "openai",
            completion: completion("A tool knows.", "call_9", city, "stop"),
            tokens: tokens(328, 52, Some(128), Some(40)),
        },
        Case {
            name: "responses in pieces",
            path: "/v1/responses",
            request: responses,
            reply: Reply::events().pieces_of(&response_events()),
            span: "chat gpt-5",
            provider: "openai",
            completion: completion("A tool knows.", "call_9", city, "stop"),
            tokens: tokens(328, 52, Some(128), Some(40)),
        },
    ]
}

fn anthropic() -> Vec<Case> {
    let city = r#"{"city":"Paris"}"#;
    let spaced = r#"{"city": "Paris"}"#;
    vec![
        Case {
            name: "messages",
            path: "/anthropic/v1/messages",
            request: messages_request(false),
            reply: Reply::json(MESSAGE),
            span: "chat claude-sonnet-4-5",
            provider: "anthropic",
            completion: completion("", "toolu_01D7FLrfh4GYq7yT1ULFeyMV", city, "tool_use"),
            tokens: tokens(100, 53, Some(50), None),
        },
        Case {
            name: "messages in pieces",
            path: "/anthropic/v1/messages",
            request: messages_request(true),
            reply: Reply::events().pieces_of(MESSAGE_EVENTS),
            span: "chat claude-sonnet-4-5",
            provider: "anthropic",
            completion: completion("A tool knows.", "toolu_01T1x1fJ34qAmk2tNTrN7Up6", spaced, "tool_use"),
            tokens: tokens(100, 53, Some(50), None),
        },
    ]
}

fn others() -> Vec<Case> {
    let ollama = json!({"model": "llama3.2", "messages": [{"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is the weather in Paris?"}], "options": {"temperature": 0.2}});
    let city = r#"{"city":"Paris"}"#;
    vec![
        Case {
            name: "gemini",
            path: "/v1beta/models/gemini-2.5-flash:generateContent",
            request: gemini_request(),
            reply: Reply::json(GEMINI),
            span: "generate_content gemini-2.5-flash",
            provider: "gcp.gemini",
            completion: completion("A tool knows.", "", city, "STOP"),
            tokens: tokens(100, 50, Some(40), Some(30)),
        },
        Case {
            name: "ollama in lines",
            path: "/ollama/api/chat",
            request: ollama,
            reply: Reply::lines().pieces_of(OLLAMA_LINES),
            span: "chat llama3.2",
            provider: "ollama",
            completion: completion("", "", city, "stop"),
            tokens: tokens(26, 282, None, None),
        },
    ]
}

#[test]
fn every_provider_is_read_whole_and_in_pieces() {
    let cases = openai().into_iter().chain(anthropic()).chain(others());
    for case in cases {
        let (spans, _) = run_with(
            |builder| builder,
            |capture, url| {
                capture
                    .with_base_url(format!("{url}/anthropic"), "anthropic")
                    .with_base_url(format!("{url}/ollama"), "ollama")
            },
            vec![case.reply],
            async |program| {
                program.post(case.path, &case.request).await;
            },
        );
        let name = case.name;
        let call = named(&spans, case.span);
        assert_eq!(text(call, "gen_ai.system"), case.provider, "{name}");
        assert_eq!(text(call, "gen_ai.prompt.0.content"), "Be brief.", "{name}");
        assert_eq!(text(call, "gen_ai.prompt.0.role"), "system", "{name}");
        assert_eq!(
            text(call, "gen_ai.prompt.1.content"),
            "What is the weather in Paris?",
            "{name}"
        );
        assert_eq!(below(call, &["gen_ai.completion"]), case.completion, "{name}");
        for (key, count) in case.tokens {
            assert_eq!(call.attribute(key), Some(&count.into()), "{name}: {key}");
        }
        assert!(!call.is_error(), "{name}: {:?}", call.status);
    }
}

#[test]
fn geminis_pieces_are_one_answer_with_or_without_events() {
    let array = format!(
        "[{}]",
        GEMINI_EVENTS.replace("data: ", "").trim().replace("\n\n", ",\r\n")
    );
    let path = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
    for reply in [Reply::events().pieces_of(GEMINI_EVENTS), Reply::json(array)] {
        let (spans, _) = run(vec![reply], async |program| {
            program.post(path, &gemini_request()).await;
        });
        let call = call(&spans);
        assert_eq!(text(call, "gen_ai.completion.0.content"), "I will look.");
        assert_eq!(text(call, "gen_ai.response.finish_reason"), "STOP");
        assert_eq!(call.attribute("gen_ai.usage.completion_tokens"), Some(&50_i64.into()));
        assert_eq!(call.attribute("gen_ai.request.streaming"), Some(&true.into()));
        assert_eq!(call.attribute("gen_ai.request.top_k"), Some(&40_i64.into()));
        assert_eq!(call.attribute("agentops.response.partial"), None);
    }
}

#[test]
fn embeddings_have_tokens_and_a_length_but_no_numbers() {
    let request =
        json!({"model": "text-embedding-3-small", "input": ["The food was delicious"], "encoding_format": "float"});
    let (spans, _) = run(vec![Reply::json(EMBEDDINGS)], async |program| {
        program.post("/v1/embeddings", &request).await;
    });
    let call = named(&spans, "embeddings text-embedding-3-small");
    assert_eq!(text(call, "gen_ai.request.type"), "embedding");
    assert_eq!(call.attribute("gen_ai.usage.prompt_tokens"), Some(&8_i64.into()));
    assert_eq!(call.attribute("gen_ai.usage.total_tokens"), Some(&8_i64.into()));
    assert_eq!(call.attribute("gen_ai.embeddings.dimension.count"), Some(&3_i64.into()));
    assert_eq!(
        below(call, &["gen_ai.completion"]),
        "gen_ai.completion.0.embedding_length = 3\n"
    );
    assert!(text(call, "gen_ai.prompt.0.content").contains("delicious"));
}

#[test]
fn a_request_that_is_not_to_a_model_is_no_span_and_not_touched() {
    let (spans, asked) = run(vec![Reply::json("{\"ok\":true}")], async |program| {
        let answer = program.send("/v1/orders", &json!({"model": "gpt-4o"})).await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "{\"ok\":true}");
    });
    assert_eq!(draw(&spans), "default.session\n  planner.agent\n");
    assert_eq!(asked.len(), 1);
}
