use std::time::{Duration, SystemTime};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::time::Instant;

use super::{
    fake::{ANSWER_TIME, Asked, SLOW, authorized, grant, numbered_tokens, unauthorized},
    ledger::{Ledger, deliver},
    span, spans,
};
use crate::{
    clock::Clock,
    config::Secret,
    export::{
        DropReason,
        token::{Denial, Grant},
        transport::Outcome,
    },
};

const MINUTE: Duration = Duration::from_secs(60);

fn key_refused() -> Result<Grant, Denial> {
    Err(Denial::Refused("403 Forbidden".to_owned()))
}

#[tokio::test(start_paused = true)]
async fn batches_wait_for_one_token_and_share_it() {
    let (mut delivery, sent, asked) = authorized(|_| Outcome::Delivered, numbered_tokens());
    for _ in 0..10 {
        delivery.submit(spans(2));
    }
    assert!(asked.lock().unwrap().is_empty(), "nothing is asked before it is needed");
    let mut ledger = Ledger::default();
    ledger.run_for(&mut delivery, ANSWER_TIME / 2).await;
    assert_eq!(asked.lock().unwrap().len(), 1);
    assert!(sent.lock().unwrap().is_empty(), "nothing goes out without the token");

    ledger.settle(&mut delivery).await;
    ledger.balances(20, &delivery);
    assert_eq!(ledger.exported, 20);
    assert_eq!(asked.lock().unwrap().len(), 1);
    assert!(
        sent.lock()
            .unwrap()
            .iter()
            .all(|sent| sent.token.as_deref() == Some("token-1"))
    );
    assert!(ledger.troubles.is_empty(), "{:?}", ledger.troubles);
}

