//! Tools: what was called, with what, and what came of it.

use super::{View, io::Contents, meaning::Meaning, status::Outcome, value};
use crate::{
    config::Semconv,
    kind::EntityKind,
    semconv::{
        agentops, gen_ai,
        wire::{AttributeSet, Class, WireStatus},
    },
};

const SUCCEEDED: &str = "succeeded";
const FAILED: &str = "failed";

/// How a library that says so says that the call failed, or never happened.
pub(super) fn failed(outcome: &str) -> bool {
    ["error", "failed", "failure", "denied"]
        .iter()
        .any(|failed| outcome.eq_ignore_ascii_case(failed))
}

pub(super) fn put(
    attributes: &mut AttributeSet,
    view: &View<'_>,
    operation: &str,
    contents: &Contents,
    outcome: &Outcome,
) {
    if view.kind != EntityKind::Tool {
        put_operation(attributes, view);
        return;
    }
    let said = &view.said;
    let name = said.text(Meaning::ToolName);
    attributes.set(agentops::TOOL_NAME, name.as_deref().unwrap_or(operation));
    for (meaning, key) in [
        (Meaning::ToolDescription, agentops::TOOL_DESCRIPTION),
        (Meaning::ToolType, agentops::TOOL_CALL_TYPE),
    ] {
        if let Some(text) = said.get(meaning) {
            attributes.put(value::attribute(key, text, Class::Plain));
        }
    }
    if let Some(id) = said.text(Meaning::ToolCallId) {
        attributes.set(agentops::TOOL_CALL_ID, &*id);
    }
    if let Some(parameters) = contents.parameters() {
        attributes.put(parameters.attribute(agentops::TOOL_PARAMETERS));
    }
    if let Some(result) = &contents.output {
        attributes.put(result.attribute(agentops::TOOL_RESULT));
    }
    let told = said.text(Meaning::ToolOutcome);
    let is_failure = matches!(outcome.status, WireStatus::Error(_)) || told.as_deref().is_some_and(failed);
    if is_failure {
        attributes.set(agentops::TOOL_STATUS, FAILED);
    } else if outcome.status != WireStatus::Unset {
        attributes.set(agentops::TOOL_STATUS, SUCCEEDED);
    }
    if let Some(told) = &told {
        attributes.set("tool.call.outcome", &**told);
    }
    if view.policy.semconv != Semconv::AgentOps {
        put_gen_ai(attributes, view, contents);
    }
}

/// The same in the GenAI conventions.
fn put_gen_ai(attributes: &mut AttributeSet, view: &View<'_>, contents: &Contents) {
    let call = view.said.text(Meaning::Operation);
    attributes.set(gen_ai::OPERATION_NAME, call.as_deref().unwrap_or("execute_tool"));
    for (ours, theirs) in [
        (agentops::TOOL_NAME, gen_ai::TOOL_NAME),
        (agentops::TOOL_DESCRIPTION, gen_ai::TOOL_DESCRIPTION),
        (agentops::TOOL_CALL_TYPE, gen_ai::TOOL_TYPE),
        (agentops::TOOL_CALL_ID, gen_ai::TOOL_CALL_ID),
    ] {
        if let Some(value) = attributes.get(ours).cloned() {
            attributes.set(theirs, value);
        }
    }
    if let Some(parameters) = contents.parameters() {
        attributes.put(parameters.attribute(gen_ai::TOOL_CALL_ARGUMENTS));
    }
    if let Some(result) = &contents.output {
        attributes.put(result.attribute(gen_ai::TOOL_CALL_RESULT));
    }
}

/// The GenAI name of what spans of other kinds do, where that dialect is asked for.
fn put_operation(attributes: &mut AttributeSet, view: &View<'_>) {
    if view.policy.semconv == Semconv::AgentOps || view.kind == EntityKind::Agent {
        return;
    }
    let told = view.said.text(Meaning::Operation);
    let usual = (view.kind == EntityKind::Workflow).then_some("invoke_workflow");
    if let Some(call) = told.as_deref().or(usual) {
        attributes.set(gen_ai::OPERATION_NAME, call);
    }
}
