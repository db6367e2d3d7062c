//! Runs a piece of a program with settings and gives what was seen of it.

use std::time::Duration;

use agentops::{
    AgentOps, Builder, ExportStats,
    testing::{Collector, Request, Span},
};
use tracing::{instrument, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::log::Log;

pub(crate) const KEY: &str = "11111111-2222-4333-8444-555555555555";
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// What was seen of a program.
pub(crate) struct Seen {
    pub(crate) spans: Vec<Span>,
    /// All requests, those for tokens too.
    pub(crate) requests: Vec<Request>,
    pub(crate) stats: ExportStats,
    pub(crate) log: Log,
}

impl Seen {
    /// The requests that carry spans.
    pub(crate) fn deliveries(&self) -> Vec<&Request> {
        let paths = self.requests.iter();
        paths.filter(|request| request.path.starts_with("/v1/traces")).collect()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.spans.iter().map(|span| span.name.as_str()).collect()
    }
}

/// An environment of these variables and no others.
pub(crate) fn variables(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
    let pairs: Vec<(String, String)> = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    move |name| {
        let found = pairs.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.clone())
    }
}

/// A builder that sends to AgentOps, which `collector` plays, and knows no variables.
pub(crate) fn to(collector: &Collector) -> Builder {
    agentops::builder()
        .with_env(|_| None)
        .with_api_key(KEY)
        .with_endpoint(collector.auth_endpoint())
        .with_exporter_endpoint(collector.traces_endpoint())
}

/// As [`to`], for any other backend: without a key.
pub(crate) fn to_plain(collector: &Collector) -> Builder {
    agentops::builder()
        .with_env(|_| None)
        .with_exporter_endpoint(collector.traces_endpoint())
}

/// What AgentOps sees of `program` with these settings.
pub(crate) fn seen(settings: impl FnOnce(Builder) -> Builder, program: impl FnOnce(&AgentOps)) -> Seen {
    let collector = Collector::start();
    run(&collector, settings(to(&collector)), program)
}

/// What a backend sees that wants no key.
pub(crate) fn seen_plain(settings: impl FnOnce(Builder) -> Builder, program: impl FnOnce(&AgentOps)) -> Seen {
    let collector = Collector::start_without_auth();
    run(&collector, settings(to_plain(&collector)), program)
}

/// Runs `program` with our layer beside a log and shuts down.
pub(crate) fn run(collector: &Collector, builder: Builder, program: impl FnOnce(&AgentOps)) -> Seen {
    let agentops = builder.build().unwrap();
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone()).with(agentops.layer());
    with_default(subscriber, || {
        program(&agentops);
        agentops.shutdown(DEADLINE).unwrap();
    });
    let stats = agentops.stats();
    assert_eq!(stats.recorded, stats.exported + stats.dropped.total(), "{stats:?}");
    Seen {
        spans: collector.spans(),
        requests: collector.requests(),
        stats,
        log,
    }
}

/// Leaves the settings as they are.
pub(crate) fn as_is(builder: Builder) -> Builder {
    builder
}

/// A span of no other kind than any.
#[instrument(fields(agentops.kind = "tool"))]
pub(crate) fn tool() {}

/// A span with an input of so many bytes.
pub(crate) fn tool_with(bytes: usize) {
    // Nothing that compresses to nothing, nothing that looks like a secret.
    let input: String = (0..)
        .map(|number| format!("{number} "))
        .flat_map(String::into_bytes)
        .map(char::from)
        .take(bytes)
        .collect();
    tracing::info_span!("tool", agentops.kind = "tool", agentops.input = input).in_scope(|| ());
}

/// The one span of this name.
pub(crate) fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    match found.as_slice() {
        [span] => span,
        _ => panic!(
            "{} spans {name:?} among {:?}",
            found.len(),
            spans.iter().map(|span| &span.name).collect::<Vec<_>>()
        ),
    }
}
