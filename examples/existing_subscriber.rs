//! AgentOps beside what a program already has: printing with a filter of its own, and an OpenTelemetry layer.
//!
//! Run with `cargo run --example existing_subscriber`.
//!
//! Both trees are right, whatever the order of the layers: the OpenTelemetry layer exports every span to the host's
//! backend, ours the marked ones to AgentOps, where the root of each run links to the host's span. A program whose spans
//! come from OpenTelemetry itself, not from `tracing`, has nothing for a layer to see.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use agentops::testing::Collector;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing::{info, info_span, instrument};
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

#[instrument(fields(agentops.kind = "agent", agentops.name = "triage"))]
fn triage(ticket: &str) {
    info!("reading the ticket");
    let _query = info_span!("load_ticket", agentops.kind = "tool", ticket).entered();
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The host's own OpenTelemetry; any exporter would do.
    let host = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(host.clone()).build();

    let collector = Collector::start();
    let agentops = agentops::builder()
        .with_api_key("11111111-2222-4333-8444-555555555555")
        .with_endpoint(collector.auth_endpoint())
        .with_exporter_endpoint(collector.traces_endpoint())
        .build()?;

    // The filter stands on the layer that prints. A global `EnvFilter` would hide agent spans from every layer.
    let printing = tracing_subscriber::fmt::layer().with_filter(EnvFilter::new("info"));
    tracing_subscriber::registry()
        .with(printing)
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("host")))
        .with(agentops.layer())
        .init();
    let guard = agentops.shutdown_guard();

    {
        // A span of the host: not ours, but the session of a run inside of it links to it.
        let _request = info_span!("POST /tickets").entered();
        guard.session("ticket").start().in_scope(|| triage("T-1"));
    }
    guard.end(agentops::EndState::Success)?;

    let hosts: Vec<_> = host
        .get_finished_spans()?
        .into_iter()
        .map(|span| span.name.into_owned())
        .collect();
    println!("the host's backend: {hosts:?}");
    println!("AgentOps:\n{}", collector.tree());
    assert!(hosts.contains(&"POST /tickets".to_owned()));
    assert!(collector.tree().contains("  triage.agent\n    load_ticket.tool\n"));
    let spans = collector.spans();
    let session = spans
        .iter()
        .find(|span| span.name == "ticket.session")
        .ok_or("no session arrived")?;
    assert_eq!(session.links.len(), 1, "the session links to the request");
    Ok(())
}
