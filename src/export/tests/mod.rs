//! Delivery as the pipeline sees it: with a scripted server, and with an in-memory transport under a paused clock.

mod auth;
mod custom;
mod fake;
mod http;
mod ledger;
mod names;
mod outbox;
mod output;
mod request;
mod server;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use opentelemetry::{
    InstrumentationScope, KeyValue,
    trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState},
};
use opentelemetry_sdk::{
    Resource,
    trace::{SpanData, SpanEvents, SpanLinks},
};
use tracing::level_filters::LevelFilter;

use crate::config::{Compression, Config, Content, Destination, HostName, HostTrace, Protocol, Secret, Semconv};

/// A span without a parent; `number` makes its ids.
fn span(number: u64, name: impl Into<String>) -> SpanData {
    SpanData {
        span_context: SpanContext::new(
            TraceId::from(u128::from(number)),
            SpanId::from(number),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        ),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: name.into().into(),
        start_time: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000),
        end_time: SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_500),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("agentops").build(),
    }
}

fn spans(count: u64) -> Vec<SpanData> {
    (1..=count)
        .map(|number| span(number, format!("span-{number}")))
        .collect()
}

fn resource() -> Resource {
    Resource::builder_empty()
        .with_attributes([KeyValue::new("service.name", "tested")])
        .build()
}

fn config(destination: Destination) -> Config {
    Config {
        destination,
        api_key: None,
        app_url: String::new(),
        protocol: Protocol::HttpProtobuf,
        compression: Compression::Gzip,
        headers: Vec::new(),
        export_timeout: Duration::from_secs(10),
        service_name: "tested".to_owned(),
        service_version: None,
        environment: None,
        resource_attributes: Vec::new(),
        env_data_opt_out: true,
        host_name: HostName::Omit,
        tags: Vec::new(),
        dict_tags: Vec::new(),
        trace_name: "default".to_owned(),
        auto_start_session: true,
        session_replay_log: false,
        sample_ratio: 1.0,
        content: Content::All,
        redactor: Arc::new(|_: &str, _: &str| None),
        attribute_value_length: 1_000_000,
        semconv: Semconv::AgentOps,
        prices: Vec::new(),
        keep_errors: false,
        instrument_llm_calls: true,
        max_level: LevelFilter::DEBUG,
        event_level: LevelFilter::INFO,
        error_events_to_status: true,
        host_trace: HostTrace::Link,
        panic_hook: false,
        shutdown_on_signal: false,
        max_queue_size: 2_048,
        max_queue_bytes: 64 << 20,
        spool: None,
        max_export_batch_size: 512,
        flush_interval: Duration::from_secs(1),
        shutdown_timeout: Duration::from_secs(2),
    }
}

fn header(name: &str, value: &str) -> (String, Secret) {
    (name.to_owned(), Secret::new(value))
}
