//! The methods where spans are recorded. The slot is found through the registry, which works where the layer itself
//! cannot be found: behind `Box<dyn Layer>`, `Filtered` and `reload`.

use std::sync::{Arc, atomic::Ordering};

use opentelemetry::propagation::{Extractor, Injector};
use serde::Serialize;
use tracing::{Level, Span};
use tracing_subscriber::{Registry, registry::LookupSpan};

use super::AgentOpsSpanExt;
use crate::{
    cause::cause_of,
    error::AlreadyObserved,
    hierarchy::{Recorded, Recorder, Slot},
    layer::{extensions_mut, source_chain},
    propagation,
    record::{EventRecord, Failure, Fields, Key, Origin, Said, Say},
    semconv::{agentops::field, gen_ai},
    usage::Usage,
};

impl AgentOpsSpanExt for Span {
    fn record_input<T: Serialize + ?Sized>(&self, input: &T) {
        record_content(self, field::INPUT, input);
    }

    fn record_output<T: Serialize + ?Sized>(&self, output: &T) {
        record_content(self, field::OUTPUT, output);
    }

    fn record_attribute(&self, key: impl Into<String>, value: impl Serialize) {
        if let Some(recorder) = recorder(self) {
            let said = Said::serialize(&value, recorder.value_cap);
            let key = key.into();
            say(self, |fields, cap| fields.set(Key::Told(&key), said.say(), cap));
        }
    }

    fn record_usage(&self, usage: &Usage) {
        let Usage {
            input,
            output,
            cache_read,
            cache_creation,
            reasoning,
        } = *usage;
        say(self, |fields, cap| {
            fields.set(gen_ai::USAGE_INPUT_TOKENS, Say::U64(input), cap);
            fields.set(gen_ai::USAGE_OUTPUT_TOKENS, Say::U64(output), cap);
            let parts = [
                (gen_ai::USAGE_CACHE_READ, cache_read),
                (gen_ai::USAGE_CACHE_CREATION, cache_creation),
                (gen_ai::USAGE_REASONING_OUTPUT, reasoning),
            ];
            for (key, tokens) in parts {
                if let Some(tokens) = tokens {
                    fields.set(key, Say::U64(tokens), cap);
                }
            }
        });
    }

    fn record_error<E: std::error::Error + ?Sized>(&self, error: &E) {
        let Some(recorder) = recorder(self) else { return };
        let mut message = Fields::default();
        message.set_formatted("message", format_args!("{error}"), recorder.value_cap);
        let chain = cause_of(error).and_then(|cause| source_chain(cause, recorder.value_cap));
        with_slots(self, |slot| {
            slot.change(|record, at| {
                record.fail(Failure {
                    at,
                    type_name: type_name::<E>(),
                    message: message.get_text("message").unwrap_or_default().to_owned(),
                    chain: chain.clone(),
                });
            });
        });
    }

