//! Bodies in the formats that providers publish.

use serde_json::{Value, json};

pub(crate) fn chat_request(stream: bool) -> Value {
    let mut request = json!({
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is the weather in Paris?"},
        ],
        "temperature": 0.2,
        "max_completion_tokens": 256,
        "stop": ["END"],
        "seed": 7,
        "tools": [{"type": "function", "function": {"name": "weather", "description": "The sky over a city",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}],
    });
    if stream {
        request["stream"] = json!(true);
        request["stream_options"] = json!({"include_usage": true});
    }
    request
}

pub(crate) const CHAT: &str = r#"{
  "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
  "object": "chat.completion",
  "created": 1741569952,
  "model": "gpt-4o-2024-08-06",
  "choices": [
    {"index": 0, "message": {"role": "assistant", "content": "It is sunny in Paris.", "refusal": null, "annotations": []},
     "logprobs": null, "finish_reason": "stop"}
  ],
  "usage": {"prompt_tokens": 120, "completion_tokens": 50, "total_tokens": 170,
    "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 30, "audio_tokens": 0,
      "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}},
  "service_tier": "default",
  "system_fingerprint": "fp_fc9f1d7035"
}"#;

pub(crate) const CHAT_WITH_TOOL_CALL: &str = r#"{"id":"chatcmpl-abc123","object":"chat.completion","created":1699896916,
"model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[
{"id":"call_abc123","type":"function","function":{"name":"weather","arguments":"{\"city\": \"Paris\"}"}}]},
"logprobs":null,"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":82,"completion_tokens":17,"total_tokens":99}}"#;

/// Text, then a call of a tool in pieces, then the usage on its own.
pub(crate) const CHAT_EVENTS: &str = r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","service_tier":"default","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"content":"Let me "},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"content":"look."},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":""}}]},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":" \"Paris\"}"}}]},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","choices":[],"usage":{"prompt_tokens":120,"completion_tokens":50,"total_tokens":170,"prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":30}}}

data: [DONE]

"#;

pub(crate) const RESPONSE: &str = r#"{"id":"resp_67ccd3a9da748190baa7f1570fe91ac604becb25c45c1d41","object":"response",
"created_at":1741476777,"status":"completed","error":null,"incomplete_details":null,"instructions":null,
"model":"gpt-5-2025-08-07","output":[
{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"A tool knows."}]},
{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[
{"type":"output_text","text":"I will look.","annotations":[]}]},
{"type":"function_call","id":"fc_1","call_id":"call_9","name":"weather","arguments":"{\"city\":\"Paris\"}","status":"completed"}],
"service_tier":"default","usage":{"input_tokens":328,"input_tokens_details":{"cached_tokens":128},"output_tokens":52,
"output_tokens_details":{"reasoning_tokens":40},"total_tokens":380}}"#;

