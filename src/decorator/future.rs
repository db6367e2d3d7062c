//! [`Observed`]: a future that is polled inside its span, which ends with it.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tracing::Span;

use super::{Notebook, Notes, cancelled};

/// A future that will be polled inside `span`; what comes of it is not told yet.
#[derive(Debug)]
pub struct Unwatched<F> {
    future: F,
    span: Span,
}

/// Begins to observe a future. Its output is named, for a signature often tells more of it than the future does.
#[inline]
pub fn observe<F: Future<Output = T>, T>(span: Span, future: F) -> Unwatched<F> {
    Unwatched { future, span }
}

impl<F: Future> Unwatched<F> {
    /// The future, with what tells its result to the span.
    #[inline]
    pub fn tell<D>(self, done: D) -> Observed<F, D>
    where
        D: FnOnce(&mut Notes<'_>, &F::Output),
    {
        Observed {
            future: Some(self.future),
            watch: Watch {
                span: self.span,
                done: Some(done),
                polling: false,
            },
        }
    }
}

pin_project! {
    /// A future that is polled inside its span, tells it its result, and ends it.
    ///
    /// Dropped before it was done, it marks the span as cancelled.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Observed<F, D> {
        // An option, so that what is left of it can be dropped inside the span.
        #[pin]
        future: Option<F>,
        watch: Watch<D>,
    }

    impl<F, D> PinnedDrop for Observed<F, D> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.future.is_some() {
                let _inside = this.watch.span.enter();
                this.future.set(None);
            }
            this.watch.dropped();
        }
    }
}

impl<F, D> Future for Observed<F, D>
where
    F: Future,
    D: FnOnce(&mut Notes<'_>, &F::Output),
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let output = {
            let _inside = this.watch.span.enter();
            this.watch.polling = true;
            let polled = this.future.as_mut().as_pin_mut().map(|future| future.poll(cx));
            this.watch.polling = false;
            // A future that is polled after it was done is never done again.
            let output = ready!(polled.unwrap_or(Poll::Pending));
            this.future.set(None);
            output
        };
        this.watch.done(&output);
        Poll::Ready(output)
    }
}

/// What becomes of the future.
#[derive(Debug)]
struct Watch<D> {
    span: Span,
    /// `None` once the result was told.
    done: Option<D>,
    /// The future is being polled; it still is after a panic.
    polling: bool,
}

impl<D> Watch<D> {
    #[inline]
    fn done<T>(&mut self, output: &T)
    where
        D: FnOnce(&mut Notes<'_>, &T),
    {
        if let Some(done) = self.done.take()
            && let Some(mut notes) = Notebook::of(&self.span).notes(&self.span)
        {
            done(&mut notes, output);
            notes.tell();
        }
        // The span ends with the future, not with whoever keeps it.
        self.span = Span::none();
    }

    fn dropped(&mut self) {
        if self.done.is_some() && !self.polling && !std::thread::panicking() {
            cancelled(&self.span);
        }
    }
}
