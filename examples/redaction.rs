//! What leaves and what does not: the default redactor, one of your own, and content levels.
//!
//! Run with `cargo run --example redaction`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use agentops::{Content, CredentialRedactor, Export, Redactor as _, testing::Collector};
use tracing::{info_span, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

/// Sends one span to a server on loopback and returns its attributes as text.
fn sent_with(builder: agentops::Builder) -> Result<String, Box<dyn std::error::Error>> {
    let collector = Collector::start_without_auth();
    let agentops = builder
        .with_export(Export::Auto)
        .with_exporter_endpoint(collector.traces_endpoint())
        .build()?;
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        let _login = info_span!(
            "login",
            agentops.kind = "tool",
            password = "hunter2",
            dsn = "postgres://app:s3cret@db/prod",
            iban = "DE02120300000000202051",
        )
        .entered();
    });
    agentops.shutdown(std::time::Duration::from_secs(30))?;
    let spans = collector.spans();
    let tool = spans
        .iter()
        .find(|span| span.name == "login.tool")
        .ok_or("the tool did not arrive")?;
    Ok(format!("{:?}", tool.attributes))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The default masks credentials: by the shape of a value, and by the name of a key.
    let text = sent_with(agentops::builder())?;
    println!("default:      {text}\n");
    assert!(!text.contains("hunter2") && !text.contains("s3cret") && text.contains("DE02120300000000202051"));

    // Your own rules, before or instead of the default's.
    let redactor = |key: &str, value: &str| {
        let value = value.replace("DE02120300000000202051", "[IBAN]");
        Some(CredentialRedactor.redact(key, &value).unwrap_or(value))
    };
    let text = sent_with(agentops::builder().with_redactor(redactor))?;
    println!("own redactor: {text}\n");
    assert!(!text.contains("hunter2") && !text.contains("DE02120300000000202051"));

    // No inputs and outputs at all: names, tokens, cost and timing stay.
    let text = sent_with(agentops::builder().with_content_capture(Content::NoMessages))?;
    println!("no messages:  {text}");
    assert!(!text.contains("IBAN") && !text.contains("postgres"));
    Ok(())
}
