//! What of a conversation leaves at each `Content` level, for every shape of requests and answers: each place of words has a
//! marker of its own, and with `All` every one of them arrives.

use agentops::{Content, Semconv, testing::Span};
use serde_json::{Value, json};

use super::{provider::Reply, run::run_with};

/// A marker.
fn p(place: &str) -> String {
    format!("planted<{place}>")
}

/// One exchange, and what is said in it that is no conversation.
#[derive(Clone)]
struct Case {
    path: &'static str,
    request: Value,
    reply: fn(&str) -> Reply,
    answer: String,
    diagnostics: &'static [&'static str],
}

fn json_body(body: &str) -> Reply {
    Reply::json(body)
}

fn events(body: &str) -> Reply {
    Reply::events().pieces_of(body)
}

fn lines(body: &str) -> Reply {
    body.split_inclusive('\n')
        .fold(Reply::lines(), |reply, line| reply.piece(line))
}

fn refused(body: &str) -> Reply {
    Reply::new(400, "application/json").piece(body)
}

fn whole(path: &'static str, request: Value, answer: &Value) -> Case {
    Case {
        path,
        request,
        reply: json_body,
        answer: answer.to_string(),
        diagnostics: &[],
    }
}

fn streamed(path: &'static str, mut request: Value, pieces: &[Value]) -> Case {
    request["stream"] = json!(true);
    Case {
        path,
        request,
        reply: events,
        answer: pieces.iter().map(|piece| format!("data: {piece}\n\n")).collect(),
        diagnostics: &[],
    }
}

fn chat() -> Vec<Case> {
    const PATH: &str = "/v1/chat/completions";
    let request = json!({
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": p("a system prompt")},
            {"role": "user", "content": [{"type": "text", "text": p("a prompt")},
                {"type": "image_url", "image_url": {"url": format!("https://images.example/{}", p("an image"))}}]},
            {"role": "assistant", "content": null, "tool_calls": [{"id": "c0", "type": "function",
                "function": {"name": "look", "arguments": json!({"at": p("an argument of before")}).to_string()}}]},
            {"role": "tool", "tool_call_id": "c0", "content": p("a result of a tool")},
        ],
        "tools": [{"type": "function", "function": {"name": "look", "description": p("what a tool does"),
            "parameters": {"type": "object", "title": p("a schema")}}}],
    });
    let arguments = json!({"at": p("an argument")}).to_string();
    let choice = |member: &str, message: Value, reason: Value| json!({"id": "c", "model": "gpt-4o", "choices": [{"index": 0, member: message, "finish_reason": reason}]});
    let call =
        json!([{"index": 0, "id": "c1", "type": "function", "function": {"name": "look", "arguments": arguments}}]);
    let message = json!({"role": "assistant", "content": p("an answer"), "refusal": p("a refusal"),
        "reasoning_content": p("a thought"), "tool_calls": call});
    let piece = |delta: Value| choice("delta", delta, Value::Null);
    vec![
        whole(PATH, request.clone(), &choice("message", message, json!("tool_calls"))),
        streamed(
            PATH,
            request.clone(),
            &[
                piece(json!({"reasoning_content": p("a thought")})),
                piece(json!({"content": p("an answer")})),
                piece(json!({"refusal": p("a refusal")})),
                piece(json!({"tool_calls": call})),
                choice("delta", json!({}), json!("tool_calls")),
            ],
        ),
        Case {
            reply: refused,
            diagnostics: &["an error"],
            ..whole(
                PATH,
                request,
                &json!({"error": {"message": p("an error"), "type": "invalid_request_error"}}),
            )
        },
        whole(
            "/v1/completions",
            json!({"model": "gpt-3.5-turbo-instruct", "prompt": p("a prompt")}),
            &json!({"model": "gpt-3.5-turbo-instruct", "choices": [{"index": 0, "text": p("an answer")}]}),
        ),
    ]
}

