//! What is open when the process ends.

use agentops::{
    AgentOpsSpanExt as _, EndState,
    testing::{Collector, Span, StatusCode, draw},
};
use tracing::{info_span, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::harness::{DEADLINE, named, text, to};

/// A session in whose middle the handle is shut down.
fn cut_short() -> Vec<Span> {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        let session = agentops.session("long").with_tags(["patient"]).start();
        let agent = session.in_scope(|| info_span!("agent", agentops.kind = "agent", step = 1));
        let (running, broken) = agent.in_scope(|| {
            (
                info_span!("running", agentops.kind = "tool", agentops.input = "half"),
                info_span!("broken", agentops.kind = "tool"),
            )
        });
        broken.record_error(&std::io::Error::other("out of paper"));
        running.in_scope(|| drop(info_span!("done", agentops.kind = "operation")));
        agentops.shutdown(DEADLINE).unwrap();
        assert_eq!(agentops.stats().open_spans, 0);
        drop((running, broken, agent));
        session.end(EndState::Fail);
    });
    let stats = agentops.stats();
    assert_eq!((stats.exported, stats.dropped.total()), (5, 0), "{stats:?}");
    collector.spans()
}

#[test]
fn what_is_open_at_the_shutdown_is_sent_with_what_it_has_and_says_so() {
    let spans = cut_short();
    assert_eq!(
        draw(&spans),
        "long.session\n  agent.agent\n    running.tool\n      done.operation\n    broken.tool !Error: out of paper\n"
    );
    let marked = |name: &str| named(&spans, name).attribute("agentops.open_at_shutdown") == Some(&true.into());
    let open = ["long.session", "agent.agent", "running.tool", "broken.tool"];
    assert_eq!(open.map(marked), [true; 4]);
    assert!(!marked("done.operation"), "it had ended");
    assert_eq!(text(named(&spans, "running.tool"), "agentops.tool.input"), "half");
    let tags = named(&spans, "agent.agent").attribute("agentops.tags");
    assert!(tags.is_some(), "its session was still there for it");
}

#[test]
fn what_is_open_at_the_shutdown_is_an_error_only_if_it_was_one_before() {
    let spans = cut_short();
    let status = |name: &str| named(&spans, name).status.code;
    let open = ["agent.agent", "running.tool", "broken.tool", "done.operation"];
    assert_eq!(
        open.map(status),
        [StatusCode::Unset, StatusCode::Unset, StatusCode::Error, StatusCode::Ok]
    );
    assert_eq!(status("long.session"), StatusCode::Ok);
    assert_eq!(
        text(named(&spans, "long.session"), "agentops.session.end_state"),
        "Shutdown"
    );
    assert_eq!(text(named(&spans, "broken.tool"), "tool.status"), "failed");
    let running = named(&spans, "running.tool");
    assert_eq!(running.attribute("tool.status"), None, "it did not get so far");
}

#[test]
fn an_implicit_session_that_is_open_at_the_shutdown_is_sent_too() {
    let collector = Collector::start();
    let agentops = to(&collector).with_auto_start_session(false).build().unwrap();
    let subscriber = tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::sink))
        .with(agentops.layer());
    with_default(subscriber, || {
        let request = info_span!("request").entered();
        drop(info_span!("tool", agentops.kind = "tool"));
        agentops.shutdown(DEADLINE).unwrap();
        drop(request);
    });
    assert_eq!(collector.tree(), "request.session\n  tool.tool\n");
    let session = named(&collector.spans(), "request.session").clone();
    assert_eq!(text(&session, "agentops.session.end_state"), "Shutdown");
    assert_eq!(agentops.stats().dropped.total(), 0);
}
