//! Calls of a model as Rust libraries mark them: spans with `gen_ai.*` fields.

use tracing::{Span, field, info_span};

pub(crate) const QUESTION: &str = "What's the capital of France?";
pub(crate) const ANSWER: &str = "The capital of France is Paris.";

/// A chat with `gpt-4` that is about to be asked [`QUESTION`], with the fields that rig declares and those that only
/// some calls have.
pub(crate) fn chat(model: &str, stream: bool) -> Span {
    let span = info_span!(
        "chat",
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = "OpenAI",
        gen_ai.request.model = model,
        gen_ai.request.stream = stream,
        gen_ai.input.messages = field::Empty,
        gen_ai.output.messages = field::Empty,
        gen_ai.response.id = field::Empty,
        gen_ai.response.model = field::Empty,
        gen_ai.openai.system_fingerprint = field::Empty,
        gen_ai.usage.input_tokens = field::Empty,
        gen_ai.usage.output_tokens = field::Empty,
    );
    span
}

/// The two messages of most calls, in the JSON of the GenAI conventions.
pub(crate) const BRIEF: &str = r#"[
    {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
    {"role": "user", "parts": [{"type": "text", "content": "What's the capital of France?"}]}
]"#;

/// What the scripted model of the capture answered.
pub(crate) fn answered(span: &Span, finish_reason: &str, part: &serde_json::Value) {
    let messages = serde_json::json!([{ "role": "assistant", "parts": [part], "finish_reason": finish_reason }]);
    span.record("gen_ai.output.messages", messages.to_string());
    span.record("gen_ai.response.id", "chatcmpl-fake1");
    span.record("gen_ai.response.model", "gpt-4-0613");
    span.record("gen_ai.usage.input_tokens", 14);
    span.record("gen_ai.usage.output_tokens", 8);
}

/// A part of text.
pub(crate) fn text(content: &str) -> serde_json::Value {
    serde_json::json!({ "type": "text", "content": content })
}

/// A plain chat from the question to the answer.
pub(crate) fn ask(messages: &str) -> String {
    let span = chat("gpt-4", false);
    span.record("gen_ai.input.messages", messages);
    answered(&span, "stop", &text(ANSWER));
    span.record("gen_ai.openai.system_fingerprint", "fp_fake");
    ANSWER.to_owned()
}
