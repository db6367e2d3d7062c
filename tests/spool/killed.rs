//! A process is killed in the middle of its work. With a durable spool the next one sends what had ended, and says of
//! what had not that its process ended.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use agentops::{
    ExportStats,
    testing::{Collector, Failure, Span, StatusCode, Value, draw},
};

use super::{
    child::Process,
    harness::{DEADLINE, Program, Scratch, adds_up, serial, to, twice},
};

/// What ended so long before a kill is on disk.
const ON_DISK_AFTER: Duration = Duration::from_millis(100);

/// Requests that are under way at once at most.
const AT_ONCE: usize = 4;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[test]
fn twenty_kills_lose_nothing_that_ended_a_tenth_of_a_second_before() {
    let mut dice = Dice(2_026);
    let mut twice_in_all = 0;
    for round in 0..20 {
        let (collector, scratch) = (Collector::start(), Scratch::new());
        // The destination takes everything, or nothing, or does not answer.
        match round % 4 {
            2 => collector.fail_next_n(Failure::status(503), usize::MAX),
            3 => collector.fail_next_n(Failure::hold(), usize::MAX),
            _ => {}
        }
        let mut process = Process::start("works", &collector, scratch.path());
        process.wait_for_a_word();
        let until = Instant::now() + Duration::from_millis(120 + dice.throw(400));
        // On a machine that is busy with others it takes longer until anything is old enough.
        while Instant::now() < until || process.ended_before_now(ON_DISK_AFTER).is_empty() {
            process.wait_for_a_word();
        }
        let ended = process.kill(ON_DISK_AFTER);
        twice_in_all += replay(&format!("kill {round}"), &ended, &collector, &scratch);
    }
    eprintln!("{twice_in_all} spans came twice in twenty kills");
}

#[test]
fn an_exit_and_an_abort_lose_nothing_that_ended_a_tenth_of_a_second_before() {
    for (role, code) in [("works and exits", Some(7)), ("works and aborts", None)] {
        let answers: [fn(&Collector); 3] = [
            |_| {},
            |collector| collector.fail_next_n(Failure::status(503), usize::MAX),
            |collector| collector.fail_next_n(Failure::hold(), usize::MAX),
        ];
        for answer in answers {
            let (collector, scratch) = (Collector::start(), Scratch::new());
            answer(&collector);
            let process = Process::start(role, &collector, scratch.path());
            let (ended_with, ended) = process.wait_for_end(ON_DISK_AFTER);
            assert_eq!(ended_with, code, "{role}");
            replay(role, &ended, &collector, &scratch);
        }
    }
}

/// The next process sends what ended so long before the end of the one before it. Says how many spans came twice, and
/// lists them.
fn replay(case: &str, ended: &[u64], collector: &Collector, scratch: &Scratch) -> usize {
    assert!(!ended.is_empty(), "{case}");
    collector.stop_failing();
    collector.release();
    let requests_before = collector.requests().len();

    let next = Program::new(to(collector, scratch).with_durable_spool(true));
    let arrived = collector.wait_until(
        |spans| {
            let arrived: BTreeSet<u64> = spans.iter().filter_map(serial).collect();
            ended.iter().all(|serial| arrived.contains(serial))
        },
        DEADLINE,
    );
    let arrived = arrived.unwrap_or_else(|_| {
        let have: BTreeSet<_> = collector.spans().iter().filter_map(serial).collect();
        let lost: Vec<_> = ended.iter().filter(|serial| !have.contains(serial)).collect();
        panic!(
            "{case}: {} of {} spans are lost: {lost:?}; {:?}",
            lost.len(),
            ended.len(),
            next.agentops.stats()
        );
    });
    let stats = next.wait_for_rest();
    assert_adds_up_but_for_the_last_write(case, &stats);
    assert!(arrived.len() >= ended.len());

    let twice = twice(&collector.spans());
    // Each of them was in a request that was under way: one that arrived, and whose answer nobody could note.
    let requests = collector.requests();
    let under_way = requests[..requests_before]
        .iter()
        .filter(|request| request.spans().iter().any(|span| twice.contains_key(&span.span_id)))
        .count();
    let all: BTreeSet<_> = collector.spans().iter().filter_map(serial).collect();
    eprintln!(
        "{case}: {} ended in time, {} received, {} replayed, {} came twice from {under_way} requests under way: {twice:?}",
        ended.len(),
        all.len(),
        stats.replayed,
        twice.len()
    );
    assert!(
        under_way <= AT_ONCE,
        "{case}: more came twice than was under way: {twice:?}"
    );
    next.agentops.shutdown(DEADLINE).unwrap();
    twice.len()
}

