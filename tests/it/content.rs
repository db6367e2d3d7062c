//! What of a program's words leaves at each `Content` level, on every way that they can take to the wire.
//!
//! Each way has a marker of its own. With `All` every one of them arrives, which shows that the ways are open.

use std::{error::Error, fmt, panic};

use agentops::{AgentOps, AgentOpsSpanExt, Content, EndState, Semconv, Usage, testing::Collector};
use tracing::{Level, Span, error, event, field, info, info_span, instrument, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::harness::{DEADLINE, named, to};

/// Fields that libraries use for content, each on a call of a model.
const ON_CALLS: &[&str] = &[
    "agentops.input",
    "agentops.output",
    "gen_ai.completion",
    "gen_ai.completion.0.content",
    "gen_ai.completion.0.tool_calls.0.arguments",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.prompt",
    "gen_ai.prompt.0.content",
    "gen_ai.prompt.0.tool_calls.0.arguments",
    "gen_ai.request.functions.0.parameters",
    "gen_ai.system_instructions",
    "gcp.vertex.agent.llm_request",
    "gcp.vertex.agent.llm_response",
    "gen_ai.tool.definitions",
    "input.value",
    "langfuse.input",
    "langfuse.observation.input",
    "langfuse.observation.model.parameters",
    "langfuse.observation.output",
    "langfuse.output",
    "langfuse.trace.input",
    "langfuse.trace.output",
    "llm.input_messages.0.message.content",
    "llm.input_messages.0.message.contents.0.message_content.text",
    "llm.input_messages.0.message.tool_calls.0.tool_call.function.arguments",
    "llm.invocation_parameters",
    "llm.tools.0.tool.json_schema",
    "llm.output_messages.0.message.content",
    "output.value",
    "traceloop.entity.input",
    "traceloop.entity.output",
];

/// And on a tool.
const ON_TOOLS: &[&str] = &[
    "agentops.input",
    "agentops.output",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "input.value",
    "output.value",
    "tool.arguments",
    "tool.parameters",
    "tool.result",
];

/// Other ways of prompts, completions, arguments, results, inputs and outputs.
const MESSAGES: &[&str] = &[
    "a tool's argument",
    "a tool's argument through Debug",
    "a tool's returned value",
    "an agent's argument",
    "an agent's returned value",
    "a recorded input",
    "a recorded output",
    "an undotted field of a call",
    "a system prompt in parts",
    "a prompt in parts",
    "an answer that was streamed",
    "the arguments of a call in an answer",
    "the content of a model's event",
];

/// What is said about what happened.
const DIAGNOSTICS: &[&str] = &[
    "an event",
    "a field of an event",
    "an event at the level of errors",
    "an error in a field of an event",
    "its cause",
    "a recorded error",
    "a recorded error's cause",
    "an error that was returned",
    "a panic",
    "a status text",
    "a field for an error's message",
    "the reason of a session's end",
    "the explanation of an evaluation",
];

fn planted(way: &str) -> String {
    format!("planted<{way}>")
}

fn on(kind: &str, key: &str) -> String {
    planted(&format!("{kind}: {key}"))
}

/// The markers of messages.
fn messages() -> Vec<String> {
    let calls = ON_CALLS.iter().map(|key| on("llm", key));
    let tools = ON_TOOLS.iter().map(|key| on("tool", key));
    calls
        .chain(tools)
        .chain(MESSAGES.iter().map(|way| planted(way)))
        .collect()
}

fn diagnostics() -> Vec<String> {
    DIAGNOSTICS.iter().map(|way| planted(way)).collect()
}

#[derive(Debug)]
struct Refused {
    said: String,
    cause: Option<Box<Refused>>,
}

impl Refused {
    fn new(way: &str, cause: &str) -> Self {
        let because = |way| Self {
            said: planted(way),
            cause: None,
        };
        Self {
            cause: Some(Box::new(because(cause))),
            ..because(way)
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.cause.as_deref()?)
    }
}

#[derive(Debug)]
struct Place {
    _city: String,
}

#[instrument(fields(agentops.kind = "tool"), ret)]
fn search(query: &str, place: Place) -> String {
    planted("a tool's returned value")
}

#[instrument(fields(agentops.kind = "agent"), ret)]
fn planner(question: &str) -> String {
    let place = Place {
        _city: planted("a tool's argument through Debug"),
    };
    search(&planted("a tool's argument"), place);
    planted("an agent's returned value")
}

#[instrument(fields(agentops.kind = "task"), err)]
fn failing() -> Result<(), String> {
    Err(planted("an error that was returned"))
}

fn call() -> Span {
    info_span!(
        "chat",
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = "openai",
        gen_ai.request.model = "gpt-4o",
        gen_ai.system_instructions = field::Empty,
        gen_ai.input.messages = field::Empty,
        gen_ai.output.messages = field::Empty,
        note = field::Empty,
    )
}

fn tool() -> Span {
    info_span!(
        "execute_tool",
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = "weather"
    )
}

fn libraries() {
    for key in ON_CALLS {
        call().record_attribute(*key, on("llm", key));
    }
    for key in ON_TOOLS {
        tool().record_attribute(*key, on("tool", key));
    }
}

fn conversation() {
    let part = |way| serde_json::json!({ "type": "text", "content": planted(way) });
    let call = call();
    call.record("note", planted("an undotted field of a call"));
    call.record(
        "gen_ai.system_instructions",
        serde_json::json!([part("a system prompt in parts")]).to_string(),
    );
    let asked = serde_json::json!([{ "role": "user", "parts": [part("a prompt in parts")] }]);
    call.record("gen_ai.input.messages", asked.to_string());
    call.in_scope(|| {
        let content = planted("the content of a model's event");
        event!(name: "gen_ai.user.message", Level::INFO, content);
    });
    // A stream says the whole of what it has so far, again and again.
    let tool_call = serde_json::json!({
        "type": "tool_call", "id": "c1", "name": "weather",
        "arguments": { "city": planted("the arguments of a call in an answer") },
    });
    let answer = part("an answer that was streamed");
    for parts in [serde_json::json!([answer]), serde_json::json!([answer, tool_call])] {
        let answered = serde_json::json!([{ "role": "assistant", "parts": parts }]);
        call.record("gen_ai.output.messages", answered.to_string());
    }
    call.record_usage(&Usage::new(1_000, 200));
    call.record_evaluation(
        "relevance",
        0.5,
        Some("fair"),
        Some(planted("the explanation of an evaluation").as_str()),
    );
}

fn by_hand() {
    let span = info_span!("by_hand", agentops.kind = "operation");
    span.record_input(&planted("a recorded input"));
    span.record_output(&[planted("a recorded output")]);
    span.in_scope(|| info!(note = planted("a field of an event"), "{}", planted("an event")));
}

fn failures(agentops: &AgentOps) {
    info_span!("events", agentops.kind = "operation").in_scope(|| {
        let refused = Refused::new("an error in a field of an event", "its cause");
        error!(
            error = &refused as &dyn Error,
            "{}",
            planted("an event at the level of errors")
        );
    });
    let recorded = Refused::new("a recorded error", "a recorded error's cause");
    info_span!("recorded", agentops.kind = "operation").record_error(&recorded);
    failing().unwrap_err().clear();
    let caught = panic::catch_unwind(|| {
        let _span = info_span!("panicking", agentops.kind = "operation").entered();
        panic!("{}", planted("a panic"));
    });
    assert!(caught.is_err());
    let told = info_span!("told", agentops.kind = "operation", otel.status_code = "ERROR");
    told.record_attribute("otel.status_description", planted("a status text"));
    let told = info_span!("typed", agentops.kind = "operation", error.type = "timeout");
    told.record_attribute("error.message", planted("a field for an error's message"));
    drop(told);
    agentops
        .session("failed")
        .start()
        .fail(planted("the reason of a session's end"));
}

fn program(agentops: &AgentOps) {
    let session = agentops.session("run").start();
    session.in_scope(|| {
        planner(&planted("an agent's argument"));
        libraries();
        conversation();
        by_hand();
        failures(agentops);
    });
    session.end(EndState::Success);
}

/// What went over the wire: everything, as text, and the server's reading of it.
fn sent(content: Content, semconv: Semconv) -> (String, Vec<agentops::testing::Span>) {
    let collector = Collector::start();
    let agentops = to(&collector)
        .with_content_capture(content)
        .with_semconv(semconv)
        .build()
        .unwrap();
    agentops.install_handlers().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        program(&agentops)
    });
    agentops.shutdown(DEADLINE).unwrap();
    let bodies = collector
        .requests()
        .into_iter()
        .map(|request| request.decompressed().unwrap());
    let wire = bodies.map(|body| String::from_utf8_lossy(&body).into_owned()).collect();
    (wire, collector.spans())
}

