//! [`Display`]: what a user of the AgentOps dashboard sees of spans.
//!
//! The rules are facts about AgentOps' open server and dashboard (March 2026), restated. Left out are the rules for
//! spans of the frameworks that the dashboard knows by name (`CrewAI`'s tasks, Google's ADK, AG2, Agno).

use agentops::testing::{Span, StatusCode};
use serde_json::Value as Json;

use super::{
    message::{Message, ToolView, messages, tool_view},
    metrics::Metrics,
    nested::{at, lost_keys, nest, text, truthy},
};

/// What a user of the dashboard sees.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Display {
    /// The rows of the session list, in the order of their starts.
    pub(crate) sessions: Vec<Session>,
    /// The bars of the waterfall, in the order of their starts.
    pub(crate) bars: Vec<Bar>,
    pub(crate) llm_calls: usize,
    pub(crate) tool_calls: usize,
    pub(crate) errors: usize,
    /// The names on the cards of the agents' tab.
    pub(crate) agent_cards: Vec<String>,
    pub(crate) tokens: Tokens,
    /// USD; `None` where the header shows none.
    pub(crate) cost: Option<f64>,
    pub(crate) models: Vec<String>,
    /// The first span's tags.
    pub(crate) tags: Vec<String>,
    pub(crate) counts: StatusCounts,
    /// The first span's name and `instrumentation.version`.
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) warnings: Vec<Warning>,
    /// Span names and keys whose values the server loses.
    pub(crate) lost: Vec<(String, String)>,
}

/// A row of the session list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Session {
    pub(crate) trace_id: String,
    pub(crate) name: String,
    pub(crate) tags: Vec<String>,
    pub(crate) spans: usize,
    pub(crate) errors: usize,
    /// The list takes a trace for what its span that started last was.
    pub(crate) status: StatusCode,
    /// From the start of the first to the start of the last span.
    pub(crate) duration_nanos: u64,
}

/// A bar of the waterfall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) name: String,
    /// `session agent operation task workflow tool llm error other`: its colour.
    pub(crate) kind_type: String,
    pub(crate) status: StatusCode,
    /// The text on the bar of an error.
    pub(crate) error: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) prompt: u64,
    pub(crate) completion: u64,
    pub(crate) total: u64,
}

/// How many spans count as what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StatusCounts {
    pub(crate) success: usize,
    pub(crate) fail: usize,
    pub(crate) indeterminate: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Warning {
    /// "Unable to calculate cost", on this span.
    UnknownCost(String),
    /// "It looks like AgentOps may not be fully instrumented", on this trace.
    OnlyASession(String),
    /// The tags of this span are no list: the page of the trace fails.
    UnreadableTags(String),
}

impl Display {
    pub(crate) fn of(spans: &[Span]) -> Self {
        let mut spans: Vec<&Span> = spans.iter().collect();
        spans.sort_by_key(|span| span.start_unix_nanos);
        let seen: Vec<Seen<'_>> = spans.iter().map(|span| Seen::new(span)).collect();
        let first = seen.first();
        let counted = |code| spans.iter().filter(|span| span.status.code == code).count();
        Self {
            sessions: sessions(&spans),
            bars: seen.iter().map(Seen::bar).collect(),
            llm_calls: seen.iter().filter(|seen| seen.has("gen_ai")).count(),
            tool_calls: seen.iter().filter(|seen| seen.has("tool")).count(),
            errors: counted(StatusCode::Error),
            agent_cards: unique(seen.iter().filter_map(Seen::agent_card)),
            tokens: tokens(&seen),
            cost: total_cost(&seen),
            models: unique(seen.iter().filter_map(Seen::model)),
            tags: spans.first().and_then(|span| tags(span).ok()).unwrap_or_default(),
            counts: StatusCounts {
                success: counted(StatusCode::Ok),
                fail: counted(StatusCode::Error),
                indeterminate: counted(StatusCode::Unset),
            },
            name: first.map(|seen| seen.span.name.clone()).unwrap_or_default(),
            version: first
                .and_then(|seen| at(&seen.nested, "/instrumentation/version"))
                .map(ToOwned::to_owned),
            warnings: warnings(&seen),
            lost: spans
                .iter()
                .flat_map(|span| lost_keys(span).into_iter().map(|key| (span.name.clone(), key)))
                .collect(),
        }
    }

    /// The lines of the message view of a span.
    pub(crate) fn messages(span: &Span) -> Vec<Message> {
        messages(span)
    }

    /// The tool view of a span.
    pub(crate) fn tool(span: &Span) -> ToolView {
        tool_view(span)
    }

    /// The types of the bars of this name, in order.
    pub(crate) fn types_of(&self, name: &str) -> Vec<&str> {
        self.bars
            .iter()
            .filter(|bar| bar.name == name)
            .map(|bar| bar.kind_type.as_str())
            .collect()
    }
}

/// A span with what the server makes of it.
struct Seen<'a> {
    span: &'a Span,
    nested: Json,
    metrics: Option<Metrics>,
}

impl<'a> Seen<'a> {
    fn new(span: &'a Span) -> Self {
        Self {
            span,
            nested: nest(&span.attributes),
            metrics: Metrics::of(span),
        }
    }

    fn has(&self, key: &str) -> bool {
        truthy(self.nested.get(key))
    }

