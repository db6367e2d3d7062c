//! [`Shared`]: what the collector's thread and the test share.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::{Attributes, Failure, Request, Span};

/// What the collector's thread and the test share.
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// How often held requests were released.
    releases: watch::Sender<u64>,
}

/// A standing rule that says which requests fail.
pub(super) type Rule = Arc<dyn Fn(&Request) -> Option<Failure> + Send + Sync>;

/// What arrived, and how to answer what comes.
pub(super) struct State {
    /// With a number each, so that an answer finds its request after others were forgotten.
    requests: Vec<(u64, Request)>,
    next_request: u64,
    spans: Vec<Span>,
    resources: Vec<Arc<Attributes>>,
    /// Counts the changes, so that a waiting test looks once for each.
    version: u64,
    pub(super) authorization: Authorization,
    pub(super) auth_script: Script,
    pub(super) traces_script: Script,
    pub(super) rule: Option<Rule>,
}

impl State {
    fn new(authorization: Authorization) -> Self {
        Self {
            requests: Vec::new(),
            next_request: 0,
            spans: Vec::new(),
            resources: Vec::new(),
            version: 0,
            authorization,
            auth_script: Script::default(),
            traces_script: Script::default(),
            rule: None,
        }
    }

    pub(super) fn spans(&self) -> &[Span] {
        &self.spans
    }

    pub(super) fn resources(&self) -> &[Arc<Attributes>] {
        &self.resources
    }

    pub(super) fn requests(&self) -> impl ExactSizeIterator<Item = &Request> {
        self.requests.iter().map(|(_, request)| request)
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn forget(&mut self) {
        self.requests.clear();
        self.spans.clear();
        self.resources.clear();
    }

    pub(super) fn keep(&mut self, spans: Vec<Span>) {
        for span in &spans {
            if !self.resources.contains(&span.resource) {
                self.resources.push(Arc::clone(&span.resource));
            }
        }
        self.spans.extend(spans);
    }
}

/// A request on its way to its answer.
pub(super) struct Arrival {
    pub(super) number: u64,
    /// How often requests had been released when it arrived: it is held until the count is higher.
    pub(super) releases: u64,
}

impl Shared {
    pub(super) fn new(authorization: Authorization) -> Self {
        Self {
            state: Mutex::new(State::new(authorization)),
            changed: Condvar::new(),
            releases: watch::Sender::new(0),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes whoever waits for a change.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = change(&mut state);
        state.version += 1;
        drop(state);
        self.changed.notify_all();
        result
    }

    /// Waits while `pending` holds; false if it still does when the time is over.
    pub(super) fn wait_while(&self, timeout: Duration, mut pending: impl FnMut(&State) -> bool) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), timeout, |state| pending(state));
        let (_state, result) = waited.unwrap_or_else(PoisonError::into_inner);
        !result.timed_out()
    }

    /// Notes a request before anything is decided about it.
    pub(super) fn arrive(&self, request: Request) -> Arrival {
        self.change(|state| {
            let number = state.next_request;
            state.next_request += 1;
            state.requests.push((number, request));
            Arrival {
                number,
                releases: *self.releases.borrow(),
            }
        })
    }

    /// Notes the status of the answer.
    pub(super) fn answered(&self, arrival: &Arrival, status: u16) {
        self.change(|state| {
            if let Some((_, request)) = state.requests.iter_mut().find(|(number, _)| *number == arrival.number) {
                request.status = Some(status);
            }
        });
    }

    pub(super) fn release(&self) {
        // Under the lock, as `arrive` reads the count under it.
        self.change(|_| self.releases.send_modify(|count| *count += 1));
    }

    pub(super) async fn released(&self, arrival: &Arrival) {
        let mut releases = self.releases.subscribe();
        // It fails only when the sender is gone, and that is `self`.
        drop(releases.wait_for(|count| *count > arrival.releases).await);
    }
}

/// Failures in the order in which requests meet them, each a number of times.
#[derive(Default)]
pub(super) struct Script(VecDeque<(Failure, usize)>);

impl Script {
    pub(super) fn push(&mut self, failure: Failure, times: usize) {
        if times > 0 {
            self.0.push_back((failure, times));
        }
    }

    pub(super) fn next(&mut self) -> Option<Failure> {
        let (failure, times) = self.0.front_mut()?;
        *times -= 1;
        if *times > 0 {
            return Some(failure.clone());
        }
        self.0.pop_front().map(|(failure, _)| failure)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Who may send: the keys that are accepted and the tokens that were issued for them.
pub(super) struct Authorization {
    /// Spans need a token.
    required: bool,
    keys: Keys,
    valid: Vec<String>,
    issued: u64,
    latest: Option<String>,
}

/// The keys that are accepted.
pub(super) enum Keys {
    Any,
    Only(String),
    None,
}

impl Authorization {
    pub(super) fn new(required: bool) -> Self {
        Self {
            required,
            keys: Keys::Any,
            valid: Vec::new(),
            issued: 0,
            latest: None,
        }
    }

    pub(super) fn accept(&mut self, keys: Keys) {
        self.keys = keys;
    }

    pub(super) fn accepts(&self, key: &str) -> bool {
        match &self.keys {
            Keys::Any => true,
            Keys::Only(only) => only.eq_ignore_ascii_case(key),
            Keys::None => false,
        }
    }

    /// A token that was not there before; the earlier ones stay good.
    pub(super) fn issue(&mut self) -> String {
        self.issued += 1;
        let token = format!("collector-token-{}", self.issued);
        self.valid.push(token.clone());
        self.latest = Some(token.clone());
        token
    }

    pub(super) fn expire(&mut self) {
        mem::take(&mut self.valid);
    }

    pub(super) fn latest(&self) -> Option<&str> {
        self.latest.as_deref()
    }

    /// Whether a request with this `Authorization` header may send spans.
    pub(super) fn admits(&self, header: Option<&str>) -> bool {
        !self.required
            || header
                .and_then(|header| header.strip_prefix("Bearer "))
                .is_some_and(|token| self.valid.iter().any(|valid| valid == token))
    }
}
