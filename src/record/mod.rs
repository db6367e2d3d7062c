//! [`SpanRecord`] and [`Fields`]: what was said about one span, and nothing that was made of it.
//!
//! Filled on the caller's thread, so it copies little: keys by reference, all text into one buffer.
//! Meaning is given to it on the pipeline thread (`attributes`).

mod fields;
mod span;

#[cfg(feature = "export")]
pub(crate) use fields::ValueRef;
pub(crate) use fields::{Fields, Key, Origin, Say};
#[cfg(feature = "export")]
pub(crate) use span::EventRecord;
pub(crate) use span::{Failure, KindSource, SpanRecord};