/// A system may cut the write short in which its process is killed. The spans of that one record, which ended a moment
/// before, are told of as lost; every other one that was found is sent.
#[track_caller]
fn assert_adds_up_but_for_the_last_write(case: &str, stats: &ExportStats) {
    let cut_short = stats.dropped.spool_corrupt;
    assert_eq!(stats.dropped.total(), cut_short, "{case}: {stats:?}");
    assert_eq!(stats.exported + cut_short, stats.recovered, "{case}: {stats:?}");
    let damaged = stats.damaged_segments;
    assert!(damaged <= 1, "{case}: only the file that was written to: {stats:?}");
    assert!(cut_short == 0 || damaged == 1, "{case}: {stats:?}");
}

/// Waits until the spool holds this text.
#[track_caller]
fn wait_for_a_note_of(scratch: &Scratch, text: &str) {
    let began = Instant::now();
    let is_noted = || {
        let bytes: Vec<u8> = scratch
            .files()
            .iter()
            .flat_map(|path| std::fs::read(path).unwrap_or_default())
            .collect();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    while !is_noted() {
        assert!(began.elapsed() < DEADLINE, "{:?}", scratch.files());
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The spans without those that came before.
fn once(spans: &[Span]) -> Vec<Span> {
    let mut seen = BTreeSet::new();
    let first = spans.iter().filter(|span| seen.insert(span.span_id.clone()));
    first.cloned().collect()
}

#[track_caller]
fn assert_ended_with_its_process(span: &Span) {
    let said = span.attribute("agentops.process_ended").and_then(Value::as_bool);
    assert_eq!(said, Some(true), "{}", span.name);
    let status = (span.status.code, span.status.message.as_str());
    assert_eq!(status, (StatusCode::Error, "process ended"), "{}", span.name);
    assert!(
        span.end_unix_nanos > span.start_unix_nanos,
        "{}: it was alive for a while",
        span.name
    );
    assert_eq!(span.events_named("exception").count(), 0);
}

#[test]
fn spans_that_were_open_are_reported_as_ended_in_error() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    let mut process = Process::start("is busy", &collector, scratch.path());
    process.wait_for_a_word();
    collector.wait_for_spans(1, DEADLINE).unwrap();
    wait_for_a_note_of(&scratch, "fetch.tool");
    process.kill(Duration::ZERO);
    assert_eq!(collector.spans().len(), 1, "only what had ended");

    let next = Program::new(to(&collector, &scratch).with_durable_spool(true));
    // The one that had ended may have been under way still, and comes again then.
    let spans = once(&collector.wait_until(|spans| once(spans).len() == 4, DEADLINE).unwrap());
    assert_eq!(
        draw(&spans),
        "default.session !process ended\n  planner.agent !process ended\n    search.tool\n    fetch.tool !process ended\n"
    );
    for span in spans.iter().filter(|span| span.name != "search.tool") {
        assert_ended_with_its_process(span);
    }
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    assert_eq!(named("search.tool").attribute("agentops.process_ended"), None);
    assert_eq!(
        named("default.session").text("agentops.session.end_state"),
        Some("Fail")
    );
    assert_eq!(
        named("planner.agent").text("question"),
        Some("why?"),
        "what was known as it began"
    );
    assert_eq!(named("fetch.tool").text("tool.status"), Some("failed"));

    let stats = next.wait_for_rest();
    assert!(
        (3..=4).contains(&stats.recovered) && stats.replayed == stats.recovered,
        "{stats:?}"
    );
    next.agentops.shutdown(DEADLINE).unwrap();
    assert!(scratch.files().is_empty());
    let third = Program::new(to(&collector, &scratch).with_durable_spool(true));
    third.agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(
        collector.spans().len() as u64,
        1 + stats.recovered,
        "they are reported once"
    );
}

#[test]
fn a_durable_spool_leaves_nothing_behind_when_all_is_delivered() {
    let (collector, scratch) = (Collector::start(), Scratch::new());
    let program = Program::new(to(&collector, &scratch).with_durable_spool(true));
    program.run(|| {
        let _agent = tracing::info_span!("planner", agentops.kind = "agent").entered();
        (0..300).for_each(|serial| program.work(serial));
    });
    program.agentops.force_flush(DEADLINE).unwrap();
    let stats = program.wait_until(adds_up);
    assert_eq!(
        (stats.exported, stats.spooled, stats.replayed),
        (301, 0, 0),
        "it was sent from memory"
    );
    assert!(stats.spooled_bytes > 0, "and written before");
    program.agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(scratch.files().len(), 0, "{:?}", scratch.files());
    assert_eq!(twice(&collector.spans()).len(), 0);
}
