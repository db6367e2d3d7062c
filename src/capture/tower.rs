//! [`HttpCapture`] as a layer of tower.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::PoisonError,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    CapturedBody, HttpCapture, answer,
    call::{Call, Shared},
    endpoint::{Address, Endpoint},
};
use crate::record::Ending;

impl<S> Layer<S> for HttpCapture {
    type Service = CapturedService<S>;

    fn layer(&self, inner: S) -> CapturedService<S> {
        CapturedService {
            inner,
            capture: self.clone(),
        }
    }
}

/// A service whose calls of models are captured; made by [`HttpCapture`] as a layer of tower.
///
/// It takes what the service below takes: a `reqwest::Request`, or an `http::Request` whose body is made of `Bytes`. The
/// body of an `http::Request` reaches the service below as a [`CapturedRequest`], and that of its answer the program as a
/// [`CapturedBody`].
#[derive(Clone, Debug)]
pub struct CapturedService<S> {
    inner: S,
    capture: HttpCapture,
}

impl<S> CapturedService<S> {
    /// The service below.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S> Service<reqwest::Request> for CapturedService<S>
where
    S: Service<reqwest::Request, Response = reqwest::Response>,
{
    type Response = reqwest::Response;
    type Error = S::Error;
    type Future = CapturedFuture<S::Future, reqwest::Response, reqwest::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: reqwest::Request) -> Self::Future {
        let call = answer::begin(&self.capture.settings, &request);
        CapturedFuture::new(call, || self.inner.call(request), watch_reqwest)
    }
}

impl<S, B, R> Service<http::Request<B>> for CapturedService<S>
where
    S: Service<http::Request<CapturedRequest<B>>, Response = http::Response<R>>,
    B: Body<Data = Bytes>,
    R: Body<Data = Bytes>,
{
    type Response = http::Response<CapturedBody<R>>;
    type Error = S::Error;
    type Future = CapturedFuture<S::Future, http::Response<R>, Self::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let mut call = self.begin(&request);
        let kept = call.as_mut().and_then(Call::share_request);
        let request = request.map(|inner| CapturedRequest { inner, kept });
        CapturedFuture::new(call, || self.inner.call(request), watch_http)
    }
}

impl<S> CapturedService<S> {
    /// Begins to watch a request, if it is one to a model and recorded.
    fn begin<B>(&self, request: &http::Request<B>) -> Option<Call> {
        let uri = request.uri();
        let told = request.headers().get(http::header::HOST);
        let host = match uri.authority() {
            Some(authority) => authority.as_str(),
            None => told?.to_str().ok()?,
        };
        let host: http::uri::Authority = host.parse().ok()?;
        let implied = match uri.scheme_str() {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        };
        let address = Address {
            method: request.method().as_str(),
            host: host.host(),
            port: host.port_u16().or(implied),
            path: uri.path(),
            is_anthropic: request.headers().contains_key(answer::ANTHROPIC),
        };
        let settings = &self.capture.settings;
        Call::begin(Endpoint::of(&address, settings)?, None, settings)
    }
}

pin_project! {
    /// The body of a request: what the program sends, as it is sent.
    #[derive(Debug)]
    pub struct CapturedRequest<B> {
        #[pin]
        inner: B,
        kept: Option<Shared>,
    }
}

impl<B: Body<Data = Bytes>> Body for CapturedRequest<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(cx));
        if let (Some(kept), Some(Ok(frame))) = (this.kept, &frame)
            && let Some(piece) = frame.data_ref()
            && let Some(sent) = &mut *kept.lock().unwrap_or_else(PoisonError::into_inner)
        {
            sent.push(piece);
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

pin_project! {
    /// The answer to a captured request, as soon as its head is there: `Given` by the service below, then watched.
    #[must_use = "futures do nothing unless polled"]
    pub struct CapturedFuture<F, Given, Watched> {
        #[pin]
        future: F,
        call: Option<Call>,
        watch: fn(Given, Option<Call>) -> Watched,
    }
}

impl<F, Given, Watched> CapturedFuture<F, Given, Watched> {
    fn new(call: Option<Call>, begin: impl FnOnce() -> F, watch: fn(Given, Option<Call>) -> Watched) -> Self {
        let future = match &call {
            Some(call) => call.span().in_scope(begin),
            None => begin(),
        };
        Self { future, call, watch }
    }
}

impl<F, Given, Watched, E> Future for CapturedFuture<F, Given, Watched>
where
    F: Future<Output = Result<Given, E>>,
{
    type Output = Result<Watched, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = match this.call {
            Some(call) => {
                let _inside = call.span().enter();
                this.future.poll(cx)
            }
            None => this.future.poll(cx),
        };
        let answer = ready!(polled);
        let mut call = this.call.take();
        if answer.is_err()
            && let Some(call) = &mut call
        {
            // Its text is the host's, and may carry the address.
            call.end(Ending::Broken("the request failed".to_owned()));
        }
        Poll::Ready(answer.map(|given| (this.watch)(given, call)))
    }
}

impl<F: fmt::Debug, Given, Watched> fmt::Debug for CapturedFuture<F, Given, Watched> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CapturedFuture")
            .field("future", &self.future)
            .finish_non_exhaustive()
    }
}

fn watch_reqwest(given: reqwest::Response, call: Option<Call>) -> reqwest::Response {
    match call {
        Some(call) => answer::captured(call, given),
        None => given,
    }
}

fn watch_http<R: Body<Data = Bytes>>(
    given: http::Response<R>,
    mut call: Option<Call>,
) -> http::Response<CapturedBody<R>> {
    if let Some(call) = &mut call {
        call.answered(given.status(), given.headers());
    }
    given.map(|body| CapturedBody::new(body, call, |_| "the answer broke off".to_owned()))
}
