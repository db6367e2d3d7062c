//! What a handle promises about delivery: honest flushes, counters that add up.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use agentops::testing::{Collector, Failure};
use tracing::{dispatcher, info_span, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{
    harness::{DEADLINE, named, to},
    patience::Stop,
};

fn tool(number: u64) {
    drop(info_span!("tool", agentops.kind = "tool", number));
}

#[test]
fn a_flush_in_a_busy_program_waits_for_what_had_ended_and_no_longer() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let stop = AtomicBool::new(false);
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        let dispatch = dispatcher::get_default(Clone::clone);
        thread::scope(|scope| {
            let _stopped = Stop(&stop);
            scope.spawn(|| {
                dispatcher::with_default(&dispatch, || {
                    while !stop.load(Ordering::Relaxed) {
                        drop(info_span!("busy", agentops.kind = "operation"));
                        // Busy, but never so that the queue has no room: a flush would tell of that.
                        while agentops.stats().queued_spans > 1_000 && !stop.load(Ordering::Relaxed) {
                            thread::yield_now();
                        }
                    }
                });
            });
            for number in 1..=3 {
                tool(number);
                agentops.force_flush(DEADLINE).unwrap();
                let arrived = collector.spans();
                let sent = arrived.iter().filter(|span| span.name == "tool.tool").count() as u64;
                assert_eq!(sent, number, "what ended before the flush is there after it");
            }
        });
    });
    agentops.shutdown(DEADLINE).unwrap();
    let stats = agentops.stats();
    assert_eq!(
        (stats.recorded, stats.dropped.total()),
        (stats.exported, 0),
        "{stats:?}"
    );
}

#[test]
fn a_flush_that_runs_out_of_time_says_so_and_the_spans_still_arrive() {
    let collector = Collector::start();
    collector.fail_next(Failure::hold());
    let agentops = to(&collector).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || tool(1));
    let error = agentops.force_flush(Duration::from_millis(300)).unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(error.to_string().contains("1 spans"), "{error}");
    collector.release();
    agentops.force_flush(DEADLINE).unwrap();
    named(&collector.spans(), "tool.tool");
}

#[test]
fn a_loss_is_told_by_the_flush_that_waited_for_it_and_counted() {
    let collector = Collector::start();
    collector.fail_next(Failure::status(422));
    let agentops = to(&collector).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || tool(1));
    let error = agentops.force_flush(DEADLINE).unwrap_err();
    assert!(error.to_string().starts_with("1 spans were lost: "), "{error}");
    assert_eq!(agentops.stats().dropped.refused, 1);
    agentops
        .force_flush(DEADLINE)
        .expect("the next flush has nothing to complain of");
}

#[test]
fn a_loss_is_told_with_its_own_reason_whatever_went_wrong_after_it() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        collector.fail_next(Failure::partial(1, "too old"));
        tool(1);
        tool(2);
        collector.wait_for_spans(1, DEADLINE).unwrap();
        collector.fail_next(Failure::status(503));
        tool(3);
        let error = agentops.force_flush(DEADLINE).unwrap_err().to_string();
        assert!(error.starts_with("1 spans were lost: "), "{error}");
        assert!(error.contains("too old"), "{error}");
    });
    assert_eq!(agentops.stats().retries, 1, "the other trouble was there");
}

#[test]
fn spans_wait_for_the_first_token_and_an_expired_one_is_renewed() {
    let collector = Collector::start();
    collector.fail_next_auth(Failure::status(503));
    let agentops = to(&collector).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(agentops.layer());
    with_default(subscriber, || {
        tool(1);
        agentops.force_flush(DEADLINE).unwrap();
        collector.expire_tokens();
        tool(2);
        agentops.force_flush(DEADLINE).unwrap();
    });
    assert_eq!(collector.spans().len(), 2);
    let unauthorized = collector
        .requests()
        .iter()
        .filter(|request| request.status == Some(401))
        .count();
    assert_eq!(unauthorized, 1);
}

#[test]
fn check_tells_the_project_or_that_the_key_is_refused() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    assert!(!agentops.check(DEADLINE).unwrap().id.is_empty());
    collector.reject_keys();
    let error = agentops.check(DEADLINE).unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    assert!(error.to_string().contains("AGENTOPS_API_KEY"), "{error}");
}

#[test]
fn a_key_that_is_set_later_releases_what_waited() {
    let collector = Collector::start();
    collector.accept_only_key("99999999-2222-4333-8444-555555555555");
    let agentops = to(&collector).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || tool(1));
    assert!(
        agentops
            .force_flush(Duration::from_millis(300))
            .unwrap_err()
            .is_timeout()
    );
    agentops.set_api_key("99999999-2222-4333-8444-555555555555");
    agentops.force_flush(DEADLINE).unwrap();
    named(&collector.spans(), "tool.tool");
}

#[test]
fn what_the_queue_refused_is_told_by_the_next_flush_and_by_the_shutdown_with_the_setting_to_raise() {
    let collector = Collector::start();
    let agentops = to(&collector)
        .with_max_queue_size(3)
        .with_export_flush_interval(DEADLINE * 10)
        .build()
        .unwrap();
    let shut_down = with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        (0..10).for_each(tool);
        let error = agentops.force_flush(DEADLINE).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("7 spans were lost: too many wait to be sent; raise `with_max_queue_size`"),
            "{error}"
        );
        agentops.force_flush(DEADLINE).expect("it was told");
        (0..5).for_each(tool);
        agentops.shutdown(DEADLINE)
    });
    // Two of the five, and the auto-session, for which there was no room either.
    let error = shut_down.unwrap_err().to_string();
    assert!(error.starts_with("3 spans were lost"), "{error}");
    let stats = agentops.stats();
    assert_eq!((stats.exported, stats.dropped.queue_spans), (6, 10), "{stats:?}");
}

#[test]
fn what_begins_after_the_shutdown_is_counted() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        let open = info_span!("open", agentops.kind = "tool");
        agentops.shutdown(DEADLINE).unwrap();
        drop(open);
        tool(1);
        assert!(agentops.shutdown(DEADLINE).unwrap_err().is_closed());
    });
    named(&collector.spans(), "open.tool");
    assert_eq!(agentops.stats().dropped.after_shutdown, 1);
}
