//! [`Facts`]: what an exchange says about its span, under the names of the GenAI conventions.

use serde_json::Value;

use crate::{
    attributes::{alias, said::Said},
    kind::EntityKind,
    record::{Origin, Say, SpanRecord},
    semconv::gen_ai,
};

/// Bytes of one value. It is at most what was kept of a body, written in another way.
const CAP: usize = 64 * 1024 * 1024;

/// What is said of one key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fact {
    Bool(bool),
    Count(u64),
    Int(i64),
    Number(f64),
    Text(String),
    /// JSON.
    Json(String),
    /// JSON of a list of strings.
    List(String),
}

/// What is said, in order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Facts(pub(super) Vec<(&'static str, Fact)>);

impl Facts {
    pub(super) fn say(&mut self, key: &'static str, fact: Fact) {
        self.0.push((key, fact));
    }

    /// A text, unless there is none.
    pub(super) fn text(&mut self, key: &'static str, text: Option<impl Into<String>>) {
        if let Some(text) = text.map(Into::into).filter(|text| !text.is_empty()) {
            self.say(key, Fact::Text(text));
        }
    }

    /// A text as it is, everything else as JSON. Null says nothing.
    pub(super) fn content(&mut self, key: &'static str, value: Option<&Value>) {
        match value {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => self.say(key, Fact::Text(text.clone())),
            Some(value) => self.say(key, Fact::Json(value.to_string())),
        }
    }

    pub(super) fn number(&mut self, key: &'static str, value: Option<&Value>) {
        if let Some(number) = value.and_then(Value::as_f64) {
            self.say(key, Fact::Number(number));
        }
    }

    pub(super) fn int(&mut self, key: &'static str, value: Option<&Value>) {
        let whole = |value: &Value| value.as_i64().or_else(|| whole(value.as_f64()?));
        if let Some(int) = value.and_then(whole) {
            self.say(key, Fact::Int(int));
        }
    }

    pub(super) fn count(&mut self, key: &'static str, count: Option<u64>) {
        if let Some(count) = count {
            self.say(key, Fact::Count(count));
        }
    }

    /// A list of strings, or one of them.
    pub(super) fn strings(&mut self, key: &'static str, value: Option<&Value>) {
        let list = match value {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => return,
        };
        if !list.is_empty() {
            self.say(key, Fact::List(Value::from(list).to_string()));
        }
    }

    /// Tells a span what it does not say itself, in whatever spelling.
    pub(super) fn tell(self, record: &mut SpanRecord) {
        let new: Vec<_> = {
            let said = Told::read(record);
            self.0.into_iter().filter(|(key, _)| !said.says(key)).collect()
        };
        for (key, fact) in new {
            let say = match &fact {
                Fact::Bool(value) => Say::Bool(*value),
                Fact::Count(value) => Say::U64(*value),
                Fact::Int(value) => Say::I64(*value),
                Fact::Number(value) => Say::F64(*value),
                Fact::Text(text) => Say::Text(text, Origin::Str),
                Fact::Json(text) => Say::Text(text, Origin::Json),
                Fact::List(text) => Say::Text(text, Origin::List),
            };
            record.fields.set(key, say, CAP);
        }
    }
}

/// What the span says itself.
struct Told<'a> {
    record: &'a SpanRecord,
    said: Said<'a>,
}

impl<'a> Told<'a> {
    fn read(record: &'a SpanRecord) -> Self {
        Self {
            said: Said::read(record, EntityKind::Llm),
            record,
        }
    }

    fn says(&self, key: &str) -> bool {
        use crate::attributes::meaning::Meaning as M;
        let group: &[M] = match key {
            // A library that counts keeps its own count, whole: parts of two do not add up.
            _ if key.starts_with(USAGE) && key != gen_ai::USAGE_TOTAL_COST => {
                return self.counts();
            }
            gen_ai::INPUT_MESSAGES | gen_ai::SYSTEM_INSTRUCTIONS => &[M::Input, M::InputMessages, M::Prompt],
            gen_ai::OUTPUT_MESSAGES => &[M::Output, M::OutputMessages, M::Completion, M::Return],
            _ => &[],
        };
        let indexed = match key {
            gen_ai::INPUT_MESSAGES | gen_ai::SYSTEM_INSTRUCTIONS => self.says_below(gen_ai::PROMPT),
            gen_ai::OUTPUT_MESSAGES => self.says_below(gen_ai::COMPLETION),
            _ => false,
        };
        let own = match alias::meaning(key, EntityKind::Llm, false) {
            Some((meaning, _)) => self.said.text(meaning).is_some(),
            None => self.record.fields.get(key).is_some(),
        };
        own || indexed || group.iter().any(|meaning| self.said.text(*meaning).is_some())
    }

    /// It says how many tokens went in or came out; some libraries say 0 where they were not told.
    fn counts(&self) -> bool {
        use crate::attributes::meaning::Meaning as M;
        [M::InputTokens, M::OutputTokens, M::TotalTokens]
            .iter()
            .filter_map(|meaning| self.said.get(*meaning))
            .any(|count| crate::attributes::value::count(count).is_some_and(|count| count > 0))
    }

    fn says_below(&self, prefix: &str) -> bool {
        let below = |key: &str| key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'));
        self.said.rest.iter().any(|(key, _)| below(key))
    }
}

const USAGE: &str = "gen_ai.usage.";

/// The integer that `n` is exactly.
fn whole(n: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
    (n.fract() == 0.0 && n.abs() <= EXACT).then_some(n as i64)
}