fn responses() -> Vec<Case> {
    const PATH: &str = "/v1/responses";
    let request = json!({
        "model": "gpt-5", "instructions": p("instructions"),
        "input": [{"role": "user", "content": [{"type": "input_text", "text": p("a prompt")}]},
            {"type": "function_call", "call_id": "c0", "name": "look", "arguments": p("an argument of before")},
            {"type": "function_call_output", "call_id": "c0", "output": p("a result of a tool")}],
        "tools": [{"type": "function", "name": "look", "parameters": {"title": p("a schema")}}],
    });
    let response = json!({"id": "r", "object": "response", "status": "completed", "model": "gpt-5", "output": [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": p("a thought")}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": p("an answer")}]},
        {"type": "function_call", "call_id": "c1", "name": "look", "arguments": p("an argument")}]});
    let failed = json!({"type": "response.failed", "response": {"object": "response", "status": "failed",
        "error": {"code": "server_error", "message": p("an error")}}});
    vec![
        whole(PATH, request.clone(), &response),
        streamed(
            PATH,
            request.clone(),
            &[
                json!({"type": "response.output_text.delta", "output_index": 0, "delta": p("a piece of an answer")}),
                json!({"type": "response.reasoning_text.delta", "output_index": 1, "delta": p("a piece of a thought")}),
                json!({"type": "response.function_call_arguments.delta", "output_index": 2, "delta": p("a piece of an argument")}),
            ],
        ),
        Case {
            diagnostics: &["an error"],
            ..streamed(PATH, request, &[failed])
        },
    ]
}

fn anthropic() -> Vec<Case> {
    const PATH: &str = "/anthropic/v1/messages";
    let request = json!({
        "model": "claude-sonnet-4-5", "system": [{"type": "text", "text": p("a system prompt")}],
        "messages": [{"role": "user", "content": p("a prompt")},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c0", "name": "look",
                "input": {"at": p("an argument of before")}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c0", "content": p("a result of a tool")}]}],
        "tools": [{"name": "look", "description": p("what a tool does"), "input_schema": {"title": p("a schema")}}],
    });
    let message = json!({"id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": [
        {"type": "thinking", "thinking": p("a thought"), "signature": "x"}, {"type": "text", "text": p("an answer")},
        {"type": "tool_use", "id": "c1", "name": "look", "input": {"at": p("an argument")}}],
        "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 1}});
    let delta = |at: u64, delta: Value| json!({"type": "content_block_delta", "index": at, "delta": delta});
    let begin = |at: u64, block: Value| json!({"type": "content_block_start", "index": at, "content_block": block});
    let tool = json!({"type": "tool_use", "id": "c1", "name": "look", "input": {}});
    vec![
        whole(PATH, request.clone(), &message),
        streamed(
            PATH,
            request.clone(),
            &[
                delta(0, json!({"type": "thinking_delta", "thinking": p("a thought")})),
                delta(1, json!({"type": "text_delta", "text": p("an answer")})),
                begin(2, tool),
                delta(2, json!({"type": "input_json_delta", "partial_json": p("an argument")})),
                json!({"type": "message_stop"}),
            ],
        ),
        Case {
            reply: refused,
            diagnostics: &["an error"],
            ..whole(
                PATH,
                request,
                &json!({"type": "error", "error": {"type": "overloaded_error", "message": p("an error")}}),
            )
        },
    ]
}

fn gemini() -> Vec<Case> {
    let request = json!({
        "systemInstruction": {"parts": [{"text": p("a system prompt")}]},
        "contents": [{"role": "user", "parts": [{"text": p("a prompt")}]},
            {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {"at": p("an argument of before")}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"seen": p("a result of a tool")}}}]}],
        "tools": [{"functionDeclarations": [{"name": "look", "description": p("what a tool does"),
            "parameters": {"title": p("a schema")}}]}],
    });
    let answer = json!({"candidates": [{"index": 0, "content": {"role": "model", "parts": [
        {"text": p("a thought"), "thought": true}, {"text": p("an answer")},
        {"functionCall": {"name": "look", "args": {"at": p("an argument")}}}]}, "finishReason": "STOP"}]});
    vec![
        whole(
            "/v1beta/models/gemini-2.5-pro:generateContent",
            request.clone(),
            &answer,
        ),
        streamed(
            "/v1beta/models/gemini-2.5-pro:streamGenerateContent",
            request,
            std::slice::from_ref(&answer),
        ),
    ]
}

