//! The functions that a model may call, from any provider's definitions, in both dialects.

use serde_json::{Map, Value};

use super::{View, meaning::Meaning, value};
use crate::semconv::{
    gen_ai,
    wire::{Attribute, AttributeSet, Class, WireValue},
};

const PREFIX: &str = "gen_ai.request.functions.";

/// One function.
struct Function {
    name: Value,
    description: Option<Value>,
    parameters: Option<Value>,
}

/// Writes the definitions as they were told, and key by key for AgentOps unless the program did.
pub(super) fn put(attributes: &mut AttributeSet, view: &View<'_>) {
    let Some(told) = view.said.get(Meaning::Tools) else {
        return;
    };
    if !view.said.rest.iter().any(|(key, _)| key.starts_with(PREFIX))
        && let Some(definitions) = value::container(&value::text(told))
    {
        for (at, function) in read(&definitions).into_iter().enumerate() {
            let members = [
                ("name", Some(function.name)),
                ("description", function.description),
                ("parameters", function.parameters),
            ];
            for (name, member) in members {
                if let Some(member) = member {
                    attributes.0.push(Attribute {
                        key: format!("{PREFIX}{at}.{name}").into(),
                        value: WireValue::Str(value::plain(&member)),
                        class: if name == "name" { Class::Plain } else { Class::Message },
                        cut: false,
                    });
                }
            }
        }
    }
    attributes.put(value::attribute(gen_ai::TOOL_DEFINITIONS, told, Class::Message));
}

/// Definitions of the conventions, of `OpenAI`, Anthropic, Gemini or Bedrock.
fn read(definitions: &Value) -> Vec<Function> {
    match definitions {
        Value::Array(items) => items.iter().flat_map(read).collect(),
        Value::Object(object) => {
            let lists = ["tools", "functionDeclarations", "function_declarations"];
            if let Some(list) = lists.iter().find_map(|name| object.get(*name)) {
                return read(list);
            }
            let inner = ["function", "toolSpec"]
                .iter()
                .find_map(|name| object.get(*name)?.as_object());
            function(inner.unwrap_or(object)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn function(object: &Map<String, Value>) -> Option<Function> {
    const SCHEMAS: [&str; 5] = [
        "parameters",
        "input_schema",
        "inputSchema",
        "parametersJsonSchema",
        "schema",
    ];
    let schema = SCHEMAS.iter().find_map(|name| object.get(*name));
    // Bedrock says that the schema is JSON.
    let schema = schema.map(|schema| schema.get("json").unwrap_or(schema)).cloned();
    Some(Function {
        name: object.get("name").filter(|name| name.is_string())?.clone(),
        description: object.get("description").filter(|text| !text.is_null()).cloned(),
        parameters: schema.filter(|schema| !schema.is_null()),
    })
}
