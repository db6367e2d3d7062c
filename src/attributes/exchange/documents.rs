//! [`Documents`]: the JSON values in a body, whether it is one, many lines of them (NDJSON), or events (SSE).
//!
//! The whole of what was kept is read at once, so how it was cut on its way makes no difference.

use std::{borrow::Cow, io::Read as _};

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use serde_json::{Map, Value};

use super::prefix;
use crate::record::Excerpt;

/// A body that was compressed is read up to this many bytes.
const MOST_INFLATED: u64 = 8 * 1024 * 1024;

/// Members that are worth finding at the end of a value whose middle is missing.
const LATE: &[&str] = &[
    "usage",
    "usageMetadata",
    "model",
    "modelVersion",
    "stop_reason",
    "stopReason",
    "prompt_eval_count",
    "eval_count",
];

/// Places at which such a member is looked for.
const MOST_PLACES: usize = 16;

/// The JSON values in a body.
#[derive(Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is true or not for itself")]
pub(super) struct Documents {
    pub(super) list: Vec<Value>,
    /// What follows a gap: good for counts, not for words.
    pub(super) late: Vec<Value>,
    /// It was sent piece by piece.
    pub(super) streamed: bool,
    /// The stream said that it is over.
    pub(super) ended: bool,
    /// Something follows `list` that was not kept.
    pub(super) gap: bool,
    /// The last value was not whole.
    pub(super) cut: bool,
}

impl Documents {
    /// Reads what was kept of a body. `coding` is the `content-encoding` of it.
    pub(super) fn read(body: &Excerpt, coding: Option<&str>) -> Self {
        let (head, tail) = body.parts();
        let coding = coding
            .map(str::trim)
            .filter(|coding| !coding.eq_ignore_ascii_case("identity"));
        match coding {
            None => Self::of(&head, tail),
            Some(coding) => inflated(&head, coding).map_or_else(Self::default, |(text, whole)| Self {
                gap: tail.is_some() || !whole,
                ..Self::of(&text, None)
            }),
        }
    }

    fn of(head: &[u8], tail: Option<&[u8]>) -> Self {
        let text = String::from_utf8_lossy(head);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let tail = tail.map(String::from_utf8_lossy);
        let mut documents = Self {
            gap: tail.is_some(),
            ..Self::default()
        };
        if is_event_stream(text) {
            documents.streamed = true;
            documents.events(text, false);
            if let Some(tail) = tail {
                documents.events(after_the_first_line(&tail), true);
                // An event that says all again is longer than what is kept.
                documents.members_at_the_end(&tail);
            }
        } else {
            documents.values(text);
            if let Some(tail) = tail {
                documents.values_at_the_end(&tail);
            }
        }
        documents
    }

    /// Server-sent events: the data of each is a value. What is no JSON is passed over.
    fn events(&mut self, text: &str, late: bool) {
        let mut data = String::new();
        // The last event counts although no empty line follows it, if its JSON is whole.
        for line in lines(text).chain([""]) {
            if line.is_empty() {
                self.event(&data, late);
                data.clear();
            } else if let Some(value) = line.strip_prefix("data:") {
                if !data.is_empty() {
                    data.push('\n');
                }
                data.push_str(value.strip_prefix(' ').unwrap_or(value));
            }
        }
    }

    fn event(&mut self, data: &str, late: bool) {
        if data.trim() == "[DONE]" {
            self.ended = true;
        } else if let Ok(value) = serde_json::from_str(data) {
            let list = if late { &mut self.late } else { &mut self.list };
            list.push(value);
        }
    }

    /// One value, or many in a row; of the last one perhaps only the beginning.
    fn values(&mut self, text: &str) {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        let failed = loop {
            match values.next() {
                Some(Ok(value)) => self.push(value),
                Some(Err(reason)) => break Some(reason.is_eof()),
                None => break None,
            }
        };
        let left = text.get(values.byte_offset()..).unwrap_or_default().trim_start();
        match failed {
            None => {}
            Some(true) => {
                self.cut = true;
                // Of many in a row the last one is a piece like the others: without it, little is missing.
                self.streamed |= !self.list.is_empty();
                if self.list.is_empty()
                    && let Some(value) = prefix::read(left)
                {
                    self.push(value);
                }
            }
            // One line is no JSON; the others may be.
            Some(false) => {
                let lines = left.lines().skip(1);
                lines
                    .filter_map(|line| serde_json::from_str(line).ok())
                    .for_each(|value| self.push(value));
            }
        }
        self.streamed |= self.list.len() > 1;
    }

    /// An array of objects is a stream of them (Gemini without events).
    fn push(&mut self, value: Value) {
        match value {
            Value::Array(items) if items.iter().all(Value::is_object) => {
                self.streamed |= items.len() > 1;
                self.list.extend(items);
            }
            value => self.list.push(value),
        }
    }

    /// Whole lines, and the members of a value of which only the end is there.
    fn values_at_the_end(&mut self, text: &str) {
        if self.list.len() > 1 {
            let lines = after_the_first_line(text).lines();
            self.late
                .extend(lines.filter_map(|line| serde_json::from_str(line).ok()));
        } else {
            self.members_at_the_end(text);
        }
    }

    fn members_at_the_end(&mut self, text: &str) {
        let mut found = Map::new();
        for name in LATE {
            // A quote inside a string has a backslash before it: this is a name, or a string that is just this word.
            let quoted = format!("\"{name}\"");
            let mut places = text.rmatch_indices(&quoted).take(MOST_PLACES);
            let value = places.find_map(|(at, _)| {
                let rest = text.get(at + quoted.len()..)?.trim_start().strip_prefix(':')?;
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
                values.next()?.ok().filter(|value| !value.is_null())
            });
            if let Some(value) = value {
                found.insert((*name).to_owned(), value);
            }
        }
        if !found.is_empty() {
            self.late.push(Value::Object(found));
        }
    }
}

/// Lines that end in a line feed, a carriage return, or both.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n')
        .flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

fn is_event_stream(text: &str) -> bool {
    ["data:", "event:", "id:", "retry:", ":"]
        .iter()
        .any(|begin| text.starts_with(begin))
}

fn after_the_first_line(text: &str) -> &str {
    text.split_once(['\n', '\r']).map_or("", |(_, rest)| rest)
}

/// What was compressed, as far as it is there, and whether that is all of it. `None` for codings that nobody here knows.
fn inflated<'a>(body: &'a [u8], coding: &str) -> Option<(Cow<'a, [u8]>, bool)> {
    let mut text = Vec::new();
    let read = match coding.to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => MultiGzDecoder::new(body).take(MOST_INFLATED).read_to_end(&mut text),
        "deflate" => ZlibDecoder::new(body).take(MOST_INFLATED).read_to_end(&mut text),
        _ => return None,
    };
    // What was read before an error stays.
    let whole = read.is_ok() && (text.len() as u64) < MOST_INFLATED;
    Some((Cow::Owned(text), whole))
}