fn others() -> Vec<Case> {
    let ollama = json!({"model": "llama3.2", "messages": [{"role": "system", "content": p("a system prompt")},
        {"role": "user", "content": p("a prompt")}]});
    let call = json!([{"function": {"name": "look", "arguments": {"at": p("an argument")}}}]);
    let lines_of = [
        json!({"model": "llama3.2", "message": {"role": "assistant", "content": p("an answer")}, "done": false}),
        json!({"model": "llama3.2", "message": {"content": "", "thinking": p("a thought"), "tool_calls": call}, "done": false}),
        json!({"model": "llama3.2", "message": {"content": ""}, "done": true, "done_reason": "stop"}),
    ];
    let conversed = json!({"output": {"message": {"role": "assistant", "content": [
        {"reasoningContent": {"reasoningText": {"text": p("a thought")}}}, {"text": p("an answer")},
        {"toolUse": {"toolUseId": "c1", "name": "look", "input": {"at": p("an argument")}}}]}}, "stopReason": "tool_use"});
    let converse = json!({"system": [{"text": p("a system prompt")}],
        "messages": [{"role": "user", "content": [{"text": p("a prompt")}]}],
        "toolConfig": {"tools": [{"toolSpec": {"name": "look", "description": p("what a tool does"),
            "inputSchema": {"json": {"title": p("a schema")}}}}]}});
    vec![
        Case {
            reply: lines,
            answer: lines_of.iter().map(|line| format!("{line}\n")).collect(),
            ..whole("/ollama/api/chat", ollama, &Value::Null)
        },
        whole(
            "/aws/model/amazon.nova-pro-v1%3A0/converse",
            converse.clone(),
            &conversed,
        ),
        Case {
            reply: refused,
            diagnostics: &["an error"],
            ..whole(
                "/aws/model/amazon.nova-pro-v1%3A0/converse",
                converse,
                &json!({"message": p("an error")}),
            )
        },
        whole(
            "/v1/embeddings",
            json!({"model": "text-embedding-3-small", "input": [p("a text"), p("another")]}),
            &json!({"object": "list", "data": [{"embedding": [0.1]}], "model": "text-embedding-3-small"}),
        ),
    ]
}

/// Every marker in a text.
fn planted(text: &str) -> Vec<String> {
    let found = text.split("planted<").skip(1);
    let mut found: Vec<_> = found
        .map(|rest| p(rest.split_once('>').expect("a marker has an end").0))
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn every_word_of_every_provider_leaves_at_its_level_and_at_no_other() {
    let cases: Vec<_> = [chat(), responses(), anthropic(), gemini(), others()].concat();
    for semconv in [Semconv::AgentOps, Semconv::GenAi, Semconv::Both] {
        for level in [Content::All, Content::NoMessages, Content::None] {
            let calls = arrived(&cases, level, semconv);
            for (case, call) in cases.iter().zip(&calls) {
                let diagnostics: Vec<_> = case.diagnostics.iter().map(|place| p(place)).collect();
                let all = planted(&format!("{} {}", case.request, case.answer));
                assert!(all.len() > 1 && diagnostics.iter().all(|marker| all.contains(marker)));
                let expected = match level {
                    Content::All => &all,
                    Content::NoMessages => &diagnostics,
                    _ => &Vec::new(),
                };
                let place = format!("{} {level:?} {semconv:?}: {}", case.path, case.answer);
                assert_eq!(&planted(&format!("{call:?}")), expected, "{place}");
                assert_eq!(
                    call.is_error(),
                    !diagnostics.is_empty(),
                    "what happened is told: {place}"
                );
            }
        }
    }
}

/// The calls that these exchanges made, in their order.
fn arrived(cases: &[Case], level: Content, semconv: Semconv) -> Vec<Span> {
    let (spans, asked) = run_with(
        |builder| builder.with_content_capture(level).with_semconv(semconv),
        |capture, url| {
            capture
                .with_base_url(format!("{url}/anthropic"), "anthropic")
                .with_base_url(format!("{url}/aws"), "aws.bedrock")
                .with_base_url(format!("{url}/ollama"), "ollama")
        },
        cases.iter().map(|case| (case.reply)(&case.answer)).collect(),
        async |program| {
            for case in cases {
                program.post(case.path, &case.request).await;
            }
        },
    );
    for (case, asked) in cases.iter().zip(&asked) {
        assert_eq!(asked.body, case.request.to_string().as_bytes(), "{}", case.path);
    }
    let mut calls: Vec<_> = spans.into_iter().filter(|span| span.kind() == Some("llm")).collect();
    calls.sort_by_key(|call| call.start_unix_nanos);
    assert_eq!(calls.len(), cases.len());
    calls
}
