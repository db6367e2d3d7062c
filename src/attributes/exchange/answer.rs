//! [`Answer`]: what a model answered, put together from whatever pieces it came in.

use serde_json::{Map, Value, json};

use super::{documents::Documents, facts::Facts, prefix, shapes, tokens::Tokens};
use crate::semconv::gen_ai;

/// Choices, and parts of one of them, beyond this are not put together.
pub(super) const MOST: usize = 256;

/// What a model answered.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
    pub(super) tokens: Tokens,
    /// In USD, where the provider says it (`OpenRouter`).
    pub(super) cost: Option<f64>,
    pub(super) error: Option<Fault>,
    /// Why it failed, if it did.
    pub(super) excuse: Option<Fault>,
    pub(super) others: Facts,
    /// The model said why it stopped, or the server that it is done.
    pub(super) ended: bool,
    choices: Vec<(u64, Choice)>,
    /// Words no longer count: there is a gap before them.
    deaf: bool,
}

/// What a provider says went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: Option<String>,
    pub(super) message: String,
}

/// One answer of possibly several.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) finish_reason: Option<String>,
    parts: Vec<(Place, Part)>,
}

/// Which part a piece belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Text,
    Thoughts,
    Refusal,
    /// The call of this number.
    Call(u64),
    /// The block of this number.
    Block(u64),
    /// Of its own.
    Alone,
}

/// A part of an answer while it grows.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(String),
    Thoughts(String),
    Call(CallPart),
    /// As the conventions write it.
    Whole(Value),
}

#[derive(Clone, Debug, Default)]
pub(super) struct CallPart {
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) arguments: String,
}

impl Answer {
    /// Puts together what came.
    pub(super) fn read(documents: &Documents) -> Self {
        let mut answer = Self {
            ended: documents.ended,
            ..Self::default()
        };
        for document in &documents.list {
            shapes::take(&mut answer, document);
        }
        if documents.gap && documents.streamed {
            answer.shorten();
        }
        answer.deaf = true;
        for document in &documents.late {
            shapes::take(&mut answer, document);
        }
        answer
    }

    /// The choice of this number.
    pub(super) fn choice(&mut self, number: u64) -> Option<&mut Choice> {
        let at = match self.choices.iter().position(|(have, _)| *have == number) {
            Some(at) => at,
            None if self.choices.len() < MOST && !self.deaf => {
                self.choices.push((number, Choice::default()));
                self.choices.len() - 1
            }
            None => return None,
        };
        self.choices.get_mut(at).map(|(_, choice)| choice)
    }

    /// Why a choice ended.
    pub(super) fn finish(&mut self, number: u64, reason: &str) {
        self.ended = true;
        if let Some(choice) = self.choice(number) {
            choice.finish_reason = Some(reason.to_owned());
        }
    }

    /// A piece of the part at `place`, which `begin` makes.
    pub(super) fn grow(&mut self, choice: u64, place: Place, begin: Part) {
        if !self.deaf
            && let Some(choice) = self.choice(choice)
        {
            choice.grow(place, begin);
        }
    }

    /// What follows says all of it again.
    pub(super) fn forget(&mut self) {
        self.choices.clear();
    }

    pub(super) fn usage(&mut self, usage: Option<&Value>) {
        if let Some(Value::Object(usage)) = usage {
            self.tokens.update(Tokens::read(usage));
        }
    }

    pub(super) fn id(&mut self, document: &Map<String, Value>, name: &str) {
        set(&mut self.id, document.get(name));
    }

    pub(super) fn model(&mut self, document: &Map<String, Value>, name: &str) {
        set(&mut self.model, document.get(name));
    }

    /// Characters of all texts.
    pub(super) fn characters(&self) -> usize {
        let parts = self.choices.iter().flat_map(|(_, choice)| &choice.parts);
        let texts = parts.filter_map(|(_, part)| match part {
            Part::Text(text) => Some(text.chars().count()),
            _ => None,
        });
        texts.sum()
    }

    /// What is said in a gap is missing, and half of a secret may stand before it.
    fn shorten(&mut self) {
        for (_, choice) in &mut self.choices {
            if let Some((_, Part::Text(text) | Part::Thoughts(text) | Part::Call(CallPart { arguments: text, .. }))) =
                choice.parts.last_mut()
            {
                prefix::shorten(text);
            }
        }
    }

    /// Says everything but the tokens.
    pub(super) fn say(self, facts: &mut Facts) {
        facts.text(gen_ai::RESPONSE_ID, self.id);
        facts.text(gen_ai::RESPONSE_MODEL, self.model);
        let reasons: Vec<_> = self
            .choices
            .iter()
            .filter_map(|(_, choice)| choice.finish_reason.as_deref())
            .collect();
        facts.strings(gen_ai::RESPONSE_FINISH_REASONS, Some(&json!(reasons)));
        facts.0.extend(self.others.0);
        let messages: Vec<Value> = self
            .choices
            .into_iter()
            .filter(|(_, choice)| !choice.parts.is_empty())
            .map(|(_, choice)| choice.message())
            .collect();
        if !messages.is_empty() {
            facts.content(gen_ai::OUTPUT_MESSAGES, Some(&Value::Array(messages)));
        }
    }
}

impl Choice {
    fn grow(&mut self, place: Place, more: Part) {
        let is_full = self.parts.len() >= MOST;
        let have = self
            .parts
            .iter_mut()
            .rev()
            .find(|(have, _)| place != Place::Alone && *have == place);
        match (have, more) {
            (Some((_, Part::Text(text))), Part::Text(more))
            | (Some((_, Part::Thoughts(text))), Part::Thoughts(more)) => {
                text.push_str(&more);
            }
            (Some((_, Part::Call(call))), Part::Call(more)) => {
                call.id = more.id.or(call.id.take());
                if call.name.is_empty() {
                    call.name = more.name;
                }
                call.arguments.push_str(&more.arguments);
            }
            (Some((_, have)), more) => *have = more,
            (None, more) if !is_full => self.parts.push((place, more)),
            (None, _) => {}
        }
    }

    /// As the conventions write it.
    fn message(self) -> Value {
        let parts: Vec<Value> = self.parts.into_iter().map(|(_, part)| part.written()).collect();
        let mut message = json!({ "role": "assistant", "parts": parts });
        if let (Some(reason), Value::Object(message)) = (self.finish_reason, &mut message) {
            message.insert("finish_reason".to_owned(), reason.into());
        }
        message
    }
}

impl Part {
    fn written(self) -> Value {
        match self {
            Self::Text(text) => json!({ "type": "text", "content": text }),
            Self::Thoughts(text) => json!({ "type": "reasoning", "content": text }),
            Self::Call(CallPart { id, name, arguments }) => {
                let mut call = json!({ "type": "tool_call", "name": name, "arguments": arguments });
                if let (Some(id), Value::Object(call)) = (id, &mut call) {
                    call.insert("id".to_owned(), id.into());
                }
                call
            }
            Self::Whole(part) => part,
        }
    }
}

/// The last text that says something stands.
fn set(have: &mut Option<String>, value: Option<&Value>) {
    if let Some(Value::String(text)) = value
        && !text.is_empty()
    {
        *have = Some(text.clone());
    }
}
