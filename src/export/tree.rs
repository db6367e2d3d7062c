//! Spans drawn as an indented tree, a line for each.
//!
//! ```text
//! default.session  ok 1.2s
//!   researcher.agent  ok 800ms
//!     chat gpt-4o  ok 500ms  tokens 14+8  $0.0002
//!     search.tool  120ms  error: no such page
//! ```

use std::collections::{HashMap, HashSet};

use opentelemetry_proto::tonic::{
    common::v1::any_value::Value,
    trace::v1::{Span, Status, status::StatusCode},
};

use crate::semconv::gen_ai;

/// Deeper spans are indented no further: a chain of thousands would be mostly blanks.
const MAX_INDENT: usize = 40;

/// More of an error's message does not fit on a line.
const MAX_MESSAGE_CHARACTERS: usize = 120;

/// What a line tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) durations: bool,
    /// Tokens and cost.
    pub(crate) usage: bool,
    pub(crate) status: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            durations: true,
            usage: true,
            status: true,
        }
    }
}

/// Trace id and span id.
type Id<'a> = (&'a [u8], &'a [u8]);

/// Draws roots and below each its children, both by start time. A span whose parent is not among the spans is drawn as
/// a root and says so.
pub(crate) fn draw(spans: &[Span], style: Style) -> String {
    let mut spans: Vec<&Span> = spans.iter().collect();
    spans.sort_by_key(|span| span.start_time_unix_nano);
    let known: HashSet<Id<'_>> = spans.iter().map(|span| id(span)).collect();
    let mut drawing = Drawing {
        style,
        children: HashMap::new(),
        text: String::new(),
    };
    let mut roots = Vec::new();
    for span in &spans {
        if known.contains(&parent(span)) {
            drawing.children.entry(parent(span)).or_default().push(span);
        } else {
            roots.push(*span);
        }
    }
    drawing.draw_below(roots);
    // What is left hangs on no root: parents that are their own descendants.
    for span in &spans {
        if let Some(lost) = drawing.children.remove(&parent(span)) {
            drawing.draw_below(lost);
        }
    }
    drawing.text
}

fn id(span: &Span) -> Id<'_> {
    (&span.trace_id, &span.span_id)
}

fn parent(span: &Span) -> Id<'_> {
    (&span.trace_id, &span.parent_span_id)
}

struct Drawing<'a> {
    style: Style,
    /// Not drawn yet.
    children: HashMap<Id<'a>, Vec<&'a Span>>,
    text: String,
}

impl<'a> Drawing<'a> {
    /// Depth first, without recursion: the depth is not ours to bound.
    fn draw_below(&mut self, roots: Vec<&'a Span>) {
        let mut open: Vec<(&Span, usize)> = roots.into_iter().rev().map(|root| (root, 0)).collect();
        while let Some((span, depth)) = open.pop() {
            self.draw_line(span, depth);
            let children = self.children.remove(&id(span)).unwrap_or_default();
            open.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
        }
    }

    fn draw_line(&mut self, span: &Span, depth: usize) {
        let indent = 2 * depth.min(MAX_INDENT);
        let mut parts = vec![format!("{:indent$}{}", "", printable(&span.name, usize::MAX))];
        let status = span.status.as_ref().filter(|_| self.style.status);
        let code = status.map_or(StatusCode::Unset, Status::code);
        let ok = (code == StatusCode::Ok).then(|| "ok".to_owned());
        let duration = self.style.durations.then(|| duration(span));
        let result: Vec<String> = ok.into_iter().chain(duration).collect();
        if !result.is_empty() {
            parts.push(result.join(" "));
        }
        if self.style.usage {
            parts.extend(tokens(span));
            parts.extend(cost(span));
        }
        if let Some(status) = status.filter(|_| code == StatusCode::Error) {
            let message = printable(&status.message, MAX_MESSAGE_CHARACTERS);
            parts.push(if message.is_empty() {
                "error".to_owned()
            } else {
                format!("error: {message}")
            });
        }
        if depth == 0 && !span.parent_span_id.is_empty() {
            parts.push("(parent elsewhere)".to_owned());
        }
        self.text.push_str(&parts.join("  "));
        self.text.push('\n');
    }
}

/// The first line, without what a terminal would obey.
fn printable(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut shown: String = line.chars().filter(|c| !c.is_control()).take(most).collect();
    if shown.len() < text.len() && line.chars().count() > most {
        shown.push('…');
    }
    shown
}

fn duration(span: &Span) -> String {
    let nanos = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano);
    match nanos {
        0..1_000_000 => format!("{}µs", nanos / 1_000),
        1_000_000..1_000_000_000 => format!("{}ms", nanos / 1_000_000),
        _ => format!("{:.1}s", nanos as f64 / 1e9),
    }
}

fn value<'a>(span: &'a Span, key: &str) -> Option<&'a Value> {
    span.attributes
        .iter()
        .find(|attribute| attribute.key == key)?
        .value
        .as_ref()?
        .value
        .as_ref()
}

fn tokens(span: &Span) -> Option<String> {
    let count = |keys: [&str; 2]| {
        keys.into_iter().find_map(|key| match value(span, key) {
            Some(Value::IntValue(count)) => Some(*count),
            _ => None,
        })
    };
    let input = count([gen_ai::USAGE_PROMPT_TOKENS, gen_ai::USAGE_INPUT_TOKENS]);
    let output = count([gen_ai::USAGE_COMPLETION_TOKENS, gen_ai::USAGE_OUTPUT_TOKENS]);
    if input.is_none() && output.is_none() {
        return None;
    }
    Some(format!("tokens {}+{}", input.unwrap_or(0), output.unwrap_or(0)))
}

fn cost(span: &Span) -> Option<String> {
    let Some(Value::DoubleValue(cost)) = value(span, gen_ai::USAGE_TOTAL_COST) else {
        return None;
    };
    let digits = format!("{cost:.6}");
    Some(format!("${}", digits.trim_end_matches('0').trim_end_matches('.')))
}
