//! Requests that the collector does not take as they are.

use super::{
    case::{Case, DEADLINE, Drop, demand, first},
    server::{Answer, TRACES},
};

/// The one that the collector chokes on.
const POISON: i64 = 6_789;

const NOT_TAKEN: &[Case] = &[
    Case::new(
        "413 above 100 KB",
        |head| {
            if head.path == TRACES && head.length > 100_000 {
                Answer::Status(413)
            } else {
                Answer::Take
            }
        },
        |run| {
            run.send_prompts(500, &"p".repeat(2_000));
            run.flush();
        },
    ),
    Case::new(
        "400 for one poisoned span in 10,000",
        |head| {
            if head.path == TRACES {
                Answer::RefuseWith(POISON)
            } else {
                Answer::Take
            }
        },
        |run| {
            run.send(10_000);
            let told = run.try_flush(DEADLINE).unwrap_err().to_string();
            assert!(told.starts_with("1 spans were lost"), "{told}");
            assert!(!run.server.taken().contains(&POISON));
        },
    )
    .costs(Drop::Exactly(1)),
    Case::new(
        "partial success",
        |head| first(1, head, Answer::TakeAllBut(3)),
        |run| {
            run.send(100);
            run.try_flush(DEADLINE).unwrap_err();
            assert_eq!(run.agentops.stats().dropped.refused, 3);
        },
    )
    .costs(Drop::Exactly(3)),
    Case::new(
        "400 for everything",
        |head| first(usize::MAX, head, Answer::Status(400)),
        |run| {
            run.send(1_000);
            run.try_flush(DEADLINE).unwrap_err();
            let requests = run.server.times(TRACES).len();
            assert!(requests < 200, "{requests} requests: every span was asked about");
        },
    )
    .costs(Drop::Exactly(1_000)),
];

#[test]
fn what_is_not_taken_as_a_whole_is_taken_in_parts() {
    demand(NOT_TAKEN);
}
