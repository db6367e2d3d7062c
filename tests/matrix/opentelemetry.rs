//! Beside a host's own OpenTelemetry layer: both trees are right, in both orders, and roots of ours lead to the
//! host's span around them.

use agentops::{
    AgentOps, Builder, EndState, HostTrace,
    testing::{Collector, Span, draw},
};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing::{Dispatch, dispatcher, info_span};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

use crate::guest::{DEADLINE, TREE, assert_told, assert_whole, program, to};

/// The order of the two layers.
#[derive(Clone, Copy, Debug)]
enum First {
    Ours,
    Hosts,
}

const ORDERS: [First; 2] = [First::Ours, First::Hosts];

/// What arrived of one run.
struct Arrived {
    ours: Vec<Span>,
    hosts: Vec<Span>,
}

impl Arrived {
    fn of(first: First, settings: impl FnOnce(Builder) -> Builder, program: impl FnOnce(&AgentOps)) -> Self {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        let collector = Collector::start();
        let agentops = settings(to(&collector)).build().unwrap();
        let tracer = provider.tracer("host");
        let subscriber: Dispatch = match first {
            First::Ours => registry()
                .with(agentops.layer())
                .with(tracing_opentelemetry::layer().with_tracer(tracer))
                .into(),
            First::Hosts => registry()
                .with(tracing_opentelemetry::layer().with_tracer(tracer))
                .with(agentops.layer())
                .into(),
        };
        dispatcher::with_default(&subscriber, || program(&agentops));
        agentops.shutdown(DEADLINE).unwrap();
        let hosts = exporter.get_finished_spans().unwrap();
        Self {
            ours: collector.spans(),
            hosts: hosts.into_iter().map(as_arrived).collect(),
        }
    }

    fn host(&self, name: &str) -> &Span {
        self.hosts.iter().find(|span| span.name == name).unwrap()
    }

    fn own(&self, name: &str) -> &Span {
        self.ours.iter().find(|span| span.name == name).unwrap()
    }
}

/// The host's span in the form that can be drawn.
fn as_arrived(data: opentelemetry_sdk::trace::SpanData) -> Span {
    let start = data.start_time.duration_since(std::time::UNIX_EPOCH).unwrap();
    let parent = data.parent_span_id;
    let mut span = Span::new(data.name);
    span.trace_id = data.span_context.trace_id().to_string();
    span.span_id = data.span_context.span_id().to_string();
    span.parent_span_id = (parent != opentelemetry::SpanId::INVALID).then(|| parent.to_string());
    span.start_unix_nanos = u64::try_from(start.as_nanos()).unwrap();
    span
}

/// One of ours leads to one of the host's, by a link and nothing else.
#[track_caller]
fn assert_linked(ours: &Span, host: &Span) {
    let links: Vec<_> = ours.links.iter().map(|link| (&link.trace_id, &link.span_id)).collect();
    assert_eq!(links, [(&host.trace_id, &host.span_id)]);
    assert_eq!(ours.parent_span_id, None);
    assert_ne!(ours.trace_id, host.trace_id);
}

#[test]
fn both_trees_are_right_in_both_orders() {
    for first in ORDERS {
        let arrived = Arrived::of(first, |builder| builder, |_| program());
        assert_whole(&arrived.ours);
        assert_eq!(
            draw(&arrived.hosts),
            "request\n  planner\n    step\n      search\n",
            "{first:?}"
        );
        let links: usize = arrived.ours.iter().map(|span| span.links.len()).sum();
        assert_eq!(links, 0, "the auto-session began outside of the request");
    }
}

/// A session inside of a request of the host.
fn a_session(agentops: &AgentOps) {
    let _request = info_span!("POST /ask").entered();
    let session = agentops.session("ask").start();
    session.in_scope(program);
    session.end(EndState::Success);
}

const ASK: &str = "ask.session\n  planner.agent\n    search.tool\n";

#[test]
fn a_session_links_to_the_hosts_span_around_it() {
    for first in ORDERS {
        for settings in [
            |builder: Builder| builder,
            |builder: Builder| builder.with_host_trace(HostTrace::Link),
        ] {
            let arrived = Arrived::of(first, settings, a_session);
            assert_eq!(draw(&arrived.ours), ASK, "{first:?}");
            assert_linked(arrived.own("ask.session"), arrived.host("POST /ask"));
            let tree = "POST /ask\n  ask\n    request\n      planner\n        step\n          search\n";
            assert_eq!(draw(&arrived.hosts), tree, "the host's trace is not torn");
        }
    }
}

#[test]
fn a_session_joins_the_hosts_trace_where_that_is_asked_for() {
    for first in ORDERS {
        let arrived = Arrived::of(first, |builder| builder.with_host_trace(HostTrace::Join), a_session);
        let (session, host) = (arrived.own("ask.session"), arrived.host("POST /ask"));
        assert_eq!(session.parent_span_id.as_ref(), Some(&host.span_id), "{first:?}");
        assert!(arrived.ours.iter().all(|span| span.trace_id == host.trace_id));
        assert!(session.links.is_empty());
        assert_told(&arrived.ours);
    }
}

#[test]
fn a_session_has_nothing_to_do_with_the_host_where_that_is_asked_for() {
    for first in ORDERS {
        let arrived = Arrived::of(first, |builder| builder.with_host_trace(HostTrace::Ignore), a_session);
        let (session, host) = (arrived.own("ask.session"), arrived.host("POST /ask"));
        assert_eq!(draw(&arrived.ours), ASK, "{first:?}");
        assert_ne!(session.trace_id, host.trace_id);
        assert!(session.links.is_empty());
    }
}

#[test]
fn an_implicit_session_and_a_root_without_a_session_link_to_the_host_too() {
    for first in ORDERS {
        let off = |builder: Builder| builder.with_auto_start_session(false);
        let arrived = Arrived::of(first, off, |_| program());
        assert_eq!(draw(&arrived.ours), TREE.replace("default", "request"), "{first:?}");
        assert_linked(arrived.own("request.session"), arrived.host("request"));

        // Nothing of tracing encloses this one; a span of the host's own OpenTelemetry does.
        let provider = SdkTracerProvider::builder().build();
        let outer = opentelemetry::trace::Tracer::start(&provider.tracer("native"), "outer");
        let outer = opentelemetry::trace::TraceContextExt::with_span(&opentelemetry::Context::new(), outer);
        let context = opentelemetry::trace::TraceContextExt::span(&outer)
            .span_context()
            .clone();
        let arrived = Arrived::of(first, off, |_| {
            let _outer = outer.clone().attach();
            crate::guest::planner("rust");
        });
        let root = arrived.own("planner.agent");
        assert_eq!(root.links.len(), 1, "{first:?}");
        assert_eq!(root.links[0].span_id, context.span_id().to_string());
        assert_eq!(root.links[0].trace_id, context.trace_id().to_string());
    }
}

#[test]
fn a_session_inside_of_ours_links_to_ours_and_not_to_the_host() {
    for first in ORDERS {
        let arrived = Arrived::of(
            first,
            |builder| builder,
            |agentops| {
                let _agent = info_span!("outer", agentops.kind = "agent").entered();
                a_session(agentops);
            },
        );
        let (session, agent) = (arrived.own("ask.session"), arrived.own("outer.agent"));
        let links: Vec<_> = session.links.iter().map(|link| &link.span_id).collect();
        assert_eq!(links, [&agent.span_id], "{first:?}");
    }
}
