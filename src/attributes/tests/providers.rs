//! Requests and responses in the formats that providers publish, each from its own documentation, as messages.

use super::*;

/// The numbered messages below `side`: who, what, what was thought, which tool was called, an id, and why it ended.
fn shown(side: &str, key: &'static str, body: &str) -> Vec<String> {
    let attributes = chat().text(key, body).attributes();
    let mut messages = Vec::new();
    for place in 0.. {
        let of = |name: &str| attributes.get_str(&format!("{side}.{place}.{name}"));
        let Some(role) = of("role") else { break };
        let arguments = of("tool_calls.0.arguments").unwrap_or_default();
        let parts = [
            of("reasoning").map(|thought| format!(" (thought: {thought})")),
            of("tool_calls.0.name").map(|name| format!(" -> {name}({arguments})")),
            of("tool_call_id")
                .or(of("tool_calls.0.id"))
                .map(|id| format!(" [{id}]")),
            of("finish_reason").map(|reason| format!(" {reason}")),
        ];
        let rest: String = parts.into_iter().flatten().collect();
        messages.push(format!("{role}: {}{rest}", of("content").unwrap()));
    }
    messages
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn requests_of_every_provider_show_the_system_prompt_first() {
    for (provider, body, expected) in [
        (
            "openai chat",
            r#"{"model":"gpt-4o","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}]}"#,
            vec!["system: Be brief.", "user: Hi"],
        ),
        (
            "openai responses, a text",
            r#"{"model":"gpt-4o","instructions":"Be brief.","input":"Hi"}"#,
            vec!["system: Be brief.", "user: Hi"],
        ),
        (
            "openai responses, items",
            r#"{"instructions":"Be brief.","input":[{"role":"user","content":[{"type":"input_text","text":"Hi"}]},
                {"type":"function_call","call_id":"c1","name":"look","arguments":"{}"},
                {"type":"function_call_output","call_id":"c1","output":"a cat"}]}"#,
            vec![
                "system: Be brief.",
                "user: Hi",
                "assistant:  -> look({}) [c1]",
                "tool: a cat [c1]",
            ],
        ),
        (
            "anthropic",
            r#"{"system":[{"type":"text","text":"Be brief."}],"messages":[{"role":"user","content":"Hi"},
                {"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"s"},
                    {"type":"tool_use","id":"t1","name":"look","input":{"at":1}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"a cat"}]}]}"#,
            vec![
                "system: Be brief.",
                "user: Hi",
                r#"assistant:  (thought: Hm.) -> look({"at":1}) [t1]"#,
                "tool: a cat [t1]",
            ],
        ),
        (
            "gemini",
            r#"{"systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":[{"text":"Hi"}]},
                {"role":"model","parts":[{"functionCall":{"name":"look","args":{"at":1}}}]},
                {"role":"user","parts":[{"functionResponse":{"name":"look","response":{"seen":"a cat"}}}]}]}"#,
            vec![
                "system: Be brief.",
                "user: Hi",
                r#"assistant:  -> look({"at":1})"#,
                r#"tool: {"seen":"a cat"}"#,
            ],
        ),
        (
            "bedrock",
            r#"{"system":[{"text":"Be brief."}],"messages":[{"role":"user","content":[{"text":"Hi"}]},
                {"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"look","input":{"at":1}}}]},
                {"role":"user","content":[{"toolResult":{"toolUseId":"t1","content":[{"text":"a cat"}]}}]}]}"#,
            vec![
                "system: Be brief.",
                "user: Hi",
                r#"assistant:  -> look({"at":1}) [t1]"#,
                "tool: a cat [t1]",
            ],
        ),
        (
            "ollama generate",
            r#"{"model":"llama","system":"Be brief.","prompt":"Hi"}"#,
            vec!["system: Be brief.", "user: Hi"],
        ),
    ] {
        assert_eq!(shown("gen_ai.prompt", "gen_ai.prompt", body), expected, "{provider}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn responses_of_every_provider_show_words_thoughts_and_calls() {
    for (provider, body, expected) in [
        (
            "openai chat",
            r#"{"choices":[{"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",
                "function":{"name":"look","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#,
            "assistant:  -> look({}) [c1] tool_calls",
        ),
        (
            "deepseek",
            r#"{"choices":[{"message":{"role":"assistant","content":"Hi","reasoning_content":"Hm."},"finish_reason":"stop"}]}"#,
            "assistant: Hi (thought: Hm.) stop",
        ),
        (
            "openai responses",
            r#"{"object":"response","output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"Hm."}]},
                {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi","annotations":[]}]}]}"#,
            "assistant:  (thought: Hm.)",
        ),
        (
            "openai completions",
            r#"{"object":"text_completion","choices":[{"text":"Hi","index":0,"finish_reason":"length"}]}"#,
            "assistant: Hi length",
        ),
        (
            "anthropic",
            r#"{"type":"message","role":"assistant","content":[{"type":"thinking","thinking":"Hm."},
                {"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":1}}"#,
            "assistant: Hi (thought: Hm.) end_turn",
        ),
        (
            "gemini",
            r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Hm.","thought":true},{"text":"Hi"}]},
                "finishReason":"STOP"}]}"#,
            "assistant: Hi (thought: Hm.) STOP",
        ),
        (
            "bedrock",
            r#"{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hm."}}},
                {"text":"Hi"}]}},"stopReason":"end_turn"}"#,
            "assistant: Hi (thought: Hm.) end_turn",
        ),
        (
            "ollama",
            r#"{"model":"llama","message":{"role":"assistant","content":"Hi","thinking":"Hm."},"done":true,"done_reason":"stop"}"#,
            "assistant: Hi (thought: Hm.) stop",
        ),
        (
            "ollama generate",
            r#"{"model":"llama","response":"Hi","done":true,"done_reason":"stop"}"#,
            "assistant: Hi stop",
        ),
        (
            "cohere",
            r#"{"message":{"role":"assistant","content":[{"type":"text","text":"Hi"}]},"finish_reason":"COMPLETE"}"#,
            "assistant: Hi COMPLETE",
        ),
    ] {
        assert_eq!(
            shown("gen_ai.completion", "gen_ai.completion", body)[0],
            expected,
            "{provider}"
        );
    }
    let responses = r#"{"output":[{"type":"reasoning","summary":[]},
        {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]}]}"#;
    let all = shown("gen_ai.completion", "gen_ai.completion", responses);
    assert_eq!(all.last().unwrap(), "assistant: Hi", "{all:?}");
}

