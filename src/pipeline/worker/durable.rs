//! The durable spool's side of the loop: what ended is on disk before it is sent, and what is open is noted there.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{DRAIN_EVERY, Worker};
use crate::{
    attributes,
    clock::Clock,
    config::{Config, EndState},
    hierarchy::{Lineage, SpanId, Trace, TraceId, TraceRoot, TracedSpan, session_callsite},
    kind::EntityKind,
    otel,
    policy::{Policy, redact::CredentialRedactor},
    record::{KindSource, Origin, Say, SpanRecord},
    semconv::{
        agentops::{self, field},
        gen_ai,
    },
};

/// How soon what ended is on disk, or nearly so: a span has been there for a while when it is a tenth of a second old.
const DURABLE_EVERY: Duration = Duration::from_millis(20);

/// What the status of a span says whose process ended.
const PROCESS_ENDED: &str = "process ended";

/// Spans that began or ended since the disk was told.
#[derive(Debug, Default)]
pub(super) struct OpenSpans {
    opened: HashMap<SpanId, Box<TracedSpan>>,
    closed: Vec<u64>,
}

impl OpenSpans {
    pub(super) fn open(&mut self, span: Box<TracedSpan>) {
        self.opened.insert(span.lineage.span_id, span);
    }

    /// A span that ended so soon that nobody was told of it needs not be told of at all.
    pub(super) fn close(&mut self, id: SpanId) {
        if self.opened.remove(&id).is_none() {
            self.closed.push(id.0);
        }
    }
}

impl Worker {
    /// Looks for what waits on disk. With a durable spool it also does everything once that takes its time only once:
    /// what ends from now on is on disk soon.
    pub(in crate::pipeline) fn get_ready(&mut self) {
        self.delivery.tend();
        if !self.delivery.is_durable() {
            return;
        }
        // The program's own redactor is not shown a span that it did not make.
        let config = Config {
            redactor: Arc::new(CredentialRedactor),
            ..Config::clone(&self.config)
        };
        let policy = Policy::new(&config);
        let mut record = SpanRecord::new(session_callsite(), Clock::System.start());
        for (key, text) in [
            (gen_ai::SYSTEM, "openai"),
            (gen_ai::REQUEST_MODEL, "gpt-4o"),
            (
                agentops::ERROR_MESSAGE,
                "password=? https://user:?@host Bearer ? -----BEGIN",
            ),
        ] {
            record
                .fields
                .set(key, Say::Text(text, Origin::Str), config.attribute_value_length);
        }
        record.fields.set(gen_ai::USAGE_INPUT_TOKENS, Say::U64(1), 0);
        record.kind = Some((EntityKind::Llm, KindSource::AgentOps));
        let (start, end) = (record.start, record.start.at);
        let (span_id, trace) = (SpanId(1), Trace::new(TraceId(1), SpanId(1), TraceRoot::Bare, true));
        let lineage = Lineage {
            span_id,
            parent: None,
            parent_is_remote: false,
            trace: Arc::new(trace),
            agent: None,
            links: Vec::new(),
        };
        let wire = attributes::map(&record, &lineage, &policy);
        self.delivery.warm_up(otel::span::build(wire, &lineage, &start, end));
    }

    pub(super) fn drain_every(&self) -> Duration {
        if self.delivery.is_durable() {
            DURABLE_EVERY
        } else {
            DRAIN_EVERY
        }
    }

    /// Spans that wait for a batch to be full.
    pub(super) fn batch_len(&self) -> usize {
        self.batch.len() + self.delivery.gathered_spans()
    }

    /// As [`persist`](Self::persist), where the last time was long ago: what came first must not wait for all that
    /// came with it.
    pub(super) fn persist_in_time(&mut self) {
        if self.delivery.is_durable() && self.persisted.elapsed() >= DURABLE_EVERY {
            self.persist();
        }
    }

    /// Writes what ended and what began to disk, with a durable spool. What ended goes first: a note that is taken back
    /// before its span is written could leave neither.
    pub(super) fn persist(&mut self) {
        if !self.delivery.is_durable() {
            return;
        }
        self.persisted = Instant::now();
        if !self.batch.is_empty() {
            self.batch_bytes = 0;
            self.delivery.gather(std::mem::take(&mut self.batch));
        }
        let OpenSpans { opened, closed } = std::mem::take(&mut self.open);
        if opened.is_empty() && closed.is_empty() {
            return;
        }
        let cap = self.config.attribute_value_length;
        let opened = opened.into_values().map(|mut span| {
            end_with_process(&mut span.record, cap);
            let wire = attributes::map(&span.record, &span.lineage, &self.policy);
            let data = otel::span::build(wire, &span.lineage, &span.record.start, span.end);
            (span.lineage.span_id.0, data)
        });
        let opened = opened.collect();
        self.delivery.note(opened, &closed);
    }
}

/// How the next process reports a span that is open when this one ends.
fn end_with_process(record: &mut SpanRecord, cap: usize) {
    let fields = &mut record.fields;
    let said = if record.kind.is_some_and(|(kind, _)| kind == EntityKind::Session) {
        [
            (field::END_STATE, EndState::Fail.as_str()),
            (field::END_REASON, PROCESS_ENDED),
        ]
    } else {
        [
            (field::OTEL_STATUS_CODE, "ERROR"),
            (field::OTEL_STATUS_DESCRIPTION, PROCESS_ENDED),
        ]
    };
    fields.set(agentops::PROCESS_ENDED, Say::Bool(true), cap);
    for (key, text) in said {
        fields.set(key, Say::Text(text, Origin::Str), cap);
    }
}
