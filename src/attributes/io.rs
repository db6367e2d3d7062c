//! Inputs and outputs of everything but calls of a model, whose messages are theirs.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{View, meaning::Meaning, value};
use crate::{
    config::Semconv,
    kind::EntityKind,
    policy::limits::REDACTION_MARGIN,
    record::ValueRef,
    semconv::{
        agentops::{self, field},
        gen_ai,
        wire::{Attribute, AttributeSet, Class, WireValue},
    },
};

/// A text on its way to one or more attributes.
pub(super) struct Content {
    text: String,
    cut: bool,
}

impl Content {
    fn of(value: ValueRef<'_>) -> Self {
        Self {
            text: value::text(value).into_owned(),
            cut: value::is_cut(value),
        }
    }

    pub(super) fn attribute(&self, key: impl Into<Cow<'static, str>>) -> Attribute {
        let value = WireValue::Str(self.text.clone());
        Attribute {
            key: key.into(),
            value,
            class: Class::Message,
            cut: self.cut,
        }
    }
}

/// What went into a span and what came out.
pub(super) struct Contents {
    input: Option<Content>,
    /// What a tool was called with, where that is not all of the input.
    parameters: Option<Content>,
    pub(super) output: Option<Content>,
}

impl Contents {
    pub(super) fn of(view: &View<'_>) -> Self {
        use Meaning::{
            Completion, Input, InputMessages, Output, OutputMessages, Prompt, Return, ToolArguments, ToolResult,
        };
        let said = &view.said;
        let (input, parameters) = match said.first(&[Input, ToolArguments, InputMessages, Prompt]) {
            Some(input) => (Some(Content::of(input)), said.get(ToolArguments).map(Content::of)),
            None => arguments(view).map_or((None, None), |(input, kwargs)| (Some(input), Some(kwargs))),
        };
        let output = said
            .first(&[Output, ToolResult, OutputMessages, Completion, Return])
            .map(Content::of);
        Self {
            input,
            parameters,
            output,
        }
    }

    /// What a tool was called with.
    pub(super) fn parameters(&self) -> Option<&Content> {
        self.parameters.as_ref().or(self.input.as_ref())
    }
}

/// Both the names that AgentOps' SDKs write and those that its dashboard reads.
pub(super) fn put(attributes: &mut AttributeSet, view: &View<'_>, contents: &Contents) {
    let kind = view.kind.as_str();
    if let Some(input) = &contents.input {
        attributes.put(input.attribute(format!("agentops.{kind}.input")));
        attributes.put(input.attribute(agentops::ENTITY_INPUT));
    }
    if let Some(output) = &contents.output {
        attributes.put(output.attribute(format!("agentops.{kind}.output")));
        attributes.put(output.attribute(agentops::ENTITY_OUTPUT));
    }
    if let Some(spec) = view.said.text(Meaning::Spec) {
        attributes.set(agentops::GUARDRAIL_SPEC, spec.trim());
    }
    if view.policy.semconv != Semconv::AgentOps {
        for (meaning, key) in [
            (Meaning::InputMessages, gen_ai::INPUT_MESSAGES),
            (Meaning::OutputMessages, gen_ai::OUTPUT_MESSAGES),
        ] {
            if let Some(messages) = view.said.get(meaning) {
                attributes.put(value::attribute(key, messages, Class::Message));
            }
        }
    }
}

/// What a span that is not a call of a model cost. Elsewhere than on units of work the server would count it twice, or
/// take the span for a call.
pub(super) fn put_cost(attributes: &mut AttributeSet, view: &View<'_>) {
    let Some(cost) = view.said.get(Meaning::TotalCost).and_then(value::usd) else {
        return;
    };
    match view.kind {
        EntityKind::Tool | EntityKind::Operation | EntityKind::Task => attributes.set(gen_ai::USAGE_TOTAL_COST, cost),
        // An agent has it among its totals.
        EntityKind::Agent => {}
        _ => attributes.set(field::COST, cost),
    }
}

/// The arguments of the function that the span stands for, as `{"args":[],"kwargs":{...}}`, and the kwargs alone.
/// A marked function without arguments has empty ones; a recognised span without any was told nothing.
fn arguments(view: &View<'_>) -> Option<(Content, Content)> {
    let is_function = view.is_marked()
        && matches!(
            view.kind,
            EntityKind::Agent
                | EntityKind::Workflow
                | EntityKind::Task
                | EntityKind::Operation
                | EntityKind::Tool
                | EntityKind::Guardrail
                | EntityKind::Chain
        );
    if view.said.arguments.is_empty() && !is_function {
        return None;
    }
    let (kwargs, cut) = kwargs(&view.said.arguments);
    let kwargs = Value::Object(kwargs);
    let alone = Content {
        text: kwargs.to_string(),
        cut,
    };
    let input = Content {
        text: json!({ "args": [], "kwargs": kwargs }).to_string(),
        cut,
    };
    Some((input, alone))
}

/// Arguments as JSON. A cut one goes last, for the end of a cut text is shown to the redactor and then discarded;
/// where there are several, the others lose their ends here.
pub(super) fn kwargs(arguments: &[(&str, ValueRef<'_>)]) -> (Map<String, Value>, bool) {
    let mut kwargs = Map::new();
    let mut last: Option<(&str, Value)> = None;
    for (name, argument) in arguments {
        let value = value::json(*argument);
        if !value::is_cut(*argument) {
            kwargs.insert((*name).to_owned(), value);
        } else if let Some((earlier, value)) = last.replace((name, value)) {
            kwargs.insert(earlier.to_owned(), without_end(&value));
        }
    }
    let cut = last.is_some();
    if let Some((name, value)) = last {
        kwargs.insert(name.to_owned(), value);
    }
    (kwargs, cut)
}

/// A cut text without what only the redactor may see, and without the word that the new end would split.
fn without_end(value: &Value) -> Value {
    let text = value::plain(value);
    let kept = text.len().saturating_sub(REDACTION_MARGIN);
    let kept = (0..=kept).rev().find_map(|at| text.get(..at)).unwrap_or_default();
    kept.rsplit_once(char::is_whitespace)
        .map_or("", |(start, _)| start)
        .into()
}
