//! A directory that is none.

use agentops::testing::{Collector, Failure};

use super::harness::{DEADLINE, Program, Scratch, adds_up, serials, to};

#[test]
fn a_file_in_the_place_of_the_directory_costs_no_span_and_a_directory_later_is_used() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    std::fs::write(scratch.path(), "in the way").unwrap();
    let program = Program::new(to(&collector, &scratch).with_durable_spool(true));
    program.work(0);
    program.agentops.force_flush(DEADLINE).unwrap();
    assert_eq!(serials(&collector.spans()), [0], "delivery goes on");

    collector.fail_next_n(Failure::status(503), usize::MAX);
    program.work(1);
    collector.wait_for_requests(4, DEADLINE).unwrap();
    let stats = program.wait_until(|stats| stats.retries > 0 && adds_up(stats));
    assert_eq!((stats.queued_spans, stats.spooled_spans), (1, 0), "as without a spool");

    std::fs::remove_file(scratch.path()).unwrap();
    let stats = program.wait_for_spooled(1);
    assert_eq!(
        (stats.spooled, stats.dropped.total()),
        (1, 0),
        "it is used as soon as it can be"
    );
    collector.stop_failing();
    collector.wait_for_spans(2, DEADLINE).unwrap();
    program.wait_for_rest();
    assert_eq!(serials(&collector.spans()), [0, 1]);
}

#[test]
fn a_directory_that_vanishes_is_made_again() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    collector.fail_next_n(Failure::status(503), usize::MAX);
    let program = Program::new(to(&collector, &scratch));
    program.work(0);
    program.wait_for_spooled(1);
    std::fs::remove_dir_all(scratch.path()).unwrap();
    program.work(1);
    program.wait_until(|stats| stats.spooled == 2 && stats.dropped.spool_corrupt == 1 && adds_up(stats));
    collector.stop_failing();
    collector.wait_for_spans(1, DEADLINE).unwrap();
    program.wait_for_rest();
    assert_eq!(
        serials(&collector.spans()),
        [1],
        "what was removed is gone, and counted"
    );
}

#[test]
fn a_disk_that_spoils_a_segment_costs_what_was_in_it() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    collector.fail_next_n(Failure::status(503), usize::MAX);
    let program = Program::new(to(&collector, &scratch).with_max_export_batch_size(1));
    (0..10).for_each(|serial| program.work(serial));
    program.wait_for_spooled(10);
    program.agentops.shutdown(std::time::Duration::ZERO).unwrap_err();
    let files = scratch.files();
    let segment = files
        .iter()
        .find(|path| path.extension().is_some_and(|ending| ending == "spool"))
        .unwrap();
    let mut bytes = std::fs::read(segment).unwrap();
    let length = bytes.len();
    bytes.truncate(length - 3);
    bytes[length / 2] ^= 0xff;
    std::fs::write(segment, bytes).unwrap();

    collector.stop_failing();
    let heir = Program::new(to(&collector, &scratch));
    heir.wait_until(|stats| stats.damaged_segments == 1);
    let stats = heir.wait_for_rest();
    let arrived = serials(&collector.spans());
    // The one in the middle and the one at the end.
    assert_eq!(arrived, [0, 1, 2, 3, 5, 6, 7, 8], "{stats:?}");
    assert_eq!((stats.recovered, stats.dropped.spool_corrupt), (10, 2), "{stats:?}");
}
