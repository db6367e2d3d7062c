//! Runs a piece of a program under a scoped subscriber and gives what arrived at a fake AgentOps server.

use std::time::Duration;

use agentops::{
    AgentOps, Builder,
    testing::{Collector, Span},
};
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;

pub(crate) const KEY: &str = "11111111-2222-4333-8444-555555555555";
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A builder that knows no environment and sends to `collector`.
pub(crate) fn to(collector: &Collector) -> Builder {
    agentops::builder()
        .with_env(|_| None)
        .with_api_key(KEY)
        .with_endpoint(collector.auth_endpoint())
        .with_exporter_endpoint(collector.traces_endpoint())
        .with_session_replay_log(false)
}

/// Runs `program` with our layer alone; gives everything that arrived.
pub(crate) fn arrived(program: impl FnOnce(&AgentOps)) -> Vec<Span> {
    arrived_with(|builder| builder, program)
}

/// As [`arrived`], with settings.
pub(crate) fn arrived_with(settings: impl FnOnce(Builder) -> Builder, program: impl FnOnce(&AgentOps)) -> Vec<Span> {
    let collector = Collector::start();
    let agentops = settings(to(&collector)).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        program(&agentops)
    });
    agentops.shutdown(DEADLINE).unwrap();
    let stats = agentops.stats();
    assert_eq!(stats.recorded, stats.exported + stats.dropped.total(), "{stats:?}");
    assert_eq!(
        (
            stats.open_spans,
            stats.open_bytes,
            stats.queued_spans,
            stats.queued_bytes
        ),
        (0, 0, 0, 0),
        "{stats:?}"
    );
    collector.spans()
}

/// The tree that arrived.
pub(crate) fn tree(program: impl FnOnce(&AgentOps)) -> String {
    agentops::testing::draw(&arrived(program))
}

pub(crate) fn tree_with(settings: impl FnOnce(Builder) -> Builder, program: impl FnOnce(&AgentOps)) -> String {
    agentops::testing::draw(&arrived_with(settings, program))
}

/// The one span of this name.
pub(crate) fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut found = spans.iter().filter(|span| span.name == name);
    match (found.next(), found.next()) {
        (Some(span), None) => span,
        (None, _) => panic!(
            "no span {name:?} among {:?}",
            spans.iter().map(|span| &span.name).collect::<Vec<_>>()
        ),
        _ => panic!("several spans {name:?}"),
    }
}

/// The attribute's text.
pub(crate) fn text<'a>(span: &'a Span, key: &str) -> &'a str {
    span.attribute(key)
        .unwrap_or_else(|| panic!("no {key} on {}: {:?}", span.name, span.attributes))
        .as_str()
        .unwrap_or_else(|| panic!("{key} is no text"))
}