    /// The name's ending decides, then a `gen_ai` object, then the server's type; an error is an error.
    fn bar(&self) -> Bar {
        const ENDINGS: [&str; 6] = ["session", "agent", "operation", "task", "workflow", "tool"];
        let ending = self.span.name.rsplit_once('.').map(|(_, ending)| ending);
        let by_name = ENDINGS.into_iter().find(|kind| ending == Some(kind));
        let is_error = self.span.is_error();
        let kind_type = match (is_error, by_name) {
            (true, _) => "error",
            (false, Some(kind)) => kind,
            (false, None) => self.type_without_ending(),
        };
        let message = || match self.span.status.message.as_str() {
            "" => "Error".to_owned(),
            message => message.to_owned(),
        };
        Bar {
            name: self.span.name.clone(),
            kind_type: kind_type.to_owned(),
            status: self.span.status.code,
            error: is_error.then(message),
        }
    }

    fn type_without_ending(&self) -> &'static str {
        if self.has("gen_ai") {
            return "llm";
        }
        let server = server_type(&self.nested).unwrap_or("other");
        match at(&self.nested, "/agentops/span/kind") {
            _ if server == "request" => "other",
            Some("tool") => "tool",
            _ if server == "tool" => "tool",
            Some("workflow") => "workflow",
            _ => server,
        }
    }

    /// An agent with an id is shown by its role, everything else that the server types as an agent by its name.
    fn agent_card(&self) -> Option<String> {
        let is_agent = self.span.name.ends_with(".agent");
        if is_agent && at(&self.nested, "/agent/id").is_some() {
            return Some(at(&self.nested, "/agent/role").unwrap_or("Unknown Agent").to_owned());
        }
        let described = truthy(self.nested.pointer("/agent/description"));
        let shown = server_type(&self.nested) == Some("agent") && !described && !self.span.name.ends_with(".workflow");
        at(&self.nested, "/agent/name").filter(|_| shown).map(ToOwned::to_owned)
    }

    fn cost(&self) -> f64 {
        self.metrics.map_or(0.0, |metrics| metrics.cost)
    }

    fn model(&self) -> Option<String> {
        let model = if self.has("gen_ai") {
            ["/gen_ai/response/model", "/gen_ai/request/model", "/gen_ai/system"]
                .into_iter()
                .find_map(|pointer| at(&self.nested, pointer))
        } else {
            at(&self.nested, "/agent/model")
        };
        model
            .map(|model| model.trim().to_owned())
            .filter(|model| !model.is_empty())
    }

    /// A span that looks like a model call and names a model should have a cost.
    fn lacks_cost(&self) -> bool {
        let agent_model = at(&self.nested, "/agent/model").is_some();
        let calls_a_model = self.span.name.contains("llm") || self.has("gen_ai") || agent_model;
        let names_a_model = ["/gen_ai/response/model", "/gen_ai/request/model"]
            .into_iter()
            .any(|pointer| at(&self.nested, pointer).is_some());
        calls_a_model && (names_a_model || agent_model) && self.cost() <= 0.0
    }
}

/// The server's type: the first key among `gen_ai`, `agent` and `tool`, at any depth, in the order of the keys.
fn server_type(nested: &Json) -> Option<&'static str> {
    match nested {
        Json::Object(map) => map.iter().find_map(|(key, below)| match key.as_str() {
            "gen_ai" => Some("request"),
            "agent" => Some("agent"),
            "tool" => Some("tool"),
            _ => server_type(below),
        }),
        Json::Array(list) => list.iter().find_map(server_type),
        _ => None,
    }
}

/// A span's tags: text that is no JSON is none, JSON that is no list of texts breaks the page.
fn tags(span: &Span) -> Result<Vec<String>, ()> {
    let Some(Ok(tags)) = span
        .attribute("agentops.tags")
        .map(|tags| serde_json::from_str::<Json>(&text(tags)))
    else {
        return Ok(Vec::new());
    };
    serde_json::from_value(tags).map_err(|_| ())
}

/// What the header shows, with seven decimals.
fn total_cost(seen: &[Seen<'_>]) -> Option<f64> {
    let cost: f64 = seen.iter().map(Seen::cost).sum();
    Some((cost * 1e7).round() / 1e7).filter(|cost| *cost > 0.0)
}

fn tokens(seen: &[Seen<'_>]) -> Tokens {
    let metrics = || seen.iter().filter_map(|seen| seen.metrics);
    Tokens {
        prompt: metrics().map(|metrics| metrics.prompt).sum(),
        completion: metrics().map(|metrics| metrics.completion).sum(),
        total: metrics().map(|metrics| metrics.total).sum(),
    }
}

fn sessions(spans: &[&Span]) -> Vec<Session> {
    unique(spans.iter().map(|span| span.trace_id.clone()))
        .into_iter()
        .filter_map(|trace_id| {
            let members = || spans.iter().filter(|span| span.trace_id == trace_id);
            let (first, last) = (members().next()?, members().next_back()?);
            Some(Session {
                name: first.name.clone(),
                tags: tags(first).unwrap_or_default(),
                spans: members().count(),
                errors: members().filter(|span| span.is_error()).count(),
                status: last.status.code,
                duration_nanos: last.start_unix_nanos - first.start_unix_nanos,
                trace_id,
            })
        })
        .collect()
}

fn warnings(seen: &[Seen<'_>]) -> Vec<Warning> {
    let alone = |span: &Span| seen.iter().filter(|other| other.span.trace_id == span.trace_id).count() == 1;
    let mut warnings = Vec::new();
    for seen in seen {
        let name = || seen.span.name.clone();
        if seen.lacks_cost() {
            warnings.push(Warning::UnknownCost(name()));
        }
        if seen.span.name.ends_with(".session") && alone(seen.span) {
            warnings.push(Warning::OnlyASession(name()));
        }
        if tags(seen.span).is_err() {
            warnings.push(Warning::UnreadableTags(name()));
        }
    }
    warnings
}

fn unique(texts: impl Iterator<Item = String>) -> Vec<String> {
    texts.fold(Vec::new(), |mut seen, text| {
        if !seen.contains(&text) {
            seen.push(text);
        }
        seen
    })
}
