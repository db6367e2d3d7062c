use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Poll,
    thread,
    time::Duration,
};

use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{SpanData, SpanExporter},
};

use super::{
    config,
    ledger::{Ledger, deliver},
    resource, span, spans,
};
use crate::{
    config::Destination,
    export::{BoxedExporter, Delivery, DropReason},
};

/// What an exporter lived through.
#[derive(Debug, Default)]
struct Seen {
    names: Mutex<Vec<String>>,
    resource: Mutex<Option<Resource>>,
    at_work: AtomicUsize,
    together: AtomicBool,
    suppressed: AtomicBool,
    shut_down: AtomicBool,
}

/// Does what the name of the first span says.
#[derive(Debug)]
struct Obedient(Arc<Seen>);

impl SpanExporter for Obedient {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let seen = &self.0;
        if seen.at_work.fetch_add(1, Ordering::SeqCst) > 0 {
            seen.together.store(true, Ordering::SeqCst);
        }
        seen.suppressed.store(
            opentelemetry::Context::is_current_telemetry_suppressed(),
            Ordering::SeqCst,
        );
        let result = match &*batch[0].name {
            "fail" => Err(OTelSdkError::InternalFailure("no space".to_owned())),
            "panic" => panic!("on purpose"),
            "hang" => std::future::pending().await,
            "use tokio" => {
                tokio::time::sleep(Duration::from_millis(5)).await;
                tokio::spawn(async {})
                    .await
                    .map_err(|error| OTelSdkError::InternalFailure(error.to_string()))
            }
            "block" => {
                // What a blocking HTTP client does; it panics inside a runtime.
                let inner = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()
                    .unwrap();
                inner.block_on(tokio::time::sleep(Duration::from_millis(5)));
                Ok(())
            }
            "park" => {
                // A wake-up comes while the exporter blocks, and ends its blocking instead of ours.
                let mut first = true;
                poll_fn(|context| {
                    if !std::mem::take(&mut first) {
                        return Poll::Ready(());
                    }
                    context.waker().wake_by_ref();
                    thread::park();
                    Poll::Pending
                })
                .await;
                Ok(())
            }
            _ => Ok(()),
        };
        seen.names
            .lock()
            .unwrap()
            .extend(batch.iter().map(|span| span.name.to_string()));
        seen.at_work.fetch_sub(1, Ordering::SeqCst);
        result
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        self.0.shut_down.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        *self.0.resource.lock().unwrap() = Some(resource.clone());
    }
}

fn delivery() -> (Delivery, Arc<Seen>) {
    let seen = Arc::<Seen>::default();
    let exporter = BoxedExporter::new(Obedient(Arc::clone(&seen)));
    (
        Delivery::new(&config(Destination::Exporter), resource(), Some(exporter)).unwrap(),
        seen,
    )
}

#[tokio::test]
async fn an_exporter_gets_the_resource_then_batches_one_at_a_time_then_a_shutdown() {
    let (mut delivery, seen) = delivery();
    assert_eq!(*seen.resource.lock().unwrap(), Some(resource()));
    for number in 1..=20 {
        delivery.submit(vec![span(number, format!("span-{number}"))]);
    }
    assert!(delivery.pending_bytes() > 20 * size_of::<SpanData>());
    let mut ledger = Ledger::default();
    while !delivery.is_idle() {
        tokio::select! {
            settled = delivery.progress() => ledger.add(settled),
            () = tokio::time::sleep(Duration::from_micros(50)) => {}
        }
    }
    ledger.balances(20, &delivery);
    assert_eq!(ledger.exported, 20);
    assert_eq!(
        *seen.names.lock().unwrap(),
        (1..=20).map(|number| format!("span-{number}")).collect::<Vec<_>>()
    );
    assert!(!seen.together.load(Ordering::SeqCst));
    assert!(
        seen.suppressed.load(Ordering::SeqCst),
        "its own spans must not come back to it"
    );

    assert!(!seen.shut_down.load(Ordering::SeqCst));
    delivery.shutdown(Duration::from_secs(5)).await;
    assert!(seen.shut_down.load(Ordering::SeqCst));
}

#[tokio::test]
async fn exporters_that_need_a_runtime_and_those_that_must_not_be_in_one_both_work() {
    let (mut delivery, _seen) = delivery();
    for work in ["use tokio", "block", "park", "use tokio"] {
        let ledger = deliver(&mut delivery, vec![span(1, work)]).await;
        assert_eq!(ledger.exported, 1, "{work}: {ledger:?}");
    }
}

#[tokio::test]
async fn an_exporter_that_fails_or_panics_costs_its_batch_and_says_why() {
    let (mut delivery, _seen) = delivery();
    for (work, why) in [("fail", "no space"), ("panic", "it panicked")] {
        let ledger = deliver(&mut delivery, vec![span(1, work), span(2, "b")]).await;
        assert_eq!(ledger.dropped(DropReason::Refused), 2);
        assert!(ledger.troubles[0].contains(why), "{:?}", ledger.troubles);
    }
    assert_eq!(
        deliver(&mut delivery, spans(3)).await.exported,
        3,
        "the next batch is another matter"
    );
}

#[tokio::test]
async fn an_exporter_that_hangs_can_be_given_up() {
    let (mut delivery, seen) = delivery();
    delivery.submit(vec![span(1, "hang")]);
    delivery.submit(spans(4));
    let mut ledger = Ledger::default();
    let at_work = async {
        while seen.at_work.load(Ordering::SeqCst) == 0 {
            ledger.run_for(&mut delivery, Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), at_work).await.unwrap();
    ledger.add(delivery.abandon(DropReason::Shutdown));
    assert_eq!(ledger.dropped(DropReason::Shutdown), 5);
    ledger.balances(5, &delivery);
    delivery.shutdown(Duration::from_millis(10)).await;
    assert!(!seen.shut_down.load(Ordering::SeqCst), "it never came to that");
}

#[tokio::test]
async fn an_exporter_as_destination_must_be_there() {
    assert!(Delivery::new(&config(Destination::Exporter), resource(), None).is_err());
    let (delivery, _seen) = delivery();
    assert!(delivery.check().await.is_ok());
}
