//! [`Collector`]: a fake AgentOps server on loopback.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::{net::TcpListener, sync::oneshot};

use super::{
    Attributes, Failure, Request, Span, draw, server,
    state::{Authorization, Keys, Shared, State},
};

/// A fake AgentOps server on loopback, on a thread of its own.
///
/// It issues tokens for API keys (`POST /v3/auth/token`: 400 for a key that is no UUID, 403 for one it does not
/// accept) and takes spans (`POST /v1/traces`: OTLP as protobuf or JSON, plain or gzip; 401 without a token that it
/// issued). Everything else is 404. Dropping it closes its port and all connections.
///
/// Its methods do not block except those that wait, which block the calling thread.
pub struct Collector {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Dropped to stop the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Collector {
    /// Starts a server that accepts any UUID as a key, and spans only with a token that it issued.
    ///
    /// # Panics
    ///
    /// If the system refuses a port on 127.0.0.1 or a thread.
    pub fn start() -> Self {
        Self::expect_started(true)
    }

    /// Starts a server that takes spans without a token, as a plain OpenTelemetry backend does. Tokens are still to
    /// be had.
    ///
    /// # Panics
    ///
    /// If the system refuses a port on 127.0.0.1 or a thread.
    pub fn start_without_auth() -> Self {
        Self::expect_started(false)
    }

    #[expect(clippy::panic, reason = "documented: a test cannot go on without its server")]
    fn expect_started(needs_token: bool) -> Self {
        Self::try_start(needs_token)
            .unwrap_or_else(|error| panic!("the collector could not start on 127.0.0.1: {error}"))
    }

