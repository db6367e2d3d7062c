//! The loop's own clock, with time that stands still.

use std::{
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{InMemorySpanExporter, SpanData, SpanExporter},
};
use tokio::{
    sync::{mpsc::unbounded_channel, oneshot},
    time::{Instant, sleep},
};

use super::Worker;
use crate::{
    clock::Clock,
    config::{EndState, Settings},
    export::BoxedExporter,
    hierarchy::{IdSource, Recorder},
    otel::tests::{started, tool},
    pipeline::{Command, Queue, Setup, Stats},
};

fn worker() -> (Worker, Queue, Arc<Stats>) {
    worker_with(InMemorySpanExporter::default())
}

fn worker_with(exporter: impl SpanExporter + 'static) -> (Worker, Queue, Arc<Stats>) {
    let mut settings = Settings::new(Arc::new(|_: &str, _: &str| None));
    settings.has_exporter = true;
    settings.shutdown_timeout = Some(Duration::from_secs(60));
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
        exporter: Some(BoxedExporter::new(exporter)),
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

/// Takes everything, and notes how long it may take for its end.
#[derive(Clone, Debug, Default)]
struct Noting(Arc<Mutex<Option<Duration>>>);

impl SpanExporter for Noting {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        *self.0.lock().unwrap() = Some(timeout);
        Ok(())
    }
}

#[tokio::test]
async fn the_programs_exporter_gets_no_more_time_for_its_end_than_the_caller_has_left() {
    let exporter = Noting::default();
    let (worker, _queue, _) = worker_with(exporter.clone());
    let (commands, inbox) = unbounded_channel();
    let (answer, answered) = oneshot::channel();
    let given = Duration::from_secs(30);
    let shutdown = Command::Shutdown {
        state: EndState::Shutdown,
        deadline: Instant::now() + given,
        reply: Box::new(|result| answer.send(result).unwrap()),
    };
    assert!(commands.send(shutdown).is_ok());
    worker.work(inbox).await;
    answered.await.unwrap().unwrap();
    let got = exporter.0.lock().unwrap().unwrap();
    assert!(
        got > Duration::ZERO && got <= given,
        "{got:?}, and the handle's own are 60 s"
    );
}

#[tokio::test]
async fn the_end_maps_what_waits_and_not_what_comes_meanwhile() {
    let (mut worker, queue, stats) = worker();
    worker.door.recorder().counts.second_door.store(true, Ordering::Relaxed);
    for span in 1..=2_000 {
        queue.hand_over(tool(span.into(), span, 0));
    }
    let waiting = queue.gauge.waiting();
    let program = std::thread::spawn({
        let queue = queue.clone();
        move || {
            // As fast as a thread can, until nothing is let in any more; it gives up if that never happens.
            let began = std::time::Instant::now();
            for span in 10_000_u64.. {
                queue.hand_over(tool(span.into(), span, 0));
                if stats.snapshot().dropped.after_shutdown > 0 {
                    return true;
                }
                if began.elapsed() > Duration::from_secs(20) {
                    break;
                }
            }
            queue.gauge.close();
            false
        }
    });
    worker.end_all(&EndState::Shutdown, Instant::now() + Duration::from_secs(60));
    assert!(worker.taken >= waiting as u64, "what waited is mapped");
    assert!(program.join().unwrap(), "the queue closes though spans go on coming");
}
