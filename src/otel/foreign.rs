//! [`Foreign`]: what the second door tells the pipeline thread about spans that OpenTelemetry made.

use std::{borrow::Cow, time::SystemTime};

use opentelemetry::trace::{SpanId as OtelSpanId, Status};
use opentelemetry_sdk::trace::SpanData;

use crate::{
    hierarchy::{Parent, SpanId, TraceId, agent_name, unquoted},
    kind::EntityKind,
    record::SpanRecord,
    semconv::gen_ai,
};

/// What happened to a span of OpenTelemetry.
#[derive(Debug)]
pub(crate) enum Foreign {
    Started(Box<Started>),
    /// One that does not concern us; spans below it may.
    Ended(Ended),
    /// One that is to be exported.
    Span(Box<SpanData>),
}

/// A span and its parent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ids {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    pub(crate) parent: Option<SpanId>,
    /// The parent is in another process.
    pub(crate) remote: bool,
}

impl Ids {
    pub(crate) fn of(span: &SpanData) -> Self {
        let parent = span.parent_span_id;
        Self {
            trace: TraceId(u128::from_be_bytes(span.span_context.trace_id().to_bytes())),
            span: span_id(span.span_context.span_id()),
            parent: (parent != OtelSpanId::INVALID).then(|| span_id(parent)),
            remote: span.parent_span_is_remote,
        }
    }
}

fn span_id(id: OtelSpanId) -> SpanId {
    SpanId(u64::from_be_bytes(id.to_bytes()))
}

/// A span that began.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) ids: Ids,
    /// Recording was switched on.
    pub(crate) recorded: bool,
    /// The name of one without a parent in this process: a session may be named after it.
    pub(crate) name: Option<Cow<'static, str>>,
    /// The [`Session`](crate::Session) that its thread is inside of.
    pub(crate) session: Option<Parent>,
    /// What it stands for, as far as was said; `None` where it does not concern us.
    pub(crate) meant: Option<Meant>,
    /// What one that is a session said of itself.
    pub(crate) said: Option<Box<SpanRecord>>,
}

/// What a span stands for, as far as spans below it have to know.
#[derive(Debug)]
pub(crate) struct Meant {
    pub(crate) kind: Option<EntityKind>,
    /// The agent that it is, or that it says it works for.
    pub(crate) agent: Option<Box<str>>,
}

impl Meant {
    pub(crate) fn of(record: &SpanRecord) -> Self {
        let kind = record.kind.map(|(kind, _)| kind);
        let agent = if kind == Some(EntityKind::Agent) {
            Some(agent_name(record).into())
        } else {
            record
                .fields
                .get_text(gen_ai::AGENT_NAME)
                .map(|name| unquoted(name).into())
        };
        Self { kind, agent }
    }
}

/// A span that ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) ids: Ids,
    /// Nanoseconds since the Unix epoch.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) failed: bool,
}

impl Ended {
    pub(crate) fn of(span: &SpanData) -> Self {
        Self {
            ids: Ids::of(span),
            start: unix_nanos(span.start_time),
            end: unix_nanos(span.end_time),
            failed: matches!(span.status, Status::Error { .. }),
        }
    }
}

/// Nanoseconds since the Unix epoch.
pub(super) fn unix_nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
