//! Spans by hand: what a program or a library says, and what the wire shows.

mod content;
mod idempotent;
mod keys;
mod kinds;
mod libraries;
mod llm;
mod messages;
mod providers;
mod rig;
mod session;
mod span;
mod spellings;
mod status;
mod usage;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::{
    Level, Metadata,
    callsite::{Callsite, Identifier},
    field::FieldSet,
    metadata::Kind,
    subscriber::Interest,
};

use super::{classify, map, translate};
use crate::{
    clock::Start,
    config::{Content, Semconv},
    hierarchy::{AgentNode, Lineage, SpanId, Trace, TraceId, TraceRoot},
    kind::EntityKind,
    policy::pricing::Prices,
    policy::{
        Policy,
        limits::Limits,
        redact::{CredentialRedactor, Guarded},
    },
    record::{EventRecord, Failure, Fields, Key, KindSource, Origin, Say, SpanRecord},
    semconv::wire::{AttributeSet, Class, WireSpan, WireStatus, WireValue},
};

/// Bytes of one text, as the caller's thread caps it.
const CAP: usize = 1 << 20;

struct TestCallsite;
static CALLSITE: TestCallsite = TestCallsite;

impl Callsite for TestCallsite {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        unreachable!("nobody asks a callsite that was never registered")
    }
}

/// A span's callsite, as a macro would make it.
fn callsite(name: &'static str) -> &'static Metadata<'static> {
    let fields = FieldSet::new(&[], Identifier(&CALLSITE));
    Box::leak(Box::new(Metadata::new(
        name,
        "tests",
        Level::INFO,
        None,
        None,
        None,
        fields,
        Kind::SPAN,
    )))
}

/// A closed span on its way to the wire.
struct Span {
    record: SpanRecord,
    lineage: Lineage,
    policy: Policy,
}

/// A span below the root of a trace that has no session.
fn span(name: &'static str) -> Span {
    let start = Start {
        unix_nanos: 1_000,
        at: Instant::now(),
    };
    Span {
        record: SpanRecord::new(callsite(name), start),
        lineage: Lineage {
            span_id: SpanId(2),
            parent: Some(SpanId(1)),
            parent_is_remote: false,
            trace: Arc::new(Trace::new(TraceId(7), SpanId(1), TraceRoot::Bare, true)),
            agent: None,
            links: Vec::new(),
        },
        policy: Policy {
            content: Content::All,
            redactor: Arc::new(Guarded::new(Arc::new(CredentialRedactor))),
            limits: Limits::default(),
            semconv: Semconv::AgentOps,
            prices: Prices::default(),
            tags: Vec::new(),
            dict_tags: Vec::new(),
            error_events_to_status: true,
            session_attributes: Arc::default(),
        },
    }
}

/// A span that the program marked with `agentops.kind`.
fn marked(name: &'static str, kind: EntityKind) -> Span {
    span(name)
        .text("agentops.kind", kind.as_str())
        .settled(kind, KindSource::AgentOps)
}

/// A call of a model, recognised by its operation.
fn chat() -> Span {
    span("chat")
        .text("gen_ai.operation.name", "chat")
        .settled(EntityKind::Llm, KindSource::GenAiOperation)
}

impl Span {
    fn say(mut self, key: &'static str, value: Say<'_>) -> Self {
        self.record.fields.set(key, value, CAP);
        self
    }

    fn text(self, key: &'static str, text: &str) -> Self {
        self.say(key, Say::Text(text, Origin::Str))
    }

    fn json(self, key: &'static str, text: &str) -> Self {
        self.say(key, Say::Text(text, Origin::Json))
    }

    fn int(self, key: &'static str, n: i64) -> Self {
        self.say(key, Say::I64(n))
    }

    fn debug(mut self, key: &'static str, value: &dyn std::fmt::Debug) -> Self {
        self.record.fields.set_formatted(key, format_args!("{value:?}"), CAP);
        self
    }

    fn cut_text(mut self, key: &'static str, text: &str) -> Self {
        self.record
            .fields
            .set(key, Say::Text(&format!("{text}!"), Origin::Str), text.len());
        self
    }

    fn settled(mut self, kind: EntityKind, source: KindSource) -> Self {
        self.record.kind = Some((kind, source));
        self
    }

    fn below_agent(mut self, name: &str) -> Self {
        self.lineage.agent = Some(Arc::new(AgentNode::new(name)));
        self
    }

    /// At the root of a trace of this kind.
    fn at_root(self, root: TraceRoot) -> Self {
        self.at(root, 1, None)
    }

    /// Right below the root of a trace of this kind.
    fn below_root(self, root: TraceRoot) -> Self {
        self.at(root, 2, Some(1))
    }

    fn at(mut self, root: TraceRoot, id: u64, parent: Option<u64>) -> Self {
        self.lineage.trace = Arc::new(Trace::new(TraceId(7), SpanId(1), root, true));
        self.lineage.span_id = SpanId(id);
        self.lineage.parent = parent.map(SpanId);
        self
    }

    fn told(self, change: impl FnOnce(&mut crate::hierarchy::TraceFacts)) -> Self {
        self.lineage.trace.tell(change);
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    fn semconv(self, semconv: Semconv) -> Self {
        self.with(|policy| policy.semconv = semconv)
    }

    fn failed(mut self, type_name: Option<&'static str>, message: &str, chain: Option<&str>) -> Self {
        self.record.fail(Failure {
            at: self.after(50),
            type_name: type_name.map(Into::into),
            message: message.to_owned(),
            chain: chain.map(str::to_owned),
        });
        self
    }

    fn event(mut self, level: Level, millis: u64, fields: &[(&'static str, &str)]) -> Self {
        let mut said = Box::<Fields>::default();
        for (key, value) in fields {
            said.set(*key, Say::Text(value, Origin::Str), CAP);
        }
        let at = self.after(millis);
        let event = EventRecord {
            at,
            name: "event src/main.rs:1".into(),
            level,
            fields: said,
            error_chain: None,
        };
        self.record.add_event(event, true);
        self
    }

    fn after(&self, millis: u64) -> Instant {
        self.record.start.at + Duration::from_millis(millis)
    }

    /// The whole of what was said, before policy.
    fn map(&self) -> WireSpan {
        translate(&self.record, &self.lineage, &self.policy)
    }

    fn attributes(&self) -> AttributeSet {
        self.map().attributes
    }
}

impl AttributeSet {
    fn str(&self, key: &str) -> &str {
        self.get_str(key)
            .unwrap_or_else(|| panic!("no text {key:?} among {:#?}", self.keys()))
    }

    fn keys(&self) -> Vec<&str> {
        self.iter().map(|attribute| &*attribute.key).collect()
    }

    fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    fn class(&self, key: &str) -> Class {
        self.iter()
            .find(|attribute| attribute.key == key)
            .unwrap_or_else(|| panic!("no {key:?}"))
            .class
    }

    fn below(&self, prefix: &str) -> Vec<&str> {
        self.keys().into_iter().filter(|key| key.starts_with(prefix)).collect()
    }
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text:?} is no JSON: {error}"))
}
