//! Names: of the operation, and of the span on the wire.

use std::borrow::Cow;

use super::{View, is_marked, llm, meaning::Meaning, said::Said};
use crate::{kind::EntityKind, record::SpanRecord};

/// Ends by which the dashboard takes a span for something other than a call of a model.
const KIND_SUFFIXES: &[&str] = &[
    ".session",
    ".agent",
    ".operation",
    ".task",
    ".workflow",
    ".tool",
    ".guardrail",
    ".chain",
    ".http",
];

/// The operation's name: `agentops.name`, else `otel.name`, else the callsite's. Libraries give all their agents one
/// callsite, and all their tools: what these are called is more of a name.
pub(super) fn operation<'a>(record: &'a SpanRecord, kind: EntityKind, said: &Said<'a>) -> Cow<'a, str> {
    if let Some(name) = said.text(Meaning::Name) {
        return name;
    }
    let given = said.text(Meaning::OtelName);
    let entity = match kind {
        _ if is_marked(record) => None,
        EntityKind::Agent => said.text(Meaning::AgentName),
        EntityKind::Tool => said.text(Meaning::ToolName),
        _ => None,
    };
    match (given, entity) {
        // `execute_tool get_weather` is what the GenAI conventions make of the same name.
        (Some(given), Some(entity)) if names_operation(said, kind, &given, &entity) => entity,
        (Some(given), _) => given,
        (None, Some(entity)) => entity,
        (None, None) => Cow::Borrowed(record.callsite.name()),
    }
}

/// `given` is the GenAI operation's name, a space and `entity`.
fn names_operation(said: &Said<'_>, kind: EntityKind, given: &str, entity: &str) -> bool {
    let told = said.text(Meaning::Operation);
    let usual = match kind {
        EntityKind::Agent => "invoke_agent",
        _ => "execute_tool",
    };
    let operation = told.as_deref().unwrap_or(usual);
    given.strip_prefix(operation).and_then(|rest| rest.strip_prefix(' ')) == Some(entity)
}

/// The span's name: `<operation name>.<kind>`. A recognised call of a model has the name of the GenAI conventions, one
/// that the program marked keeps its own; where that ends like another kind, its last dot becomes an underscore.
pub(super) fn exported(view: &View<'_>, operation: &str) -> String {
    if view.kind != EntityKind::Llm {
        return format!("{operation}.{}", view.kind);
    }
    let name = if view.is_marked() || view.said.text(Meaning::Name).is_some() {
        operation.to_owned()
    } else {
        let call = llm::operation(view);
        match view
            .said
            .text(Meaning::RequestModel)
            .or_else(|| view.said.text(Meaning::ResponseModel))
        {
            Some(model) => format!("{call} {model}"),
            None => call.into_owned(),
        }
    };
    without_kind_suffix(name)
}

fn without_kind_suffix(name: String) -> String {
    let looks_like_a_kind = KIND_SUFFIXES.iter().any(|suffix| {
        name.len()
            .checked_sub(suffix.len())
            .and_then(|at| name.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    });
    match name.rsplit_once('.') {
        Some((start, end)) if looks_like_a_kind => format!("{start}_{end}"),
        _ => name,
    }
}
