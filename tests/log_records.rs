//! Records of `log`, which most dependencies write: ours takes those inside of recorded spans, and switches none on for
//! anybody else. A binary of its own, for the process has one logger and one subscriber.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/guest.rs"]
mod guest;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use agentops::testing::Collector;
use log::log_enabled;
use tracing::{Event, Subscriber, info_span, level_filters::LevelFilter};
use tracing_log::AsLog as _;
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry,
};

use guest::{DEADLINE, to};

/// Counts the events that reach it.
struct Count(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Count {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn write_one_of_each_level(place: &str) {
    log::error!(target: "h2", "error {place}");
    log::warn!(target: "h2", "warn {place}");
    log::info!(target: "h2", "info {place}");
    log::debug!(target: "h2", "debug {place}");
    log::trace!(target: "h2", "trace {place}");
}

#[test]
fn records_of_log_are_taken_inside_of_recorded_spans_only_and_switched_on_for_nobody_else() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let errors = Arc::new(AtomicUsize::new(0));
    let count = Count(Arc::clone(&errors)).with_filter(LevelFilter::ERROR);
    tracing::subscriber::set_global_default(registry().with(agentops.layer()).with(count)).unwrap();
    // As `tracing-subscriber` does with its feature `tracing-log`.
    let level = LevelFilter::current().as_log();
    tracing_log::LogTracer::builder().with_max_level(level).init().unwrap();
    assert_eq!(
        log::max_level(),
        log::LevelFilter::Debug,
        "TRACE records cost one comparison"
    );

    write_one_of_each_level("outside");
    info_span!("work", agentops.kind = "task").in_scope(|| {
        write_one_of_each_level("inside");
        info_span!("unrelated").in_scope(|| write_one_of_each_level("deep inside"));
    });
    write_one_of_each_level("outside again");
    assert_eq!(
        errors.load(Ordering::SeqCst),
        4,
        "the other layer gets the errors that it asked for, and nothing else"
    );

    // A library that asks before it writes takes nothing away from the span that follows.
    assert!(!log_enabled!(target: "h2", log::Level::Trace));
    // The registry calls enabled what some filter may want, whoever asks, so a record up to the level of our spans is made;
    // that no layer gets it was seen above. Should this change, ARCHITECTURE.md says less than is true.
    assert!(log_enabled!(target: "h2", log::Level::Debug));
    assert!(log_enabled!(target: "h2", log::Level::Info));
    drop(info_span!("asked before", agentops.kind = "task"));

    agentops.shutdown(DEADLINE).unwrap();
    let spans = collector.spans();
    let work = spans.iter().find(|span| span.name == "work.task").unwrap();
    let names: Vec<_> = work.events.iter().map(|event| event.name.as_str()).collect();
    let inside = ["error inside", "warn inside", "info inside"];
    let deep = ["error deep inside", "warn deep inside", "info deep inside"];
    assert_eq!(names, [inside, deep].concat());
    let tree = "default.session\n  work.task !error inside\n  asked before.task\n";
    assert_eq!(collector.tree(), tree);
    assert_eq!(spans.iter().map(|span| span.events.len()).sum::<usize>(), 6);
}