/// Five bytes, as every provider takes them.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn media_of_every_provider_leave_as_type_size_and_hash_on_both_sides() {
    for (provider, content, what) in [
        (
            "openai",
            r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,aGVsbG8="}}"#,
            "image/png",
        ),
        (
            "openai responses",
            r#"{"type":"input_image","image_url":"data:image/png;base64,aGVsbG8="}"#,
            "image/png",
        ),
        (
            "openai audio",
            r#"{"type":"input_audio","input_audio":{"data":"aGVsbG8=","format":"wav"}}"#,
            "audio/wav",
        ),
        (
            "openai file",
            r#"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,aGVsbG8="}}"#,
            "application/pdf",
        ),
        (
            "openai responses file",
            r#"{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,aGVsbG8="}"#,
            "application/pdf",
        ),
        (
            "anthropic",
            r#"{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGVsbG8="}}"#,
            "application/pdf",
        ),
        (
            "anthropic, in a tool's result",
            r#"{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGVsbG8="}}]}"#,
            "image/png",
        ),
        (
            "gemini",
            r#"{"inlineData":{"mimeType":"video/mp4","data":"aGVsbG8="}}"#,
            "video/mp4",
        ),
        (
            "bedrock",
            r#"{"image":{"format":"webp","source":{"bytes":"aGVsbG8="}}}"#,
            "image/webp",
        ),
        (
            "mcp",
            r#"{"type":"audio","mimeType":"audio/ogg","data":"aGVsbG8="}"#,
            "audio/ogg",
        ),
        (
            "the conventions",
            r#"{"type":"blob","modality":"image","mime_type":"image/gif","content":"aGVsbG8="}"#,
            "image/gif",
        ),
    ] {
        let body = format!(r#"[{{"role":"user","content":[{content}]}}]"#);
        let attributes = chat().text("gen_ai.input.messages", &body).attributes();
        let name = format!("[{what}, 5 bytes, sha256:2cf24dba5fb0a30e]");
        for key in ["gen_ai.prompt.0.content", "gen_ai.input.messages"] {
            let text = attributes.str(key);
            assert!(
                text.contains(&name) && !text.contains("aGVsbG8"),
                "{provider}, {key}: {text}"
            );
        }
    }
    let by_address =
        r#"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/cat.png"}}]}]"#;
    let attributes = chat().text("gen_ai.input.messages", by_address).attributes();
    assert_eq!(
        attributes.str("gen_ai.prompt.0.content"),
        "[image: https://x.example/cat.png]"
    );
}
