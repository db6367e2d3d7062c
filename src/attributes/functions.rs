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
    let list = |value: &Value, names: &[&str]| names.iter().find_map(|name| value.get(*name)?.as_array().cloned());
    let tools = match definitions {
        Value::Array(tools) => tools.clone(),
        // Bedrock's are below `toolConfig`.
        one => list(one, &["tools"]).unwrap_or_else(|| vec![one.clone()]),
    };
    // Gemini declares several functions in one tool.
    let declared = |tool| list(&tool, &["functionDeclarations", "function_declarations"]).unwrap_or_else(|| vec![tool]);
    let functions = tools.into_iter().flat_map(declared);
    functions.filter(|tool| !tool.is_null()).map(in_convention).collect()
}

fn in_convention(tool: Value) -> Value {
    let inner = ["function", "toolSpec"].iter().find_map(|name| tool.get(*name));
    let function = inner.and_then(function).or_else(|| function(&tool));
    function.unwrap_or(tool)
}

fn function(told: &Value) -> Option<Value> {
    const SCHEMAS: [&str; 5] = [
        "parameters",
        "input_schema",
        "inputSchema",
        "parametersJsonSchema",
        "schema",
    ];
    let member = |name: &str| told.get(name).filter(|member| !member.is_null());
    let name = member("name").filter(|name| name.is_string())?;
    let schema = SCHEMAS.iter().find_map(|name| member(name));
    let mut definition = Map::from_iter([
        ("type".to_owned(), "function".into()),
        ("name".to_owned(), name.clone()),
    ]);
    let members = [
        ("description", member("description")),
        // Bedrock says that the schema is JSON.
        ("parameters", schema.map(|schema| schema.get("json").unwrap_or(schema))),
    ];
    for (name, member) in members {
        if let Some(member) = member {
            definition.insert(name.to_owned(), member.clone());
        }
    }
    Some(Value::Object(definition))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn definitions_of_every_provider_become_the_conventions_and_what_is_none_stays() {
        let found =
            json!({ "type": "function", "name": "find", "description": "d", "parameters": { "type": "object" } });
        let parts = json!({ "name": "find", "description": "d", "parameters": { "type": "object" } });
        let schema = json!({ "json": { "type": "object" } });
        let of_bedrock = json!({ "toolSpec": { "name": "find", "description": "d", "inputSchema": schema } });
        for told in [
            json!([parts]),
            json!([{ "type": "function", "function": parts }]),
            json!([{ "name": "find", "description": "d", "input_schema": { "type": "object" } }]),
            json!([{ "functionDeclarations": [parts] }]),
            json!([{ "name": "find", "description": "d", "parameters": null, "parametersJsonSchema": { "type": "object" } }]),
            json!({ "tools": [of_bedrock] }),
        ] {
            assert_eq!(conventional(&told), std::slice::from_ref(&found), "{told}");
        }
        for own in [
            json!({ "functionDeclarations": null, "googleSearch": {} }),
            json!({ "type": "web_search" }),
        ] {
            assert_eq!(conventional(&json!([own])), [own]);
        }
        assert_eq!(
            conventional(&json!([{ "name": "find", "function": { "description": "d" } }])),
            [json!({ "type": "function", "name": "find" })]
        );
        assert_eq!(conventional(&json!([null])), [Value::Null; 0]);
    }
}