pub(crate) fn response_events() -> String {
    let whole = RESPONSE.replace('\n', "");
    [
        r#"{"type":"response.created","sequence_number":0,"response":{"id":"resp_67ccd3a9da748190baa7f1570fe91ac604becb25c45c1d41","object":"response","status":"in_progress","model":"gpt-5-2025-08-07","output":[]}}"#,
        r#"{"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"msg_1","role":"assistant","content":[]}}"#,
        r#"{"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":"I will "}"#,
        r#"{"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":"look."}"#,
        r#"{"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","id":"fc_1","call_id":"call_9","name":"weather","arguments":""}}"#,
        r#"{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":2,"delta":"{\"city\":"}"#,
        r#"{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":2,"delta":"\"Paris\"}"}"#,
        &format!(r#"{{"type":"response.completed","sequence_number":9,"response":{whole}}}"#),
    ]
    .iter()
    .map(|data| {
        let event = serde_json::from_str::<Value>(data).unwrap();
        format!("event: {}\ndata: {data}\n\n", event["type"].as_str().unwrap())
    })
    .collect()
}

pub(crate) fn messages_request(stream: bool) -> Value {
    json!({
        "model": "claude-sonnet-4-5",
        "max_tokens": 1024,
        "stream": stream,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
        "tools": [{"name": "weather", "description": "The sky over a city",
            "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}],
    })
}

pub(crate) const MESSAGE: &str = r#"{"id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","role":"assistant",
"model":"claude-sonnet-4-5-20250929","content":[{"type":"text","text":"I will look."},
{"type":"tool_use","id":"toolu_01D7FLrfh4GYq7yT1ULFeyMV","name":"weather","input":{"city":"Paris"}}],
"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":20,"cache_creation_input_tokens":30,
"cache_read_input_tokens":50,"output_tokens":53,"service_tier":"standard"}}"#;

pub(crate) const MESSAGE_EVENTS: &str = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_014p7gG3wDgGV9EUtLvnow3U","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","stop_sequence":null,"usage":{"input_tokens":20,"cache_creation_input_tokens":30,"cache_read_input_tokens":50,"output_tokens":2},"content":[],"stop_reason":null}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"A tool knows."}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCgIYAhIM"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"I will "}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"look."}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_01T1x1fJ34qAmk2tNTrN7Up6","name":"weather","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"city\":"}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":" \"Paris\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":53}}

event: message_stop
data: {"type":"message_stop"}

"#;

pub(crate) fn gemini_request() -> Value {
    json!({
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [{"text": "What is the weather in Paris?"}]}],
        "generationConfig": {"temperature": 0.2, "maxOutputTokens": 256, "topK": 40, "stopSequences": ["END"]},
        "tools": [{"functionDeclarations": [{"name": "weather", "parameters": {"type": "object"}}]}],
    })
}

pub(crate) const GEMINI: &str = r#"{"candidates":[{"content":{"parts":[{"text":"A tool knows.","thought":true},
{"text":"I will look."},{"functionCall":{"name":"weather","args":{"city":"Paris"}}}],"role":"model"},
"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":90,"candidatesTokenCount":20,
"totalTokenCount":150,"thoughtsTokenCount":30,"toolUsePromptTokenCount":10,"cachedContentTokenCount":40},
"modelVersion":"gemini-2.5-flash","responseId":"TzRzaPzGN7ubvdIP"}"#;

/// The same in pieces, each with the counts so far.
pub(crate) const GEMINI_EVENTS: &str = r#"data: {"candidates": [{"content": {"parts": [{"text": "I will "}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 100,"totalTokenCount": 100},"modelVersion": "gemini-2.5-flash","responseId": "TzRzaPzGN7ubvdIP"}

data: {"candidates": [{"content": {"parts": [{"text": "look."}],"role": "model"},"finishReason": "STOP","index": 0}],"usageMetadata": {"promptTokenCount": 100,"candidatesTokenCount": 20,"totalTokenCount": 150,"thoughtsTokenCount": 30},"modelVersion": "gemini-2.5-flash","responseId": "TzRzaPzGN7ubvdIP"}

"#;

pub(crate) const OLLAMA_LINES: &str = r#"{"model":"llama3.2","created_at":"2023-08-04T08:52:19.385406455-07:00","message":{"role":"assistant","content":"I will "},"done":false}
{"model":"llama3.2","created_at":"2023-08-04T08:52:19.5-07:00","message":{"role":"assistant","content":"look.","tool_calls":[{"function":{"name":"weather","arguments":{"city":"Paris"}}}]},"done":false}
{"model":"llama3.2","created_at":"2023-08-04T19:22:45.499127Z","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,"total_duration":4883583458,"load_duration":1334875,"prompt_eval_count":26,"prompt_eval_duration":342546000,"eval_count":282,"eval_duration":4535599000}
"#;

pub(crate) const EMBEDDINGS: &str = r#"{"object":"list","data":[{"object":"embedding","embedding":[0.0023064255,
-0.009327292,-0.0028842222],"index":0}],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}"#;
