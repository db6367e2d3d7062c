//! Trees on standard output, one for each trace when its root has ended.

use std::{
    collections::{HashMap, VecDeque},
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use futures_util::{FutureExt, future::BoxFuture};
use opentelemetry_proto::tonic::{
    common::v1::any_value::Value,
    trace::v1::{Span, SpanFlags},
};

use super::{Outcome, Transport};
use crate::{
    export::{
        auth::Token,
        request::EncodedRequest,
        tree::{self, Style},
    },
    kind::EntityKind,
    semconv::agentops::SPAN_KIND,
};

/// Spans that wait for their root. Beyond that the oldest trace is printed as far as it is known.
const MAX_WAITING_SPANS: usize = 10_000;

/// Traces whose late spans are known as such.
const MAX_PRINTED_TRACES: usize = 1_000;

type TraceId = Vec<u8>;

/// Prints trees.
pub(crate) struct Console(Mutex<Printer>);

impl Console {
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        Self(Mutex::new(Printer {
            out,
            open: HashMap::new(),
            order: VecDeque::new(),
            waiting: 0,
            printed: VecDeque::new(),
        }))
    }
}

impl Transport for Console {
    fn send(&self, request: &EncodedRequest, _token: Option<&Token>) -> BoxFuture<'static, Outcome> {
        let outcome = match request.message() {
            Err(reason) => Outcome::Refused { reason },
            Ok(message) => {
                let scopes = message
                    .resource_spans
                    .into_iter()
                    .flat_map(|resource| resource.scope_spans);
                let spans = scopes.flat_map(|scope| scope.spans).collect();
                let printed = self.0.lock().unwrap_or_else(PoisonError::into_inner).take(spans);
                match printed {
                    Ok(()) => Outcome::Delivered,
                    Err(error) => Outcome::Refused {
                        reason: format!("nothing can be printed: {error}"),
                    },
                }
            }
        };
        std::future::ready(outcome).boxed()
    }

    fn close(&self) {
        // The process ends; nobody is left to tell that nothing can be printed.
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).print_rest());
    }
}

struct Printer {
    out: Box<dyn Write + Send>,
    open: HashMap<TraceId, Vec<Span>>,
    /// The open traces, the oldest first.
    order: VecDeque<TraceId>,
    waiting: usize,
    /// The traces that were printed last.
    printed: VecDeque<TraceId>,
}

impl Printer {
    /// Keeps the spans of a request, then prints what is complete: children and root may come in any order.
    fn take(&mut self, spans: Vec<Span>) -> io::Result<()> {
        let mut complete: Vec<TraceId> = Vec::new();
        for span in spans {
            let trace = &span.trace_id;
            let ends = ends_a_trace(&span) || (!self.open.contains_key(trace) && self.printed.contains(trace));
            if ends && !complete.contains(trace) {
                complete.push(trace.clone());
            }
            self.keep(span);
        }
        for trace in complete {
            self.print(&trace)?;
        }
        while self.waiting > MAX_WAITING_SPANS
            && let Some(oldest) = self.order.front().cloned()
        {
            self.print(&oldest)?;
        }
        Ok(())
    }

    fn keep(&mut self, span: Span) {
        self.waiting += 1;
        if let Some(spans) = self.open.get_mut(&span.trace_id) {
            spans.push(span);
        } else {
            self.order.push_back(span.trace_id.clone());
            self.open.insert(span.trace_id.clone(), vec![span]);
        }
    }

    fn print(&mut self, trace: &TraceId) -> io::Result<()> {
        let Some(spans) = self.open.remove(trace) else {
            return Ok(());
        };
        self.order.retain(|open| open != trace);
        self.waiting = self.waiting.saturating_sub(spans.len());
        if !self.printed.contains(trace) {
            if self.printed.len() == MAX_PRINTED_TRACES {
                self.printed.pop_front();
            }
            self.printed.push_back(trace.clone());
        }
        self.out.write_all(tree::draw(&spans, Style::default()).as_bytes())?;
        self.out.flush()
    }

    fn print_rest(&mut self) -> io::Result<()> {
        while let Some(oldest) = self.order.front().cloned() {
            self.print(&oldest)?;
        }
        Ok(())
    }
}

/// The span is the root of its trace, or of the part of it that this process has.
fn ends_a_trace(span: &Span) -> bool {
    let remote = span.flags & SpanFlags::ContextIsRemoteMask as u32 != 0;
    let session = || {
        let kind = span.attributes.iter().find(|attribute| attribute.key == SPAN_KIND);
        let kind = kind.and_then(|attribute| attribute.value.as_ref()?.value.as_ref());
        matches!(kind, Some(Value::StringValue(kind)) if kind == EntityKind::Session.as_str())
    };
    span.parent_span_id.is_empty() || remote || session()
}
