//! What waits on disk.

use std::time::Duration;

use agentops::{
    Builder, Export, ExportStats,
    testing::{Collector, Failure},
};
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{patience::wait_until, scratch::Scratch};

use super::harness::{DEADLINE, KEY, to, tool, tool_with, variables};

/// All that lies in it.
fn bytes(scratch: &Scratch) -> Vec<u8> {
    let files = scratch.files().into_iter();
    files.flat_map(|path| std::fs::read(path).unwrap()).collect()
}

/// The counters after a program ran against a destination that takes nothing.
fn in_vain(settings: impl FnOnce(Builder) -> Builder, program: impl FnOnce()) -> ExportStats {
    let collector = Collector::start();
    collector.fail_next_n(Failure::status(503), usize::MAX);
    let agentops = settings(to(&collector)).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), program);
    agentops.shutdown(Duration::from_millis(500)).unwrap_err();
    // The thread puts down, or gives up, what is left after it answered.
    let looked = || format!("{:?}", agentops.stats());
    wait_until(looked, || agentops.stats().queued_spans == 0);
    agentops.stats()
}

#[test]
fn what_cannot_be_sent_is_kept_in_the_directory_that_was_given() {
    covers!("with_spool_dir", "AGENTOPS_SPOOL_DIR");
    let (given, named) = (Scratch::new(), Scratch::new());
    let name = named.path().display().to_string();
    let variable = [("AGENTOPS_SPOOL_DIR", name.as_str())];
    let without = in_vain(|builder| builder, tool);
    assert_eq!((without.spooled, without.dropped.total()), (0, 2));
    let by_variable = in_vain(|builder| builder.with_env(variables(&variable)), tool);
    assert_eq!((by_variable.spooled, by_variable.dropped.total()), (2, 0));
    assert!(!bytes(&named).is_empty() && bytes(&given).is_empty());
    let both = |builder: Builder| builder.with_env(variables(&variable)).with_spool_dir(&given);
    assert_eq!(in_vain(both, tool).spooled, 2);
    assert!(!bytes(&given).is_empty(), "the builder wins");
}

#[test]
fn the_spool_holds_no_more_than_it_may() {
    covers!("with_spool_max_bytes");
    let scratch = Scratch::new();
    let kept = |bytes| {
        let settings = |builder: Builder| builder.with_spool_dir(&scratch).with_spool_max_bytes(bytes);
        in_vain(settings, || tool_with(20_000))
    };
    let (large, small) = (kept(1_000_000), kept(10_000));
    assert_eq!((large.spooled_spans, large.dropped.total()), (2, 0));
    assert!(small.spooled_bytes <= 10_000 && small.dropped.total() > 0, "{small:?}");
    let error = to(&Collector::start()).with_spool_max_bytes(0).build().unwrap_err();
    assert!(error.to_string().contains("with_spool_max_bytes"), "{error}");
}

#[test]
fn the_spool_keeps_nothing_longer_than_it_may() {
    covers!("with_spool_max_age");
    let scratch = Scratch::new();
    let collector = Collector::start();
    let settings = || to(&collector).with_spool_dir(&scratch);
    collector.fail_next_n(Failure::status(503), usize::MAX);
    let first = settings().build().unwrap();
    with_default(tracing_subscriber::registry().with(first.layer()), tool);
    first.shutdown(Duration::from_millis(300)).unwrap_err();
    wait_until(|| format!("{:?}", first.stats()), || first.stats().spooled_spans == 2);
    collector.stop_failing();
    let second = settings().with_spool_max_age(Duration::from_millis(1)).build().unwrap();
    second.shutdown(DEADLINE).unwrap();
    assert_eq!(second.stats().dropped.spool_expired, 2);
    assert!(collector.spans().is_empty());
    let error = to(&collector).with_spool_max_age(Duration::ZERO).build().unwrap_err();
    assert!(error.to_string().contains("with_spool_max_age"), "{error}");
}

#[test]
fn a_durable_spool_has_everything_before_it_is_sent() {
    covers!("with_durable_spool");
    let scratch = Scratch::new();
    let collector = Collector::start();
    collector.fail_next_n(Failure::hold(), usize::MAX);
    let settings = |durable| to(&collector).with_spool_dir(&scratch).with_durable_spool(durable);
    for durable in [false, true] {
        collector.clear();
        let agentops = settings(durable).build().unwrap();
        with_default(tracing_subscriber::registry().with(agentops.layer()), tool);
        let is_delivery = |request: &agentops::testing::Request| request.path.starts_with("/v1/traces");
        let mut requests = 1;
        while !collector
            .wait_for_requests(requests, DEADLINE)
            .unwrap()
            .iter()
            .any(is_delivery)
        {
            requests += 1;
        }
        assert_eq!(!bytes(&scratch).is_empty(), durable);
        collector.release();
        drop(agentops.shutdown(Duration::from_secs(1)));
    }
    let alone = to(&collector).with_durable_spool(true).build().unwrap_err();
    assert!(
        alone.is_invalid_setting() && alone.to_string().contains("with_spool_dir"),
        "{alone}"
    );
}

#[test]
fn destinations_that_are_no_endpoint_have_no_spool() {
    let scratch = Scratch::new();
    let agentops = agentops::builder()
        .with_env(|_| None)
        .with_api_key(KEY)
        .with_export(Export::Off)
        .with_spool_dir(&scratch)
        .build()
        .unwrap();
    agentops.shutdown(DEADLINE).unwrap();
    assert!(!scratch.path().exists());
}