    fn try_start(needs_token: bool) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _context = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let shared = Arc::new(Shared::new(Authorization::new(needs_token)));
        let (stop, stopped) = oneshot::channel();
        let serving = server::serve(listener, Arc::clone(&shared), stopped);
        let thread = thread::Builder::new()
            .name("agentops-collector".to_owned())
            .spawn(move || runtime.block_on(serving))?;
        Ok(Self {
            address,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The base URL, `http://127.0.0.1:PORT`: for [`Builder::with_endpoint`](crate::Builder::with_endpoint).
    pub fn auth_endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The full URL for spans, `http://127.0.0.1:PORT/v1/traces`: for
    /// [`Builder::with_exporter_endpoint`](crate::Builder::with_exporter_endpoint).
    pub fn traces_endpoint(&self) -> String {
        format!("http://{}{}", self.address, server::TRACES)
    }

    /// All spans kept so far, in the order of arrival.
    pub fn spans(&self) -> Vec<Span> {
        self.shared.lock().spans().to_vec()
    }

    /// The spans kept so far as a tree, see [`draw`].
    pub fn tree(&self) -> String {
        draw(&self.spans())
    }

    /// The resources of the spans kept so far, each different one once, in the order of arrival.
    pub fn resources(&self) -> Vec<Attributes> {
        self.shared
            .lock()
            .resources()
            .iter()
            .map(|resource| Attributes::clone(resource))
            .collect()
    }

    /// All requests so far, answered or not, in the order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests().cloned().collect()
    }

    /// Forgets the spans, resources and requests so far. Tokens and scripted failures stay.
    pub fn clear(&self) {
        self.shared.change(State::forget);
    }

    /// Waits until at least `count` spans are kept, and returns them.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if `timeout` is over first; it shows what arrived.
    pub fn wait_for_spans(&self, count: usize, timeout: Duration) -> Result<Vec<Span>, TimedOut> {
        if self.shared.wait_while(timeout, |state| state.spans().len() < count) {
            return Ok(self.spans());
        }
        Err(self.timed_out(timeout, format!("{count} spans")))
    }

    /// Waits until at least `count` requests have arrived, answered or not, and returns them.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if `timeout` is over first; it shows what arrived.
    pub fn wait_for_requests(&self, count: usize, timeout: Duration) -> Result<Vec<Request>, TimedOut> {
        if self.shared.wait_while(timeout, |state| state.requests().len() < count) {
            return Ok(self.requests());
        }
        Err(self.timed_out(timeout, format!("{count} requests")))
    }

    /// Waits until `ready` says yes to the spans kept so far, and returns them. It is asked again whenever a request
    /// arrives or is answered.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if `timeout` is over first; it shows what arrived.
    pub fn wait_until(&self, mut ready: impl FnMut(&[Span]) -> bool, timeout: Duration) -> Result<Vec<Span>, TimedOut> {
        let started = Instant::now();
        loop {
            let (version, spans) = {
                let state = self.shared.lock();
                (state.version(), state.spans().to_vec())
            };
            if ready(&spans) {
                return Ok(spans);
            }
            let left = timeout.saturating_sub(started.elapsed());
            if !self.shared.wait_while(left, |state| state.version() == version) {
                return Err(self.timed_out(timeout, "what the test asked for".to_owned()));
            }
        }
    }

    fn timed_out(&self, waited: Duration, awaited: String) -> TimedOut {
        let state = self.shared.lock();
        let requests = state.requests().map(|request| format!("{request:?}")).collect();
        TimedOut {
            waited,
            awaited,
            requests,
            tree: draw(state.spans()),
        }
    }

    /// The token issued last, expired or not; `None` before the first.
    pub fn token(&self) -> Option<String> {
        self.shared.lock().authorization.latest().map(ToOwned::to_owned)
    }

    /// Makes every token issued so far invalid: spans with them are answered 401 until a new one is fetched.
    pub fn expire_tokens(&self) {
        self.shared.change(|state| state.authorization.expire());
    }

    /// Issues tokens for this key only; others are answered 403. Tokens issued so far stay good.
    pub fn accept_only_key(&self, key: impl Into<String>) {
        self.shared
            .change(|state| state.authorization.accept(Keys::Only(key.into())));
    }

    /// Issues tokens for any UUID, as at the start.
    pub fn accept_any_key(&self) {
        self.shared.change(|state| state.authorization.accept(Keys::Any));
    }

    /// Answers every key with 403. Tokens issued so far stay good.
    pub fn reject_keys(&self) {
        self.shared.change(|state| state.authorization.accept(Keys::None));
    }

    /// The next request with spans fails so, after those that were told to fail before.
    pub fn fail_next(&self, failure: Failure) {
        self.fail_next_n(failure, 1);
    }

    /// The next `times` requests with spans fail so; `usize::MAX` is for ever.
    pub fn fail_next_n(&self, failure: Failure, times: usize) {
        self.shared.change(|state| state.traces_script.push(failure, times));
    }

    /// The next request for a token fails so, after those that were told to fail before.
    pub fn fail_next_auth(&self, failure: Failure) {
        self.fail_next_auth_n(failure, 1);
    }

    /// The next `times` requests for a token fail so; `usize::MAX` is for ever.
    pub fn fail_next_auth_n(&self, failure: Failure, times: usize) {
        self.shared.change(|state| state.auth_script.push(failure, times));
    }

    /// From now on requests with spans for which `rule` names a failure fail so, unless a scripted failure comes
    /// first: a limit on the size of a body, say, or a span that the server chokes on. A later rule replaces it.
    pub fn fail_when(&self, rule: impl Fn(&Request) -> Option<Failure> + Send + Sync + 'static) {
        // The rule that was there is the test's own value: its `drop` runs without the lock.
        let replaced = self.shared.change(|state| state.rule.replace(Arc::new(rule)));
        drop(replaced);
    }

    /// Forgets every failure that is still to come and the rule; held requests stay held.
    pub fn stop_failing(&self) {
        let replaced = self.shared.change(|state| {
            state.traces_script.clear();
            state.auth_script.clear();
            state.rule.take()
        });
        drop(replaced);
    }

    /// Answers the requests that are held by [`Failure::hold`] now. Those that arrive later are held again.
    pub fn release(&self) {
        self.shared.release();
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there was reported where it happened.
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (spans, requests) = {
            let state = self.shared.lock();
            (state.spans().len(), state.requests().len())
        };
        f.debug_struct("Collector")
            .field("address", &self.address)
            .field("spans", &spans)
            .field("requests", &requests)
            .finish_non_exhaustive()
    }
}

/// What a test waited for did not come in time. Its text, also through `Debug`, shows what came instead.
#[derive(Clone, PartialEq, Eq)]
pub struct TimedOut {
    waited: Duration,
    awaited: String,
    requests: Vec<String>,
    tree: String,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "waited {:?} for {}; requests:", self.waited, self.awaited)?;
        for request in &self.requests {
            writeln!(f, "  {request}")?;
        }
        write!(f, "spans:\n{}", self.tree)
    }
}

impl fmt::Debug for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for TimedOut {}
