//! [`compare`]: our spans beside those of the Python SDK.

use std::collections::{BTreeSet, HashMap};

use agentops::testing::{Attributes, Event, Span, Value};
use serde_json::Value as Json;

use super::{
    Difference, Scenario,
    difference::{self, differs_by_nature, is_model_call},
};

/// Compares our spans with those of a golden scenario: names, kinds, keys, OTLP types, values (text that is JSON as
/// JSON), status, events, parents and the resource.
///
/// `expected` are the differences that this scenario has to show: another one is an error, and one of them that does
/// not occur is, too. Ids, times, scopes and links are not compared.
pub(crate) fn compare(golden: &Scenario, ours: &[Span], expected: &[Difference]) -> Result<(), String> {
    let mut comparison = Comparison::new(&golden.spans, ours);
    comparison.match_spans();
    comparison.compare_unmatched();
    for (golden, ours) in comparison.pairs() {
        comparison.compare_span(golden, ours);
    }
    comparison.compare_resource(&golden.resource);
    comparison.verdict(expected)
}

/// A comparison under way.
struct Comparison<'a> {
    golden: Vec<&'a Span>,
    ours: Vec<&'a Span>,
    /// Our span for a golden one, by index.
    matched: HashMap<usize, usize>,
    found: BTreeSet<Difference>,
    /// Where each difference was found first.
    places: HashMap<Difference, String>,
    defects: Vec<String>,
}