fn found(wire: &str, markers: Vec<String>) -> Vec<String> {
    markers.into_iter().filter(|marker| wire.contains(marker)).collect()
}

/// Names, tokens, cost and outcome stay whatever is held back.
fn assert_told(spans: &[agentops::testing::Span]) {
    let conversation = spans
        .iter()
        .find(|span| span.attribute("gen_ai.usage.prompt_tokens").is_some())
        .unwrap();
    assert_eq!(conversation.name, "chat gpt-4o");
    assert_eq!(conversation.attribute("gen_ai.usage.total_tokens").unwrap(), 1_200);
    assert!(
        conversation
            .attribute("gen_ai.usage.total_cost")
            .unwrap()
            .as_f64()
            .unwrap()
            > 0.0
    );
    assert_eq!(conversation.attribute("agentops.span.kind").unwrap(), "llm");
    let evaluation = conversation.events_named("gen_ai.evaluation.result").next().unwrap();
    assert_eq!(evaluation.attribute("gen_ai.evaluation.score.label").unwrap(), "fair");
    assert_eq!(named(spans, "search.tool").attribute("tool.name").unwrap(), "search");
    assert_eq!(
        named(spans, "search.tool").attribute("tool.status").unwrap(),
        "succeeded"
    );
    let recorded = named(spans, "recorded.operation");
    assert!(recorded.is_error());
    assert_eq!(recorded.attribute("error.type").unwrap(), "Refused");
    assert_eq!(recorded.events_named("exception").count(), 1);
    assert!(named(spans, "failed.session").is_error());
    assert_eq!(
        spans.iter().filter(|span| span.name.starts_with("chat")).count(),
        ON_CALLS.len() + 1
    );
}

