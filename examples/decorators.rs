//! Every attribute macro in one program: an agent that looks something up, checks it, and writes a report.
//!
//! Run with `cargo run --example decorators`. No account is needed: the tree is printed when the session ends.

use std::time::Duration;

use agentops::{Export, agent, chain, guardrail, operation, session, task, tool, workflow};
use futures::{Stream, StreamExt as _, stream};
use serde::Serialize;
use tokio::time::{sleep, timeout};

#[derive(Clone, Debug, Serialize)]
struct Page {
    title: String,
    words: usize,
}

/// Arguments and the result are captured as JSON, for `Page` is `Serialize`; what a call costs is part of the tool.
#[tool(name = "web_search", cost = 0.005, version = 2)]
async fn search(query: &str, limit: usize) -> Vec<Page> {
    sleep(Duration::from_millis(2)).await;
    let titles = ["rivers", "bridges", "lights"].into_iter().take(limit);
    let page = |title| Page {
        title: format!("{query}: {title}"),
        words: 400,
    };
    titles.map(page).collect()
}

/// The span lasts as long as the stream, and counts its items.
#[tool(skip(page))]
fn sentences(page: &Page, most: usize) -> impl Stream<Item = String> + use<> {
    let title = page.title.clone();
    stream::iter(1..=most).map(move |n| format!("Sentence {n} on {title}."))
}

/// What is checked, and what came of it.
#[guardrail(spec = "output")]
fn is_short(text: &str) -> bool {
    text.len() < 500
}

/// An error is captured with its type and its causes, and the span is one that failed.
#[operation]
fn risky_operation(attempt: &str) -> Result<u32, std::num::ParseIntError> {
    attempt.parse()
}

/// A future that is dropped before it is done is marked as cancelled.
#[operation(capture_output = false)]
async fn slow_operation() {
    sleep(Duration::from_secs(60)).await;
}

#[chain]
async fn summarise(pages: Vec<Page>) -> String {
    let mut summary = String::new();
    for page in &pages {
        let sentences: Vec<_> = sentences(page, 2).collect().await;
        summary.push_str(&sentences.concat());
    }
    summary
}

/// The name may be made of the arguments; so may the tags.
#[task(name = format!("research on {topic}"), tags("research", topic = topic))]
async fn research(topic: &str) -> String {
    let pages = search(topic, 2).await;
    summarise(pages).await
}

#[agent(name = "researcher")]
async fn researcher(topic: &str) -> Result<String, String> {
    let text = research(topic).await;
    let risk = risky_operation("twelve");
    let patience = timeout(Duration::from_millis(5), slow_operation()).await;
    // Neither matters here: the report does.
    assert!(risk.is_err() && patience.is_err());
    if is_short(&text) {
        Ok(text)
    } else {
        Err("too long".to_owned())
    }
}

#[workflow(version = "1.0")]
async fn report(topic: &str) -> Result<String, String> {
    researcher(topic).await
}

/// `Ok` ends the session as Success, `Err` as Fail.
#[session(name = "report-on-paris", tags("example"))]
async fn run() -> Result<String, String> {
    report("Paris").await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _guard = agentops::builder().with_export(Export::Console).try_init()?;
    run().await?;
    Ok(())
}