impl<'a> Comparison<'a> {
    fn new(golden: &'a [Span], ours: &'a [Span]) -> Self {
        let in_order = |spans: &'a [Span]| {
            let mut spans: Vec<&Span> = spans.iter().collect();
            spans.sort_by_key(|span| span.start_unix_nanos);
            spans
        };
        Self {
            golden: in_order(golden),
            ours: in_order(ours),
            matched: HashMap::new(),
            found: BTreeSet::new(),
            places: HashMap::new(),
            defects: Vec::new(),
        }
    }

    /// Matches each golden span with the first of ours that has its name and its parent, else with the first that has
    /// its name. A call of a model is recognised by being one: its name may differ.
    fn match_spans(&mut self) {
        for strict in [true, false] {
            for at in 0..self.golden.len() {
                if self.matched.contains_key(&at) {
                    continue;
                }
                let golden = self.golden[at];
                let parent = self.our_parent_of(golden);
                let ours = self.ours.iter().enumerate().position(|(ours, span)| {
                    let free = !self.matched.values().any(|taken| *taken == ours);
                    free && signature(span) == signature(golden) && (!strict || span.parent_span_id == parent)
                });
                if let Some(ours) = ours {
                    self.matched.insert(at, ours);
                }
            }
        }
    }

    fn pairs(&self) -> Vec<(&'a Span, &'a Span)> {
        let mut matched: Vec<_> = self.matched.iter().collect();
        matched.sort();
        matched
            .into_iter()
            .map(|(golden, ours)| (self.golden[*golden], self.ours[*ours]))
            .collect()
    }

    /// Our span for a golden one.
    fn match_of(&self, golden: &Span) -> Option<&'a Span> {
        let at = self.golden.iter().position(|span| span.span_id == golden.span_id)?;
        self.matched.get(&at).map(|ours| self.ours[*ours])
    }

    /// The id that the parent of our span has to have if the trees are the same.
    fn our_parent_of(&self, golden: &Span) -> Option<String> {
        Some(self.match_of(parent(golden, &self.golden)?)?.span_id.clone())
    }

    fn note(&mut self, difference: Option<Difference>, place: impl Into<String>) {
        let place = place.into();
        match difference {
            Some(difference) => {
                self.found.insert(difference);
                self.places.entry(difference).or_insert(place);
            }
            None => self.defects.push(place),
        }
    }

    fn compare_unmatched(&mut self) {
        for at in (0..self.golden.len())
            .filter(|at| !self.matched.contains_key(at))
            .collect::<Vec<_>>()
        {
            let golden = self.golden[at];
            let has_children = self
                .golden
                .iter()
                .any(|span| span.parent_span_id.as_ref() == Some(&golden.span_id));
            let difference = if golden.name.starts_with("tool_call.") {
                Some(Difference::NoToolCallSpans)
            } else {
                (golden.name == "default.session" && !has_children).then_some(Difference::EmptyAutoSession)
            };
            self.note(difference, format!("{}: missing", golden.name));
        }
        let taken: BTreeSet<usize> = self.matched.values().copied().collect();
        for (at, ours) in self.ours.clone().into_iter().enumerate() {
            if taken.contains(&at) {
                continue;
            }
            // An agent that outlived the Python program was never sent: what was below it is there without it.
            let children = || {
                self.pairs()
                    .into_iter()
                    .filter(|(_, child)| child.parent_span_id.as_ref() == Some(&ours.span_id))
            };
            let lost_agent = ours.kind() == Some("agent")
                && children().next().is_some()
                && children().all(|(golden, _)| is_orphan(golden, &self.golden));
            let difference = lost_agent.then_some(Difference::AgentEndsWithScope);
            self.note(difference, format!("{}: not in the capture", ours.name));
        }
    }

    fn compare_span(&mut self, golden: &Span, ours: &Span) {
        let name = &golden.name;
        if golden.name != ours.name {
            self.note(
                difference::of_name(golden, ours),
                format!("{name}: named {}", ours.name),
            );
        }
        if golden.otel_kind != ours.otel_kind {
            self.note(
                None,
                format!("{name}: {:?} instead of {:?}", ours.otel_kind, golden.otel_kind),
            );
        }
        if golden.status.code != ours.status.code {
            let said = format!(
                "{name}: status {:?} instead of {:?}",
                ours.status.code, golden.status.code
            );
            self.note(difference::of_status(golden, ours), said);
        }
        if golden.status.message != ours.status.message {
            self.note(
                None,
                format!(
                    "{name}: message {:?} instead of {:?}",
                    ours.status.message, golden.status.message
                ),
            );
        }
        self.compare_parent(golden, ours);
        self.compare_attributes(name, &golden.attributes, &ours.attributes);
        for key in ours
            .attributes
            .keys()
            .filter(|key| !golden.attributes.contains_key(key))
        {
            let said = format!("{name}: {key} is not in the capture");
            self.note(difference::of_extra(key, golden, ours), said);
        }
        self.compare_events(name, &golden.events, &ours.events);
    }

    fn compare_parent(&mut self, golden: &Span, ours: &Span) {
        let golden_parent = parent(golden, &self.golden);
        let our_parent = parent(ours, &self.ours);
        if our_parent.map(|span| &span.span_id)
            == golden_parent
                .and_then(|span| self.match_of(span))
                .map(|span| &span.span_id)
            && is_orphan(golden, &self.golden) == is_orphan(ours, &self.ours)
        {
            return;
        }
        let is_agent = |span: Option<&Span>| span.is_some_and(|span| span.kind() == Some("agent"));
        let grandparent = golden_parent.and_then(|span| self.our_parent_of(span));
        let difference = if golden.kind() == Some("session") && ours.parent_span_id.is_none() {
            (ours.trace_id != our_parent.map_or("", |span| &span.trace_id)).then_some(Difference::SessionsAreRoots)
        } else if is_agent(golden_parent) && our_parent.map(|span| span.span_id.clone()) == grandparent {
            Some(Difference::AgentEndsWithScope)
        } else {
            let adopted = is_orphan(golden, &self.golden) && is_agent(our_parent);
            adopted.then_some(Difference::AgentEndsWithScope)
        };
        let shown = |span: Option<&Span>| span.map_or("nothing".to_owned(), |span| span.name.clone());
        let said = format!(
            "{}: below {} instead of {}",
            golden.name,
            shown(our_parent),
            shown(golden_parent)
        );
        self.note(difference, said);
    }

    fn compare_attributes(&mut self, place: &str, golden: &Attributes, ours: &Attributes) {
        for (key, expected) in golden {
            let Some(value) = ours.get(key) else {
                self.note(difference::of_missing(key), format!("{place}: {key} is missing"));
                continue;
            };
            if value.type_name() != expected.type_name() {
                let said = format!(
                    "{place}: {key} is {} instead of {}",
                    value.type_name(),
                    expected.type_name()
                );
                self.note(None, said);
            } else if differs_by_nature(key) {
                if let Some(difference) = difference::of_host(key, value) {
                    self.note(Some(difference), format!("{place}: {key} is a hash"));
                }
            } else if !same(expected, value) {
                let said = format!("{place}: {key} is {value:?} instead of {expected:?}");
                self.note(difference::of_value(key, expected, value), said);
            }
        }
    }

    fn compare_events(&mut self, place: &str, golden: &[Event], ours: &[Event]) {
        let mut expected: Vec<&Event> = golden.iter().collect();
        if golden.len() == ours.len() + 1 {
            let told = |event: &Event| {
                (
                    event.attribute("exception.type").cloned(),
                    event.attribute("exception.message").cloned(),
                )
            };
            expected.dedup_by(|second, first| {
                first.name == "exception" && second.name == "exception" && told(first) == told(second)
            });
            if expected.len() == ours.len() {
                self.note(Some(Difference::OneExceptionEvent), format!("{place}: one exception"));
            }
        }
        if expected.len() != ours.len() {
            self.note(
                None,
                format!("{place}: {} events instead of {}", ours.len(), golden.len()),
            );
            return;
        }
        for (expected, event) in expected.into_iter().zip(ours) {
            let place = format!("{place}: event {}", expected.name);
            if expected.name != event.name {
                self.note(None, format!("{place} is named {}", event.name));
            }
            self.compare_attributes(&place, &expected.attributes, &event.attributes);
            for key in event
                .attributes
                .keys()
                .filter(|key| !expected.attributes.contains_key(key))
            {
                self.note(None, format!("{place}: {key} is not in the capture"));
            }
        }
    }

    fn compare_resource(&mut self, golden: &Attributes) {
        let Some(ours) = self.ours.first() else { return };
        if *golden != *ours.resource {
            self.note(
                difference::of_resource(&ours.resource),
                format!("resource: {:?}", ours.resource),
            );
        }
    }

    fn verdict(mut self, expected: &[Difference]) -> Result<(), String> {
        for difference in &self.found {
            if !expected.contains(difference) {
                let place = self.places.get(difference).map_or("", String::as_str);
                self.defects
                    .push(format!("{difference:?} is not expected here: {place}"));
            }
        }
        for difference in expected {
            if !self.found.contains(difference) {
                self.defects
                    .push(format!("{difference:?} is expected here and does not occur"));
            }
        }
        if self.defects.is_empty() {
            Ok(())
        } else {
            Err(self.defects.join("\n"))
        }
    }
}

/// What a span is recognised by in the other run.
fn signature(span: &Span) -> String {
    match span.text("gen_ai.request.type") {
        Some(kind) if is_model_call(span) => format!("a {kind} call"),
        _ => span.name.clone(),
    }
}

fn parent<'a>(span: &Span, spans: &[&'a Span]) -> Option<&'a Span> {
    let id = span.parent_span_id.as_ref()?;
    spans
        .iter()
        .find(|other| other.span_id == *id && other.trace_id == span.trace_id)
        .copied()
}

fn is_orphan(span: &Span, spans: &[&Span]) -> bool {
    span.parent_span_id.is_some() && parent(span, spans).is_none()
}

/// The same value; texts that are both JSON objects or lists are compared as JSON.
fn same(golden: &Value, ours: &Value) -> bool {
    let structure = |value: &Value| {
        let json: Json = serde_json::from_str(value.as_str()?).ok()?;
        (json.is_object() || json.is_array()).then_some(json)
    };
    match (structure(golden), structure(ours)) {
        (Some(golden), Some(ours)) => golden == ours,
        _ => golden == ours,
    }
}
