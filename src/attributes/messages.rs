//! Messages: what libraries write, in the JSON of the GenAI conventions and in the numbered keys that AgentOps reads.
//!
//! Everything is read into messages of the conventions first (`provider`), so that both dialects are written from one
//! shape.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{
    indexed, media,
    numbered::{self, Numbered},
    parts, provider, rendered, value,
};
use crate::{
    record::ValueRef,
    semconv::{
        gen_ai,
        wire::{Attribute, AttributeSet, Class, WireValue},
    },
};

pub(super) const SYSTEM: &str = "system";
const TOOL: &str = "tool";

/// One side of a conversation.
#[derive(Default)]
pub(super) struct Messages<'a> {
    /// Messages of the GenAI conventions.
    list: Vec<Value>,
    /// The text they were read from, if it was this JSON already.
    given: Option<Cow<'a, str>>,
    /// What the program wrote under numbers, which then stands.
    indexed: Vec<Numbered<'a>>,
    /// The same as messages.
    numbered: Vec<Value>,
    cut: bool,
}

impl<'a> Messages<'a> {
    /// Reads messages; what is not recognised as such is the text of one message by `role`.
    pub(super) fn read(source: ValueRef<'a>, role: &str) -> Self {
        let text = value::text(source);
        let cut = value::is_cut(source);
        let parsed = value::container(&text);
        let Some(list) = parsed.as_ref().and_then(|parsed| provider::read(parsed, role)) else {
            return Self {
                list: vec![text_message(role, &media::replaced_in(&text))],
                cut,
                ..Self::default()
            };
        };
        let list: Vec<_> = list.into_iter().map(media::replaced).collect();
        let given = (parsed.as_ref().and_then(Value::as_array) == Some(&list)).then_some(text);
        Self {
            list,
            given,
            cut,
            ..Self::default()
        }
    }

    /// Takes the messages that `OpenInference` writes key by key below `prefix`.
    pub(super) fn read_openinference(fields: &[(&'a str, ValueRef<'a>)], prefix: &str, role: &str) -> Option<Self> {
        let messages = indexed::openinference(fields, prefix, role)?;
        let list = provider::read(&messages, role)?;
        Some(Self {
            list: list.into_iter().map(media::replaced).collect(),
            ..Self::default()
        })
    }

    /// Takes what stands below `prefix` under numbers, in the order of the numbers.
    pub(super) fn read_indexed(fields: &[(&'a str, ValueRef<'a>)], prefix: &str, role: &str) -> Option<Self> {
        let indexed = numbered::read(fields, prefix)?;
        let list: Vec<_> = indexed
            .iter()
            .filter(|message| !numbered::is_embedding(message))
            .map(|message| media::replaced(numbered::message(message, role)))
            .collect();
        Some(Self {
            numbered: list.clone(),
            list,
            indexed,
            ..Self::default()
        })
    }

    /// Messages under numbers beside the same in JSON: each stands as it was said.
    pub(super) fn beside(self, json: Self) -> Self {
        if json.list.is_empty() {
            return self;
        }
        Self {
            indexed: self.indexed,
            numbered: self.numbered,
            ..json
        }
    }

    /// The conversation opens with this system prompt.
    pub(super) fn begins_with_system(&self, text: &str) -> bool {
        let shown = if self.indexed.is_empty() {
            &self.list
        } else {
            &self.numbered
        };
        shown
            .iter()
            .take_while(|message| is_by_system(message))
            .any(|message| rendered::render(message).content == text)
    }

    /// Leaves the system prompt out of the messages in JSON where these were made of numbered ones: in the conventions it
    /// stands beside them.
    pub(super) fn keep_system_out_of_json(&mut self, text: &str) {
        if self.list == self.numbered {
            self.list
                .retain(|message| !(is_by_system(message) && rendered::render(message).content == text));
        }
    }

