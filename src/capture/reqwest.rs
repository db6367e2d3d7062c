//! [`HttpCapture`] as a middleware of `reqwest-middleware`.

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};
use tracing::Instrument as _;

use super::{HttpCapture, answer};
use crate::record::Ending;

/// Captures the calls of models among the requests that pass. Beside a middleware that retries, put it inside (after it,
/// with `with`) to see each attempt, outside to see one.
#[async_trait::async_trait]
impl Middleware for HttpCapture {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        let Some(mut call) = answer::begin(&self.settings, &request) else {
            return next.run(request, extensions).await;
        };
        let span = call.span().clone();
        match next.run(request, extensions).instrument(span).await {
            Ok(response) => Ok(answer::captured(call, response)),
            Err(error) => {
                call.end(Ending::Broken(match &error {
                    Error::Reqwest(error) => answer::describe(error),
                    Error::Middleware(_) => "a middleware failed".to_owned(),
                }));
                Err(error)
            }
        }
    }
}
