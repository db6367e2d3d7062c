//! A directory that is none.

use agentops::testing::{Collector, Failure};

#[cfg(unix)]
use super::child::{FILLING, Process};
use super::harness::{DEADLINE, Program, Scratch, adds_up, demand, serials, to};

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
    demand("no directory", 2, &collector.spans(), 0, 0);
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
    let stats = program.wait_for_rest();
    assert_eq!(
        serials(&collector.spans()),
        [1],
        "what was removed is gone, and counted"
    );
    demand("directory vanishes", 2, &collector.spans(), stats.dropped.total(), 1);
}

/// A directory in which this process may make no file. Who may do everything gets one in which nobody can.
#[cfg(unix)]
fn read_only(scratch: &Scratch) -> Option<std::path::PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir(scratch.path()).unwrap();
    std::fs::set_permissions(scratch.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
    let places = [scratch.path(), std::path::Path::new("/proc/self/fdinfo")];
    let mut refused = places.into_iter().filter(|place| {
        let probe = place.join("probe");
        place.is_dir() && (std::fs::write(&probe, "").is_err() || std::fs::remove_file(probe).is_err())
    });
    refused.next().map(Into::into)
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_written_costs_no_span() {
    use std::os::unix::fs::PermissionsExt as _;
    let (collector, scratch) = (Collector::start(), Scratch::new());
    let Some(directory) = read_only(&scratch) else {
        eprintln!("skipped: nothing is read-only here");
        return;
    };
    let settings = to(&collector, &scratch)
        .with_spool_dir(&directory)
        .with_durable_spool(true);
    let program = Program::new(settings);
    program.work(0);
    program.agentops.force_flush(DEADLINE).unwrap();
    collector.fail_next_n(Failure::status(503), usize::MAX);
    program.work(1);
    let stats = program.wait_until(|stats| stats.retries > 0);
    assert_eq!((stats.queued_spans, stats.spooled_spans), (1, 0), "as without a spool");
    if directory == scratch.path() {
        std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o700)).unwrap();
        program.wait_for_spooled(1);
    }
    collector.stop_failing();
    program.agentops.force_flush(DEADLINE).unwrap();
    let stats = program.wait_for_rest();
    demand("read-only", 2, &collector.spans(), stats.dropped.total(), 0);
}

#[cfg(unix)]
#[test]
fn a_disk_without_room_costs_no_span_that_memory_has_room_for() {
    for role in ["fills its disk", "fills its disk with a durable spool"] {
        let (collector, scratch) = (Collector::start(), Scratch::new());
        collector.fail_next_n(Failure::status(503), usize::MAX);
        let mut process = Process::start_with_a_small_disk(role, &collector, scratch.path());
        process.wait_for_a_word();
        collector.stop_failing();
        assert_eq!(process.wait(), Some(0), "{role}: it knows what became of its spans");
        demand(role, FILLING, &collector.spans(), 0, 0);
        assert_eq!(scratch.files().len(), 0, "{:?}", scratch.files());
    }
}

/// Ten spans are left on disk, a record each; something happens to it; the next process sends what can be read.
fn spoiled(case: &str, spoil: fn(&mut Vec<u8>), counted: u64, unread: u64) {
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
    spoil(&mut bytes);
    std::fs::write(segment, bytes).unwrap();

    collector.stop_failing();
    let heir = Program::new(to(&collector, &scratch));
    let stats = heir.wait_until(|stats| stats.damaged_segments == 1);
    assert_eq!(stats.dropped.spool_corrupt, counted, "{case}: {stats:?}");
    let stats = heir.wait_for_rest();
    let arrived = serials(&collector.spans());
    assert!(arrived.windows(2).all(|two| two[0] < two[1]), "in order: {arrived:?}");
    // Of what nothing can be read nobody knows how much it was: it is counted as a part of a segment.
    let lost = stats.dropped.total() + unread;
    demand(case, 10, &collector.spans(), lost, counted + unread);
}

/// Where the record of the span of this number begins.
fn record(bytes: &[u8], number: usize) -> usize {
    // A header of 48 bytes; the length of a payload stands at byte 13 of a record's 25.
    (0..number).fold(48, |at, _| {
        let length = u32::from_le_bytes(bytes[at + 13..at + 17].try_into().unwrap());
        at + 25 + usize::try_from(length).unwrap()
    })
}

#[test]
fn a_disk_that_spoils_what_is_on_it_costs_what_was_spoiled() {
    let in_a_payload = |bytes: &mut Vec<u8>| {
        let at = record(bytes, 5) - 10;
        bytes[at] ^= 0xff;
    };
    spoiled("a spoiled request", in_a_payload, 1, 0);
    let in_the_last = |bytes: &mut Vec<u8>| {
        let cut = record(bytes, 10) - 3;
        bytes.truncate(cut);
    };
    spoiled("a request cut short", in_the_last, 1, 0);
    let between = |bytes: &mut Vec<u8>| {
        let cut = record(bytes, 8) + 12;
        bytes.truncate(cut);
    };
    spoiled("a head cut short", between, 0, 2);
}
