use super::{event, span};
use crate::{
    config::Content,
    policy::content::apply,
    semconv::wire::{AttributeSet, Class, WireSpan, WireStatus},
};

/// A span that says something of everything.
fn talkative() -> WireSpan {
    let mut span = span();
    span.status = WireStatus::Error("the city is unknown".to_owned());
    for key in CONTENT {
        span.attributes.set(*key, "content");
    }
    for key in FACTS {
        span.attributes.set(*key, "a fact");
    }
    span.attributes
        .set_as(Class::Message, "user_id", "content, for it is an argument");
    span.attributes
        .set_as(Class::Diagnostic, "error.message", "the city is unknown");
    let mut failure = AttributeSet::default();
    failure.set("exception.type", "NotFound");
    failure.set_as(Class::Diagnostic, "exception.message", "the city is unknown");
    let mut choice = AttributeSet::default();
    choice.set("content", "content");
    choice.set("gen_ai.prompt", "content");
    choice.set("index", 0);
    let mut evaluation = AttributeSet::default();
    evaluation.set("gen_ai.evaluation.name", "relevance");
    evaluation.set("gen_ai.evaluation.score.value", 0.5);
    evaluation.set("gen_ai.evaluation.explanation", "why");
    span.events = vec![
        event("exception", failure),
        event("gen_ai.choice", choice),
        event("asking for the weather in Oslo", AttributeSet::default()),
        event("gen_ai.evaluation.result", evaluation),
    ];
    span.events[3].name_class = Class::Plain;
    span
}

const CONTENT: &[&str] = &[
    "gen_ai.prompt",
    "gen_ai.prompt.0.content",
    "gen_ai.prompt.0.tool_calls.0.arguments",
    "gen_ai.completion.0.content",
    "gen_ai.completion.12.tool_calls.3.arguments",
    "gen_ai.completion.0.annotations.0.url",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.tool.definitions",
    "gen_ai.request.functions.0.parameters",
    "gen_ai.request.tools.0.arguments",
    "tool.parameters",
    "tool.result",
    "agentops.entity.input",
    "agentops.tool.output",
    "input.value",
    "output.value",
    "llm.input_messages.0.message.content",
    "langfuse.observation.input",
    "langfuse.trace.output",
    "traceloop.entity.input",
    "input_json",
    "prompt",
];

const FACTS: &[&str] = &[
    "gen_ai.prompt.0.role",
    "gen_ai.completion.0.role",
    "gen_ai.completion.0.finish_reason",
    "gen_ai.completion.0.tool_calls.0.id",
    "gen_ai.completion.0.tool_calls.0.name",
    "gen_ai.request.tools.0.name",
    "gen_ai.usage.prompt_tokens",
    "gen_ai.usage.completion_tokens",
    "gen_ai.request.model",
    "gen_ai.tool.call.id",
    "agentops.span.kind",
    "agentops.guardrail.spec",
    "agentops.tags",
    "operation.name",
    "tool.name",
    "tool.status",
    "error.type",
    "input.mime_type",
    "inputs_seen",
];

fn keys(attributes: &AttributeSet) -> Vec<&str> {
    attributes.iter().map(|attribute| attribute.key.as_ref()).collect()
}

#[test]
fn everything_leaves_by_default() {
    let mut span = talkative();
    apply(&mut span, Content::All);
    assert_eq!(
        span,
        WireSpan {
            events: span.events.clone(),
            ..talkative()
        }
    );
    assert_eq!(span.events.len(), 4);
}

#[test]
fn without_messages_facts_and_failures_stay() {
    let mut span = talkative();
    apply(&mut span, Content::NoMessages);
    assert_eq!(keys(&span.attributes), [FACTS, &["error.message"]].concat());
    assert_eq!(span.status, WireStatus::Error("the city is unknown".to_owned()));
    let events = &span.events;
    assert_eq!(keys(&events[0].attributes), ["exception.type", "exception.message"]);
    assert_eq!(keys(&events[1].attributes), ["index"]);
    assert_eq!(events[2].name, "asking for the weather in Oslo");
    assert_eq!(span.dropped_attributes, 0, "policy is no loss");
}

#[test]
fn without_content_only_names_and_facts_stay() {
    let mut span = talkative();
    apply(&mut span, Content::None);
    assert_eq!(keys(&span.attributes), FACTS);
    assert_eq!(span.status, WireStatus::Error(String::new()));
    let events: Vec<_> = span
        .events
        .iter()
        .map(|event| (event.name.as_ref(), keys(&event.attributes)))
        .collect();
    assert_eq!(
        events,
        [
            ("exception", vec!["exception.type"]),
            ("event", vec![]),
            ("event", vec![]),
            (
                "gen_ai.evaluation.result",
                vec!["gen_ai.evaluation.name", "gen_ai.evaluation.score.value"]
            ),
        ]
    );
    let shown = format!("{span:?}");
    for told in ["unknown", "Oslo", "content,", "why"] {
        assert!(!shown.contains(told), "{told} is left in {shown}");
    }
}
