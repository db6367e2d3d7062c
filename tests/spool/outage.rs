//! The destination goes away and comes back.

use std::time::Duration;

use agentops::{
    ExportStats,
    testing::{Collector, Failure},
};

use super::harness::{DEADLINE, Program, Scratch, adds_up, serials, to};

const ALWAYS: usize = usize::MAX;

/// Nothing is taken for as long as this, and the pipeline has time to say so.
const SHORT: Duration = Duration::from_secs(3);

/// One request for each span.
fn program(collector: &Collector, scratch: &Scratch) -> Program {
    Program::new(to(collector, scratch).with_max_export_batch_size(1))
}

/// What was made while the destination failed so arrives in order once it does not, and nothing is left.
fn outage(failure: Failure) {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    let program = program(&collector, &scratch);
    program.work(0);
    collector.wait_for_spans(1, DEADLINE).unwrap();
    collector.fail_next_n(failure, ALWAYS);
    (1..=30).for_each(|serial| program.work(serial));
    let rests = |stats: &ExportStats| (stats.queued_spans, stats.queued_bytes) == (0, 0) && adds_up(stats);
    let stats = program.wait_until(|stats| stats.spooled_spans == 30 && rests(stats));
    assert_eq!((stats.spooled, stats.exported), (30, 1));
    assert!(stats.spooled_bytes > 0 && !scratch.files().is_empty());

    collector.stop_failing();
    collector.wait_for_spans(31, DEADLINE).unwrap();
    let stats = program.wait_for_rest();
    assert_eq!(serials(&collector.spans()), (0..=30).collect::<Vec<_>>());
    assert_eq!((stats.exported, stats.replayed, stats.dropped.total()), (31, 30, 0));
    program.agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(scratch.files().len(), 0, "{:?}", scratch.files());
}

#[test]
fn what_an_overloaded_destination_does_not_take_is_replayed_in_order() {
    outage(Failure::status(503));
}

#[test]
fn what_a_destination_that_is_down_does_not_take_is_replayed_in_order() {
    outage(Failure::reset());
}

#[test]
fn what_waits_for_a_token_waits_on_disk_and_is_replayed_in_order() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    collector.fail_next_auth_n(Failure::status(503), ALWAYS);
    let program = program(&collector, &scratch);
    (0..10).for_each(|serial| program.work(serial));
    program.wait_for_spooled(10);
    assert!(collector.spans().is_empty());
    collector.stop_failing();
    collector.wait_for_spans(10, DEADLINE).unwrap();
    program.wait_for_rest();
    assert_eq!(serials(&collector.spans()), (0..10).collect::<Vec<_>>());
}

#[test]
fn a_flush_says_that_the_rest_is_on_disk_and_so_does_a_shutdown() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    let program = program(&collector, &scratch);
    program.work(0);
    program.agentops.force_flush(DEADLINE).unwrap();
    collector.fail_next_n(Failure::status(503), ALWAYS);
    program.work(1);
    program.work(2);
    program.wait_for_spooled(2);
    let error = program.agentops.force_flush(SHORT).unwrap_err();
    assert!(error.is_spooled() && !error.is_timeout(), "{error}");
    assert!(
        error.to_string().starts_with("2 spans could not be delivered yet"),
        "{error}"
    );
    program.work(3);
    program.wait_for_spooled(3);
    let error = program.agentops.shutdown(SHORT).unwrap_err();
    assert!(error.is_spooled(), "{error}");
    let stats = program.wait_until(adds_up);
    assert_eq!((stats.spooled_spans, stats.dropped.total(), stats.spooled), (3, 0, 3));
}

#[test]
fn a_flush_waits_for_what_is_on_disk_too() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    let program = program(&collector, &scratch);
    collector.fail_next(Failure::status(503));
    program.work(0);
    program.agentops.force_flush(DEADLINE).unwrap();
    assert_eq!(serials(&collector.spans()), [0]);
    assert_eq!(program.agentops.stats().spooled, 1);
}

