//! The functions that a model may call, from any provider's definitions, in both dialects.

use serde_json::{Map, Value};

use super::{View, meaning::Meaning, value};
use crate::semconv::{
    gen_ai,
    wire::{Attribute, AttributeSet, Class, WireValue},
};

const PREFIX: &str = "gen_ai.request.functions.";

/// Writes the definitions as they were told, and key by key for AgentOps unless the program did.
pub(super) fn put(attributes: &mut AttributeSet, view: &View<'_>) {
    let Some(told) = view.said.get(Meaning::Tools) else {
        return;
    };
    if !view.said.rest.iter().any(|(key, _)| key.starts_with(PREFIX))
        && let Some(definitions) = value::container(&value::text(told))
    {
        let functions = conventional(&definitions);
        let functions = functions
            .iter()
            .filter(|function| function.get("name").is_some_and(Value::is_string));
        for (at, function) in functions.enumerate() {
            for name in ["name", "description", "parameters"] {
                if let Some(member) = function.get(name) {
                    attributes.0.push(Attribute {
                        key: format!("{PREFIX}{at}.{name}").into(),
                        value: WireValue::Str(value::plain(member)),
                        class: if name == "name" { Class::Plain } else { Class::Message },
                        cut: false,
                    });
                }
            }
        }
    }
    attributes.put(value::attribute(gen_ai::TOOL_DEFINITIONS, told, Class::Message));
}

/// Definitions of the conventions, of `OpenAI`, Anthropic, Gemini or Bedrock, as the conventions write them, one a
/// function. A provider's own tool, which has no name there, stays what it is.
pub(super) fn conventional(definitions: &Value) -> Vec<Value> {
    match definitions {
        Value::Array(items) => items.iter().flat_map(conventional).collect(),
        Value::Object(object) => {
            // Gemini declares several functions in one tool.
            let lists = ["tools", "functionDeclarations", "function_declarations"];
            if let Some(list) = lists.iter().find_map(|name| object.get(*name)) {
                return conventional(list);
            }
            let inner = ["function", "toolSpec"]
                .iter()
                .find_map(|name| object.get(*name)?.as_object());
            let function = function(inner.unwrap_or(object));
            vec![function.unwrap_or_else(|| definitions.clone())]
        }
        other => vec![other.clone()],
    }
}

fn function(object: &Map<String, Value>) -> Option<Value> {
    const SCHEMAS: [&str; 5] = [
        "parameters",
        "input_schema",
        "inputSchema",
        "parametersJsonSchema",
        "schema",
    ];
    let schema = SCHEMAS.iter().find_map(|name| object.get(*name));
    let members = [
        ("name", object.get("name").filter(|name| name.is_string())),
        ("description", object.get("description")),
        // Bedrock says that the schema is JSON.
        ("parameters", schema.map(|schema| schema.get("json").unwrap_or(schema))),
    ];
    let mut definition = Map::from_iter([("type".to_owned(), "function".into())]);
    for (name, member) in members {
        if let Some(member) = member.filter(|member| !member.is_null()) {
            definition.insert(name.to_owned(), member.clone());
        }
    }
    definition.contains_key("name").then_some(Value::Object(definition))
}
