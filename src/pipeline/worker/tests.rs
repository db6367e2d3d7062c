//! The loop's own clock, with time that stands still.

use std::{sync::Arc, time::Duration};

use opentelemetry_sdk::trace::InMemorySpanExporter;
use tokio::{sync::mpsc::unbounded_channel, time::sleep};

use super::Worker;
use crate::{
    clock::Clock,
    config::Settings,
    export::BoxedExporter,
    hierarchy::{IdSource, Recorder},
    otel::tests::{started, tool},
    pipeline::{Queue, Setup, Stats},
};

fn worker() -> (Worker, Queue, Arc<Stats>) {
    let mut settings = Settings::new(Arc::new(|_: &str, _: &str| None));
    settings.has_exporter = true;
    let (config, _) = settings.resolve(&|_| None).unwrap();
    let (config, stats) = (Arc::new(config), Arc::new(Stats::default()));
    let (queue, spans) = Queue::new(&config, Arc::clone(&stats));
    let recorder = Recorder::new(
        &config,
        IdSource::random(),
        Clock::System,
        Box::new(queue.clone()),
        || None,
        None,
    );
    let worker = Worker::new(Setup {
        config,
        exporter: Some(BoxedExporter::new(InMemorySpanExporter::default())),
        recorder: Arc::new(recorder),
        spans,
        gauge: Arc::clone(&queue.gauge),
        stats: Arc::clone(&stats),
    });
    (worker.unwrap(), queue, stats)
}

#[tokio::test(start_paused = true)]
async fn a_span_waits_thirty_seconds_for_its_local_root_and_no_longer() {
    let (worker, queue, stats) = worker();
    let (_commands, commands) = unbounded_channel();
    let script = async {
        queue.hand_over(started(1, 1, 0));
        queue.hand_over(tool(1, 2, 1));
        // They are taken out of the queue 50 ms later.
        sleep(Duration::from_millis(29_900)).await;
        assert_eq!((stats.snapshot().released_early, queue.gauge.spans()), (0, 1));
        sleep(Duration::from_millis(200)).await;
        assert_eq!(stats.snapshot().released_early, 1);
        assert_eq!(stats.snapshot().dropped.total(), 0);
    };
    tokio::select! {
        () = worker.work(commands) => panic!("the loop ended"),
        () = script => {}
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_first_span_after_a_second_of_rest_wakes_the_loop() {
    let (worker, queue, _) = worker();
    let (_commands, commands) = unbounded_channel();
    let script = async {
        let gauge = &queue.gauge;
        assert!(!gauge.is_watched());
        for _ in 0..3 {
            queue.hand_over(started(1, 1, 0));
            sleep(Duration::from_millis(110)).await;
            assert_eq!((gauge.waiting(), gauge.is_watched()), (0, true));
        }
        sleep(Duration::from_millis(1_100)).await;
        assert!(!gauge.is_watched());
        queue.hand_over(started(1, 2, 0));
        sleep(Duration::from_millis(110)).await;
        assert_eq!((gauge.waiting(), gauge.is_watched()), (0, true));
    };
    tokio::select! {
        () = worker.work(commands) => panic!("the loop ended"),
        () = script => {}
    }
}
