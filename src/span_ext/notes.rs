//! [`Notes`]: what a decorated call says of itself, gathered outside of every lock and told to its span at once; and the
//! [`Notebook`] that they come from.

use std::{error::Error, fmt, sync::Arc};

use serde::Serialize;
use tracing::Span;

use super::{
    life::end,
    recorded::{recorder, type_name, with_slots},
};
use crate::{
    config::EndState,
    hierarchy::Recorder,
    layer::source_chain,
    record::{Failure, Fields, Said, Say},
};

/// Notes about a span that is being recorded.
#[derive(Debug)]
pub struct Notes<'a> {
    span: &'a Span,
    recorder: Arc<Recorder>,
    said: Fields,
    failure: Option<Failure>,
    /// What the result says of a session.
    end_state: Option<EndState>,
}

/// Whether a span is recorded: that is looked up once for all notes of a call.
#[derive(Debug)]
pub struct Notebook(Option<Arc<Recorder>>);

impl Notebook {
    /// The one of `span`.
    #[inline]
    pub fn of(span: &Span) -> Self {
        Self(if span.is_disabled() { None } else { recorder(span) })
    }

    /// Notes about `span`, whose notebook this is; `None` where it is not recorded.
    #[inline]
    pub fn notes<'a>(&self, span: &'a Span) -> Option<Notes<'a>> {
        let recorder = self.0.as_ref()?;
        Some(Notes::new(span, recorder))
    }

    /// `None` also where no inputs and outputs leave.
    #[inline]
    pub fn content<'a>(&self, span: &'a Span) -> Option<Notes<'a>> {
        let recorder = self.0.as_ref().filter(|recorder| recorder.captures_content)?;
        Some(Notes::new(span, recorder))
    }
}

impl<'a> Notes<'a> {
    fn new(span: &'a Span, recorder: &Arc<Recorder>) -> Self {
        Self {
            span,
            recorder: Arc::clone(recorder),
            said: Fields::default(),
            failure: None,
            end_state: None,
        }
    }

    /// Inputs and outputs leave.
    fn takes_content(&self) -> bool {
        self.recorder.captures_content
    }

    /// An argument, or the result, as JSON.
    pub fn json<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) {
        if self.takes_content() {
            let cap = self.recorder.value_cap;
            Said::told(value, cap, &mut |say| self.said.set(key, say, cap));
        }
    }

    /// The same as its `Debug` writes it.
    pub fn debug(&mut self, key: &'static str, value: &dyn fmt::Debug) {
        if self.takes_content() {
            let cap = self.recorder.value_cap;
            self.said.set_formatted(key, format_args!("{value:?}"), cap);
        }
    }

    /// A number that is no content.
    pub fn count(&mut self, key: &'static str, count: u64) {
        self.said.set(key, Say::U64(count), self.recorder.value_cap);
    }

    /// The function returned a `Result`.
    pub fn returned(&mut self, ok: bool) {
        self.end_state = Some(if ok { EndState::Success } else { EndState::Fail });
    }

    /// It was left before its end.
    pub fn abandoned(&mut self) {
        self.end_state = Some(EndState::Indeterminate);
    }

    /// The error of type `E` that it returned, what it says, and what caused it.
    pub fn failed<E: ?Sized>(&mut self, message: &dyn fmt::Display, cause: Option<&(dyn Error + 'static)>) {
        let cap = self.recorder.value_cap;
        let mut said = Fields::default();
        said.set_formatted("message", format_args!("{message}"), cap);
        self.failure = Some(Failure {
            at: self.recorder.clock.now(),
            type_name: type_name::<E>(),
            message: said.get_text("message").unwrap_or_default().to_owned(),
            chain: cause.and_then(|cause| source_chain(cause, cap)),
        });
    }

    /// Tells it all to the span.
    pub fn tell(&mut self) {
        let Self {
            span,
            recorder,
            said,
            failure,
            end_state,
        } = self;
        let cap = recorder.value_cap;
        with_slots(span, |slot| {
            slot.change(|record, _| {
                record.fields.merge(said);
                if let Some(failure) = failure {
                    record.fail(failure.clone());
                }
                if let Some(state) = end_state {
                    end(record, state, cap);
                }
            });
        });
    }
}
