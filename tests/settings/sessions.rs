//! What sessions are called, carry and stand in.

use agentops::{
    AgentOps, Builder, EndState, HostTrace,
    testing::{FixedClock, FixedIds, Span, draw},
};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::info_span;

use super::harness::{as_is, named, seen, tool, variables};

fn session(agentops: &AgentOps) {
    let session = agentops.session("s").start();
    session.in_scope(tool);
    session.end(EndState::Success);
}

#[test]
fn tags_of_the_handle_are_on_every_session() {
    covers!("with_tags", "AGENTOPS_DEFAULT_TAGS");
    let tags = |settings: &dyn Fn(Builder) -> Builder| {
        let seen = seen(settings, |agentops| {
            tool();
            session(agentops);
        });
        let explicit = named(&seen.spans, "s.session").attribute("agentops.tags").cloned();
        let auto = named(&seen.spans, "default.session")
            .attribute("agentops.tags")
            .cloned();
        assert_eq!(explicit, auto);
        explicit
    };
    let variable = [("AGENTOPS_DEFAULT_TAGS", "nightly, eu")];
    assert_eq!(tags(&as_is), None);
    assert_eq!(
        tags(&|builder| builder.with_tags(["a"]).with_tags(["b"])),
        Some(["a", "b"].into())
    );
    assert_eq!(
        tags(&|builder| builder.with_env(variables(&variable))),
        Some(["nightly", "eu"].into())
    );
    let both = |builder: Builder| builder.with_env(variables(&variable)).with_tags(["a"]);
    assert_eq!(
        tags(&both),
        Some(["a"].into()),
        "the builder's are instead of the variable's"
    );
}

#[test]
fn a_tag_with_a_key_is_an_attribute_of_every_session_unless_agentops_needs_the_key() {
    covers!("with_tag");
    let seen = seen(
        |builder| {
            builder
                .with_tag("team", "blue")
                .with_tag("team", "red")
                .with_tag("gen_ai.system", "x")
        },
        |agentops| {
            tool();
            session(agentops);
        },
    );
    for name in ["s.session", "default.session"] {
        let span = named(&seen.spans, name);
        assert_eq!(span.text("team"), Some("red"));
        assert_eq!(span.attribute("gen_ai.system"), None);
    }
    let said = seen.log.lines_with("with_tag");
    assert!(
        matches!(said.as_slice(), [line] if line.starts_with("WARN") && line.contains("gen_ai.system")),
        "{said:?}"
    );
}

#[test]
fn the_auto_session_is_called_as_the_program_says() {
    covers!("with_trace_name", "AGENTOPS_TRACE_NAME");
    let tree = |settings: &dyn Fn(Builder) -> Builder| draw(&seen(settings, |_| tool()).spans);
    let variable = [("AGENTOPS_TRACE_NAME", "nightly")];
    assert_eq!(tree(&as_is), "default.session\n  tool.tool\n");
    assert_eq!(
        tree(&|builder| builder.with_trace_name("report")),
        "report.session\n  tool.tool\n"
    );
    assert_eq!(
        tree(&|builder| builder.with_env(variables(&variable))),
        "nightly.session\n  tool.tool\n"
    );
    let both = |builder: Builder| builder.with_env(variables(&variable)).with_trace_name("report");
    assert_eq!(tree(&both), "report.session\n  tool.tool\n");
}

#[test]
fn spans_are_adopted_by_the_auto_session_unless_it_is_switched_off() {
    covers!("with_auto_start_session", "AGENTOPS_AUTO_START_SESSION");
    let tree = |settings: &dyn Fn(Builder) -> Builder| {
        let seen = seen(settings, |_| {
            tool();
            info_span!("request").in_scope(tool);
        });
        draw(&seen.spans)
    };
    let (adopted, alone) = (
        "default.session\n  tool.tool\n  tool.tool\n",
        "tool.tool\n\nrequest.session\n  tool.tool\n",
    );
    let no = [("AGENTOPS_AUTO_START_SESSION", "false")];
    let yes = [("AGENTOPS_AUTO_START_SESSION", "1")];
    assert_eq!(tree(&as_is), adopted);
    assert_eq!(tree(&|builder| builder.with_auto_start_session(false)), alone);
    assert_eq!(tree(&|builder| builder.with_env(variables(&no))), alone);
    assert_eq!(
        tree(&|builder| builder.with_env(variables(&no)).with_auto_start_session(true)),
        adopted
    );
    assert_eq!(
        tree(&|builder| builder.with_env(variables(&yes)).with_auto_start_session(false)),
        alone
    );
}

