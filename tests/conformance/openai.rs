//! `s04_openai.py`: calls of a model, plain, streaming, with tools, with parts, failing, embeddings; with and without an
//! agent. The spans are those that a client of the model would write.
//!
//! Written by hand, because no Rust library says it and Python does: a user, the functions of a request, the events and
//! counts of a stream, the exception of a failed request, and a message whose parts are its text as JSON. Python's
//! eighth call (`responses`) fails before there is a span.

use agentops::{
    AgentOpsSpanExt,
    testing::{Span, draw},
};
use tracing::{Span as Tracing, error, info, info_span, instrument};

use crate::{
    calls::{ANSWER, BRIEF, QUESTION, answered, ask, chat, text},
    run::run,
    support::{Difference, Display, Golden, Message, Warning, compare},
};

const REFUSAL: &str = "Error code: 400 - {'error': {'message': 'model boom does not exist', 'type': \
                       'invalid_request_error', 'param': 'model', 'code': 'model_not_found'}}";

fn with_settings() {
    let span = chat("gpt-4", false);
    span.record("gen_ai.input.messages", BRIEF);
    for (key, value) in [
        ("temperature", 0.2),
        ("top_p", 0.9),
        ("frequency_penalty", 0.1),
        ("presence_penalty", 0.2),
    ] {
        span.record_attribute(format!("gen_ai.request.{key}"), value);
    }
    span.record_attribute("gen_ai.request.max_tokens", 50);
    span.record_attribute("gen_ai.user", "u-1");
    answered(&span, "stop", &text(ANSWER));
    span.record("gen_ai.openai.system_fingerprint", "fp_fake");
}

fn streaming() {
    let span = chat("gpt-4", true);
    span.record("gen_ai.input.messages", BRIEF);
    span.in_scope(|| {
        info!(time_elapsed = 0.05, "first_token_received");
        info!(
            chunks_received = 5,
            total_content_length = 6,
            duration = 0.06,
            had_tool_calls = false,
            "stream_completed"
        );
    });
    span.record_attribute("gen_ai.response.time_to_first_chunk", 0.05);
    span.record_attribute("gen_ai.streaming.time_to_generate", 0.01);
    span.record_attribute("llm.openai.stream.chunk_count", 5);
    span.record_attribute("llm.openai.stream.content_length", 6);
    span.record_attribute("llm.openai.stream.total_duration", 0.06);
    answered(&span, "stop", &text("Paris."));
}

fn with_tools() {
    let span = chat("gpt-4", false);
    span.record("gen_ai.input.messages", BRIEF);
    let parameters = serde_json::json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    span.record_attribute("gen_ai.request.functions.0.name", "get_weather");
    span.record_attribute("gen_ai.request.functions.0.description", "Weather");
    span.record_attribute("gen_ai.request.functions.0.parameters", &parameters);
    let call = serde_json::json!({
        "type": "tool_call", "id": "call_1", "name": "get_weather", "arguments": { "city": "Paris" },
    });
    answered(&span, "tool_calls", &call);
    span.record("gen_ai.openai.system_fingerprint", "fp_fake");
}

fn with_parts() {
    let span = chat("gpt-4", false);
    let parts = serde_json::json!([
        { "type": "text", "text": "multi" },
        { "type": "image_url", "image_url": { "url": "http://x/y.png" } },
    ]);
    for (key, value) in [
        ("0.role", "user"),
        ("0.content", &parts.to_string()),
        ("1.role", "assistant"),
        ("1.tool_calls.0.id", "call_1"),
        ("1.tool_calls.0.name", "get_weather"),
        ("1.tool_calls.0.arguments", "{}"),
        ("2.role", "tool"),
        ("2.content", "sunny"),
        ("2.tool_call_id", "call_1"),
    ] {
        span.record_attribute(format!("gen_ai.prompt.{key}"), value);
    }
    answered(&span, "stop", &text(ANSWER));
    span.record("gen_ai.openai.system_fingerprint", "fp_fake");
}