const SEMCONVS: [Semconv; 3] = [Semconv::AgentOps, Semconv::GenAi, Semconv::Both];

#[test]
fn everything_that_was_said_leaves_by_default() {
    for semconv in SEMCONVS {
        let (wire, spans) = sent(Content::All, semconv);
        let all: Vec<_> = messages().into_iter().chain(diagnostics()).collect();
        let missing: Vec<_> = all.iter().filter(|marker| !wire.contains(*marker)).collect();
        assert!(missing.is_empty(), "{semconv:?}: {missing:#?}");
        assert_told(&spans);
    }
}

#[test]
fn no_message_leaves_without_messages_and_everything_else_does() {
    for semconv in SEMCONVS {
        let (wire, spans) = sent(Content::NoMessages, semconv);
        assert_eq!(found(&wire, messages()), <[String; 0]>::default(), "{semconv:?}");
        assert_eq!(found(&wire, diagnostics()), diagnostics(), "{semconv:?}");
        assert_told(&spans);
    }
}

#[test]
fn nothing_that_was_said_leaves_without_content() {
    for semconv in SEMCONVS {
        let (wire, spans) = sent(Content::None, semconv);
        assert!(!wire.contains("planted"), "{semconv:?}: {spans:#?}");
        assert_told(&spans);
    }
}
