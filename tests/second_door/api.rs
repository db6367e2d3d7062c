//! Spans that are made with the API of OpenTelemetry, without `tracing`.

use agentops::{
    EndState,
    testing::{Collector, OtelKind, StatusCode, Value, draw},
};
use opentelemetry::{
    KeyValue,
    trace::{Span as _, SpanKind, Status, TraceContextExt as _, Tracer as _, mark_span_as_active},
};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracer, SdkTracerProvider};

use super::doors::{arrived_of_api, named, provider};
use crate::guest::{DEADLINE, to};

/// Runs `inside` in a span with these attributes.
fn span(tracer: &SdkTracer, name: &'static str, attributes: &[(&'static str, &'static str)], inside: impl FnOnce()) {
    let attributes = attributes.iter().map(|(key, value)| KeyValue::new(*key, *value));
    let span = tracer
        .span_builder(name)
        .with_attributes(attributes.collect::<Vec<_>>())
        .start(tracer);
    let _active = mark_span_as_active(span);
    inside();
}

#[test]
fn spans_of_the_api_arrive_with_all_that_was_said_of_them() {
    let spans = arrived_of_api(
        |builder| builder,
        |tracer| {
            span(tracer, "GET /", &[], || {
                span(tracer, "planner", &[("agentops.kind", "agent")], || {
                    let call = tracer
                        .span_builder("chat gpt-4o")
                        .with_kind(SpanKind::Client)
                        .with_attributes([
                            KeyValue::new("gen_ai.operation.name", "chat"),
                            KeyValue::new("gen_ai.request.model", "gpt-4o"),
                            KeyValue::new("gen_ai.usage.input_tokens", 7_i64),
                            KeyValue::new("gen_ai.usage.output_tokens", 5_i64),
                        ]);
                    call.start(tracer).end();
                    let mut tool = tracer.start("search");
                    tool.set_attribute(KeyValue::new("agentops.kind", "tool"));
                    tool.set_attribute(KeyValue::new("agentops.input", r#"{"query":"rust"}"#));
                    tool.set_attribute(KeyValue::new("agentops.output", "nothing"));
                    tool.add_event("cache.miss", vec![KeyValue::new("cache.size", 3_i64)]);
                    tool.record_error(&std::io::Error::other("the index is gone"));
                    tool.set_status(Status::error("the index is gone"));
                });
            });
        },
    );
    assert_eq!(
        draw(&spans),
        "default.session\n  planner.agent\n    chat gpt-4o\n    search.tool !the index is gone\n"
    );
    let call = named(&spans, "chat gpt-4o");
    assert_eq!(call.otel_kind, OtelKind::Client);
    assert_eq!(call.status.code, StatusCode::Ok, "a clean end counts");
    assert_eq!(call.attribute("gen_ai.usage.total_tokens"), Some(&Value::from(12)));
    let tool = named(&spans, "search.tool");
    assert_eq!(tool.text("agentops.entity.input"), Some(r#"{"query":"rust"}"#));
    assert_eq!(tool.text("agentops.entity.output"), Some("nothing"));
    assert_eq!(tool.text("agent.name"), Some("planner"));
    assert_eq!(tool.text("error.message"), Some("the index is gone"));
    let [miss, failure] = &tool.events[..] else {
        panic!("{:?}", tool.events)
    };
    assert_eq!(
        (miss.name.as_str(), miss.attribute("cache.size")),
        ("cache.miss", Some(&Value::from(3)))
    );
    assert_eq!(
        (failure.name.as_str(), failure.attribute("exception.message")),
        ("exception", Some(&Value::from("the index is gone")))
    );
}

#[test]
fn a_link_leads_to_where_the_other_span_stands_for_us_and_names_its_agent() {
    let spans = arrived_of_api(
        |builder| builder,
        |tracer| {
            let mut followed = None;
            span(tracer, "bob", &[("agentops.kind", "agent")], || {
                let call = tracer
                    .span_builder("chat")
                    .with_attributes([KeyValue::new("gen_ai.operation.name", "chat")])
                    .start(tracer);
                followed = Some(call.span_context().clone());
            });
            let mut tool = tracer.start("add");
            tool.set_attribute(KeyValue::new("agentops.kind", "tool"));
            tool.add_link(followed.unwrap(), Vec::new());
        },
    );
    let (call, tool) = (named(&spans, "chat"), named(&spans, "add.tool"));
    assert_eq!(tool.links.len(), 1);
    assert_eq!(
        (&tool.links[0].trace_id, &tool.links[0].span_id),
        (&call.trace_id, &call.span_id)
    );
    assert_eq!(tool.text("agent.name"), Some("bob"));
}

#[test]
fn the_hosts_own_exporter_sees_what_it_saw_before() {
    let host = InMemorySpanExporter::default();
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(host.clone())
        .with_span_processor(agentops.span_processor())
        .build();
    let tracer = opentelemetry::trace::TracerProvider::tracer(&provider, "app");
    span(&tracer, "GET /", &[], || {
        span(&tracer, "search", &[("agentops.kind", "tool")], || {});
    });
    let seen = host.get_finished_spans().unwrap();
    let names: Vec<_> = seen.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(names, ["search", "GET /"]);
    assert_eq!(seen[0].attributes.len(), 1, "nothing was added");

    provider.force_flush().unwrap();
    let spans = collector.spans();
    let [tool] = &spans[..] else { panic!("{}", draw(&spans)) };
    assert_eq!(tool.span_id, seen[0].span_context.span_id().to_string());
    assert_ne!(
        tool.trace_id,
        seen[0].span_context.trace_id().to_string(),
        "the auto-session has its own trace"
    );
    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(draw(&collector.spans()), "default.session\n  search.tool\n");
}

#[test]
fn a_provider_that_is_shut_down_delivers_everything_and_ends_the_handle() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let provider = provider(&agentops);
    let tracer = opentelemetry::trace::TracerProvider::tracer(&provider, "app");
    span(&tracer, "search", &[("agentops.kind", "tool")], || {});
    provider.shutdown().unwrap();
    assert_eq!(draw(&collector.spans()), "default.session\n  search.tool\n");
    assert!(agentops.shutdown(DEADLINE).unwrap_err().is_closed());
}

#[test]
fn the_guards_end_state_is_that_of_the_session_whatever_waits_for_its_root() {
    let collector = Collector::start();
    let agentops = to(&collector).with_shutdown_timeout(DEADLINE).build().unwrap();
    let provider = provider(&agentops);
    let tracer = opentelemetry::trace::TracerProvider::tracer(&provider, "app");
    let open = tracer.start("GET /");
    let context = opentelemetry::Context::current_with_span(open);
    {
        let _active = context.clone().attach();
        span(&tracer, "search", &[("agentops.kind", "tool")], || {});
    }
    agentops.shutdown_guard().end(EndState::Success).unwrap();
    assert_eq!(draw(&collector.spans()), "default.session\n  search.tool\n");
    let spans = collector.spans();
    assert_eq!(
        named(&spans, "default.session").text("agentops.session.end_state"),
        Some("Success")
    );
    context.span().end();
    provider.shutdown().unwrap();
}

#[test]
fn only_marked_spans_count_where_libraries_are_left_out() {
    let spans = arrived_of_api(
        |builder| builder.with_instrument_llm_calls(false),
        |tracer| {
            span(tracer, "chat", &[("gen_ai.operation.name", "chat")], || {
                span(tracer, "search", &[("agentops.kind", "tool")], || {});
            });
        },
    );
    assert_eq!(draw(&spans), "default.session\n  search.tool\n");
}
