//! Beside a host's own OpenTelemetry layer: both trees are right, in both orders, and roots of ours lead to the
//! host's span around them.

use agentops::{
    AgentOps, Builder, EndState, HostTrace,
    testing::{Collector, Span, draw},
};
use opentelemetry::{
    Context,
    trace::{TraceContextExt as _, Tracer as _, TracerProvider as _},
};
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

/// One of ours is a child of one of the host's, in whose trace all of ours are.
#[track_caller]
fn assert_joined(all: &[Span], ours: &Span, host: &Span) {
    assert_eq!(ours.parent_span_id.as_ref(), Some(&host.span_id));
    assert!(all.iter().all(|span| span.trace_id == host.trace_id));
    assert!(ours.links.is_empty());
}

/// Nothing leads from one of ours to one of the host's.
#[track_caller]
fn assert_apart(ours: &Span, host: &Span) {
    assert_eq!((ours.parent_span_id.as_ref(), ours.links.len()), (None, 0));
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
/// The same for the host, whose trace is never torn.
const HOSTS_ASK: &str = "POST /ask\n  ask\n    request\n      planner\n        step\n          search\n";

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
            assert_eq!(draw(&arrived.hosts), HOSTS_ASK, "{first:?}");
        }
    }
}

#[test]
fn a_session_joins_the_hosts_trace_where_that_is_asked_for() {
    for first in ORDERS {
        let arrived = Arrived::of(first, |builder| builder.with_host_trace(HostTrace::Join), a_session);
        assert_eq!(draw(&arrived.ours), ASK.replacen('\n', " (orphan)\n", 1), "{first:?}");
        assert_joined(&arrived.ours, arrived.own("ask.session"), arrived.host("POST /ask"));
        assert_told(&arrived.ours);
        assert_eq!(draw(&arrived.hosts), HOSTS_ASK, "{first:?}");
    }
}

#[test]
fn a_session_has_nothing_to_do_with_the_host_where_that_is_asked_for() {
    for first in ORDERS {
        let arrived = Arrived::of(first, |builder| builder.with_host_trace(HostTrace::Ignore), a_session);
        assert_eq!(draw(&arrived.ours), ASK, "{first:?}");
        assert_apart(arrived.own("ask.session"), arrived.host("POST /ask"));
        assert_told(&arrived.ours);
        assert_eq!(draw(&arrived.hosts), HOSTS_ASK, "{first:?}");
    }
}

#[test]
fn an_implicit_session_stands_to_the_host_as_is_asked_for() {
    let ours = TREE.replace("default", "request");
    for first in ORDERS {
        for host_trace in [HostTrace::Link, HostTrace::Join, HostTrace::Ignore] {
            let settings = |builder: Builder| builder.with_auto_start_session(false).with_host_trace(host_trace);
            let arrived = Arrived::of(first, settings, |_| program());
            let (session, host) = (arrived.own("request.session"), arrived.host("request"));
            let case = format!("{first:?} {host_trace:?}");
            let drawn = draw(&arrived.ours);
            match host_trace {
                HostTrace::Join => {
                    assert_eq!(drawn, ours.replacen('\n', " (orphan)\n", 1), "{case}");
                    assert_joined(&arrived.ours, session, host);
                }
                HostTrace::Ignore => {
                    assert_eq!(drawn, ours, "{case}");
                    assert_apart(session, host);
                }
                _ => {
                    assert_eq!(drawn, ours, "{case}");
                    assert_linked(session, host);
                }
            }
            assert_told(&arrived.ours);
            assert_eq!(
                draw(&arrived.hosts),
                "request\n  planner\n    step\n      search\n",
                "{case}"
            );
        }
    }
}

#[test]
fn a_root_without_a_session_stands_to_the_host_as_is_asked_for() {
    // Nothing of tracing encloses it; a span of the host's own OpenTelemetry does.
    let provider = SdkTracerProvider::builder().build();
    let outer = provider.tracer("native").start("outer");
    let outer = Context::new().with_span(outer);
    let mut host = Span::new("outer");
    host.trace_id = outer.span().span_context().trace_id().to_string();
    host.span_id = outer.span().span_context().span_id().to_string();
    for first in ORDERS {
        for host_trace in [HostTrace::Link, HostTrace::Join, HostTrace::Ignore] {
            let settings = |builder: Builder| builder.with_auto_start_session(false).with_host_trace(host_trace);
            let arrived = Arrived::of(first, settings, |_| {
                let _outer = outer.clone().attach();
                crate::guest::planner("rust");
            });
            let root = arrived.own("planner.agent");
            let case = format!("{first:?} {host_trace:?}");
            let orphan = match host_trace {
                HostTrace::Join => {
                    assert_joined(&arrived.ours, root, &host);
                    " (orphan)"
                }
                HostTrace::Ignore => {
                    assert_apart(root, &host);
                    ""
                }
                _ => {
                    assert_linked(root, &host);
                    ""
                }
            };
            let tree = format!("planner.agent{orphan}\n  search.tool\n");
            assert_eq!(draw(&arrived.ours), tree, "{case}");
            assert_told(&arrived.ours);
            let tree = "planner (orphan)\n  step\n    search\n";
            assert_eq!(draw(&arrived.hosts), tree, "{case}");
        }
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
        assert_eq!(
            draw(&arrived.ours),
            format!("default.session\n  outer.agent\n\n{ASK}"),
            "{first:?}"
        );
        let hosts = HOSTS_ASK.lines().map(|line| format!("  {line}\n"));
        assert_eq!(
            draw(&arrived.hosts),
            format!("outer\n{}", hosts.collect::<String>()),
            "{first:?}"
        );
    }
}
