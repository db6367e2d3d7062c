//! [`Exchange`]: an API key for a token.

use std::time::{Duration, SystemTime};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::{FutureExt, future::BoxFuture};
use reqwest::{
    Client, StatusCode,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::Value;
use url::Url;

use super::{
    Project,
    client::{Answer, Silence},
    mask::Mask,
};
use crate::config::{Secret, Shown};

/// What a good key is worth.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) token: Secret,
    pub(crate) project: Project,
}

/// Why there is no token. Reasons are safe to show.
#[derive(Clone, Debug)]
pub(crate) enum Denial {
    /// The key is not a good one.
    Refused(String),
    /// It may be, but nobody said so.
    Failed { after: Option<Duration>, reason: String },
}

/// Asks for tokens.
pub(crate) trait Exchange: Send + Sync {
    fn exchange(&self, key: &Secret) -> BoxFuture<'static, Result<Grant, Denial>>;
}

/// AgentOps' `POST /v3/auth/token`.
pub(crate) struct HttpExchange {
    client: Client,
    url: Url,
}

impl HttpExchange {
    pub(crate) fn new(client: Client, url: Url) -> Self {
        Self { client, url }
    }
}

impl Exchange for HttpExchange {
    fn exchange(&self, key: &Secret) -> BoxFuture<'static, Result<Grant, Denial>> {
        let mut mask = Mask::default();
        mask.hide(key.expose());
        mask.hide_credentials(&self.url);
        let body = serde_json::json!({ "api_key": key.expose() }).to_string();
        let post = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body);
        let shown = Shown(&self.url).to_string();
        async move {
            match Answer::to(post).await {
                Ok(answer) => judge(&answer, &shown, &mask),
                Err(Silence { reason, .. }) => Err(Denial::Failed {
                    after: None,
                    reason: format!("{shown}: {}", mask.apply(&reason)),
                }),
            }
        }
        .boxed()
    }
}

fn judge(answer: &Answer, shown: &str, mask: &Mask) -> Result<Grant, Denial> {
    match answer.status {
        status if status.is_success() => read(&answer.body).ok_or_else(|| Denial::Failed {
            after: None,
            // Whatever it is, it might hold a token under another name: not shown.
            reason: format!("{shown} answered {status} without a token"),
        }),
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Err(Denial::Refused(format!("{shown} answered {}", answer.describe(mask))))
        }
        status if status.is_redirection() => Err(Denial::Failed {
            after: None,
            reason: format!("{shown} answered {status}; redirects are not followed: set the final address"),
        }),
        _ => Err(Denial::Failed {
            after: answer.retry_after(),
            reason: format!("{shown} answered {}", answer.describe(mask)),
        }),
    }
}

fn read(body: &[u8]) -> Option<Grant> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let text = |name| answer.get(name).and_then(Value::as_str);
    let token = text("token").filter(|token| !token.is_empty())?;
    let project = Project {
        id: text("project_id").unwrap_or_default().to_owned(),
        plan: text("project_prem_status").unwrap_or_default().to_owned(),
    };
    // What cannot stand in a header is no token.
    HeaderValue::from_str(token).ok()?;
    Some(Grant {
        token: Secret::new(token),
        project,
    })
}

/// How long a JWT is good for, where it says so. The signature is the server's business. `None` too where it seems to
/// have expired before it came: then one of the clocks is wrong, and the server's answers are the better guide.
pub(crate) fn lifetime(token: &str, now: SystemTime) -> Option<Duration> {
    let claims = token.split('.').nth(1)?.trim_end_matches('=');
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    let expiry = Duration::try_from_secs_f64(claims.get("exp")?.as_f64()?).ok()?;
    let left = expiry.checked_sub(now.duration_since(SystemTime::UNIX_EPOCH).ok()?)?;
    (!left.is_zero()).then_some(left)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn jwt(claims: &str) -> String {
        format!("eyJhbGciOiJIUzI1NiJ9.{}.signature", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_says_how_long_it_is_good_for() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        assert_eq!(lifetime(&jwt(r#"{"exp":1060}"#), now), Some(Duration::from_secs(60)));
        assert_eq!(
            lifetime(&jwt(r#"{"exp":1060.5}"#), now),
            Some(Duration::from_millis(60_500))
        );
        for silent in [
            r#"{"exp":900}"#,
            r#"{"exp":-1}"#,
            r#"{"exp":"1060"}"#,
            r#"{"exp":1e300}"#,
            "{}",
            "[]",
            "",
        ] {
            assert_eq!(lifetime(&jwt(silent), now), None, "{silent}");
        }
        assert_eq!(lifetime("opaque", now), None);
    }

    #[test]
    fn an_answer_without_a_usable_token_is_none() {
        for body in [
            "",
            "{}",
            r#"{"token":""}"#,
            r#"{"token":7}"#,
            r#"{"token":"a\r\nx: y"}"#,
            "<html>",
        ] {
            assert!(read(body.as_bytes()).is_none(), "{body}");
        }
        let grant = read(br#"{"token":"t","project_id":"p","project_prem_status":"pro"}"#).unwrap();
        assert_eq!(grant.token.expose(), "t");
        assert_eq!(
            grant.project,
            Project {
                id: "p".to_owned(),
                plan: "pro".to_owned()
            }
        );
    }

    proptest! {
        #[test]
        fn no_token_makes_its_reader_panic(token in ".*", claims in ".*") {
            let now = SystemTime::UNIX_EPOCH;
            prop_assert!(lifetime(&token, now).is_none_or(|left| !left.is_zero()));
            prop_assert!(lifetime(&jwt(&claims), now).is_none_or(|left| !left.is_zero()));
        }
    }
}
