//! AgentOps in a program that has a subscriber and an OpenTelemetry layer already: two ways in, one tree.
//!
//! Run with `cargo run --example existing_subscriber`.
//!
//! A **second layer** ([`AgentOps::layer`]) is the way where spans are made with `tracing`: its place among the layers
//! does not matter, and what does not concern AgentOps costs nothing. The **second door**
//! ([`AgentOps::span_processor`]) goes into the provider: take it where spans are made with OpenTelemetry itself, or are
//! told more through `OpenTelemetrySpanExt`, for a layer of ours sees nothing of that. Take one of the two.
//!
//! Either way the host's backend gets every span as before, and AgentOps the marked ones, as a tree of their own.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use agentops::{AgentOps, EndState, testing::Collector};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing::{Dispatch, dispatcher, info, info_span, instrument};
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _};

#[instrument(fields(agentops.kind = "agent", agentops.name = "triage"))]
fn triage(ticket: &str) {
    info!("reading the ticket");
    let _query = info_span!("load_ticket", agentops.kind = "tool", ticket).entered();
}

/// The first way: a layer of ours beside the host's.
fn with_a_second_layer(agentops: &AgentOps, host: InMemorySpanExporter) -> Dispatch {
    let provider = SdkTracerProvider::builder().with_simple_exporter(host).build();
    // The filter stands on the layer that prints. A global `EnvFilter` would hide agent spans from every layer.
    let printing = tracing_subscriber::fmt::layer().with_filter(EnvFilter::new("info"));
    tracing_subscriber::registry()
        .with(printing)
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("host")))
        .with(agentops.layer())
        .into()
}

/// The other: a processor of ours in the host's provider.
fn with_the_second_door(agentops: &AgentOps, host: InMemorySpanExporter) -> Dispatch {
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(host)
        .with_span_processor(agentops.span_processor())
        .build();
    let printing = tracing_subscriber::fmt::layer().with_filter(EnvFilter::new("info"));
    tracing_subscriber::registry()
        .with(printing)
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("host")))
        .into()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ways = [
        ("a second layer", with_a_second_layer as fn(&AgentOps, _) -> _),
        ("the second door", with_the_second_door),
    ];
    for (way, subscriber) in ways {
        // The host's own backend; any exporter would do.
        let host = InMemorySpanExporter::default();
        let collector = Collector::start();
        let agentops = agentops::builder()
            .with_api_key("11111111-2222-4333-8444-555555555555")
            .with_endpoint(collector.auth_endpoint())
            .with_exporter_endpoint(collector.traces_endpoint())
            .with_shutdown_timeout(Duration::from_secs(10))
            .build()?;
        // A program has one subscriber for good (`.init()`); this one shows two, one after the other.
        let subscriber = subscriber(&agentops, host.clone());
        dispatcher::with_default(&subscriber, || {
            // A span of the host: not ours, but the session of a run inside of it links to it.
            let _request = info_span!("POST /tickets").entered();
            agentops.session("ticket").start().in_scope(|| triage("T-1"));
        });
        agentops.shutdown_guard().end(EndState::Success)?;

        let spans = host.get_finished_spans()?;
        let hosts: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
        println!(
            "with {way}\n\nthe host's backend: {hosts:?}\n\nAgentOps:\n{}",
            collector.tree()
        );
        assert!(hosts.contains(&"POST /tickets"));
        assert_eq!(
            collector.tree(),
            "ticket.session\n  triage.agent\n    load_ticket.tool\n"
        );
        let sessions = collector.spans();
        let session = sessions.iter().find(|span| span.name == "ticket.session");
        assert_eq!(
            session.ok_or("no session arrived")?.links.len(),
            1,
            "it links to the request"
        );
    }
    Ok(())
}
