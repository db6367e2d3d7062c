//! [`ObservedStream`]: a stream that is polled inside its span, which ends with it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use pin_project_lite::pin_project;
use tracing::Span;

use super::Notebook;

/// The key under which the items are counted.
const ITEMS: &str = "agentops.stream.items";

/// A stream that will be polled inside `span`; what its items are is not told yet.
#[derive(Debug)]
pub struct Unwatched<S> {
    stream: S,
    span: Span,
}

/// Begins to observe a stream, whose items are named.
#[inline]
pub fn observe_stream<S: Stream<Item = T>, T>(span: Span, stream: S) -> Unwatched<S> {
    Unwatched { stream, span }
}

impl<S: Stream> Unwatched<S> {
    /// The stream, with what looks at each item.
    #[inline]
    pub fn tell<D>(self, each: D) -> ObservedStream<S, D>
    where
        D: FnMut(&Span, &S::Item),
    {
        ObservedStream {
            stream: Some(self.stream),
            watch: Watch {
                span: self.span,
                each,
                items: 0,
                polling: false,
            },
        }
    }
}

pin_project! {
    /// A stream that is polled inside its span, counts its items, and ends the span when it ends or is dropped.
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct ObservedStream<S, D> {
        #[pin]
        stream: Option<S>,
        watch: Watch<D>,
    }

    impl<S, D> PinnedDrop for ObservedStream<S, D> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.stream.is_some() {
                {
                    let _inside = this.watch.span.enter();
                    this.stream.set(None);
                }
                this.watch.ended(false);
            }
        }
    }
}

impl<S, D> Stream for ObservedStream<S, D>
where
    S: Stream,
    D: FnMut(&Span, &S::Item),
{
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        let next = {
            let _inside = this.watch.span.enter();
            this.watch.polling = true;
            let polled = this.stream.as_mut().as_pin_mut().map(|stream| stream.poll_next(cx));
            this.watch.polling = false;
            // A stream that is polled after its end has ended.
            let next = ready!(polled.unwrap_or(Poll::Ready(None)));
            if next.is_none() {
                this.stream.set(None);
            }
            next
        };
        match &next {
            Some(item) => this.watch.item(item),
            None => this.watch.ended(true),
        }
        Poll::Ready(next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}

/// What becomes of the stream.
#[derive(Debug)]
struct Watch<D> {
    span: Span,
    each: D,
    items: u64,
    /// The stream is being polled; it still is after a panic.
    polling: bool,
}

impl<D> Watch<D> {
    fn item<T>(&mut self, item: &T)
    where
        D: FnMut(&Span, &T),
    {
        self.items += 1;
        if !self.span.is_disabled() {
            (self.each)(&self.span, item);
        }
    }

    /// Ends the span, once. Who drops a stream early has seen enough: for a session alone that leaves open how it ended.
    fn ended(&mut self, at_its_end: bool) {
        if let Some(mut notes) = Notebook::of(&self.span).notes(&self.span) {
            notes.count(ITEMS, self.items);
            if at_its_end {
                notes.returned(true);
            } else if !self.polling && !std::thread::panicking() {
                notes.abandoned();
            }
            notes.tell();
        }
        self.span = Span::none();
    }
}
