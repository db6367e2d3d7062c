//! Inside `reload`, with its limits, and the switch that has none.

use std::panic::{AssertUnwindSafe, catch_unwind};

use agentops::{AgentOps, testing::Collector};
use opentelemetry_sdk::trace::InMemorySpanExporter;
use tracing::{
    Dispatch, Metadata, Subscriber, debug_span, dispatcher, info_span, level_filters::LevelFilter, trace_span,
};
use tracing_subscriber::{Layer as _, fmt, layer::SubscriberExt as _, registry, reload};

use super::writer::Page;
use crate::guest::{DEADLINE, assert_whole, program, to};

#[test]
fn inside_reload_the_whole_tree_arrives() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let (ours, _handle) = reload::Layer::new(agentops.layer());
    dispatcher::with_default(&registry().with(ours).into(), || {
        assert!(AgentOps::current().is_none(), "reload hides which layer is inside");
        program();
    });
    agentops.shutdown(DEADLINE).unwrap();
    assert_whole(&collector.spans());
}

fn printing<S>() -> fmt::Layer<S, fmt::format::DefaultFields, fmt::format::Format, fn() -> std::io::Sink> {
    fmt::layer().with_writer(std::io::sink)
}

/// Whether a subscriber wants a span, as `tracing` asks once for a callsite.
fn wants(subscriber: &impl Subscriber, callsite: &'static Metadata<'static>) -> bool {
    !subscriber.register_callsite(callsite).is_never()
}

/// The limit that the documentation of `AgentOps::layer` tells: reload hides that there is a filter inside.
#[test]
fn beside_ours_in_reload_a_layer_without_a_filter_loses_what_is_more_verbose_than_ours() {
    let nowhere = || {
        agentops::builder()
            .with_env(|_| None)
            .with_span_exporter(InMemorySpanExporter::default())
    };
    let agentops = nowhere().build().unwrap();
    // A registry alone switches every callsite on, so that its span tells its metadata.
    let [info, debug, trace] = tracing::subscriber::with_default(registry(), || {
        [info_span!("request"), debug_span!("detail"), trace_span!("finest")].map(|span| span.metadata().unwrap())
    });

    let plain = registry().with(agentops.layer()).with(printing());
    assert_eq!(plain.max_level_hint(), None, "no limit: whatever ours wants");
    assert!(wants(&plain, info) && wants(&plain, debug));

    let (ours, _handle) = reload::Layer::new(agentops.layer());
    let reloadable = registry().with(ours).with(printing());
    assert_eq!(
        reloadable.max_level_hint(),
        Some(LevelFilter::DEBUG),
        "TRACE is off for everybody"
    );
    assert!(
        wants(&reloadable, info) && wants(&reloadable, debug),
        "what is less verbose is not"
    );

    let terse = nowhere().with_max_level(LevelFilter::INFO).build().unwrap();
    let (ours, _handle) = reload::Layer::new(terse.layer());
    assert_eq!(
        registry().with(ours).with(printing()).max_level_hint(),
        Some(LevelFilter::INFO),
        "so is DEBUG"
    );

    let (ours, _handle) = reload::Layer::new(agentops.layer());
    let filtered = registry().with(ours).with(printing().with_filter(LevelFilter::TRACE));
    assert_eq!(filtered.max_level_hint(), Some(LevelFilter::TRACE));
    assert!(wants(&filtered, info) && wants(&filtered, debug) && wants(&filtered, trace));
}

#[test]
fn recording_is_switched_with_set_enabled_and_nobody_else_notices() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let page = Page::default();
    let printing = fmt::layer().with_ansi(false).with_writer(page.clone());
    let subscriber: Dispatch = registry().with(printing).with(agentops.layer()).into();
    dispatcher::with_default(&subscriber, || {
        agentops.set_enabled(false);
        program();
        let session = agentops.session("unseen").start();
        session.in_scope(program);
        drop(session);
        agentops.set_enabled(true);
        program();
        agentops.set_enabled(false);
        program();
    });
    agentops.shutdown(DEADLINE).unwrap();
    assert_whole(&collector.spans());
    assert_eq!(page.text().matches("thinking").count(), 4, "{}", page.text());
}

/// The other limit: `tracing-subscriber` gives a layer with a filter its number while the subscriber is built.
#[test]
fn a_layer_that_is_put_in_the_place_of_ours_later_records_nothing_and_what_was_recorded_arrives() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let (ours, handle) = reload::Layer::new(agentops.layer());
    dispatcher::with_default(&registry().with(ours).into(), || {
        handle.modify(|_| ()).unwrap();
        program();
        let later = catch_unwind(AssertUnwindSafe(|| {
            handle.reload(agentops.layer()).unwrap();
            drop(info_span!("later", agentops.kind = "tool"));
        }));
        assert_eq!(
            later.is_err(),
            cfg!(debug_assertions),
            "it panics where it checks itself"
        );
    });
    agentops.shutdown(DEADLINE).unwrap();
    assert_whole(&collector.spans());
}
