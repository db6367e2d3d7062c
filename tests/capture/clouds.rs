//! Models that others serve: Bedrock's own conversations, and Anthropic's messages at Bedrock and Vertex AI.

use serde_json::{Value, json};

use super::{
    bodies::{MESSAGE, MESSAGE_EVENTS, messages_request},
    provider::Reply,
    run::{Program, below, call, run_with},
};
use crate::harness::text;

const CONVERSE: &str = "/aws/model/global.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse";
const SPAN: &str = "chat global.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// Runs a program whose provider stands for both clouds.
fn arrived(reply: Reply, program: impl AsyncFnOnce(Program)) -> Vec<agentops::testing::Span> {
    let (spans, _) = run_with(
        |builder| builder,
        |capture, url| {
            capture
                .with_base_url(format!("{url}/aws"), "aws.bedrock")
                .with_base_url(format!("{url}/vertex"), "gcp.vertex_ai")
        },
        vec![reply],
        program,
    );
    spans
}

fn converse_request() -> Value {
    json!({
        "system": [{"text": "Be brief."}],
        "messages": [
            {"role": "user", "content": [{"text": "What is the weather in Paris?"}]},
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "tooluse_1", "name": "weather",
                "input": {"city": "Paris"}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "tooluse_1", "status": "success",
                "content": [{"text": "sunny"}]}}]},
        ],
        "inferenceConfig": {"maxTokens": 256, "temperature": 0.5, "topP": 0.9, "stopSequences": ["END"]},
        "toolConfig": {"tools": [{"toolSpec": {"name": "weather", "description": "The sky over a city",
            "inputSchema": {"json": {"type": "object"}}}}]},
    })
}

const CONVERSED: &str = r#"{"metrics":{"latencyMs":1275},"output":{"message":{"content":[
{"reasoningContent":{"reasoningText":{"text":"A tool knows."}}},{"text":"I will look."},
{"toolUse":{"input":{"city":"Nice"},"name":"weather","toolUseId":"tooluse_kZJMlvQmRJ6eAyJE5GIl7Q"}}],"role":"assistant"}},
"stopReason":"tool_use","usage":{"cacheReadInputTokens":50,"cacheWriteInputTokens":30,"inputTokens":20,"outputTokens":53,
"totalTokens":153}}"#;

#[test]
fn a_conversation_with_bedrock_is_read_and_its_model_stands_in_the_address() {
    let spans = arrived(Reply::json(CONVERSED), async |program| {
        let body = program.post(CONVERSE, &converse_request()).await;
        assert_eq!(body, CONVERSED.as_bytes());
    });
    let call = call(&spans);
    assert_eq!((call.name.as_str(), text(call, "gen_ai.system")), (SPAN, "aws.bedrock"));
    assert_eq!(
        below(call, &["gen_ai.prompt", "gen_ai.completion"]),
        r#"gen_ai.prompt.0.content = "Be brief."
gen_ai.prompt.0.role = "system"
gen_ai.prompt.1.content = "What is the weather in Paris?"
gen_ai.prompt.1.role = "user"
gen_ai.prompt.2.content = ""
gen_ai.prompt.2.role = "assistant"
gen_ai.prompt.2.tool_calls.0.id = "tooluse_1"
gen_ai.prompt.2.tool_calls.0.name = "weather"
gen_ai.prompt.2.tool_calls.0.arguments = "{\"city\":\"Paris\"}"
gen_ai.prompt.3.content = "sunny"
gen_ai.prompt.3.role = "tool"
gen_ai.prompt.3.tool_call_id = "tooluse_1"
gen_ai.completion.0.content = "I will look."
gen_ai.completion.0.role = "assistant"
gen_ai.completion.0.finish_reason = "tool_use"
gen_ai.completion.0.reasoning = "A tool knows."
gen_ai.completion.0.tool_calls.0.id = "tooluse_kZJMlvQmRJ6eAyJE5GIl7Q"
gen_ai.completion.0.tool_calls.0.name = "weather"
gen_ai.completion.0.tool_calls.0.arguments = "{\"city\":\"Nice\"}"
"#
    );
}

