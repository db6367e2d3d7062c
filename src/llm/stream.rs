//! [`CallStream`]: a stream whose end is the end of a call.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::Streaming;

pin_project! {
    /// A stream that is polled inside of a call and ends it; made by [`Call::observe`](super::Call::observe).
    #[must_use = "streams do nothing unless polled"]
    pub struct CallStream<S, D> {
        // An option, so that what is left of it can be dropped inside the span.
        #[pin]
        stream: Option<S>,
        streaming: Streaming,
        each: D,
    }

    impl<S, D> PinnedDrop for CallStream<S, D> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.stream.is_some() {
                let _inside = this.streaming.span().clone().entered();
                this.stream.set(None);
            }
        }
    }
}

impl<S, D> CallStream<S, D> {
    pub(super) fn new(streaming: Streaming, stream: S, each: D) -> Self {
        Self {
            stream: Some(stream),
            streaming: streaming.counted(),
            each,
        }
    }
}

impl<S: fmt::Debug, D> fmt::Debug for CallStream<S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallStream")
            .field("stream", &self.stream)
            .field("streaming", &self.streaming)
            .finish_non_exhaustive()
    }
}

impl<S, D> Stream for CallStream<S, D>
where
    S: Stream,
    D: FnMut(&mut Streaming, &S::Item),
{
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        let next = {
            let _inside = this.streaming.span().enter();
            let polled = this.stream.as_mut().as_pin_mut().map(|stream| stream.poll_next(cx));
            // A stream that is polled after its end has ended.
            let next = ready!(polled.unwrap_or(Poll::Ready(None)));
            if next.is_none() {
                this.stream.set(None);
            }
            next
        };
        if let Some(item) = &next {
            this.streaming.count();
            (this.each)(this.streaming, item);
        } else {
            this.streaming.finish(true);
        }
        Poll::Ready(next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}
