//! Agents: their own attributes, and whose work a span is.

use std::borrow::Cow;

use super::{View, alias, meaning::Meaning, said::Said, usage::Usage, value};
use crate::{
    config::Semconv,
    kind::EntityKind,
    semconv::{
        agentops, gen_ai,
        wire::{AttributeSet, Class},
    },
};

/// The name of an agent span's agent.
pub(super) fn own_name<'a>(said: &Said<'a>, operation: &'a str) -> Cow<'a, str> {
    said.text(Meaning::AgentName).unwrap_or(Cow::Borrowed(operation))
}

/// An agent's attributes on its own span; on a span that works for an agent, the agent's name.
pub(super) fn put(attributes: &mut AttributeSet, view: &View<'_>, operation: &str) {
    match view.kind {
        EntityKind::Agent => put_own(attributes, view, operation),
        EntityKind::Llm | EntityKind::Tool | EntityKind::Task | EntityKind::Operation | EntityKind::Workflow => {
            put_attribution(attributes, view);
        }
        // The dashboard paints whatever carries `agent.name` as an agent.
        _ => {}
    }
}

fn put_own(attributes: &mut AttributeSet, view: &View<'_>, operation: &str) {
    let name = own_name(&view.said, operation);
    attributes.set(agentops::AGENT_NAME, &*name);
    let id = view.said.text(Meaning::AgentId);
    let role = view.said.text(Meaning::AgentRole);
    if let Some(id) = &id {
        attributes.set(agentops::AGENT_ID, &**id);
    }
    // An agent with an id is shown by its role, one without by its name.
    match (&role, &id) {
        (Some(role), _) => attributes.set(agentops::AGENT_ROLE, &**role),
        (None, Some(_)) => attributes.set(agentops::AGENT_ROLE, &*name),
        (None, None) => {}
    }
    if let Some(tools) = view.said.get(Meaning::Tools) {
        attributes.put(value::attribute("agent.tools", tools, Class::Message));
    }
    put_models(attributes, view);
    put_totals(attributes, view);
    if view.policy.semconv != Semconv::AgentOps {
        let call = view.said.text(Meaning::Operation);
        attributes.set(gen_ai::OPERATION_NAME, call.as_deref().unwrap_or("invoke_agent"));
        attributes.set(gen_ai::AGENT_NAME, &*name);
        if let Some(id) = &id {
            attributes.set(gen_ai::AGENT_ID, &**id);
        }
        if let Some(tools) = view.said.get(Meaning::Tools) {
            attributes.put(value::attribute(gen_ai::TOOL_DEFINITIONS, tools, Class::Message));
        }
    }
}

/// The models of a run. Under the name of a call's model they would ask for a price.
fn put_models(attributes: &mut AttributeSet, view: &View<'_>) {
    let mut models: Vec<String> = Vec::new();
    for meaning in [Meaning::RequestModel, Meaning::ResponseModel] {
        if let Some(model) = view
            .said
            .text(meaning)
            .filter(|model| !models.iter().any(|have| have == model))
        {
            models.push(model.into_owned());
        }
    }
    if !models.is_empty() {
        attributes.set(agentops::AGENT_MODELS, models);
    }
}

/// The totals of a run. They are not usage: the run's calls carry it, and a sum over spans must not count it twice.
fn put_totals(attributes: &mut AttributeSet, view: &View<'_>) {
    let usage = Usage::of(&view.said);
    for row in alias::TABLE {
        let Some(name) = row.emit.first().and_then(|name| name.strip_prefix("gen_ai.usage.")) else {
            continue;
        };
        let key = || format!("{}{name}", agentops::AGENT_USAGE_PREFIX);
        if let Some(count) = usage.count(row.meaning) {
            attributes.set(key(), count);
        } else if let Some(amount) = usage.usd(row.meaning) {
            attributes.set(key(), amount);
        }
    }
}

/// The nearest agent above; without one, what the span itself says.
fn put_attribution(attributes: &mut AttributeSet, view: &View<'_>) {
    let above = view
        .lineage
        .agent
        .as_ref()
        .map(|agent| agent.name())
        .filter(|name| !name.is_empty());
    let own = view.said.text(Meaning::AgentName);
    let Some(name) = above.as_deref().or(own.as_deref()) else {
        return;
    };
    attributes.set(agentops::AGENT_NAME, name);
    // A call of a model keeps what its library said under the library's name for it.
    let gen_ai_name = match view.kind {
        EntityKind::Llm => own.as_deref(),
        _ => (view.policy.semconv != Semconv::AgentOps).then_some(name),
    };
    if let Some(name) = gen_ai_name {
        attributes.set(gen_ai::AGENT_NAME, name);
    }
}
