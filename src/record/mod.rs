//! [`SpanRecord`] and [`Fields`]: what was said about one span, and nothing that was made of it.
//!
//! Filled on the caller's thread, so it copies little: keys by reference, all text into one buffer.
//! Meaning is given to it on the pipeline thread (`attributes`).

mod fields;
mod span;

pub(crate) use fields::{Fields, Key, Origin};
#[cfg(feature = "export")]
pub(crate) use fields::{ValueRef, floor_char_boundary};
#[cfg(feature = "export")]
pub(crate) use span::EventRecord;
pub(crate) use span::{Failure, SpanRecord};