#[test]
fn what_a_shutdown_has_no_time_for_is_on_disk() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    let program = program(&collector, &scratch);
    collector.fail_next_n(Failure::hold(), ALWAYS);
    (0..20).for_each(|serial| program.work(serial));
    collector.wait_for_requests(3, DEADLINE).unwrap();
    // No time would be enough; this is enough for the disk.
    let error = program.agentops.shutdown(SHORT).unwrap_err();
    assert!(error.is_spooled(), "{error}");
    let stats = program.wait_for_spooled(20);
    assert_eq!(stats.dropped.total(), 0);
    collector.stop_failing();

    let heir = Program::new(to(&collector, &scratch));
    heir.wait_until(|stats| stats.recovered == 20);
    let stats = heir.wait_for_rest();
    assert_eq!((stats.recorded, stats.exported, stats.replayed), (0, 20, 20));
    let mut arrived = serials(&collector.spans());
    arrived.sort_unstable();
    arrived.dedup();
    assert_eq!(arrived, (0..20).collect::<Vec<_>>());
}

#[test]
fn a_destination_that_never_answers_does_not_fill_the_memory() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    collector.fail_next_n(Failure::no_answer(), ALWAYS);
    let program = Program::new(
        to(&collector, &scratch)
            .with_max_export_batch_size(1)
            .with_max_queue_size(40),
    );
    for ten in 0..20 {
        (ten * 10..ten * 10 + 10).for_each(|serial| program.work(serial));
        program.wait_until(|stats| stats.queued_spans <= 20);
    }
    let stats = program.wait_until(|stats| stats.spooled_spans >= 180 && adds_up(stats));
    assert_eq!(stats.dropped.total(), 0, "{stats:?}");
}

#[test]
fn a_process_that_does_nothing_itself_sends_what_was_left_before_it_ends() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    collector.fail_next_n(Failure::status(503), ALWAYS);
    let first = program(&collector, &scratch);
    (0..50).for_each(|serial| first.work(serial));
    first.agentops.shutdown(Duration::from_millis(200)).unwrap_err();
    collector.stop_failing();
    let second = Program::new(to(&collector, &scratch));
    second.agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(serials(&collector.spans()), (0..50).collect::<Vec<_>>());
    assert_eq!(second.agentops.stats().replayed, 50);
    let requests = collector.requests();
    let replays = requests.iter().rev().take_while(|request| request.spans().len() > 1);
    assert_eq!(replays.count(), 1, "what is small travels together");
}

#[test]
fn one_span_that_the_destination_refuses_is_found_among_those_that_wait() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    collector.fail_next_n(Failure::status(503), ALWAYS);
    let first = program(&collector, &scratch);
    (0..20).for_each(|serial| first.work(serial));
    first.wait_for_spooled(20);
    collector.stop_failing();
    collector.fail_when(|request| {
        let serials = serials(&request.spans());
        serials.contains(&13).then(|| Failure::status(400))
    });
    let stats = first.wait_for_rest();
    assert_eq!(
        (stats.exported, stats.dropped.refused, stats.dropped.total()),
        (19, 1, 1)
    );
    let mut arrived = serials(&collector.spans());
    arrived.sort_unstable();
    assert_eq!(arrived, (0..20).filter(|serial| *serial != 13).collect::<Vec<_>>());
}

#[test]
fn neither_the_key_nor_a_token_is_on_disk() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    let program = Program::new(to(&collector, &scratch).with_header("x-planted", "planted-header-value"));
    program.work(0);
    program.agentops.force_flush(DEADLINE).unwrap();
    let token = collector.token().unwrap();
    collector.fail_next_n(Failure::status(503), ALWAYS);
    program.run(|| {
        let _marked = tracing::info_span!("work", agentops.kind = "tool", test.marker = "on-disk-marker");
    });
    program.wait_for_spooled(1);
    let bytes: Vec<u8> = scratch
        .files()
        .iter()
        .flat_map(|path| std::fs::read(path).unwrap())
        .collect();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("on-disk-marker"));
    for secret in [super::harness::KEY, &token, "planted-header-value"] {
        assert!(!holds(secret), "{secret:?} is on disk");
    }
}
