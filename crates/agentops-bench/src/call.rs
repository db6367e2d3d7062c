//! [`Call`]: functions with an attribute of ours, and the same functions with `#[instrument]`.

use std::{
    fmt::Error,
    hint::black_box,
    pin::pin,
    sync::LazyLock,
    task::{Context, Poll, Waker},
};

use serde::Serialize;
use tracing::instrument;

/// A function to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Takes a text and a number, gives a number.
    Scalars,
    /// Takes a struct, gives a `Result`.
    Result,
    /// Is async.
    Async,
}

impl Call {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Scalars, Self::Result, Self::Async];

    /// Calls the one with `#[agentops::tool]`, `times` times.
    pub(crate) fn decorated(self, times: u32) {
        let filter: &Filter = &FILTER;
        (0..times).for_each(|_| match self {
            Self::Scalars => _ = black_box(decorated::scalars(black_box("rust"), 5)),
            Self::Result => _ = black_box(decorated::result(black_box("rust"), filter)),
            Self::Async => _ = black_box(now(decorated::later(black_box("rust"), 5))),
        });
    }

    /// Makes JSON of what the one with `#[agentops::tool]` does, `times` times: of what is neither a text nor a number.
    pub(crate) fn json(self, times: u32) {
        let filter: &Filter = &FILTER;
        if self == Self::Result {
            (0..times).for_each(|_| _ = black_box(serde_json::to_string(black_box(filter))));
        }
    }

    /// Calls the one with `#[instrument]`, `times` times.
    pub(crate) fn instrumented(self, times: u32) {
        let filter: &Filter = &FILTER;
        (0..times).for_each(|_| match self {
            Self::Scalars => _ = black_box(instrumented::scalars(black_box("rust"), 5)),
            Self::Result => _ = black_box(instrumented::result(black_box("rust"), filter)),
            Self::Async => _ = black_box(now(instrumented::later(black_box("rust"), 5))),
        });
    }
}

/// An argument that is a struct.
#[derive(Debug, Serialize)]
struct Filter {
    words: Vec<String>,
    exact: bool,
}

static FILTER: LazyLock<Filter> = LazyLock::new(|| Filter {
    words: vec!["a".to_owned(), "b".to_owned()],
    exact: true,
});

mod decorated {
    use super::{Error, Filter, black_box};

    #[agentops::tool]
    #[inline(never)]
    pub(super) fn scalars(query: &str, limit: usize) -> usize {
        black_box(query).len() + limit
    }

    #[agentops::tool]
    #[inline(never)]
    pub(super) fn result(query: &str, filter: &Filter) -> Result<usize, Error> {
        super::search(query, filter)
    }

    #[agentops::tool]
    pub(super) async fn later(query: &str, limit: usize) -> usize {
        black_box(query).len() + limit
    }
}

mod instrumented {
    use super::{Error, Filter, black_box, instrument};

    #[instrument(fields(agentops.kind = "tool"), ret)]
    #[inline(never)]
    pub(super) fn scalars(query: &str, limit: usize) -> usize {
        black_box(query).len() + limit
    }

    #[instrument(fields(agentops.kind = "tool"), ret, err)]
    #[inline(never)]
    pub(super) fn result(query: &str, filter: &Filter) -> Result<usize, Error> {
        super::search(query, filter)
    }

    #[instrument(fields(agentops.kind = "tool"), ret)]
    pub(super) async fn later(query: &str, limit: usize) -> usize {
        black_box(query).len() + limit
    }
}

fn search(query: &str, filter: &Filter) -> Result<usize, Error> {
    let found = black_box(query).len() + filter.words.len();
    if filter.exact { Ok(found) } else { Err(Error) }
}

fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
