//! A transport and a token exchange in memory, each with a script. Their answers take 10 ms of the paused clock, ten
//! times that for a span of the name [`SLOW`].

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::time::Instant;

use super::resource;
use crate::{
    config::Secret,
    export::{
        Delivery, Project, Sink,
        auth::{Auth, Token},
        encode::Encoder,
        outbox::Outbox,
        request::EncodedRequest,
        token::{Denial, Exchange, Grant},
        transport::{Outcome, Transport},
    },
};

pub(super) const ANSWER_TIME: Duration = Duration::from_millis(10);

pub(super) const SLOW: &str = "slow";

/// One attempt.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) at: Instant,
    pub(super) names: Vec<String>,
    pub(super) token: Option<String>,
}

type Script<I, O> = Mutex<Box<dyn FnMut(I) -> O + Send>>;

/// What was sent, or with which keys a token was asked for.
pub(super) type Log<T> = Arc<Mutex<Vec<T>>>;

pub(super) struct FakeTransport {
    log: Log<Sent>,
    script: Script<Sent, Outcome>,
}

impl Transport for FakeTransport {
    fn send(&self, request: &EncodedRequest, token: Option<&Token>) -> BoxFuture<'static, Outcome> {
        let sent = Sent {
            at: Instant::now(),
            names: names(request),
            token: token.map(|token| token.secret().expose().to_owned()),
        };
        self.log.lock().unwrap().push(sent.clone());
        let time = if sent.names.iter().any(|name| name == SLOW) {
            ANSWER_TIME * 10
        } else {
            ANSWER_TIME
        };
        let outcome = (self.script.lock().unwrap())(sent);
        tokio::time::sleep(time).map(|()| outcome).boxed()
    }
}

pub(super) fn names(request: &EncodedRequest) -> Vec<String> {
    let message = request.message().unwrap();
    let scopes = message
        .resource_spans
        .into_iter()
        .flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).map(|span| span.name).collect()
}

/// A delivery without authorization, and what it sends.
pub(super) fn delivery(script: impl FnMut(Sent) -> Outcome + Send + 'static) -> (Delivery, Log<Sent>) {
    assemble(script, None)
}

fn assemble(script: impl FnMut(Sent) -> Outcome + Send + 'static, auth: Option<Auth>) -> (Delivery, Log<Sent>) {
    let log = Log::default();
    let transport = FakeTransport {
        log: Arc::clone(&log),
        script: Mutex::new(Box::new(script)),
    };
    let sink = Sink::Outbox(Box::new(Outbox::new(Box::new(transport), auth)));
    (
        Delivery {
            encoder: Encoder::new(&resource()),
            sink,
        },
        log,
    )
}

/// When a token was asked for, and with which key.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) at: Instant,
    pub(super) key: String,
}

struct FakeExchange {
    log: Log<Asked>,
    script: Script<Asked, Result<Grant, Denial>>,
}

impl Exchange for FakeExchange {
    fn exchange(&self, key: &Secret) -> BoxFuture<'static, Result<Grant, Denial>> {
        let asked = Asked {
            at: Instant::now(),
            key: key.expose().to_owned(),
        };
        self.log.lock().unwrap().push(asked.clone());
        let answer = (self.script.lock().unwrap())(asked);
        tokio::time::sleep(ANSWER_TIME).map(|()| answer).boxed()
    }
}

/// A delivery with the key `key-1`, what it sends, and when it asks for tokens.
pub(super) fn authorized(
    script: impl FnMut(Sent) -> Outcome + Send + 'static,
    tokens: impl FnMut(Asked) -> Result<Grant, Denial> + Send + 'static,
) -> (Delivery, Log<Sent>, Log<Asked>) {
    let log = Log::default();
    let exchange = FakeExchange {
        log: Arc::clone(&log),
        script: Mutex::new(Box::new(tokens)),
    };
    let (delivery, sent) = assemble(script, Some(Auth::new(Arc::new(exchange), Secret::new("key-1"))));
    (delivery, sent, log)
}

#[expect(clippy::unnecessary_wraps, reason = "as scripts answer")]
pub(super) fn grant(token: impl Into<String>) -> Result<Grant, Denial> {
    Ok(Grant {
        token: Secret::new(token),
        project: Project::default(),
    })
}

/// Grants `token-1`, `token-2` and so on.
pub(super) fn numbered_tokens() -> impl FnMut(Asked) -> Result<Grant, Denial> + Send + 'static {
    let mut issued = 0;
    move |_| {
        issued += 1;
        grant(format!("token-{issued}"))
    }
}

pub(super) fn retry() -> Outcome {
    Outcome::Retry {
        after: None,
        reason: "overloaded".to_owned(),
    }
}

pub(super) fn split() -> Outcome {
    Outcome::Split {
        reason: "not accepted".to_owned(),
    }
}

pub(super) fn refused() -> Outcome {
    Outcome::Refused {
        reason: "not accepted".to_owned(),
    }
}

pub(super) fn unauthorized() -> Outcome {
    Outcome::Unauthorized {
        reason: "token refused".to_owned(),
    }
}