    fn record_evaluation<'a>(
        &self,
        name: &str,
        value: f64,
        label: impl Into<Option<&'a str>>,
        explanation: impl Into<Option<&'a str>>,
    ) {
        let texts = [
            (gen_ai::EVALUATION_SCORE_LABEL, label.into()),
            (gen_ai::EVALUATION_EXPLANATION, explanation.into()),
        ];
        with_slots(self, |slot| {
            let cap = slot.recorder.value_cap;
            let mut fields = Box::<Fields>::default();
            fields.set(gen_ai::EVALUATION_NAME, Say::Text(name, Origin::Str), cap);
            fields.set(gen_ai::EVALUATION_SCORE_VALUE, Say::F64(value), cap);
            for (key, text) in texts {
                if let Some(text) = text {
                    fields.set(key, Say::Text(text, Origin::Str), cap);
                }
            }
            let has_room = slot.recorder.has_room();
            slot.change(|record, at| {
                let event = EventRecord {
                    at,
                    name: gen_ai::EVALUATION_RESULT.into(),
                    level: Level::INFO,
                    fields,
                    error_chain: None,
                };
                record.add_event(event, has_room);
            });
        });
    }

    fn trace_id(&self) -> Option<String> {
        ids(self).map(|(trace, _, _)| trace.to_string())
    }

    fn span_id(&self) -> Option<String> {
        ids(self).map(|(_, span, _)| span.to_string())
    }

    fn set_remote_parent(&self, carrier: &dyn Extractor) -> Result<(), AlreadyObserved> {
        let Some(parent) = propagation::extract(carrier) else {
            return Ok(());
        };
        let mut observed = false;
        with_slots(self, |slot| {
            if slot.observed.load(Ordering::Relaxed) {
                observed = true;
            } else {
                slot.continue_trace(parent.span);
                slot.lineage().trace.tell(|facts| parent.tell(facts));
            }
        });
        if observed { Err(AlreadyObserved::new()) } else { Ok(()) }
    }

    fn inject(&self, carrier: &mut dyn Injector) {
        let facts = with_recorded(self, |recorded| Some(recorded.first()?.lineage().trace.facts()));
        if let (Some((trace_id, span_id, sampled)), Some(Some(facts))) = (ids(self), facts) {
            propagation::inject(trace_id, span_id, sampled, &facts, carrier);
        }
    }
}

fn ids(span: &Span) -> Option<(crate::hierarchy::TraceId, crate::hierarchy::SpanId, bool)> {
    with_recorded(span, |recorded| {
        let slot = recorded.first()?;
        slot.observed.store(true, Ordering::Relaxed);
        let lineage = slot.lineage();
        Some((lineage.trace.id, lineage.span_id, lineage.trace.sampled))
    })?
}

/// Says an input or an output, unless no content leaves anyway.
pub(crate) fn record_content<T: Serialize + ?Sized>(span: &Span, key: &'static str, value: &T) {
    if let Some(recorder) = recorder(span)
        && recorder.captures_content
    {
        let said = Said::serialize(value, recorder.value_cap);
        say(span, |fields, cap| fields.set(key, said.say(), cap));
    }
}

fn say(span: &Span, mut said: impl FnMut(&mut Fields, usize)) {
    with_slots(span, |slot| {
        let cap = slot.recorder.cap();
        slot.change(|record, _| said(&mut record.fields, cap));
    });
}

/// The recorder of a span that is being recorded.
pub(super) fn recorder(span: &Span) -> Option<Arc<Recorder>> {
    with_recorded(span, |recorded| {
        let mut open = recorded.slots_mut().filter(|slot| slot.record().is_some());
        open.next().map(|slot| Arc::clone(&slot.recorder))
    })?
}

pub(super) fn with_slots(span: &Span, mut with: impl FnMut(&mut Slot)) {
    with_recorded(span, |recorded| recorded.slots_mut().for_each(&mut with));
}

/// What our layers know about a span. `with` runs while the span's extensions are locked: no code of the host.
pub(crate) fn with_recorded<T>(span: &Span, with: impl FnOnce(&mut Recorded) -> T) -> Option<T> {
    span.with_subscriber(|(id, dispatch)| {
        let span = dispatch.downcast_ref::<Registry>()?.span(id)?;
        let mut extensions = extensions_mut(&span)?;
        Some(with(extensions.get_mut::<Recorded>()?))
    })?
}

/// The last segment of an error's type; nothing of a trait object or a text, which tell none.
pub(super) fn type_name<E: ?Sized>() -> Option<std::borrow::Cow<'static, str>> {
    let full = std::any::type_name::<E>();
    if full.starts_with("dyn ") || full.starts_with('&') || full == std::any::type_name::<String>() {
        return None;
    }
    let plain = full.split('<').next().unwrap_or(full);
    Some(plain.rsplit("::").next().unwrap_or(plain).into())
}

/// The span ends no earlier than now.
pub(crate) fn touch(span: &Span) {
    with_slots(span, |slot| slot.change(|_, _| ()));
}
