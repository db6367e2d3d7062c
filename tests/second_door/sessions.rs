//! Sessions through the second door.

use agentops::{
    EndState, HostTrace,
    testing::{Collector, draw},
};
use opentelemetry::{
    KeyValue,
    trace::{Span as _, Tracer as _, TracerProvider as _},
};
use tracing::{Dispatch, dispatcher, info_span, subscriber::with_default};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

use super::doors::{SECOND, arrived, arrived_of_api, arrived_with, named, provider};
use crate::{
    guest::{DEADLINE, to},
    log::Log,
};

#[test]
fn spans_without_a_session_share_the_auto_session_and_keep_their_ids() {
    for door in SECOND {
        let spans = arrived(door, |_| {
            drop(info_span!("first", agentops.kind = "tool"));
            drop(info_span!("second", agentops.kind = "tool"));
        });
        assert_eq!(
            draw(&spans),
            "default.session\n  first.tool\n  second.tool\n",
            "{door:?}"
        );
    }
}

#[test]
fn a_span_of_kind_session_is_the_root_of_its_own_trace_and_links_to_what_encloses_it() {
    for door in SECOND {
        let spans = arrived(door, |_| {
            let _agent = info_span!("planner", agentops.kind = "agent").entered();
            let _session = info_span!("nightly", agentops.kind = "session", agentops.tags = "a,b").entered();
            drop(info_span!("search", agentops.kind = "tool"));
        });
        assert_eq!(
            draw(&spans),
            "default.session\n  planner.agent\n\nnightly.session\n  search.tool\n",
            "{door:?}"
        );
        let (agent, session) = (named(&spans, "planner.agent"), named(&spans, "nightly.session"));
        assert_eq!(session.links.len(), 1, "{door:?}");
        assert_eq!(
            (&session.links[0].trace_id, &session.links[0].span_id),
            (&agent.trace_id, &agent.span_id),
            "{door:?}"
        );
    }
}

#[test]
fn a_session_that_is_the_root_of_its_trace_keeps_the_id_of_its_trace() {
    let mut ids = Vec::new();
    let spans = arrived_of_api(
        |builder| builder,
        |tracer| {
            let mut span = tracer.start("run");
            span.set_attribute(KeyValue::new("agentops.kind", "session"));
            ids.push(span.span_context().trace_id().to_string());
        },
    );
    assert_eq!(draw(&spans), "run.session\n");
    assert_eq!(spans[0].trace_id, ids[0]);
}

#[test]
fn a_session_below_the_hosts_request_links_to_it_or_joins_its_trace() {
    for (host_trace, links, joins) in [
        (HostTrace::Link, 1, false),
        (HostTrace::Join, 0, true),
        (HostTrace::Ignore, 0, false),
    ] {
        let mut host = None;
        let spans = arrived_of_api(
            |builder| builder.with_host_trace(host_trace),
            |tracer| {
                let request = tracer.start("GET /");
                host = Some(request.span_context().clone());
                let _active = opentelemetry::trace::mark_span_as_active(request);
                let mut span = tracer.start("run");
                span.set_attribute(KeyValue::new("agentops.kind", "session"));
            },
        );
        let (host, session) = (host.unwrap(), named(&spans, "run.session"));
        assert_eq!(session.links.len(), links, "{host_trace:?}");
        assert_eq!(session.trace_id == host.trace_id().to_string(), joins, "{host_trace:?}");
        assert_eq!(
            session.parent_span_id == Some(host.span_id().to_string()),
            joins,
            "{host_trace:?}"
        );
    }
}

#[test]
fn without_an_auto_session_a_request_is_the_session_of_what_is_below_it() {
    let off = |builder: agentops::Builder| builder.with_auto_start_session(false);
    let program = || {
        {
            let _request = info_span!("POST /chat").entered();
            let _handler = info_span!("handler").entered();
            drop(info_span!("first", agentops.kind = "tool"));
            drop(info_span!("second", agentops.kind = "tool"));
        }
        drop(info_span!("loose", agentops.kind = "tool"));
    };
    for door in SECOND {
        let spans = arrived_with(off, door, |_| program());
        assert_eq!(
            draw(&spans),
            "POST /chat.session\n  first.tool\n  second.tool\n\nloose.tool\n",
            "{door:?}"
        );
    }
}

