//! Records of `log`, which most dependencies write: ours switches none of them on outside of recorded spans. A binary
//! of its own, for the process has one logger and one subscriber.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/guest.rs"]
mod guest;

use agentops::testing::Collector;
use log::{Level, log_enabled};
use tracing::{info_span, level_filters::LevelFilter};
use tracing_log::AsLog as _;
use tracing_subscriber::{layer::SubscriberExt as _, registry};

use guest::{DEADLINE, to};

fn on() -> [bool; 5] {
    [Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace].map(|level| log_enabled!(target: "h2", level))
}

#[test]
fn records_of_log_are_on_inside_of_recorded_spans_only_and_from_the_event_level_up() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    tracing::subscriber::set_global_default(registry().with(agentops.layer())).unwrap();
    // As `tracing-subscriber` does with its feature `tracing-log`.
    let level = LevelFilter::current().as_log();
    tracing_log::LogTracer::builder().with_max_level(level).init().unwrap();
    assert_eq!(
        log::max_level(),
        log::LevelFilter::Debug,
        "TRACE records cost one comparison"
    );

    assert_eq!(on(), [false; 5]);
    log::error!(target: "h2", "outside");
    info_span!("work", agentops.kind = "task").in_scope(|| {
        assert_eq!(on(), [true, true, true, false, false]);
        log::info!(target: "h2", "inside");
        log::debug!(target: "h2", "inside, below the event level");
        info_span!("unrelated").in_scope(|| assert_eq!(on(), [true, true, true, false, false]));
    });
    assert_eq!(on(), [false; 5]);

    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(collector.tree(), "default.session\n  work.task\n");
    let events: Vec<_> = collector.spans().iter().flat_map(|span| span.events.clone()).collect();
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["inside"]);
}