#[test]
fn the_parameters_tools_and_tokens_of_a_conversation_with_bedrock_are_read() {
    let spans = arrived(Reply::json(CONVERSED), async |program| {
        program.post(CONVERSE, &converse_request()).await;
    });
    let call = call(&spans);
    assert_eq!(
        below(
            call,
            &[
                "gen_ai.request.m",
                "gen_ai.request.s",
                "gen_ai.request.t",
                "gen_ai.request.functions"
            ]
        ),
        r#"gen_ai.request.type = "chat"
gen_ai.request.model = "global.anthropic.claude-sonnet-4-5-20250929-v1:0"
gen_ai.request.streaming = false
gen_ai.request.stream = false
gen_ai.request.functions.0.name = "weather"
gen_ai.request.functions.0.description = "The sky over a city"
gen_ai.request.functions.0.parameters = "{\"type\":\"object\"}"
gen_ai.request.temperature = 0.5
gen_ai.request.top_p = 0.9
gen_ai.request.max_tokens = 256
gen_ai.request.stop_sequences = ["END"]
"#
    );
    // 3 and 15 USD per million, 0.30 read from a cache, 3.75 written to it; cached tokens stand beside the input.
    assert_eq!(
        below(call, &["gen_ai.usage"]),
        "gen_ai.usage.prompt_tokens = 100
gen_ai.usage.input_tokens = 100
gen_ai.usage.completion_tokens = 53
gen_ai.usage.output_tokens = 53
gen_ai.usage.cache_read_input_tokens = 50
gen_ai.usage.cache_read.input_tokens = 50
gen_ai.usage.cache_creation_input_tokens = 30
gen_ai.usage.cache_creation.input_tokens = 30
gen_ai.usage.total_tokens = 153
gen_ai.usage.prompt_cost = 0.0001875
gen_ai.usage.completion_cost = 0.000795
gen_ai.usage.total_cost = 0.0009825
"
    );
}