#[test]
fn a_session_of_the_handle_holds_what_is_started_inside_it_and_is_sent_once() {
    for door in SECOND {
        let spans = arrived(door, |agentops| {
            let session = agentops.session("ticket").with_tags(["vip"]).start();
            session.in_scope(|| {
                let _request = info_span!("step").entered();
                let _agent = info_span!("triage", agentops.kind = "agent").entered();
                drop(info_span!("lookup", agentops.kind = "tool"));
            });
            session.end(EndState::Success);
            drop(info_span!("outside", agentops.kind = "tool"));
        });
        assert_eq!(
            draw(&spans),
            "default.session\n  outside.tool\n\nticket.session\n  triage.agent\n    lookup.tool\n",
            "{door:?}"
        );
        let agent = named(&spans, "triage.agent");
        assert!(agent.attribute("agentops.tags").is_some(), "right below its session");
    }
}

#[test]
fn a_session_of_the_handle_holds_spans_of_the_api() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let provider = provider(&agentops);
    let tracer = provider.tracer("app");
    let tool = |name: &'static str| {
        let mut span = tracer.start(name);
        span.set_attribute(KeyValue::new("agentops.kind", "tool"));
    };
    let session = agentops.session("ticket").start();
    session.in_scope(|| tool("inside"));
    session.end(EndState::Success);
    tool("outside");
    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(
        collector.tree(),
        "default.session\n  outside.tool\n\nticket.session\n  inside.tool\n"
    );
}

#[test]
fn traces_that_are_left_out_are_counted_and_nothing_of_them_leaves() {
    let collector = Collector::start();
    let agentops = to(&collector).with_sample_ratio(0.0).build().unwrap();
    let subscriber: Dispatch = registry().with(agentops.opentelemetry_layer()).into();
    dispatcher::with_default(&subscriber, || {
        let _agent = info_span!("planner", agentops.kind = "agent").entered();
        drop(info_span!("search", agentops.kind = "tool"));
    });
    agentops.shutdown(DEADLINE).unwrap();
    let stats = agentops.stats();
    assert_eq!(
        (stats.recorded, stats.sampled_out),
        (0, 3),
        "the session counts, too: {stats:?}"
    );
    assert_eq!(collector.spans().len(), 0);
}

#[test]
fn a_trace_that_is_left_out_is_kept_whole_for_its_error() {
    let collector = Collector::start();
    let agentops = to(&collector)
        .with_sample_ratio(0.0)
        .with_keep_errors(true)
        .build()
        .unwrap();
    with_default(registry().with(agentops.opentelemetry_layer()), || {
        let _agent = info_span!("planner", agentops.kind = "agent").entered();
        let _tool = info_span!("search", agentops.kind = "tool", otel.status_code = "error").entered();
    });
    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(
        collector.tree(),
        "default.session\n  planner.agent\n    search.tool !error\n"
    );
    let stats = agentops.stats();
    assert_eq!(
        (stats.recorded, stats.exported, stats.undecided_spans),
        (3, 3, 0),
        "{stats:?}"
    );
}

#[test]
fn both_doors_of_one_handle_are_warned_of_once() {
    let log = Log::default();
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let subscriber: Dispatch = registry()
        .with(log.clone())
        .with(agentops.layer())
        .with(agentops.opentelemetry_layer())
        .into();
    dispatcher::with_default(&subscriber, || {
        for _ in 0..3 {
            drop(info_span!("search", agentops.kind = "tool"));
            agentops.force_flush(DEADLINE).unwrap();
        }
        agentops.shutdown(DEADLINE).unwrap();
    });
    assert_eq!(log.lines_with("keep one of the two").len(), 1);
    assert_eq!(
        collector
            .spans()
            .iter()
            .filter(|span| span.name == "search.tool")
            .count(),
        6,
        "each was sent twice"
    );
}

#[test]
fn spans_that_begin_while_recording_is_off_are_not_recorded() {
    for door in SECOND {
        let spans = arrived(door, |agentops| {
            drop(info_span!("before", agentops.kind = "tool"));
            agentops.set_enabled(false);
            drop(info_span!("hidden", agentops.kind = "tool"));
            agentops.set_enabled(true);
            drop(info_span!("after", agentops.kind = "tool"));
        });
        assert_eq!(
            draw(&spans),
            "default.session\n  before.tool\n  after.tool\n",
            "{door:?}"
        );
    }
}

#[test]
fn a_layer_that_is_dropped_leaves_its_handle_open() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    for name in ["first", "second"] {
        with_default(registry().with(agentops.opentelemetry_layer()), || {
            drop(info_span!("lookup", agentops.kind = "tool", agentops.name = name));
        });
    }
    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(collector.tree(), "default.session\n  first.tool\n  second.tool\n");
}
