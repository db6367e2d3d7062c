//! Trace and span ids, and where they come from.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::clock::Clock;

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
#[derive(Debug)]
pub(crate) enum IdSource {
    /// A fast generator of the thread's own, and what is added to all that it says. It is seeded by the time since the
    /// machine's start and by the thread's number, which other machines share, and a forked process goes on where its
    /// parent stands.
    Random { salt: u128 },
    /// 1, 2, 3, ...: the same ids in every run.
    #[cfg_attr(
        not(any(test, feature = "testing")),
        allow(dead_code, reason = "made by `testing` only")
    )]
    Counting(AtomicU64),
}

impl IdSource {
    /// Ids that no other handle gives, of this process or of any other.
    pub(crate) fn random() -> Self {
        // Keys of the system's, which a forked process shares with its parent, over what it does not share.
        let (keys, here) = (RandomState::new(), (process::id(), Clock::System.start().unix_nanos));
        let half = |number: u8| u128::from(keys.hash_one((here, number)));
        Self::Random {
            salt: half(0) << 64 | half(1),
        }
    }

    pub(crate) fn trace_id(&self) -> TraceId {
        match self {
            Self::Random { salt } => loop {
                let id = fastrand::u128(..) ^ salt;
                if id != 0 {
                    return TraceId(id);
                }
            },
            Self::Counting(next) => TraceId(u128::from(next.fetch_add(1, Ordering::Relaxed) + 1)),
        }
    }

    pub(crate) fn span_id(&self) -> SpanId {
        match self {
            #[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
            Self::Random { salt } => loop {
                let id = fastrand::u64(..) ^ *salt as u64;
                if id != 0 {
                    return SpanId(id);
                }
            },
            Self::Counting(next) => SpanId(next.fetch_add(1, Ordering::Relaxed) + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_whose_generators_stand_alike_give_other_ids_as_forked_processes_have_them() {
        let ids = |source: &IdSource| {
            fastrand::seed(7);
            (source.trace_id(), source.span_id(), source.span_id())
        };
        let (one, other) = (IdSource::random(), IdSource::random());
        assert_eq!(ids(&one), ids(&one), "the generator stands where it stood");
        let (mine, theirs) = (ids(&one), ids(&other));
        assert!(
            mine.0 != theirs.0 && mine.1 != theirs.1 && mine.2 != theirs.2,
            "{mine:?}"
        );
    }
}
