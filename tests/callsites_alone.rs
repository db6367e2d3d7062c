//! Ours alone: what is not ours is off at its callsite, and a DEBUG agent is on. A binary of its own, for a callsite
//! is asked once, and the most verbose level is one of the process.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/guest.rs"]
mod guest;

use agentops::testing::Collector;
use tracing::{
    Level, Subscriber as _, debug, dispatcher, enabled, info, info_span, instrument, level_filters::LevelFilter,
    span_enabled, warn,
};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

use guest::{DEADLINE, to};

#[instrument(level = "debug", fields(agentops.kind = "agent"), ret)]
fn quiet(question: &str) -> usize {
    debug!("a detail below the event level");
    info!(target: "hyper::client", "an event of a dependency");
    question.len()
}

#[test]
fn ours_alone_switches_on_its_own_spans_and_what_happens_inside_of_them_and_nothing_else() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let subscriber = registry().with(agentops.layer());
    assert_eq!(
        subscriber.max_level_hint(),
        Some(LevelFilter::DEBUG),
        "TRACE is skipped by one comparison"
    );
    tracing::subscriber::set_global_default(subscriber).unwrap();

    // Spans: `never` for what is not ours, decided at the callsite.
    let request = || info_span!("request", path = "/");
    assert!(request().is_disabled());
    let callsite = tracing::subscriber::with_default(registry(), || request().metadata().unwrap());
    let interest = dispatcher::get_default(|ours| ours.register_callsite(callsite));
    assert!(interest.is_never(), "{interest:?}");
    assert!(!span_enabled!(target: "hyper", Level::ERROR, "connection"));
    assert!(!info_span!("ours", agentops.kind = "task").is_disabled());

    // Events below the event level: off, everywhere.
    let details = || enabled!(target: "hyper", Level::DEBUG) || enabled!(target: "hyper", Level::TRACE);
    assert!(!details());
    info_span!("scope", agentops.kind = "task").in_scope(|| assert!(!details()));

    // Events above: the registry of tracing-subscriber lets them pass whatever the filters say, and no layer gets
    // them. Whoever asks beforehand takes nothing away from the span that follows.
    warn!(target: "hyper", "an event outside of every span");
    let _answer = enabled!(target: "hyper", Level::INFO);
    drop(info_span!("asked before", agentops.kind = "task"));

    // A DEBUG agent is ours all the same, and so is what it returns.
    assert_eq!(quiet("rust"), 4);

    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(
        collector.tree(),
        "default.session\n  ours.task\n  scope.task\n  asked before.task\n  quiet.agent\n"
    );
    let spans = collector.spans();
    let agent = spans.iter().find(|span| span.name == "quiet.agent").unwrap();
    assert_eq!(agent.text("agentops.agent.output"), Some("4"));
    assert_eq!(agent.text("question"), Some("rust"));
    let events: Vec<_> = agent.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(events, ["an event of a dependency"]);
    assert_eq!(spans.iter().map(|span| span.events.len()).sum::<usize>(), 1);
}
