//! Context across processes: out of one session and into another, by every carrier.

use std::{collections::HashMap, process::Command};

use agentops::{
    AgentOpsSpanExt, Builder, EndState, Remote,
    opentelemetry::{Context, KeyValue, baggage::BaggageExt as _},
    propagation::{CommandEnv, Extractor, Injector, McpMeta},
    testing::Span,
};
use serde_json::{Map, Value};
use tracing::info_span;

use crate::harness::{arrived, arrived_with, named, text};

/// What a tool call of a session with a user writes into a carrier, and that call's span.
fn written(carrier: &mut dyn Injector) -> Span {
    let spans = arrived(|agentops| {
        let session = agentops
            .session("desk")
            .with_user_id("Ana, 7")
            .with_session_id("c-1")
            .start();
        session.in_scope(|| info_span!("call", agentops.kind = "tool").inject(carrier));
        session.end(EndState::Success);
    });
    named(&spans, "call.tool").clone()
}

/// A session that continues from a carrier, with a tool in it.
fn served(carrier: &dyn Extractor) -> Vec<Span> {
    arrived(|agentops| {
        let session = agentops
            .session("server")
            .with_remote_parent(carrier, Remote::Join)
            .start();
        session.in_scope(|| drop(info_span!("tool", agentops.kind = "tool")));
        session.end(EndState::Success);
    })
}

fn assert_continues(spans: &[Span], session: &str, caller: &Span) {
    let session = named(spans, session);
    assert_eq!(session.trace_id, caller.trace_id);
    assert_eq!(session.parent_span_id.as_ref(), Some(&caller.span_id));
    let tool = named(spans, "tool.tool");
    assert_eq!(
        (&tool.trace_id, tool.parent_span_id.as_ref()),
        (&caller.trace_id, Some(&session.span_id))
    );
    for span in [session, tool] {
        assert_eq!((text(span, "user.id"), text(span, "session.id")), ("Ana, 7", "c-1"));
    }
}

#[test]
fn headers_carry_the_trace_and_whom_it_serves() {
    let mut headers = HashMap::new();
    let caller = written(&mut headers);
    assert_continues(&served(&headers), "server.session", &caller);
}

#[test]
fn the_meta_of_an_mcp_request_carries_the_same() {
    let mut meta = Map::from_iter([("progressToken".to_owned(), Value::from(7))]);
    let caller = written(&mut McpMeta(&mut meta));
    let mut names: Vec<_> = meta.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["baggage", "progressToken", "traceparent"],
        "what stood there stays"
    );
    assert_continues(&served(&McpMeta(&meta)), "server.session", &caller);
    assert_continues(&served(&McpMeta(meta)), "server.session", &caller);
}

fn environment(command: &Command) -> HashMap<String, String> {
    let variables = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)));
    variables
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn the_environment_of_a_child_carries_the_same_to_its_auto_session_and_to_any_other() {
    let mut command = Command::new("child");
    let caller = written(&mut CommandEnv(&mut command));
    let child = environment(&command);
    let mut names: Vec<_> = child.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["BAGGAGE", "TRACEPARENT"]);
    let started_so = |builder: Builder| {
        let child = child.clone();
        builder.with_env(move |name| child.get(name).cloned())
    };
    let spans = arrived_with(started_so, |_| drop(info_span!("tool", agentops.kind = "tool")));
    assert_continues(&spans, "default.session", &caller);

    let spans = arrived_with(started_so, |agentops| {
        let session = agentops.session("run").start();
        session.in_scope(|| drop(info_span!("tool", agentops.kind = "tool")));
        session.end(EndState::Success);
        let elsewhere: HashMap<_, _> = [("traceparent".to_owned(), ELSEWHERE.to_owned())].into();
        let told = agentops
            .session("told")
            .with_remote_parent(&elsewhere, Remote::Join)
            .start();
        told.end(EndState::Success);
    });
    assert_continues(&spans, "run.session", &caller);
    assert_eq!(
        named(&spans, "told.session").trace_id,
        TRACE,
        "a parent of its own comes first"
    );
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const ELSEWHERE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn what_the_program_says_of_its_session_comes_before_what_the_caller_says() {
    let carrier = HashMap::from([
        ("traceparent".to_owned(), ELSEWHERE.to_owned()),
        (
            "baggage".to_owned(),
            "user.id=mallory,session.id=c-9,other=x".to_owned(),
        ),
    ]);
    for remote in [Remote::Join, Remote::Link] {
        let spans = arrived(|agentops| {
            let session = agentops
                .session("own")
                .with_remote_parent(&carrier, remote)
                .with_user_id("u-1");
            session.start().end(EndState::Success);
        });
        let session = named(&spans, "own.session");
        assert_eq!((text(session, "user.id"), text(session, "session.id")), ("u-1", "c-9"));
        assert_eq!(session.trace_id == TRACE, remote == Remote::Join);
    }
}