#[tokio::test(start_paused = true)]
async fn nothing_submitted_asks_for_no_token() {
    let (mut delivery, _sent, asked) = authorized(|_| Outcome::Delivered, numbered_tokens());
    Ledger::default().run_for(&mut delivery, MINUTE).await;
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_for_all_that_were_under_way() {
    let script = |sent: super::fake::Sent| match sent.token.as_deref() {
        Some("token-1") => unauthorized(),
        _ => Outcome::Delivered,
    };
    let (mut delivery, sent, asked) = authorized(script, numbered_tokens());
    for _ in 0..4 {
        delivery.submit(spans(2));
    }
    let start = Instant::now();
    let mut ledger = Ledger::default();
    ledger.settle(&mut delivery).await;

    ledger.balances(8, &delivery);
    assert_eq!((ledger.exported, ledger.retries), (8, 4));
    assert_eq!(asked.lock().unwrap().len(), 2);
    assert_eq!(sent.lock().unwrap().len(), 8);
    assert!(start.elapsed() < ANSWER_TIME * 6, "the first replacement does not wait");
}

#[tokio::test(start_paused = true)]
async fn a_late_refusal_of_an_old_token_costs_no_new_one() {
    let script = |sent: super::fake::Sent| match sent.token.as_deref() {
        Some("token-1") => unauthorized(),
        _ => Outcome::Delivered,
    };
    let (mut delivery, sent, asked) = authorized(script, numbered_tokens());
    delivery.submit(spans(1));
    delivery.submit(vec![span(9, SLOW)]);
    let mut ledger = Ledger::default();
    ledger.settle(&mut delivery).await;

    ledger.balances(2, &delivery);
    assert_eq!(ledger.exported, 2);
    let order: Vec<_> = sent
        .lock()
        .unwrap()
        .iter()
        .map(|sent| (sent.names[0].clone(), sent.token.clone()))
        .collect();
    assert_eq!(
        order[2],
        ("span-1".to_owned(), Some("token-2".to_owned())),
        "the replacement is there"
    );
    assert_eq!(
        order[3],
        (SLOW.to_owned(), Some("token-2".to_owned())),
        "and serves the late one, too"
    );
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_refuses_every_token_is_asked_ever_less_and_then_given_up() {
    let (mut delivery, sent, asked) = authorized(|_| unauthorized(), numbered_tokens());
    let start = Instant::now();
    let ledger = deliver(&mut delivery, spans(3)).await;

    assert_eq!(ledger.dropped(DropReason::Unauthorized), 3);
    assert!(
        (300..=301).contains(&start.elapsed().as_secs()),
        "{:?}",
        start.elapsed()
    );
    assert!(ledger.troubles[0].contains("token refused"));
    let asked = asked.lock().unwrap();
    assert!((12..=20).contains(&asked.len()), "{} tokens", asked.len());
    let pauses: Vec<_> = asked.windows(2).map(|asked| asked[1].at - asked[0].at).collect();
    assert!(
        pauses[0] < Duration::from_millis(100) && pauses[6] > Duration::from_secs(8),
        "{pauses:?}"
    );
    assert!(sent.lock().unwrap().len() <= asked.len());
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_is_said_once_and_its_spans_are_kept_and_then_counted() {
    let (mut delivery, sent, asked) = authorized(|_| Outcome::Delivered, |_| key_refused());
    let mut ledger = Ledger::default();
    delivery.submit(spans(2));
    ledger.run_for(&mut delivery, MINUTE).await;
    delivery.submit(spans(3));
    ledger.run_for(&mut delivery, MINUTE * 5 / 2).await;
    assert_eq!(delivery.pending_spans(), 5);
    assert_eq!(asked.lock().unwrap().len(), 1);

    ledger.run_for(&mut delivery, MINUTE * 6).await;
    assert_eq!(ledger.dropped(DropReason::Unauthorized), 5);
    ledger.balances(5, &delivery);
    assert_eq!(ledger.troubles.len(), 1, "{:?}", ledger.troubles);
    assert!(ledger.troubles[0].contains("403") && ledger.troubles[0].contains("AGENTOPS_API_KEY"));
    assert!(sent.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn another_key_releases_what_waits() {
    let tokens = |asked: Asked| {
        if asked.key == "key-2" {
            grant("good")
        } else {
            key_refused()
        }
    };
    let (mut delivery, sent, asked) = authorized(|_| Outcome::Delivered, tokens);
    let mut ledger = Ledger::default();
    delivery.submit(spans(4));
    ledger.run_for(&mut delivery, MINUTE * 3).await;
    delivery.set_api_key(Secret::new("key-2"));
    ledger.run_for(&mut delivery, ANSWER_TIME * 3).await;

    ledger.balances(4, &delivery);
    assert_eq!(ledger.exported, 4);
    assert_eq!(sent.lock().unwrap()[0].token.as_deref(), Some("good"));
    assert_eq!(asked.lock().unwrap().len(), 2);

    delivery.set_api_key(Secret::new("key-3"));
    delivery.submit(spans(1));
    ledger.run_for(&mut delivery, MINUTE).await;
    assert_eq!(ledger.troubles.len(), 2, "that the new one is refused is news again");
}

#[tokio::test(start_paused = true)]
async fn another_key_takes_the_token_of_the_old_one_out_of_use() {
    let tokens = |asked: Asked| grant(format!("token of {}", asked.key));
    let (mut delivery, sent, _asked) = authorized(|_| Outcome::Delivered, tokens);
    deliver(&mut delivery, spans(1)).await;
    delivery.set_api_key(Secret::new("key-2"));
    deliver(&mut delivery, spans(1)).await;
    let tokens: Vec<_> = sent
        .lock()
        .unwrap()
        .iter()
        .filter_map(|sent| sent.token.clone())
        .collect();
    assert_eq!(tokens, ["token of key-1", "token of key-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_is_tried_again_before_what_waits_for_it_is_given_up() {
    let mut first = true;
    let tokens = move |_: Asked| {
        if std::mem::take(&mut first) {
            key_refused()
        } else {
            grant("good")
        }
    };
    let (mut delivery, _sent, asked) = authorized(|_| Outcome::Delivered, tokens);
    assert_eq!(deliver(&mut delivery, spans(2)).await.exported, 2);
    let asked = asked.lock().unwrap();
    assert_eq!((asked[1].at - asked[0].at).as_secs(), 240);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_good_and_is_refused_for_a_moment_is_tried_again_soon_and_then_ever_later() {
    let script = |sent: super::fake::Sent| match sent.token.as_deref() {
        Some("good again") => Outcome::Delivered,
        _ if sent.names[0] == "span-1" => Outcome::Delivered,
        _ => unauthorized(),
    };
    let mut answers = vec![
        grant("good"),
        key_refused(),
        key_refused(),
        key_refused(),
        grant("good again"),
    ]
    .into_iter();
    let (mut delivery, _sent, asked) = authorized(script, move |_| answers.next().unwrap());
    assert_eq!(deliver(&mut delivery, spans(1)).await.exported, 1);
    let ledger = deliver(&mut delivery, vec![span(2, "span-2")]).await;
    assert_eq!(ledger.exported, 1);
    let told = ledger
        .troubles
        .iter()
        .filter(|trouble| trouble.contains("the API key was refused"));
    assert_eq!(told.count(), 1, "{:?}", ledger.troubles);
    let asked = asked.lock().unwrap();
    let pauses: Vec<_> = asked
        .windows(2)
        .map(|two| (two[1].at - two[0].at).as_secs_f64())
        .collect();
    for (pause, middle) in pauses[1..].iter().zip([5.0, 10.0, 20.0]) {
        assert!((middle * 0.79..middle * 1.21).contains(pause), "{pauses:?}");
    }
    assert_eq!(pauses.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_wants_to_be_left_alone_delays_a_new_token_without_a_busy_wait() {
    let (mut refusals, mut held) = (0, false);
    let script = move |sent: super::fake::Sent| {
        if sent.names[0] == SLOW && !std::mem::replace(&mut held, true) {
            Outcome::Retry {
                after: Some(MINUTE),
                reason: "slow down".to_owned(),
            }
        } else if sent.names[0] != SLOW && refusals < 2 {
            refusals += 1;
            unauthorized()
        } else {
            Outcome::Delivered
        }
    };
    let (mut delivery, _sent, asked) = authorized(script, numbered_tokens());
    delivery.submit(spans(1));
    delivery.submit(vec![span(9, SLOW)]);
    // Under a paused clock, time only passes while nothing is busy.
    let mut ledger = Ledger::default();
    ledger.settle(&mut delivery).await;
    ledger.balances(2, &delivery);
    assert_eq!((ledger.exported, asked.lock().unwrap().len()), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn an_exchange_that_fails_is_repeated_when_the_server_says_so() {
    let mut answers = vec![
        Err(Denial::Failed {
            after: None,
            reason: "no connection".to_owned(),
        }),
        Err(Denial::Failed {
            after: Some(Duration::from_secs(20)),
            reason: "overloaded".to_owned(),
        }),
        grant("good"),
    ]
    .into_iter();
    let (mut delivery, _sent, asked) = authorized(|_| Outcome::Delivered, move |_| answers.next().unwrap());
    let ledger = deliver(&mut delivery, spans(2)).await;

    assert_eq!(ledger.exported, 2);
    assert_eq!(ledger.troubles.len(), 2);
    let asked = asked.lock().unwrap();
    let pauses: Vec<_> = asked
        .windows(2)
        .map(|asked| (asked[1].at - asked[0].at).as_millis())
        .collect();
    assert!((400..=620).contains(&pauses[0]), "{pauses:?}");
    assert!((20_000..=20_100).contains(&pauses[1]), "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn without_any_answer_about_the_key_spans_are_given_up_as_unreachable() {
    let failed = |_| {
        Err(Denial::Failed {
            after: None,
            reason: "no connection".to_owned(),
        })
    };
    let (mut delivery, _sent, _asked) = authorized(|_| Outcome::Delivered, failed);
    let ledger = deliver(&mut delivery, spans(2)).await;
    assert_eq!(ledger.dropped(DropReason::RetriesExhausted), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_it_expires_while_spans_go_on() {
    let expiry = SystemTime::UNIX_EPOCH + Duration::from_nanos(Clock::System.start().unix_nanos) + MINUTE * 60;
    let claims = format!(
        r#"{{"exp":{}}}"#,
        expiry.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
    );
    let short = format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims));
    let mut tokens = vec![short.clone(), "second".to_owned()].into_iter();
    let (mut delivery, sent, asked) = authorized(|_| Outcome::Delivered, move |_| grant(tokens.next().unwrap()));
    deliver(&mut delivery, spans(1)).await;
    tokio::time::advance(MINUTE * 54).await;
    deliver(&mut delivery, spans(1)).await;
    assert_eq!(asked.lock().unwrap().len(), 1, "still good for six minutes");
    tokio::time::advance(MINUTE * 2).await;
    let mut ledger = deliver(&mut delivery, spans(1)).await;
    ledger.run_for(&mut delivery, MINUTE).await;
    deliver(&mut delivery, spans(1)).await;

    assert_eq!(asked.lock().unwrap().len(), 2);
    let used: Vec<_> = sent
        .lock()
        .unwrap()
        .iter()
        .filter_map(|sent| sent.token.clone())
        .collect();
    assert_eq!(used, [short.as_str(), &short, &short, "second"]);
}
