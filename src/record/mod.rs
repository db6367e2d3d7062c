//! [`SpanRecord`] and [`Fields`]: what was said about one span, and nothing that was made of it.
//!
//! Filled on the caller's thread, so it copies little: keys by reference, all text into one buffer.
//! Meaning is given to it on the pipeline thread (`attributes`).

mod arena;
mod callsite;
mod direct;
mod excerpt;
mod exchange;
mod fields;
mod key;
mod said;
mod span;
mod value;

pub(crate) use arena::floor_char_boundary;
pub(crate) use callsite::{Callsite, CallsiteId, Told};
pub(crate) use excerpt::Excerpt;
pub(crate) use exchange::{Ending, Exchange};
pub(crate) use fields::Fields;
pub(crate) use key::Key;
pub(crate) use said::Said;
pub(crate) use span::{EventRecord, Failure, KindSource, SpanRecord};
pub(crate) use value::{Origin, Say, ValueRef};
