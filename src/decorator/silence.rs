//! [`Notes`] where nobody records: there are none.

use std::{convert::Infallible, error::Error, fmt, marker::PhantomData};

use serde::Serialize;
use tracing::Span;

/// Notes about a span that is being recorded; without the feature `export` none is.
#[derive(Debug)]
pub struct Notes<'a> {
    never: Infallible,
    span: PhantomData<&'a Span>,
}

impl Notes<'_> {
    /// Never called.
    pub fn json<T: Serialize + ?Sized>(&mut self, _: &'static str, _: &T) {
        match self.never {}
    }

    /// Never called.
    pub fn debug(&mut self, _: &'static str, _: &dyn fmt::Debug) {
        match self.never {}
    }

    /// Never called.
    pub fn count(&mut self, _: &'static str, _: u64) {
        match self.never {}
    }

    /// Never called.
    pub fn returned(&mut self, _: bool) {
        match self.never {}
    }

    /// Never called.
    pub fn abandoned(&mut self) {
        match self.never {}
    }

    /// Never called.
    pub fn failed<E: ?Sized>(&mut self, _: &dyn fmt::Display, _: Option<&(dyn Error + 'static)>) {
        match self.never {}
    }

    /// Never called.
    pub fn tell(&mut self) {
        match self.never {}
    }
}

/// Where notes come from; without the feature `export` none do.
#[derive(Debug)]
pub struct Notebook;

impl Notebook {
    /// An empty one.
    #[inline]
    pub fn of(_: &Span) -> Self {
        Self
    }

    /// Nothing is recorded.
    #[inline]
    pub fn notes<'a>(&self, _: &'a Span) -> Option<Notes<'a>> {
        None
    }

    /// Nothing is recorded.
    #[inline]
    pub fn content<'a>(&self, _: &'a Span) -> Option<Notes<'a>> {
        None
    }
}
