//! [`draw`]: spans as an indented tree, for assertions.

use std::collections::HashMap;

use super::Span;

/// Draws spans as a tree, a line for each: two spaces for each level, the name, ` (orphan)` where the parent is not
/// among the spans, and ` !` with the message where the status is an error.
///
/// Children stand in the order of their starts, then of their ids; traces in the order of their first starts, with an
/// empty line between. The format is stable: assert on it.
///
/// ```
/// use agentops::testing::{Span, draw};
///
/// let mut session = Span::new("default.session");
/// session.span_id = "01".to_owned();
/// let mut tool = Span::new("search.tool");
/// tool.span_id = "02".to_owned();
/// tool.parent_span_id = Some("01".to_owned());
/// assert_eq!(draw(&[tool, session]), "default.session\n  search.tool\n");
/// ```
pub fn draw(spans: &[Span]) -> String {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|&at| spans.get(at).map(|span| (span.start_unix_nanos, &span.span_id)));
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut traces: Vec<Vec<usize>> = Vec::new();
    for (at, span) in order.iter().filter_map(|&at| Some((at, spans.get(at)?))) {
        let number = *numbers.entry(&span.trace_id).or_insert(traces.len());
        match traces.get_mut(number) {
            Some(members) => members.push(at),
            None => traces.push(vec![at]),
        }
    }
    let mut drawing = Drawing::new(spans, &order);
    for (number, members) in traces.iter().enumerate() {
        if number > 0 {
            drawing.text.push('\n');
        }
        for &at in members {
            if drawing.parent_of(at).is_none() {
                drawing.subtree(at);
            }
        }
        // Only spans that are each other's ancestors are left: they hang on nothing.
        for &at in members {
            drawing.subtree(at);
        }
    }
    drawing.text
}

/// A tree while it is drawn.
struct Drawing<'a> {
    spans: &'a [Span],
    /// The first span of each id, and the children of each, in drawing order.
    by_id: HashMap<(&'a str, &'a str), usize>,
    children: HashMap<usize, Vec<usize>>,
    drawn: Vec<bool>,
    text: String,
}

impl<'a> Drawing<'a> {
    fn new(spans: &'a [Span], order: &[usize]) -> Self {
        let mut by_id = HashMap::new();
        for (&at, span) in order.iter().filter_map(|at| Some((at, spans.get(*at)?))) {
            by_id
                .entry((span.trace_id.as_str(), span.span_id.as_str()))
                .or_insert(at);
        }
        let mut drawing = Self {
            spans,
            by_id,
            children: HashMap::new(),
            drawn: vec![false; spans.len()],
            text: String::new(),
        };
        for &at in order {
            if let Some(parent) = drawing.parent_of(at) {
                drawing.children.entry(parent).or_default().push(at);
            }
        }
        drawing
    }

    fn parent_of(&self, at: usize) -> Option<usize> {
        let span = self.spans.get(at)?;
        let parent = span.parent_span_id.as_deref()?;
        self.by_id.get(&(span.trace_id.as_str(), parent)).copied()
    }

    /// Draws a span and all below it that is not drawn yet. Without recursion: a chain of spans may be long.
    fn subtree(&mut self, root: usize) {
        let mut waiting = vec![(root, 0)];
        while let Some((at, depth)) = waiting.pop() {
            let (Some(span), Some(drawn)) = (self.spans.get(at), self.drawn.get_mut(at)) else {
                continue;
            };
            if std::mem::replace(drawn, true) {
                continue;
            }
            self.text.extend(std::iter::repeat_n("  ", depth));
            self.text.push_str(&one_line(&span.name));
            if depth == 0 && span.parent_span_id.is_some() {
                self.text.push_str(" (orphan)");
            }
            if span.is_error() {
                self.text.push_str(" !");
                self.text.push_str(&one_line(&span.status.message));
            }
            self.text.push('\n');
            let children = self.children.get(&at).map(Vec::as_slice).unwrap_or_default();
            waiting.extend(children.iter().rev().map(|&child| (child, depth + 1)));
        }
    }
}

/// A text with its line breaks written out, so that a span stays on one line.
fn one_line(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n")
}
