use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::{
    fake::{ANSWER_TIME, delivery, refused, retry, split},
    ledger::{Ledger, deliver},
    span, spans,
};
use crate::export::{DropReason, transport::Outcome};

fn scripted(outcomes: Vec<Outcome>) -> impl FnMut(super::fake::Sent) -> Outcome + Send + 'static {
    let mut outcomes = outcomes.into_iter();
    move |_| outcomes.next().unwrap_or(Outcome::Delivered)
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_destination_is_tried_again_with_growing_distance() {
    let (mut delivery, sent) = delivery(scripted(vec![retry(), retry(), retry()]));
    let ledger = deliver(&mut delivery, spans(3)).await;

    assert_eq!((ledger.exported, ledger.retries), (3, 3));
    assert_eq!(ledger.troubles[0], "overloaded");
    let sent = sent.lock().unwrap();
    for (attempts, middle) in sent.windows(2).zip([500, 1_000, 2_000]) {
        let pause = (attempts[1].at - (attempts[0].at + ANSWER_TIME)).as_millis();
        assert!(
            (middle * 79 / 100..=middle * 121 / 100).contains(&pause),
            "{pause} ms, expected about {middle}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_holds_back_everything_else_too() {
    let after = Duration::from_secs(7);
    let (mut delivery, sent) = delivery(scripted(vec![Outcome::Retry {
        after: Some(after),
        reason: "slow down".to_owned(),
    }]));
    let start = Instant::now();
    delivery.submit(spans(1));
    let mut ledger = Ledger::default();
    ledger.run_for(&mut delivery, Duration::from_secs(1)).await;
    delivery.submit(spans(2));
    ledger.settle(&mut delivery).await;

    ledger.balances(3, &delivery);
    assert_eq!(ledger.exported, 3);
    let sent = sent.lock().unwrap();
    assert_eq!(sent.len(), 3);
    assert!(sent[1..].iter().all(|sent| sent.at - start >= after), "{sent:?}");
    assert!(
        start.elapsed() < after + Duration::from_secs(1),
        "and no longer than asked for"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_is_given_up_five_minutes_after_its_first_attempt() {
    let (mut delivery, sent) = delivery(|_| retry());
    let start = Instant::now();
    let ledger = deliver(&mut delivery, spans(5)).await;

    assert_eq!(ledger.dropped(DropReason::RetriesExhausted), 5);
    assert_eq!(ledger.troubles.last().unwrap(), "overloaded");
    assert!(
        (240..=300).contains(&start.elapsed().as_secs()),
        "{:?}",
        start.elapsed()
    );
    let attempts = sent.lock().unwrap().len();
    assert!((12..=20).contains(&attempts), "{attempts} attempts");
    assert_eq!(ledger.retries, u64::try_from(attempts).unwrap() - 1);
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_wants_to_be_left_alone_for_hours_gets_that() {
    let (mut delivery, sent) = delivery(|_| Outcome::Retry {
        after: Some(Duration::from_secs(7_200)),
        reason: "maintenance".to_owned(),
    });
    let ledger = deliver(&mut delivery, spans(1)).await;

    assert_eq!(ledger.dropped(DropReason::RetriesExhausted), 1);
    assert_eq!(ledger.troubles, ["maintenance"]);
    assert_eq!(sent.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_asks_for_no_wait_at_all_is_not_asked_in_a_busy_loop() {
    for after in [Duration::ZERO, Duration::from_millis(1)] {
        let (mut delivery, sent) = delivery(move |_| Outcome::Retry {
            after: Some(after),
            reason: "not now".to_owned(),
        });
        let ledger = deliver(&mut delivery, spans(1)).await;
        assert_eq!(ledger.dropped(DropReason::RetriesExhausted), 1);
        let attempts = sent.lock().unwrap().len();
        assert!(
            (12..=20).contains(&attempts),
            "{attempts} attempts, {after:?} was asked for"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_few_requests_are_under_way_at_once() {
    let (mut delivery, sent) = delivery(|_| Outcome::Delivered);
    for _ in 0..10 {
        delivery.submit(spans(1));
    }
    let mut ledger = Ledger::default();
    ledger.settle(&mut delivery).await;

    assert_eq!(ledger.exported, 10);
    let sent = sent.lock().unwrap();
    for attempt in sent.iter() {
        let together = sent.iter().filter(|other| other.at == attempt.at).count();
        assert!(together <= 4, "{together} at once");
    }
    assert!(
        sent.iter().filter(|other| other.at == sent[0].at).count() > 1,
        "one after the other would be too slow"
    );
}

#[tokio::test(start_paused = true)]
async fn one_poisoned_span_costs_one_span() {
    let (mut delivery, sent) =
        delivery(
            |sent| match (sent.names.iter().any(|name| name == "span-42"), sent.names.len()) {
                (false, _) => Outcome::Delivered,
                (true, 1) => refused(),
                (true, _) => split(),
            },
        );
    let ledger = deliver(&mut delivery, spans(100)).await;

    assert_eq!((ledger.exported, ledger.dropped(DropReason::Refused)), (99, 1));
    assert_eq!(ledger.troubles, ["not accepted"]);
    assert!(sent.lock().unwrap().len() <= 16);
    assert_eq!(ledger.retries, 0, "a half is a new request");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_refuses_everything_is_not_asked_about_each_span() {
    let (mut delivery, sent) = delivery(|sent| if sent.names.len() > 1 { split() } else { refused() });
    let ledger = deliver(&mut delivery, spans(512)).await;
    assert_eq!(ledger.dropped(DropReason::Refused), 512);
    let first = sent.lock().unwrap().len();
    assert!(first < 128, "{first} requests for nothing");

    let ledger = deliver(&mut delivery, spans(512)).await;
    assert_eq!(ledger.dropped(DropReason::Refused), 512);
    assert_eq!(
        sent.lock().unwrap().len(),
        first + 1,
        "it has not changed its mind: one request shows that"
    );
}

#[tokio::test(start_paused = true)]
async fn a_part_that_was_rejected_counts_as_refused() {
    let (mut delivery, _sent) = delivery(scripted(vec![
        Outcome::Partial {
            rejected: 2,
            message: "too old".to_owned(),
        },
        Outcome::Partial {
            rejected: 0,
            message: "deprecated".to_owned(),
        },
    ]));
    let ledger = deliver(&mut delivery, spans(5)).await;
    assert_eq!((ledger.exported, ledger.dropped(DropReason::Refused)), (3, 2));
    assert!(ledger.troubles[0].contains("too old"));
    let ledger = deliver(&mut delivery, spans(5)).await;
    assert_eq!(ledger.exported, 5);
    assert!(ledger.troubles[0].contains("deprecated"));
}

#[tokio::test(start_paused = true)]
async fn giving_up_counts_what_waits_what_is_under_way_and_what_would_be_retried() {
    let (mut delivery, sent) = delivery(scripted(vec![retry()]));
    delivery.submit(spans(1));
    let mut ledger = Ledger::default();
    ledger.run_for(&mut delivery, ANSWER_TIME * 2).await;
    for _ in 0..7 {
        delivery.submit(spans(3));
    }
    ledger.run_for(&mut delivery, ANSWER_TIME / 2).await;
    assert_eq!(
        sent.lock().unwrap().len(),
        1 + 4,
        "one to be retried, four under way, three waiting"
    );
    assert_eq!(delivery.pending_spans(), 22);
    assert!(!delivery.is_idle() && delivery.pending_bytes() > 0);

    ledger.add(delivery.abandon(DropReason::Shutdown));
    assert_eq!(ledger.dropped(DropReason::Shutdown), 22);
    ledger.balances(22, &delivery);
    assert!(delivery.is_idle());
    ledger.run_for(&mut delivery, Duration::from_secs(60)).await;
    assert_eq!(sent.lock().unwrap().len(), 5, "nothing of it goes out any more");
}

#[tokio::test(start_paused = true)]
async fn a_send_goes_on_when_the_progress_future_is_dropped() {
    let (mut delivery, sent) = delivery(|_| Outcome::Delivered);
    for _ in 0..20 {
        delivery.submit(spans(2));
    }
    let mut ledger = Ledger::default();
    while !delivery.is_idle() {
        tokio::select! {
            settled = delivery.progress() => ledger.add(settled),
            () = tokio::time::sleep(ANSWER_TIME / 10) => {}
        }
    }
    ledger.balances(40, &delivery);
    assert_eq!(ledger.exported, 40);
    assert_eq!(sent.lock().unwrap().len(), 20, "none was sent twice");
}

#[tokio::test(start_paused = true)]
async fn with_nothing_to_do_progress_waits_for_ever() {
    let (mut delivery, _sent) = delivery(|_| Outcome::Delivered);
    assert!(delivery.is_idle());
    assert!(
        tokio::time::timeout(Duration::from_secs(86_400), delivery.progress())
            .await
            .is_err()
    );
    delivery.submit(Vec::new());
    assert!(delivery.is_idle(), "an empty batch is nothing");
}

#[tokio::test(start_paused = true)]
async fn without_authorization_to_renew_a_refusal_is_final() {
    let (mut delivery, _sent) = delivery(|_| super::fake::unauthorized());
    let ledger = deliver(&mut delivery, vec![span(1, "a")]).await;
    assert_eq!(ledger.dropped(DropReason::Unauthorized), 1);
    assert_eq!(ledger.troubles, ["token refused"]);
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        3 => Just(Outcome::Delivered),
        1 => (0_usize..10).prop_map(|rejected| Outcome::Partial { rejected, message: String::new() }),
        1 => (0_u64..600).prop_map(|secs| Outcome::Retry {
            after: Some(Duration::from_secs(secs)),
            reason: "later".to_owned(),
        }),
        2 => Just(retry()),
        2 => Just(split()),
        1 => Just(refused()),
        1 => Just(super::fake::unauthorized()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_span_is_exported_dropped_or_pending(
        outcomes in proptest::collection::vec(any_outcome(), 0..60),
        batches in proptest::collection::vec((0_u64..20, 0_u64..2_000), 1..8),
        with_tokens: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (mut delivery, _sent) = if with_tokens {
                let (delivery, sent, _asked) =
                    super::fake::authorized(scripted(outcomes), super::fake::numbered_tokens());
                (delivery, sent)
            } else {
                delivery(scripted(outcomes))
            };
            let (mut ledger, mut submitted) = (Ledger::default(), 0);
            for (count, pause) in batches {
                delivery.submit(spans(count));
                submitted += count;
                ledger.balances(submitted, &delivery);
                ledger.run_for(&mut delivery, Duration::from_millis(pause)).await;
                ledger.balances(submitted, &delivery);
            }
            ledger.settle(&mut delivery).await;
            ledger.balances(submitted, &delivery);
        });
    }
}

#[tokio::test(start_paused = true)]
async fn long_values_of_what_waits_longest_are_cut_first_and_no_more_than_is_needed() {
    let long = |number| {
        let mut span = span(number, format!("span-{number}"));
        span.attributes = vec![opentelemetry::KeyValue::new("prompt", "p".repeat(10_000))];
        span
    };
    // Under way, as many as may be; the others wait.
    let (mut delivery, sent) = delivery(|_| retry());
    for number in 1..=7 {
        delivery.submit(vec![long(number)]);
    }
    let mut ledger = Ledger::default();
    ledger.run_for(&mut delivery, ANSWER_TIME / 2).await;
    assert_eq!(sent.lock().unwrap().len(), 4);
    let before = delivery.pending_bytes();
    assert_eq!(delivery.shorten(before), 0, "there is room");
    assert_eq!(delivery.shorten(before - 15_000), 2, "two are enough");
    assert!(
        delivery.pending_bytes() <= before - 15_000,
        "{}",
        delivery.pending_bytes()
    );
    assert_eq!(delivery.shorten(0), 1, "what is under way stays as it is");
    assert_eq!(delivery.shorten(0), 0);
    ledger.balances(7, &delivery);
}
