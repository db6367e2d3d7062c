//! Several processes, keys and limits on one directory.

use std::time::Duration;

use agentops::{
    ExportStats,
    testing::{Collector, Failure},
};

use super::{
    child::Process,
    harness::{DEADLINE, Program, Scratch, adds_up, serials, to},
};

#[test]
fn the_next_process_sends_what_one_left_that_just_ended() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    collector.fail_next_n(Failure::status(503), usize::MAX);
    assert_eq!(Process::start("exits", &collector, scratch.path()).wait(), Some(7));
    collector.stop_failing();
    assert!(collector.spans().is_empty());

    let next = Program::new(to(&collector, &scratch));
    collector.wait_for_spans(5, DEADLINE).unwrap();
    let stats = next.wait_for_rest();
    assert_eq!((stats.recovered, stats.replayed, stats.recorded), (5, 5, 0));
    assert_eq!(serials(&collector.spans()), [0, 1, 2, 3, 4]);
    next.agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(scratch.files().len(), 0, "{:?}", scratch.files());
}

#[test]
fn what_a_living_process_keeps_is_touched_by_no_other() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    collector.fail_next_n(Failure::status(503), usize::MAX);
    let mut living = Process::start("waits", &collector, scratch.path());
    living.wait_for_a_word();
    let mut theirs = scratch.files();
    theirs.sort();

    let second = Program::new(to(&collector, &scratch));
    second.work(100);
    second.wait_for_spooled(1);
    assert_eq!(second.agentops.stats().recovered, 0);
    let mut both = scratch.files();
    both.sort();
    assert!(
        theirs.iter().all(|file| both.contains(file)) && both.len() == theirs.len() + 2,
        "{both:?}"
    );

    living.kill(Duration::ZERO);
    let third = Program::new(to(&collector, &scratch));
    third.wait_until(|stats| stats.recovered == 5);
    collector.stop_failing();
    collector.wait_for_spans(6, DEADLINE).unwrap();
    assert_eq!(second.wait_for_rest().recovered, 0, "the third one had it");
    third.wait_for_rest();
    let mut arrived = serials(&collector.spans());
    arrived.sort_unstable();
    assert_eq!(arrived, [0, 1, 2, 3, 4, 100]);
}

#[test]
fn spans_go_to_the_project_that_they_were_meant_for() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    collector.fail_next_n(Failure::status(503), usize::MAX);
    let first = Program::new(to(&collector, &scratch));
    first.work(0);
    first.wait_for_spooled(1);
    first.agentops.shutdown(Duration::ZERO).unwrap_err();
    collector.stop_failing();

    let other_key = "22222222-2222-4333-8444-555555555555";
    let other = Program::new(to(&collector, &scratch).with_api_key(other_key));
    other.work(1);
    other.agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(
        (serials(&collector.spans()), other.agentops.stats().recovered),
        (vec![1], 0)
    );
    let elsewhere = Collector::start();
    let elsewhere_too = Program::new(to(&elsewhere, &scratch));
    elsewhere_too.work(2);
    elsewhere_too.agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(serials(&elsewhere.spans()), [2]);

    let meant = Program::new(to(&collector, &scratch));
    meant.agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(serials(&collector.spans()), [1, 0]);
}

#[test]
fn another_key_of_the_same_handle_takes_along_what_waits() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    let good = "33333333-2222-4333-8444-555555555555";
    collector.accept_only_key(good);
    let program = Program::new(to(&collector, &scratch));
    program.work(0);
    program.wait_for_spooled(1);
    program.agentops.set_api_key(good);
    collector.wait_for_spans(1, DEADLINE).unwrap();
    program.wait_for_rest();
    assert_eq!(serials(&collector.spans()), [0]);
}

#[test]
fn what_is_too_old_is_given_up_and_counted() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    collector.fail_next_n(Failure::status(503), usize::MAX);
    assert_eq!(Process::start("exits", &collector, scratch.path()).wait(), Some(7));
    collector.stop_failing();
    let next = Program::new(to(&collector, &scratch).with_spool_max_age(Duration::from_millis(1)));
    let stats = next.wait_until(|stats| stats.recovered == 5 && stats.spooled_spans == 0 && adds_up(stats));
    assert_eq!((stats.dropped.spool_expired, stats.dropped.total()), (5, 5));
    next.agentops.shutdown(DEADLINE).unwrap();
    assert!(collector.spans().is_empty() && scratch.files().is_empty());
}

#[test]
fn beyond_its_size_the_oldest_are_given_up_and_counted() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    collector.fail_next_n(Failure::status(503), usize::MAX);
    let program = Program::new(
        to(&collector, &scratch)
            .with_max_export_batch_size(1)
            .with_spool_max_bytes(20_000),
    );
    (0..100).for_each(|serial| program.work(serial));
    let on_disk = || {
        let files = scratch.files();
        // What is given up is gone between two looks.
        let lengths = files.iter().filter_map(|path| Some(path.metadata().ok()?.len()));
        lengths.sum::<u64>()
    };
    let is_settled = |stats: &ExportStats| stats.spooled == 100 && adds_up(stats) && on_disk() == stats.spooled_bytes;
    let stats = program.wait_until(is_settled);
    assert_eq!(stats.spooled_spans + stats.dropped.spool_evicted, 100);
    assert!(stats.dropped.spool_evicted > 0 && stats.spooled_spans > 3, "{stats:?}");
    assert!(stats.spooled_bytes <= 20_000, "{stats:?}");
    collector.stop_failing();
    let left = program.wait_for_rest().exported;
    assert_eq!(
        serials(&collector.spans()),
        (100 - left..100).collect::<Vec<_>>(),
        "the newest are left"
    );
}
