//! No runtime, and those of Tokio: spans arrive, and a guard that is dropped inside never hangs.

use std::time::{Duration, Instant};

use agentops::{
    AgentOps, Builder,
    testing::{Collector, Failure},
};
use tracing::{Dispatch, Span, dispatcher, info_span, instrument::WithSubscriber as _};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

use crate::{
    guest::{TREE, assert_told, program, to},
    patience::wait_until,
};

const TIMEOUT: Duration = Duration::from_millis(700);
/// Longer than a delivery takes, so that a guard that waits for all of it although everything was delivered is found.
const LONG: Duration = Duration::from_secs(40);
/// Between the end of the timeout and an answer: half a second of our own, the rest for a busy machine.
const MARGIN: Duration = Duration::from_secs(4);

/// Drops a guard, and says how long that took.
fn drop_guard(agentops: &AgentOps) -> Duration {
    let guard = agentops.shutdown_guard();
    let started = Instant::now();
    drop(guard);
    started.elapsed()
}

/// `run` runs a program on its runtime, which makes the tree, and drops a guard inside: once with a server that answers,
/// once with one that never does.
fn assert_delivers_and_never_hangs(tree: &str, run: impl Fn(&AgentOps) -> Duration) {
    let collector = Collector::start();
    let agentops = build(to(&collector).with_shutdown_timeout(LONG));
    let took = run(&agentops);
    assert!(took < LONG / 4, "{took:?}");
    assert_eq!(collector.tree(), tree);
    assert_told(&collector.spans());
    let delivered = agentops.stats().exported;
    assert_eq!(delivered, collector.spans().len() as u64);
    assert_eq!(agentops.stats().dropped.total(), 0);

    let silent = Collector::start();
    silent.fail_next_n(Failure::no_answer(), usize::MAX);
    let agentops = build(to(&silent).with_shutdown_timeout(TIMEOUT));
    let took = run(&agentops);
    assert!(took < TIMEOUT + MARGIN, "the guard hung for {took:?}");
    // The thread gives up what is left after it answered. The second program was as long as the first.
    let looked = || format!("{:?}", agentops.stats());
    wait_until(looked, || agentops.stats().dropped.shutdown == delivered);
    assert_eq!((agentops.stats().recorded, agentops.stats().exported), (delivered, 0));
}

fn build(builder: Builder) -> AgentOps {
    builder.build().unwrap()
}

fn subscriber(agentops: &AgentOps) -> Dispatch {
    registry().with(agentops.layer()).into()
}

#[test]
fn without_a_runtime() {
    assert_delivers_and_never_hangs(TREE, |agentops| {
        dispatcher::with_default(&subscriber(agentops), || {
            program();
            drop_guard(agentops)
        })
    });
}

/// What [`tasks`] make.
fn fanned_out() -> String {
    format!("{TREE}  fan_out.agent\n{}", "    piece.task\n".repeat(4))
}

async fn tasks(agentops: AgentOps) -> Duration {
    program();
    let agent = info_span!("fan_out", agentops.kind = "agent");
    let tasks: Vec<_> = (0..4)
        .map(|number| {
            let task = async move {
                let _task = info_span!("piece", agentops.kind = "task", number).entered();
            };
            let task = tracing::Instrument::instrument(task, agent.clone());
            tokio::spawn(task.with_current_subscriber())
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    drop(agent);
    assert!(Span::current().is_none());
    drop_guard(&agentops)
}

fn on(runtime: &tokio::runtime::Runtime, agentops: &AgentOps) -> Duration {
    runtime.block_on(tasks(agentops.clone()).with_subscriber(subscriber(agentops)))
}

#[test]
fn on_a_current_thread_runtime() {
    assert_delivers_and_never_hangs(&fanned_out(), |agentops| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        on(&runtime, agentops)
    });
}

#[test]
fn on_a_multi_thread_runtime() {
    assert_delivers_and_never_hangs(&fanned_out(), |agentops| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap();
        on(&runtime, agentops)
    });
}

#[test]
fn in_a_task_of_a_multi_thread_runtime_and_in_a_blocking_one() {
    assert_delivers_and_never_hangs(&fanned_out(), |agentops| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let task = tasks(agentops.clone()).with_subscriber(subscriber(agentops));
        runtime.block_on(async { tokio::spawn(task).await.unwrap() })
    });
    assert_delivers_and_never_hangs(TREE, |agentops| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (agentops, subscriber) = (agentops.clone(), subscriber(agentops));
        runtime.block_on(async {
            let task = move || {
                dispatcher::with_default(&subscriber, || {
                    program();
                    drop_guard(&agentops)
                })
            };
            tokio::task::spawn_blocking(task).await.unwrap()
        })
    });
}

#[test]
fn an_asynchronous_flush_needs_no_timer_of_the_runtime_and_blocks_no_thread() {
    let collector = Collector::start();
    let agentops = build(to(&collector));
    collector.fail_next(Failure::hold());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let program = async {
        let _agent = info_span!("agent", agentops.kind = "agent").entered();
        program();
        // On the only thread: the flush is under way while this task releases what it waits for.
        let release = async {
            loop {
                collector.release();
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            flushed = agentops.flush(crate::guest::DEADLINE) => flushed.unwrap(),
            () = release => {}
        }
    };
    runtime.block_on(program.with_subscriber(subscriber(&agentops)));
    assert!(collector.tree().contains("search.tool"), "{}", collector.tree());
}
