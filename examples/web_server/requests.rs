//! What the example sends itself, and what must arrive of it.

use std::time::Duration;

use agentops::testing::{Span, draw};
use reqwest::Client;

/// The trace of a client that has one of its own, and the span that it asks from.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// Sends a few requests, some at the same time.
pub(crate) async fn send(client: &Client, url: &str) -> Result<(), reqwest::Error> {
    let post = |route: &str, body: &'static str| client.post(format!("{url}{route}")).body(body);
    let traced = post("/chat", "tea")
        .header("traceparent", format!("00-{TRACE}-{SPAN}-01"))
        .header("baggage", "user.id=u-1")
        .send()
        .await?;
    assert_eq!(traced.text().await?, "tea: 3 EUR");

    let empty = post("/chat", "").send().await?;
    assert_eq!(
        (empty.status().as_u16(), empty.text().await?.as_str()),
        (400, "there is no question")
    );

    let (one, other) = tokio::join!(
        post("/summary", "green tea").send(),
        post("/summary", "black tea").send()
    );
    assert_eq!(
        (one?.text().await?.as_str(), other?.text().await?.as_str()),
        ("green", "black")
    );

    let gone = post("/slow", "").timeout(Duration::from_secs(2)).send().await;
    assert!(gone.is_err_and(|error| error.is_timeout()));
    Ok(())
}

/// A trace a request, each with its session, and one across the two services of the first.
pub(crate) fn check(spans: &[Span]) {
    let traces = |id: fn(&Span) -> bool| draw(&spans.iter().filter(|span| id(span)).cloned().collect::<Vec<_>>());
    assert_eq!(
        traces(|span| span.trace_id == TRACE),
        "chat.session (orphan)\n  assistant.agent\n    fetch_price.tool\n      prices.session\n        read_table.task\n",
        "the session's parent is the span of the caller, in another process"
    );
    let served = |span: &Span| span.text("user.id").map(str::to_owned);
    assert!(
        spans
            .iter()
            .all(|span| served(span) == (span.trace_id == TRACE).then(|| "u-1".to_owned())),
        "both services know whom they serve, and whom they do not"
    );
    let slow = spans.iter().find(|span| span.name == "slow.session");
    assert_eq!(
        slow.and_then(|span| span.text("agentops.session.end_state")),
        Some("Indeterminate"),
        "nobody waited for its end"
    );
    let summary = "request.session\n  summary.workflow\n    first_word.task\n";
    assert_eq!(
        traces(|span| span.trace_id != TRACE),
        format!(
            "chat.session !there is no question\n  assistant.agent !there is no question\n\n{summary}\n{summary}\nslow.session\n"
        )
    );
}
