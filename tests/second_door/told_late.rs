//! What `OpenTelemetrySpanExt` says: on any span, at any time before its end.

use agentops::testing::{Value, draw};
use opentelemetry::{
    KeyValue, StringValue,
    trace::{
        SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
        TracerProvider as _,
    },
};
use tracing::info_span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::doors::{SECOND, arrived, named, provider};
use crate::guest::DEADLINE;

#[test]
fn a_span_that_declares_nothing_gets_its_meaning_through_the_extension_trait() {
    for door in SECOND {
        let spans = arrived(door, |_| {
            let lookup = info_span!("lookup").entered();
            lookup.set_attribute("agentops.kind", "tool");
            lookup.set_attribute("search.hits", 3_i64);
            lookup.set_attribute(
                "search.indices",
                opentelemetry::Value::Array(vec![StringValue::from("a"), StringValue::from("b")].into()),
            );
            lookup.set_status(Status::error("the index is gone"));
            let _unrelated = info_span!("SELECT").entered();
        });
        assert_eq!(
            draw(&spans),
            "default.session\n  lookup.tool !the index is gone\n",
            "{door:?}"
        );
        let lookup = named(&spans, "lookup.tool");
        assert_eq!(lookup.attribute("search.hits"), Some(&Value::from(3)), "{door:?}");
        assert_eq!(
            lookup.attribute("search.indices"),
            Some(&Value::from(["a", "b"])),
            "{door:?}"
        );
    }
}

#[test]
fn a_parent_that_gets_its_meaning_after_its_child_ended_is_its_parent() {
    for door in SECOND {
        let spans = arrived(door, |_| {
            let outer = info_span!("outer").entered();
            {
                let _unrelated = info_span!("loop").entered();
                let _tool = info_span!("search", agentops.kind = "tool").entered();
            }
            outer.set_attribute("agentops.kind", "agent");
            outer.set_attribute("agentops.name", "planner");
        });
        assert_eq!(
            draw(&spans),
            "default.session\n  planner.agent\n    search.tool\n",
            "{door:?}"
        );
        let tool = named(&spans, "search.tool");
        assert_eq!(tool.text("agent.name"), Some("planner"), "{door:?}");
    }
}

/// A span of another process.
fn remote() -> SpanContext {
    SpanContext::new(
        TraceId::from(7),
        SpanId::from(8),
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    )
}

#[test]
fn an_event_and_links_that_a_span_is_told_arrive() {
    for door in SECOND {
        let spans = arrived(door, |_| {
            let agent = info_span!("bob", agentops.kind = "agent");
            let followed = agent.context().span().span_context().clone();
            drop(agent);
            let lookup = info_span!("lookup", agentops.kind = "tool").entered();
            lookup.add_event("cache.miss", vec![KeyValue::new("cache.size", 3_i64)]);
            lookup.add_link(followed);
            lookup.add_link(remote());
        });
        assert_eq!(
            draw(&spans),
            "default.session\n  bob.agent\n  lookup.tool\n",
            "{door:?}"
        );
        let (agent, lookup) = (named(&spans, "bob.agent"), named(&spans, "lookup.tool"));
        let [miss] = &lookup.events[..] else {
            panic!("{door:?}: {:?}", lookup.events)
        };
        assert_eq!(miss.name, "cache.miss", "{door:?}");
        assert_eq!(miss.attribute("cache.size"), Some(&Value::from(3)), "{door:?}");
        let [followed, other] = &lookup.links[..] else {
            panic!("{door:?}: {:?}", lookup.links)
        };
        assert_eq!(
            (&followed.trace_id, &followed.span_id),
            (&agent.trace_id, &agent.span_id),
            "{door:?}"
        );
        assert_eq!(
            (other.trace_id.clone(), other.span_id.clone()),
            (format!("{:032x}", 7), format!("{:016x}", 8)),
            "{door:?}"
        );
    }
}

#[test]
fn a_child_that_is_made_with_the_api_in_the_context_of_a_span_hangs_on_it() {
    for (door, leaves_first) in SECOND.into_iter().flat_map(|door| [(door, false), (door, true)]) {
        let spans = arrived(door, |agentops| {
            // Of a library that knows nothing of tracing.
            let provider = provider(agentops);
            let tracer = provider.tracer("my-library");
            let agent = info_span!("worker", agentops.kind = "agent");
            let context = agent.context();
            let tool = tracer
                .span_builder("search")
                .with_attributes([KeyValue::new("agentops.kind", "tool")])
                .start_with_context(&tracer, &context);
            assert!(opentelemetry::trace::Span::is_recording(&tool), "{door:?}");
            drop(tool);
            if leaves_first {
                agentops.force_flush(DEADLINE).unwrap();
            }
            agent.in_scope(|| drop(info_span!("think", agentops.kind = "task")));
            drop((context, agent));
        });
        assert_eq!(
            draw(&spans),
            "default.session\n  worker.agent\n    search.tool\n    think.task\n",
            "{door:?} {leaves_first}"
        );
        let tool = named(&spans, "search.tool");
        assert_eq!(tool.text("agent.name"), Some("worker"), "{door:?} {leaves_first}");
    }
}

#[test]
fn a_span_that_was_told_its_remote_parent_goes_on_in_that_trace() {
    for door in SECOND {
        let spans = arrived(door, |_| {
            let agent = info_span!("worker", agentops.kind = "agent");
            let parent = opentelemetry::Context::new().with_remote_span_context(remote());
            agent.set_parent(parent).unwrap();
            agent.in_scope(|| drop(info_span!("search", agentops.kind = "tool")));
            drop(agent);
            drop(info_span!("local", agentops.kind = "tool"));
        });
        let [agent, tool, local] = ["worker.agent", "search.tool", "local.tool"].map(|name| named(&spans, name));
        assert_eq!(agent.trace_id, format!("{:032x}", 7), "{door:?}");
        assert_eq!(agent.parent_span_id, Some(format!("{:016x}", 8)), "{door:?}");
        assert_eq!(tool.parent_span_id.as_ref(), Some(&agent.span_id), "{door:?}");
        assert_eq!(tool.trace_id, agent.trace_id, "{door:?}");
        assert_eq!(local.trace_id, named(&spans, "default.session").trace_id, "{door:?}");
    }
}

#[test]
fn the_context_of_a_span_is_active_in_opentelemetry_and_its_ids_are_the_ones_that_arrive() {
    for door in SECOND {
        let mut id = String::new();
        let spans = arrived(door, |_| {
            let _agent = info_span!("worker", agentops.kind = "agent").entered();
            id = opentelemetry::Context::map_current(|current| current.span().span_context().span_id().to_string());
        });
        assert_eq!(named(&spans, "worker.agent").span_id, id, "{door:?}");
    }
}
