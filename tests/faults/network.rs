//! The network and the process at its other end.

use std::time::{Duration, SystemTime};

use super::{
    case::{Case, DEADLINE, Drop, Run, demand, first, healthy, impatient},
    server::{Answer, TRACES},
};

const SHORT: Duration = Duration::from_millis(700);

const BROKEN: &[Case] = &[
    Case::new("collector down at the start", healthy, |run| {
        run.send(100);
        // Nobody is there for the token, either: time alone tells that it was tried.
        assert!(run.try_flush(SHORT).unwrap_err().is_timeout());
        run.server.come_back();
        run.flush();
    })
    .starts_down(),
    Case::new("collector down in the middle", healthy, |run| {
        run.send(100);
        run.flush();
        run.server.go_away();
        run.send(100);
        run.wait_for_retries(1);
        run.server.come_back();
        run.send(100);
        run.flush();
    }),
    Case::new("collector down at the end", healthy, |run| {
        run.send(100);
        run.flush();
        run.server.go_away();
        run.send(50);
    })
    .ends_within(SHORT)
    .costs(Drop::Exactly(50)),
    Case::new("connection refused, for good", healthy, |run| run.send(100))
        .starts_down()
        .ends_within(SHORT)
        .costs(Drop::Exactly(100)),
    Case::new(
        "reset mid-body, twice",
        |head| first(2, head, Answer::ResetMidBody),
        long_requests,
    ),
    Case::new(
        "reset before the answer, twice",
        |head| first(2, head, Answer::Reset),
        long_requests,
    ),
    Case::new(
        "reset before the answer, spans taken",
        |head| first(1, head, Answer::TakeAndReset),
        long_requests,
    )
    .may_arrive_twice(),
    Case::new(
        "accept and never answer, twice",
        |head| first(2, head, Answer::Silence),
        long_requests,
    )
    .with(impatient),
    Case::new(
        "accept and never answer, for good",
        |head| first(usize::MAX, head, Answer::Silence),
        |run| run.send(100),
    )
    .with(impatient)
    .ends_within(SHORT)
    .costs(Drop::Exactly(100)),
    Case::new(
        "an answer of a byte a second, once",
        |head| first(1, head, Answer::TakeAndDrip),
        long_requests,
    )
    .with(impatient)
    .may_arrive_twice(),
];

#[test]
fn what_the_network_breaks_is_sent_again_until_it_arrives_or_is_counted() {
    demand(BROKEN);
}

/// Requests that take more than a packet each.
fn long_requests(run: &Run) {
    run.send_prompts(20, &"p".repeat(20_000));
    run.flush();
}

fn comes_back_after_two_seconds(run: &Run) {
    run.send(100);
    run.flush();
    let times = run.server.times(TRACES);
    assert!(times[1] - times[0] >= Duration::from_secs(2), "it came back too early");
}

const OVERLOADED: &[Case] = &[
    Case::new(
        "429 with Retry-After in seconds",
        |head| first(1, head, Answer::StatusAnd(429, "retry-after", "2".to_owned())),
        comes_back_after_two_seconds,
    )
    // All of them in one request.
    .with(|builder| builder.with_export_flush_interval(DEADLINE)),
    Case::new(
        "429 with Retry-After as a date",
        |head| {
            // Dates have no parts of a second: this one is two to three seconds away.
            let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3));
            first(1, head, Answer::StatusAnd(429, "retry-after", date))
        },
        comes_back_after_two_seconds,
    )
    .with(|builder| builder.with_export_flush_interval(DEADLINE)),
    Case::new(
        "503 with Retry-After of no time at all",
        |head| first(3, head, Answer::StatusAnd(503, "retry-after", "0".to_owned())),
        |run| {
            run.send(100);
            run.flush();
            let times = run.server.times(TRACES);
            let pauses: Vec<_> = times.windows(2).map(|two| two[1] - two[0]).collect();
            assert!(
                pauses[0] >= Duration::from_millis(400) && pauses[2] > pauses[0],
                "a busy loop: {pauses:?}"
            );
        },
    )
    .with(|builder| builder.with_export_flush_interval(DEADLINE)),
    Case::new(
        "503 storm",
        |head| first(3, head, Answer::Status(503)),
        |run| {
            for _ in 0..10 {
                run.send(20);
            }
            run.flush();
            run.wait_until("retries", |stats| stats.retries >= 3);
        },
    ),
    Case::new(
        "408, 500, 502 and 504",
        |head| {
            let status = [408, 500, 502, 504].get(head.number).copied().unwrap_or(200);
            if status == 200 {
                Answer::Take
            } else {
                first(4, head, Answer::Status(status))
            }
        },
        |run| {
            run.send(10);
            run.flush();
        },
    ),
];

#[test]
fn an_overloaded_collector_is_left_alone_for_as_long_as_it_asks() {
    demand(OVERLOADED);
}
