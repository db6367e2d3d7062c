//! How much may wait, and how long.

use std::time::{Duration, Instant};

use agentops::{
    Builder,
    testing::{Collector, Failure},
};
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::patience::wait_until;

use super::harness::{DEADLINE, as_is, run, seen, to, tool, tool_with, variables};

/// Longer than any test.
const HOUR: Duration = Duration::from_secs(60 * 60);

#[test]
fn spans_beyond_those_that_may_wait_are_dropped_and_counted() {
    covers!("with_max_queue_size", "AGENTOPS_MAX_QUEUE_SIZE");
    let dropped = |settings: &dyn Fn(Builder) -> Builder| {
        let settings = |builder: Builder| settings(builder.with_export_flush_interval(HOUR));
        let seen = seen(settings, |agentops| {
            (0..10).for_each(|_| tool());
            // Makes room for the auto-session, and tells of what was lost, so that the shutdown need not.
            let flushed = agentops.force_flush(DEADLINE);
            assert_eq!(flushed.is_err(), agentops.stats().dropped.total() > 0, "{flushed:?}");
        });
        assert_eq!(seen.stats.recorded, 11);
        assert_eq!(seen.spans.len() as u64, seen.stats.exported);
        seen.stats.dropped.queue_spans
    };
    let variable = [("AGENTOPS_MAX_QUEUE_SIZE", "4")];
    assert_eq!(dropped(&as_is), 0);
    assert_eq!(dropped(&|builder| builder.with_max_queue_size(3)), 7);
    assert_eq!(dropped(&|builder| builder.with_env(variables(&variable))), 6);
    assert_eq!(
        dropped(&|builder| builder.with_env(variables(&variable)).with_max_queue_size(3)),
        7
    );
}

#[test]
fn bytes_beyond_those_that_may_wait_are_dropped_and_counted() {
    covers!("with_max_queue_bytes");
    let seen_with = |settings: &dyn Fn(Builder) -> Builder| {
        let settings = |builder: Builder| settings(builder.with_export_flush_interval(HOUR));
        seen(settings, |agentops| {
            (0..200).for_each(|_| tool_with(10_000));
            let flushed = agentops.force_flush(DEADLINE);
            assert_eq!(flushed.is_err(), agentops.stats().dropped.total() > 0, "{flushed:?}");
        })
    };
    let free = seen_with(&as_is);
    assert_eq!((free.stats.dropped.total(), free.spans.len()), (0, 201));
    let bound = seen_with(&|builder| builder.with_max_queue_bytes(50_000));
    assert!(bound.stats.dropped.queue_bytes > 0, "{:?}", bound.stats);
    assert!(
        bound.stats.shed.recording > 0,
        "content goes before spans: {:?}",
        bound.stats
    );
    assert_eq!((free.stats.shed.recording, free.stats.shed.waiting), (0, 0));
    assert!(!bound.spans.is_empty(), "what fits is sent: {:?}", bound.stats);
}

#[test]
fn a_request_has_no_more_spans_than_it_may() {
    covers!("with_max_export_batch_size");
    let sizes = |settings: &dyn Fn(Builder) -> Builder| {
        let settings = |builder: Builder| settings(builder.with_export_flush_interval(HOUR));
        let seen = seen(settings, |_| (0..34).for_each(|_| tool()));
        let sizes: Vec<_> = seen.deliveries().iter().map(|request| request.spans().len()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 35);
        sizes
    };
    assert_eq!(sizes(&as_is), [35]);
    let mut bound = sizes(&|builder| builder.with_max_export_batch_size(10));
    bound.sort_unstable();
    assert_eq!(bound, [5, 10, 10, 10]);
}

/// How long it takes until five spans have arrived, each after the one before it, without a flush.
fn one_after_the_other(settings: impl FnOnce(Builder) -> Builder) -> Duration {
    let collector = Collector::start();
    let mut taken = Duration::ZERO;
    run(&collector, settings(to(&collector)), |_| {
        let started = Instant::now();
        for count in 1..=5 {
            tool();
            collector.wait_for_spans(count, DEADLINE).unwrap();
        }
        taken = started.elapsed();
    });
    taken
}

#[test]
fn a_span_waits_no_longer_than_the_interval_for_others() {
    covers!("with_export_flush_interval", "AGENTOPS_EXPORT_FLUSH_INTERVAL");
    let default = Duration::from_secs(1);
    let short = Duration::from_millis(20);
    let (often, never) = (
        [("AGENTOPS_EXPORT_FLUSH_INTERVAL", "20")],
        [("AGENTOPS_EXPORT_FLUSH_INTERVAL", "3600000")],
    );
    for taken in [
        one_after_the_other(|builder| builder.with_export_flush_interval(short)),
        one_after_the_other(|builder| builder.with_env(variables(&often))),
        one_after_the_other(|builder| builder.with_env(variables(&never)).with_export_flush_interval(short)),
    ] {
        assert!(taken < 4 * default, "no faster than by default: {taken:?}");
    }
    assert!(one_after_the_other(as_is) >= 4 * default);
}

#[test]
fn a_span_waits_for_others_as_long_as_the_interval_is() {
    covers!("with_export_flush_interval", "AGENTOPS_EXPORT_FLUSH_INTERVAL");
    let hour = [("AGENTOPS_EXPORT_FLUSH_INTERVAL", "3600000")];
    for settings in [
        |builder: Builder, _: &[(&str, &str)]| builder.with_export_flush_interval(HOUR),
        |builder: Builder, hour: &[(&str, &str)]| builder.with_env(variables(hour)),
    ] {
        let collector = Collector::start();
        let seen = run(&collector, settings(to(&collector), &hour), |agentops| {
            tool();
            let waited = collector.wait_for_spans(1, Duration::from_millis(1_500));
            assert!(waited.is_err(), "it would have come by now by default");
            tool();
            agentops.force_flush(DEADLINE).unwrap();
        });
        let deliveries = seen.deliveries();
        assert_eq!(deliveries[0].spans().len(), 2, "they travel together");
    }
}

/// How long dropping the guard takes where nobody answers, after a check that what was lost is counted.
fn dropped_against_silence(settings: impl FnOnce(Builder) -> Builder) -> Duration {
    let collector = Collector::start();
    collector.fail_next_n(Failure::no_answer(), usize::MAX);
    let agentops = settings(to(&collector)).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), tool);
    let guard = agentops.shutdown_guard();
    let started = Instant::now();
    drop(guard);
    let taken = started.elapsed();
    // The pipeline's thread may end after the guard: it gives up what is left then.
    let looked = || format!("{:?}", agentops.stats());
    wait_until(looked, || agentops.stats().dropped.shutdown == 2);
    taken
}

#[test]
fn dropping_the_guard_waits_no_longer_than_it_may() {
    covers!("with_shutdown_timeout");
    let default = Duration::from_secs(2);
    let usual = dropped_against_silence(as_is);
    assert!(usual >= default, "{usual:?}");
    let short = dropped_against_silence(|builder| builder.with_shutdown_timeout(Duration::from_millis(200)));
    assert!((Duration::from_millis(200)..default).contains(&short), "{short:?}");
    let long = dropped_against_silence(|builder| builder.with_shutdown_timeout(Duration::from_millis(3_500)));
    assert!(long >= Duration::from_millis(3_500), "{long:?}");
    let none = dropped_against_silence(|builder| builder.with_shutdown_timeout(Duration::ZERO));
    assert!(none < default, "{none:?}");
}