    /// Nothing was said.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty() && self.indexed.is_empty()
    }

    /// Why each message ended, where all say so.
    pub(super) fn finish_reasons(&self) -> Vec<String> {
        let reason = |message: &Value| Some(message.get("finish_reason")?.as_str()?.to_owned());
        self.list.iter().map(reason).collect::<Option<_>>().unwrap_or_default()
    }

    /// Writes the messages in the JSON of the GenAI conventions.
    pub(super) fn put_json(&self, attributes: &mut AttributeSet, key: &'static str) {
        if self.list.is_empty() {
            return;
        }
        let text = match &self.given {
            Some(given) => given.clone().into_owned(),
            None => serde_json::to_string(&self.list).unwrap_or_default(),
        };
        push(attributes, key.to_owned(), text, self.cut);
    }

    /// Writes the messages under numbers from `first` on. The dashboard drops a message without content, and shows a
    /// completion by whichever of its keys it gets first: that has to be the content.
    pub(super) fn put_indexed(&self, attributes: &mut AttributeSet, prefix: &str, first: usize, reasons: &[String]) {
        for (place, message) in (first..).zip(&self.indexed) {
            let base = format!("{prefix}.{place}");
            if !message.iter().any(|(rest, _)| numbered::is_content(rest)) && !numbered::is_embedding(message) {
                push(attributes, format!("{base}.content"), String::new(), false);
            }
            for (rest, field) in message {
                let mut attribute = value::attribute(format!("{base}.{rest}"), *field, Class::Message);
                if (numbered::is_content(rest) || rest.ends_with(".arguments"))
                    && let WireValue::Str(text) = &mut attribute.value
                    && let Cow::Owned(replaced) = media::replaced_in(text)
                {
                    *text = replaced;
                }
                attributes.put(attribute);
            }
        }
        if self.indexed.is_empty() {
            for (at, message) in self.list.iter().enumerate() {
                let base = format!("{prefix}.{}", first + at);
                put_message(attributes, &base, message, reasons.get(at), self.cut);
            }
        }
    }
}

/// The system prompt where it is said beside the messages.
pub(super) struct Instructions {
    pub(super) text: String,
    json: String,
    cut: bool,
}

impl Instructions {
    /// Reads parts, a message, or plain text.
    pub(super) fn read(source: ValueRef<'_>) -> Self {
        let text = value::text(source);
        let parts = match value::container(&text) {
            Some(Value::Array(parts)) => parts.iter().map(parts::read).collect(),
            Some(Value::Object(message)) if provider::is_message(&message) => {
                match provider::read_message(&message, SYSTEM).get("parts") {
                    Some(Value::Array(parts)) => parts.clone(),
                    _ => Vec::new(),
                }
            }
            _ => vec![parts::text(&text)],
        };
        let message = media::replaced(json!({ "role": SYSTEM, "parts": parts }));
        let json = message.get("parts").map(Value::to_string).unwrap_or_default();
        Self {
            text: rendered::render(&message).content,
            json,
            cut: value::is_cut(source),
        }
    }

    /// Writes it as message 0.
    pub(super) fn put_indexed(&self, attributes: &mut AttributeSet) {
        let base = format!("{}.0", gen_ai::PROMPT);
        push(attributes, format!("{base}.content"), self.text.clone(), self.cut);
        push(attributes, format!("{base}.role"), SYSTEM.to_owned(), false);
    }

    pub(super) fn put_json(self, attributes: &mut AttributeSet) {
        push(attributes, gen_ai::SYSTEM_INSTRUCTIONS.to_owned(), self.json, self.cut);
    }
}

fn is_by_system(message: &Value) -> bool {
    matches!(message.get("role").and_then(Value::as_str), Some(SYSTEM | "developer"))
}

/// Adds a key that is there only once: a long conversation has thousands, and looking for each costs the square.
fn push(attributes: &mut AttributeSet, key: String, text: String, cut: bool) {
    attributes.0.push(Attribute {
        key: key.into(),
        value: WireValue::Str(text),
        class: Class::Message,
        cut,
    });
}

/// Writes one message under its number.
fn put_message(attributes: &mut AttributeSet, base: &str, message: &Value, reason: Option<&String>, cut: bool) {
    let rendered = rendered::render(message);
    let text = |name| message.get(name).and_then(Value::as_str);
    let role = if rendered::is_answer_of_a_tool(message) {
        TOOL
    } else {
        text("role").unwrap_or_default()
    };
    let role = role.to_owned();
    push(attributes, format!("{base}.content"), rendered.content, cut);
    push(attributes, format!("{base}.role"), role, false);
    let reason = text("finish_reason").or(reason.map(String::as_str)).map(str::to_owned);
    for (name, value) in [
        ("finish_reason", reason),
        ("name", text("name").map(str::to_owned)),
        ("tool_call_id", rendered.tool_call_id),
        ("reasoning", rendered.reasoning),
    ] {
        if let Some(value) = value {
            push(attributes, format!("{base}.{name}"), value, false);
        }
    }
    for (at, call) in rendered.tool_calls.into_iter().enumerate() {
        for (name, value) in [("id", call.id), ("name", call.name), ("arguments", call.arguments)] {
            if let Some(value) = value {
                push(attributes, format!("{base}.tool_calls.{at}.{name}"), value, false);
            }
        }
    }
}

fn text_message(role: &str, text: &str) -> Value {
    json!({ "role": role, "parts": [parts::text(text)] })
}
