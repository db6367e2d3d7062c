//! AgentOps in a web server: a session a request, and one trace across services.
//!
//! Run with `cargo run --example web_server`. It starts the server on loopback, sends itself a few requests, shows what
//! arrived at a fake AgentOps, and ends.
//!
//! The auto-session is off: in a server it would be one session that never ends. A request has a session in one of two
//! ways. `/chat` and `/prices` open one, which continues the trace of whoever asked, serves the user that their baggage
//! names, knows how it ended, and can have tags. So does `/slow`, whose clients go away before it is done. `/summary` opens
//! none: what happens below the span of a request shares a session that is named after that span, as long as another layer
//! (here the one that prints) sees it.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

mod headers;
mod requests;

use agentops::{AgentOps, AgentOpsSpanExt as _, Remote, Session};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    middleware::{self, Next},
    response::Response,
    routing::post,
};
use tracing::{Instrument as _, Span, info_span, instrument, level_filters::LevelFilter};
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use headers::{Incoming, Outgoing};

type Answer = Result<String, (StatusCode, String)>;

/// How to reach the service of the prices, which is this server, too.
#[derive(Clone)]
struct Prices {
    client: reqwest::Client,
    url: String,
}

/// A session for a request, in the trace of whoever sent it. The handle comes from the subscriber.
fn session(name: &str, headers: &HeaderMap) -> Option<Session> {
    let session = AgentOps::current()?.session(name).with_tag("route", name);
    Some(session.with_remote_parent(&Incoming(headers), Remote::Join).start())
}

/// Ok ends the session as Success, Err as Fail with the text as the reason, a client that went away as Indeterminate.
async fn chat(State(prices): State<Prices>, headers: HeaderMap, question: String) -> Answer {
    let session = session("chat", &headers).ok_or((StatusCode::INTERNAL_SERVER_ERROR, "no AgentOps".to_owned()))?;
    let answered = session.run(async || assistant(&question, prices).await).await;
    answered.map_err(|reason| (StatusCode::BAD_REQUEST, reason))
}

#[instrument(fields(agentops.kind = "agent"), skip(prices), ret, err)]
async fn assistant(question: &str, prices: Prices) -> Result<String, String> {
    if question.is_empty() {
        return Err("there is no question".to_owned());
    }
    let price = fetch_price(question, prices).await.map_err(|error| error.to_string())?;
    Ok(format!("{question}: {price}"))
}

/// Another service is asked, and told which trace it works for.
#[instrument(fields(agentops.kind = "tool"), skip(prices), ret, err)]
async fn fetch_price(article: &str, prices: Prices) -> Result<String, reqwest::Error> {
    let mut headers = HeaderMap::new();
    Span::current().inject(&mut Outgoing(&mut headers));
    let request = prices.client.post(prices.url).headers(headers).body(article.to_owned());
    request.send().await?.error_for_status()?.text().await
}

async fn price(headers: HeaderMap, article: String) -> Answer {
    let session = session("prices", &headers).ok_or((StatusCode::INTERNAL_SERVER_ERROR, "no AgentOps".to_owned()))?;
    let found = async || {
        let _table = info_span!("read_table", agentops.kind = "task").entered();
        if article == "tea" {
            Ok("3 EUR")
        } else {
            Err(format!("no {article}"))
        }
    };
    session
        .run(found)
        .await
        .map(str::to_owned)
        .map_err(|reason| (StatusCode::NOT_FOUND, reason))
}

/// Takes longer than anybody waits.
async fn slow(headers: HeaderMap) -> Answer {
    let session = session("slow", &headers).ok_or((StatusCode::INTERNAL_SERVER_ERROR, "no AgentOps".to_owned()))?;
    let never = session.run(std::future::pending::<Result<String, String>>).await;
    never.map_err(|reason| (StatusCode::SERVICE_UNAVAILABLE, reason))
}

/// Knows nothing of sessions.
#[instrument(fields(agentops.kind = "workflow"))]
async fn summary(text: String) -> String {
    let first = info_span!("first_word", agentops.kind = "task").in_scope(|| text.split(' ').next().map(str::to_owned));
    first.unwrap_or_default()
}

/// The span of a request, as most servers have one. It is not ours.
async fn in_span(request: Request, next: Next) -> Response {
    let span = info_span!("request", path = request.uri().path());
    next.run(request).instrument(span).await
}

fn app(prices: Prices) -> Router {
    Router::new()
        .route("/chat", post(chat))
        .route("/prices", post(price))
        .route("/slow", post(slow))
        .route("/summary", post(summary))
        .layer(middleware::from_fn(in_span))
        .with_state(prices)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let collector = agentops::testing::Collector::start();
    let agentops = agentops::builder()
        .with_api_key("11111111-2222-4333-8444-555555555555")
        .with_endpoint(collector.auth_endpoint())
        .with_exporter_endpoint(collector.traces_endpoint())
        .with_session_replay_log(false)
        .with_auto_start_session(false)
        .build()?;
    let printing = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_filter(LevelFilter::INFO);
    tracing_subscriber::registry()
        .with(printing)
        .with(agentops.layer())
        .init();
    let guard = agentops.shutdown_guard();

    // Loopback needs no proxy, whatever the environment says.
    let client = reqwest::Client::builder().no_proxy().build()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let prices = Prices {
        client: client.clone(),
        url: format!("{url}/prices"),
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = axum::serve(listener, app(prices)).with_graceful_shutdown(async {
        // The sender is dropped where the requests end, however they end.
        stopped.await.unwrap_or_default();
    });
    let server = tokio::spawn(serving.into_future());

    requests::send(&client, &url).await?;
    drop((client, stop));
    server.await??;

    // Every session has ended with its request: nothing is open, and the guard has nothing to end.
    guard.flush(std::time::Duration::from_secs(30)).await?;
    assert_eq!(guard.stats().open_spans, 0);
    drop(guard);
    println!("{}", collector.tree());
    requests::check(&collector.spans());
    Ok(())
}
