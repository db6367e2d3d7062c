//! [`Auth`]: the token that requests wait for, fetched once for all of them.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use reqwest::header::HeaderValue;
use tokio::time::Instant;

use super::{
    DropReason, retry,
    token::{Denial, Exchange, Grant, lifetime},
};
use crate::{clock::Clock, config::Secret};

/// A refused key is tried again after so long, for a firewall's 403 looks the same as AgentOps' own and passes. What
/// waits since the first refusal is still there then.
const ASK_AGAIN: Duration = Duration::from_secs(4 * 60);

/// A key that was good a moment ago was probably refused by mistake. It is tried again after the back-off of a failure times
/// this: after five seconds, then ever later.
const GOOD_BEFORE: u32 = 10;

/// A token is renewed so long before it expires, or after nine tenths of a shorter life.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);

/// What authorizes a request. Its number tells a refusal of this token from a late one of its predecessor.
pub(crate) struct Token {
    number: u64,
    secret: Secret,
    header: HeaderValue,
    renew_at: Option<Instant>,
}

impl Token {
    fn new(number: u64, secret: Secret, now: Instant) -> Option<Self> {
        let mut header = HeaderValue::from_str(&format!("Bearer {}", secret.expose())).ok()?;
        header.set_sensitive(true);
        let renew_at = lifetime(secret.expose(), Clock::wall())
            .and_then(|life| now.checked_add(life.saturating_sub(RENEW_BEFORE.min(life / 10))));
        Some(Self {
            number,
            secret,
            header,
            renew_at,
        })
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The value of `authorization`.
    pub(crate) fn header(&self) -> &HeaderValue {
        &self.header
    }
}

/// A key and what became of it. Has one owner, who asks for the token before each request and awaits
/// [`changed`](Self::changed); so there is never more than one exchange under way.
pub(crate) struct Auth {
    exchange: Arc<dyn Exchange>,
    key: Secret,
    token: Option<Token>,
    issued: u64,
    fetch: Option<BoxFuture<'static, Result<Grant, Denial>>>,
    /// No exchange before this.
    not_before: Option<Instant>,
    /// Exchanges without an answer, in a row.
    failures: u32,
    /// Exchanges in which a key was refused that was good before, in a row.
    doubts: u32,
    /// Fresh tokens that the destination refused, in a row.
    rejections: u32,
    key_refused: bool,
    /// There was a token for it.
    was_good: bool,
    /// A refused key is news once.
    told: bool,
}

impl Auth {
    pub(crate) fn new(exchange: Arc<dyn Exchange>, key: Secret) -> Self {
        Self {
            exchange,
            key,
            token: None,
            issued: 0,
            fetch: None,
            not_before: None,
            failures: 0,
            doubts: 0,
            rejections: 0,
            key_refused: false,
            was_good: false,
            told: false,
        }
    }

    /// The token for a request that is to go now; without one, an exchange begins where it may.
    pub(crate) fn token(&mut self, now: Instant) -> Option<&Token> {
        let wanted = self
            .token
            .as_ref()
            .is_none_or(|token| token.renew_at.is_some_and(|at| at <= now));
        if wanted && self.fetch.is_none() && self.not_before.is_none_or(|at| at <= now) {
            self.fetch = Some(self.exchange.exchange(&self.key));
        }
        self.token.as_ref()
    }

    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// When a waiting request should ask for the token again, where time alone may help.
    pub(crate) fn wake(&self) -> Option<Instant> {
        if self.token.is_none() && self.fetch.is_none() {
            self.not_before
        } else {
            None
        }
    }

    /// Waits for an exchange to end, for ever where there is none, and says what should be known about it. Safe to
    /// cancel: the exchange goes on with the next call.
    pub(crate) async fn changed(&mut self) -> Option<String> {
        let Some(fetch) = &mut self.fetch else {
            return std::future::pending().await;
        };
        let answer = fetch.await;
        self.fetch = None;
        self.learn(answer, Instant::now())
    }

    fn learn(&mut self, answer: Result<Grant, Denial>, now: Instant) -> Option<String> {
        let denial = match answer {
            Ok(grant) => {
                self.issued += 1;
                self.token = Token::new(self.issued, grant.token, now);
                (self.failures, self.doubts, self.key_refused, self.told) = (0, 0, false, false);
                self.was_good = true;
                self.not_before = None;
                return None;
            }
            Err(denial) => denial,
        };
        match denial {
            Denial::Refused(reason) => {
                self.key_refused = true;
                let wait = if self.was_good {
                    self.doubts = self.doubts.saturating_add(1);
                    ASK_AGAIN.min(retry::backoff(self.doubts) * GOOD_BEFORE)
                } else {
                    ASK_AGAIN
                };
                self.not_before = Some(now + wait);
                let news = !std::mem::replace(&mut self.told, true);
                news.then(|| {
                    format!(
                        "the API key was refused: {reason}; spans are kept for {} minutes: check AGENTOPS_API_KEY or \
                         call `set_api_key`",
                        retry::DEADLINE.as_secs() / 60
                    )
                })
            }
            Denial::Failed { after, reason } => {
                self.failures = self.failures.saturating_add(1);
                let wait = after.unwrap_or_default().max(retry::backoff(self.failures));
                self.not_before = Some(now + wait.min(retry::DEADLINE));
                Some(format!("a token could not be fetched: {reason}"))
            }
        }
    }

    /// The destination refused the token with this number. The first fresh token is fetched at once, others with
    /// growing distance.
    pub(crate) fn rejected(&mut self, number: u64, now: Instant) {
        if self.token.as_ref().is_none_or(|token| token.number != number) {
            return;
        }
        self.token = None;
        self.not_before = (self.rejections > 0).then(|| now + retry::backoff(self.rejections));
        self.rejections = self.rejections.saturating_add(1);
    }

    /// The destination took the token with this number.
    pub(crate) fn accepted(&mut self, number: u64) {
        if self.token.as_ref().is_some_and(|token| token.number == number) {
            self.rejections = 0;
        }
    }

    /// Another key; all that was learned about the old one is forgotten.
    pub(crate) fn set_key(&mut self, key: Secret) {
        let issued = self.issued;
        *self = Self {
            issued,
            ..Self::new(Arc::clone(&self.exchange), key)
        };
    }

    /// As what spans are counted that waited for a token in vain.
    pub(crate) fn drop_reason(&self) -> DropReason {
        if self.key_refused || self.rejections > 0 {
            DropReason::Unauthorized
        } else {
            DropReason::RetriesExhausted
        }
    }

    /// Asks whether the key is good.
    pub(crate) fn check(&self) -> BoxFuture<'static, Result<Grant, Denial>> {
        self.exchange.exchange(&self.key)
    }
}