#[test]
fn messages_of_anthropic_are_read_wherever_they_are_served() {
    let mut request = messages_request(false);
    // Both clouds take the model from the address, and the version in the body.
    request.as_object_mut().unwrap().remove("model");
    request["anthropic_version"] = json!("bedrock-2023-05-31");
    let vertex = "/vertex/v1/projects/p/locations/global/publishers/anthropic/models/claude-sonnet-4-5@20250929";
    for (path, reply, provider, model) in [
        (
            "/aws/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke".to_owned(),
            Reply::json(MESSAGE),
            "aws.bedrock",
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
        (
            format!("{vertex}:rawPredict"),
            Reply::json(MESSAGE),
            "gcp.vertex_ai",
            "claude-sonnet-4-5@20250929",
        ),
        (
            format!("{vertex}:streamRawPredict"),
            Reply::events().pieces_of(MESSAGE_EVENTS),
            "gcp.vertex_ai",
            "claude-sonnet-4-5@20250929",
        ),
    ] {
        let spans = arrived(reply, async |program| {
            program.post(&path, &request).await;
        });
        let call = call(&spans);
        assert_eq!(call.name, format!("chat {model}"), "{path}");
        assert_eq!(text(call, "gen_ai.system"), provider, "{path}");
        assert_eq!(
            text(call, "gen_ai.response.model"),
            "claude-sonnet-4-5-20250929",
            "{path}"
        );
        assert_eq!(text(call, "gen_ai.prompt.0.content"), "Be brief.", "{path}");
        assert_eq!(text(call, "gen_ai.completion.0.content"), "I will look.", "{path}");
        assert_eq!(text(call, "gen_ai.completion.0.tool_calls.0.name"), "weather", "{path}");
        assert_eq!(
            call.attribute("gen_ai.usage.prompt_tokens"),
            Some(&100_i64.into()),
            "{path}"
        );
        let cost = call.attribute("gen_ai.usage.total_cost").and_then(|usd| usd.as_f64());
        // In a region of one's choice Bedrock takes 10 % more.
        let factor = if provider == "aws.bedrock" { 1.1 } else { 1.0 };
        let expected = (20.0 * 3.0 + 50.0 * 0.3 + 30.0 * 3.75 + 53.0 * 15.0) / 1e6 * factor;
        assert!(
            (cost.unwrap() - expected).abs() < 1e-9,
            "{path}: {cost:?} is not {expected}"
        );
        let streams = path.contains("stream");
        assert_eq!(
            call.attribute("gen_ai.request.streaming"),
            Some(&streams.into()),
            "{path}"
        );
    }
}

#[test]
fn tokens_that_anthropic_keeps_for_an_hour_are_told_and_billed() {
    let body = MESSAGE.replace(
        r#""cache_read_input_tokens":50"#,
        r#""cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"cache_read_input_tokens":50"#,
    );
    let path = "/vertex/v1/projects/p/locations/global/publishers/anthropic/models/claude-sonnet-4-5:rawPredict";
    let spans = arrived(Reply::json(body), async |program| {
        program.post(path, &messages_request(false)).await;
    });
    let call = call(&spans);
    assert_eq!(
        call.attribute("gen_ai.usage.cache_creation.ephemeral_1h_input_tokens"),
        Some(&20_i64.into())
    );
    let cost = call.attribute("gen_ai.usage.prompt_cost").and_then(|usd| usd.as_f64());
    let expected = (20.0 * 3.0 + 50.0 * 0.3 + 10.0 * 3.75 + 20.0 * 6.0) / 1e6;
    assert!((cost.unwrap() - expected).abs() < 1e-9, "{cost:?} is not {expected}");
}

/// A message of AWS' event streams: lengths and a checksum before its headers, and one behind its payload.
fn frame(event: &str, payload: &str) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in [(":event-type", event), (":content-type", "application/json")] {
        headers.push(u8::try_from(name.len()).unwrap());
        headers.extend_from_slice(name.as_bytes());
        headers.push(7); // a string
        headers.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let total = 16 + headers.len() + payload.len();
    let mut frame = Vec::new();
    for part in [total, headers.len()] {
        frame.extend_from_slice(&u32::try_from(part).unwrap().to_be_bytes());
    }
    frame.extend_from_slice(&[0x5a; 4]);
    frame.extend_from_slice(&headers);
    frame.extend_from_slice(payload.as_bytes());
    frame.extend_from_slice(&[0xa5; 4]);
    frame
}

#[test]
fn a_stream_of_bedrock_passes_as_it_is_and_leaves_what_was_asked() {
    let frames = [
        frame("messageStart", r#"{"role":"assistant"}"#),
        frame(
            "contentBlockDelta",
            "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"I will\\nlook.\"}}",
        ),
        frame("messageStop", r#"{"stopReason":"end_turn"}"#),
    ];
    for all in [true, false] {
        let answer = Reply::new(200, "application/vnd.amazon.eventstream");
        let reply = frames.iter().fold(answer, |reply, frame| reply.piece(frame.as_slice()));
        let (reply, held) = if all {
            (reply, None)
        } else {
            let (reply, held) = reply.hold();
            (reply, Some(held))
        };
        let spans = arrived(reply, async |program| {
            let path = CONVERSE.replace("/converse", "/converse-stream");
            if all {
                assert_eq!(program.post(&path, &converse_request()).await, frames.concat());
            } else {
                let mut answer = program.send(&path, &converse_request()).await.unwrap();
                answer.chunk().await.unwrap().unwrap();
            }
        });
        drop(held);
        let call = call(&spans);
        assert_eq!(call.name, SPAN);
        assert_eq!(text(call, "gen_ai.prompt.1.content"), "What is the weather in Paris?");
        assert_eq!(call.attribute("gen_ai.request.streaming"), Some(&true.into()));
        assert!(call.attribute("gen_ai.streaming.time_to_first_token").is_some());
        assert_eq!(
            below(
                call,
                &["gen_ai.completion", "gen_ai.usage", "gen_ai.streaming.chunk_count"]
            ),
            "",
            "nobody here reads AWS' frames"
        );
        let partial = call.attribute("agentops.response.partial");
        assert_eq!(partial, (!all).then_some(&true.into()), "it was left early: {}", !all);
        assert!(!call.is_error(), "{:?}", call.status);
    }
}

#[test]
fn an_error_that_is_a_message_alone_says_why() {
    for (status, body, message) in [
        (429, r#"{"message":"Too many requests"}"#, "429: Too many requests"),
        (
            400,
            r#"{"__type":"ValidationException","Message":"The model is not there"}"#,
            "ValidationException: The model is not there",
        ),
        (
            400,
            r#"{"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}"#,
            "BadRequestError: too long",
        ),
    ] {
        let reply = Reply::new(status, "application/json").piece(body);
        let spans = arrived(reply, async |program| {
            program.post(CONVERSE, &converse_request()).await;
        });
        assert_eq!(call(&spans).status.message, message);
    }
    let spans = arrived(Reply::json(r#"{"message":"just so"}"#), async |program| {
        program.post(CONVERSE, &converse_request()).await;
    });
    assert!(!call(&spans).is_error(), "what did not fail needs no excuse");
}
