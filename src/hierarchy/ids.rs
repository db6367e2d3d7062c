//! Trace and span ids, and where they come from.

use std::fmt;
#[cfg(feature = "export")]
use std::sync::atomic::{AtomicU64, Ordering};

/// A trace's id: 128 bits, never zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TraceId(pub(crate) u128);

/// A span's id: 64 bits, never zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SpanId(pub(crate) u64);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where ids come from.
#[cfg(feature = "export")]
#[derive(Debug)]
pub(crate) enum IdSource {
    /// A thread-local generator seeded by the system.
    Random,
    /// 1, 2, 3, ...: the same ids in every run.
    #[cfg_attr(
        not(any(test, feature = "testing")),
        allow(dead_code, reason = "made by `testing` only")
    )]
    Counting(AtomicU64),
}

#[cfg(feature = "export")]
impl IdSource {
    pub(crate) fn trace_id(&self) -> TraceId {
        match self {
            Self::Random => TraceId(fastrand::u128(1..)),
            Self::Counting(next) => TraceId(u128::from(next.fetch_add(1, Ordering::Relaxed) + 1)),
        }
    }

    pub(crate) fn span_id(&self) -> SpanId {
        match self {
            Self::Random => SpanId(fastrand::u64(1..)),
            Self::Counting(next) => SpanId(next.fetch_add(1, Ordering::Relaxed) + 1),
        }
    }
}