#[test]
fn a_span_that_continues_a_trace_serves_whom_the_caller_serves() {
    let carrier = HashMap::from([
        ("traceparent".to_owned(), ELSEWHERE.to_owned()),
        ("baggage".to_owned(), "user.id=u-1".to_owned()),
    ]);
    let spans = arrived(|_| {
        let span = info_span!("request", agentops.kind = "session");
        span.set_remote_parent(&carrier).unwrap();
    });
    let request = named(&spans, "request.session");
    assert_eq!((request.trace_id.as_str(), text(request, "user.id")), (TRACE, "u-1"));
}

#[test]
fn context_that_is_malformed_is_none() {
    let long = format!("user.id={}", "x".repeat(10_000));
    for (traceparent, baggage) in [
        ("", "user.id=u-1"),
        ("00-nonsense", "user.id=u-1"),
        (ELSEWHERE, "user.id"),
        (ELSEWHERE, "=,;%ff"),
        (ELSEWHERE, long.as_str()),
        (ELSEWHERE, "user.id= "),
    ] {
        let variables = move |traceparent: &str, baggage: &str| {
            let known = HashMap::from([
                ("TRACEPARENT".to_owned(), traceparent.to_owned()),
                ("BAGGAGE".to_owned(), baggage.to_owned()),
            ]);
            move |name: &str| known.get(name).cloned()
        };
        let lookup = variables(traceparent, baggage);
        let spans = arrived_with(
            |builder| builder.with_env(lookup),
            |_| drop(info_span!("tool", agentops.kind = "tool")),
        );
        let tool = named(&spans, "tool.tool");
        assert_eq!(tool.attribute("user.id"), None, "{traceparent:?} {baggage:.20?}");
        let continues = tool.trace_id == TRACE;
        assert_eq!(continues, traceparent == ELSEWHERE, "{traceparent:?} {baggage:.20?}");
    }
}

#[test]
fn baggage_of_the_hosts_own_goes_along() {
    let mut headers = HashMap::new();
    let host = Context::new().with_baggage([KeyValue::new("tenant", "t-1")]);
    let _host = host.attach();
    written(&mut headers);
    let baggage = &headers["baggage"];
    for part in ["tenant=t-1", "session.id=c-1", "user.id=Ana%2C%207"] {
        assert!(baggage.contains(part), "{baggage}");
    }
}

#[test]
fn nothing_is_written_for_a_span_that_is_not_recorded_and_no_baggage_where_nobody_is_named() {
    let (mut unrelated, mut plain) = (HashMap::new(), HashMap::new());
    arrived(|_| {
        info_span!("unrelated").inject(&mut unrelated);
        info_span!("tool", agentops.kind = "tool").inject(&mut plain);
    });
    assert!(unrelated.is_empty(), "{unrelated:?}");
    assert!(
        plain.contains_key("traceparent") && !plain.contains_key("baggage"),
        "{plain:?}"
    );
}

#[test]
fn an_agent_that_continues_a_trace_is_its_root_here_and_leaves_the_auto_session_alone() {
    let carrier = HashMap::from([("traceparent".to_owned(), ELSEWHERE.to_owned())]);
    let continues = |agent: &str| {
        let span = info_span!("agent", agentops.kind = "agent", agentops.name = agent);
        span.set_remote_parent(&carrier).unwrap();
        span.in_scope(|| drop(info_span!("tool", agentops.kind = "tool")));
    };
    let spans = arrived_with(
        |builder| builder.with_tags(["nightly"]).with_tag("team", "blue"),
        |_| {
            continues("one");
            continues("other");
        },
    );
    assert_eq!(
        spans.len(),
        4,
        "no session without a span in it: {}",
        agentops::testing::draw(&spans)
    );
    for name in ["one.agent", "other.agent"] {
        let agent = named(&spans, name);
        assert_eq!((agent.trace_id.as_str(), text(agent, "team")), (TRACE, "blue"));
        assert!(
            agent.attribute("agentops.tags").is_some(),
            "a root has the handle's tags"
        );
    }
    let tools: Vec<_> = spans.iter().filter(|span| span.name == "tool.tool").collect();
    for tool in &tools {
        assert_eq!((tool.trace_id.as_str(), tool.attribute("agentops.tags")), (TRACE, None));
    }
    assert_eq!(tools.len(), 2);

    let spans = arrived(|_| {
        continues("one");
        drop(info_span!("stays", agentops.kind = "tool"));
    });
    let session = named(&spans, "default.session");
    assert_eq!(
        named(&spans, "stays.tool").parent_span_id.as_ref(),
        Some(&session.span_id)
    );
}