fn failing() {
    let span = chat("boom", false);
    span.record("gen_ai.input.messages", BRIEF);
    span.record_attribute("otel.status_code", "ERROR");
    span.record_attribute("otel.status_description", REFUSAL);
    span.in_scope(|| {
        error!(
            exception.type = "openai.BadRequestError",
            exception.message = REFUSAL,
            exception.stacktrace = "caused by: 400 Bad Request",
            "exception"
        );
    });
}

fn embeddings() {
    let model = "text-embedding-3-small";
    let span = info_span!(
        "embeddings",
        gen_ai.operation.name = "embeddings",
        gen_ai.provider.name = "OpenAI",
        gen_ai.request.model = model,
        gen_ai.response.model = model,
        gen_ai.usage.input_tokens = 5,
    );
    span.record_attribute("gen_ai.prompt.0.content", "hello");
    span.record_attribute("gen_ai.completion.0.embedding_length", 3);
}

#[instrument(fields(agentops.kind = "agent"))]
fn assistant() {
    #[instrument(name = "ask", fields(agentops.kind = "task"), ret)]
    fn ask_briefly() -> String {
        ask(BRIEF)
    }
    #[instrument(name = "aask", fields(agentops.kind = "task"))]
    async fn stream() {
        streaming();
        Tracing::current().record_output(&());
    }
    ask_briefly();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(stream());
}

fn arrived() -> Vec<Span> {
    run(
        |builder| builder,
        |_| {
            with_settings();
            streaming();
            with_tools();
            with_parts();
            failing();
            embeddings();
            assistant();
        },
    )
}

#[test]
fn calls_of_a_model_send_what_python_sends() {
    let ours = arrived();
    let expected = [
        Difference::OkInsteadOfUnset,
        Difference::OneExceptionEvent,
        Difference::EntityKeys,
        Difference::HostKeys,
        Difference::ResourceKeys,
        Difference::LlmNames,
        Difference::ProviderCase,
        Difference::NoToolCallSpans,
        Difference::AgentEndsWithScope,
        Difference::NoRequestHeaders,
        Difference::AddedKeys,
    ];
    if let Err(said) = compare(&Golden::load().openai, &ours, &expected) {
        panic!("{said}\n{}", draw(&ours));
    }
}

#[test]
fn calls_of_a_model_are_shown_as_fully() {
    let ours = arrived();
    let (display, python) = (Display::of(&ours), Display::of(&Golden::load().openai.spans));
    assert_eq!(
        (display.llm_calls, display.errors, display.tokens, display.cost),
        (python.llm_calls, python.errors, python.tokens, python.cost)
    );
    assert_eq!(
        (&display.models, display.agent_cards),
        (&python.models, vec!["assistant".to_owned()])
    );
    assert_eq!(display.warnings, [Warning::UnknownCost("chat boom".to_owned())]);
    assert_eq!(display.lost, vec![]);

    let calls: Vec<_> = ours.iter().filter(|span| span.name == "chat gpt-4").collect();
    let ends_with = |wanted: &Message| {
        let shown = |span: &&&Span| Display::messages(span).last() == Some(wanted);
        calls.iter().filter(shown).count()
    };
    // Python shows `stop` for the three answers, and `tool_calls` for the call of the tool.
    assert_eq!(ends_with(&Message::new("assistant", ANSWER)), 3);
    assert_eq!(ends_with(&Message::new("assistant", "Paris.")), 2);
    assert_eq!(ends_with(&Message::call("get_weather", r#"{"city":"Paris"}"#)), 1);
    assert_eq!(calls.len(), 6);
    assert_eq!(
        Display::messages(calls.iter().find(|call| call.text("gen_ai.user").is_some()).unwrap())[..2],
        [Message::new("system", "Be brief."), Message::new("user", QUESTION)]
    );
}
