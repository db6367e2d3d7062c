//! [`CapturedBody`]: an answer's body that passes as it arrives, and is told of.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::call::Call;
use crate::record::Ending;

pin_project! {
    /// The body of an answer: what the server sent, frame by frame as it arrives, trailers included.
    #[must_use = "bodies do nothing unless polled"]
    pub struct CapturedBody<B>
    where
        B: Body,
    {
        #[pin]
        inner: B,
        call: Option<Call>,
        // What may be said of an error: its own text may carry the address, and with it a key.
        tell: fn(&B::Error) -> String,
    }
}

impl<B: Body> CapturedBody<B> {
    pub(super) fn new(inner: B, mut call: Option<Call>, tell: fn(&B::Error) -> String) -> Self {
        if inner.is_end_stream()
            && let Some(mut call) = call.take()
        {
            call.end(Ending::Complete);
        }
        Self { inner, call, tell }
    }
}

impl<B: Body + fmt::Debug> fmt::Debug for CapturedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CapturedBody")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl<B: Body<Data = Bytes>> Body for CapturedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.inner.as_mut().poll_frame(cx));
        if let Some(call) = this.call {
            let ending = match &frame {
                Some(Ok(frame)) => {
                    if let Some(piece) = frame.data_ref() {
                        call.chunk(piece);
                    }
                    // Who knows the length does not ask again.
                    this.inner.is_end_stream().then_some(Ending::Complete)
                }
                Some(Err(error)) => Some(Ending::Broken((this.tell)(error))),
                None => Some(Ending::Complete),
            };
            if let Some(ending) = ending {
                call.end(ending);
                *this.call = None;
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