const HOST_TRACE: u128 = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;
const HOST_SPAN: u64 = 0xb7ad_6b71_6920_3331;

/// A session inside a span of the host's own OpenTelemetry.
fn inside_a_host_span(settings: impl FnOnce(Builder) -> Builder) -> Span {
    let seen = seen(settings, |agentops| {
        let (trace, span) = (TraceId::from(HOST_TRACE), SpanId::from(HOST_SPAN));
        let host = SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::default());
        let _inside = opentelemetry::Context::new().with_remote_span_context(host).attach();
        session(agentops);
    });
    let root = named(&seen.spans, "s.session").clone();
    assert_eq!(named(&seen.spans, "tool.tool").trace_id, root.trace_id);
    root
}

#[test]
fn a_session_inside_a_span_of_the_host_links_to_it_or_joins_its_trace_or_does_neither() {
    covers!("with_host_trace");
    let (trace, span) = (format!("{HOST_TRACE:032x}"), format!("{HOST_SPAN:016x}"));
    for settings in [as_is, |builder: Builder| builder.with_host_trace(HostTrace::Link)] {
        let linked = inside_a_host_span(settings);
        let [link] = linked.links.as_slice() else {
            panic!("{:?}", linked.links)
        };
        assert_eq!((&link.trace_id, &link.span_id), (&trace, &span));
        assert_ne!(linked.trace_id, trace);
        assert_eq!(linked.parent_span_id, None);
    }
    let joined = inside_a_host_span(|builder| builder.with_host_trace(HostTrace::Join));
    assert_eq!(
        (&joined.trace_id, joined.parent_span_id.as_ref()),
        (&trace, Some(&span))
    );
    let ignored = inside_a_host_span(|builder| builder.with_host_trace(HostTrace::Ignore));
    assert_ne!(ignored.trace_id, trace);
    assert!(ignored.links.is_empty() && ignored.parent_span_id.is_none());
}

#[test]
fn ids_and_times_can_be_the_same_in_every_run() {
    covers!("with_ids", "with_clock");
    let run = |settings: &dyn Fn(Builder) -> Builder| {
        let seen = seen(settings, session);
        let of = |name: &str| {
            let span = named(&seen.spans, name);
            (
                span.trace_id.clone(),
                span.span_id.clone(),
                span.start_unix_nanos,
                span.end_unix_nanos,
            )
        };
        [of("s.session"), of("tool.tool")]
    };
    let fixed = |builder: Builder| builder.with_ids(FixedIds::new()).with_clock(FixedClock::new());
    let [session, tool] = run(&fixed);
    assert_eq!([&session, &tool], [&run(&fixed)[0], &run(&fixed)[1]]);
    assert!(
        session.0.starts_with("0000000000000000000000000000000"),
        "{}",
        session.0
    );
    let start = 1_767_225_600_000_000_000;
    assert!((start..start + 1_000_000_000).contains(&session.2), "{}", session.2);
    assert!(session.2 < tool.2 && tool.3 < session.3);

    let [free, _] = run(&as_is);
    assert!(free.0 != session.0 && free.1 != session.1 && free.2 > start + 1_000_000_000);
}

#[test]
fn the_clock_is_read_where_a_span_begins_at_each_event_and_where_it_is_left() {
    let seen = seen(
        |builder: Builder| builder.with_clock(FixedClock::new()),
        |_| {
            let _span = info_span!("work", agentops.kind = "tool").entered();
            tracing::info!("one");
            tracing::info!("two");
        },
    );
    let work = named(&seen.spans, "work.tool");
    // A millisecond for each reading.
    let after = |unix_nanos: u64| (unix_nanos - work.start_unix_nanos) / 1_000_000;
    let events: Vec<_> = work.events.iter().map(|event| after(event.unix_nanos)).collect();
    assert_eq!((events, after(work.end_unix_nanos)), (vec![1, 2], 3));
}
