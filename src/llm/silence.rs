//! [`Gathering`] where nobody records: there is none.

use std::{convert::Infallible, fmt};

use serde::Serialize;
use tracing::Span;

/// What a model says; without the feature `export` nobody wants to know.
#[derive(Debug)]
pub(super) struct Gathering(Infallible);

impl Gathering {
    pub(super) fn of(_: &Span) -> Option<Box<Self>> {
        None
    }

    pub(super) fn chunk(&mut self) {
        match self.0 {}
    }

    pub(super) fn text(&mut self, _: &str) {
        match self.0 {}
    }

    pub(super) fn reasoning(&mut self, _: &str) {
        match self.0 {}
    }

    pub(super) fn tool_call(&mut self, _: u64, _: Option<&str>, _: Option<&str>, _: &str) {
        match self.0 {}
    }

    pub(super) fn whole_tool_call<T: Serialize + ?Sized>(&mut self, _: Option<&str>, _: &str, _: &T) {
        match self.0 {}
    }

    pub(super) fn finish_reason(&mut self, _: &str) {
        match self.0 {}
    }

    pub(super) fn raw_request<T: Serialize + ?Sized>(&mut self, _: &T) {
        match self.0 {}
    }

    pub(super) fn raw_response<T: Serialize + ?Sized>(&mut self, _: &T) {
        match self.0 {}
    }

    #[expect(clippy::extra_unused_type_parameters, reason = "as where something is gathered")]
    pub(super) fn failed<E: ?Sized>(&mut self, _: &dyn fmt::Display, _: Option<&(dyn std::error::Error + 'static)>) {
        match self.0 {}
    }

    pub(super) fn has_failed(&self) -> bool {
        match self.0 {}
    }

    #[expect(clippy::boxed_local, reason = "as where something is gathered")]
    pub(super) fn tell(self: Box<Self>, _: Option<bool>) {
        match self.0 {}
    }
}
