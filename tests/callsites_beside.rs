//! Ours beside a layer that counts: it gets what it would get without ours, not more and not less. A binary of its
//! own, for a callsite is asked once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/guest.rs"]
mod guest;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use agentops::testing::Collector;
use tracing::{Event, Subscriber, debug, info, info_span, level_filters::LevelFilter, span, trace, trace_span};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry,
};

use guest::{DEADLINE, program, to};

/// Counts what reaches a layer.
#[derive(Clone, Default)]
struct Count {
    spans: Arc<AtomicUsize>,
    events: Arc<AtomicUsize>,
}

impl Count {
    fn read(&self) -> (usize, usize) {
        (self.spans.load(Ordering::SeqCst), self.events.load(Ordering::SeqCst))
    }
}

impl<S: Subscriber> Layer<S> for Count {
    fn on_new_span(&self, _: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        self.spans.fetch_add(1, Ordering::SeqCst);
    }

    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.events.fetch_add(1, Ordering::SeqCst);
    }
}

/// Spans and events of ours, of the program's own and of a dependency, inside of recorded spans and outside.
fn everything() {
    program();
    info!("of the program, outside");
    trace!(target: "h2", "of a dependency, outside");
    let _connection = trace_span!(target: "h2", "connection").entered();
    let _agent = info_span!("agent", agentops.kind = "agent").entered();
    debug!(target: "h2", "of a dependency, inside");
    info!(target: "h2", "of a dependency, inside");
}

/// What a layer that takes everything, and one that takes warnings only, get.
fn counted(run: impl FnOnce(Count, Count)) -> [(usize, usize); 2] {
    let (all, warnings) = (Count::default(), Count::default());
    run(all.clone(), warnings.clone());
    [all.read(), warnings.read()]
}

#[test]
fn other_layers_get_what_they_would_get_without_ours() {
    let without = counted(|all, warnings| {
        let subscriber = registry().with(all).with(warnings.with_filter(LevelFilter::WARN));
        tracing::subscriber::with_default(subscriber, everything);
    });
    assert_eq!(
        without,
        [(6, 7), (0, 0)],
        "four spans of the program, two more; events with `ret`"
    );

    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let below = counted(|all, warnings| {
        let subscriber = registry()
            .with(agentops.layer())
            .with(all)
            .with(warnings.with_filter(LevelFilter::WARN));
        tracing::subscriber::with_default(subscriber, everything);
    });
    let above = counted(|all, warnings| {
        let subscriber = registry()
            .with(all)
            .with(warnings.with_filter(LevelFilter::WARN))
            .with(agentops.layer());
        tracing::subscriber::with_default(subscriber, everything);
    });
    assert_eq!([below, above], [without; 2]);

    agentops.shutdown(DEADLINE).unwrap();
    let run = "  planner.agent\n    search.tool\n  agent.agent\n";
    assert_eq!(collector.tree(), format!("default.session\n{run}{run}"));
}
