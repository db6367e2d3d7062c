//! The one-line start, which sets the subscriber of the whole process: every thread and task is seen, and a second
//! start is refused. A binary of its own, for the process has one global subscriber.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/guest.rs"]
mod guest;

use std::thread;

use agentops::{AgentOps, AgentOpsSpanExt as _, EndState, testing::Collector};
use tracing::{Span, info_span};

use guest::{DEADLINE, planner, to};

#[test]
fn a_global_subscriber_sees_every_thread_and_task_and_is_set_once() {
    let collector = Collector::start();
    let guard = to(&collector).with_shutdown_timeout(DEADLINE).try_init().unwrap();
    let found = AgentOps::current().unwrap();

    let second = to(&collector).try_init();
    assert!(second.is_err_and(|error| error.is_subscriber_set()));

    planner("main");
    thread::spawn(|| planner("thread")).join().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::spawn(async { planner("task") }).await.unwrap();
        tokio::task::spawn_blocking(|| planner("blocking")).await.unwrap();
    });
    {
        let _agent = info_span!("late", agentops.kind = "agent").entered();
        // Under a global subscriber the current span is known everywhere, also inside of what the layer calls.
        assert!(Span::current().trace_id().is_some());
    }
    drop(runtime);
    guard.end(EndState::Success).unwrap();

    let tree = collector.tree();
    assert!(tree.starts_with("default.session\n"), "{tree}");
    assert_eq!(tree.matches("  planner.agent\n    search.tool\n").count(), 4, "{tree}");
    let spans = collector.spans();
    let asked = |who: &str| spans.iter().filter(|span| span.text("question") == Some(who)).count();
    assert_eq!(["main", "thread", "task", "blocking"].map(asked), [1; 4]);
    assert_eq!(spans.len(), 1 + 4 * 2 + 1);

    let stats = found.stats();
    assert_eq!(
        (stats.exported, stats.open_spans),
        (10, 0),
        "the handle that was found is the same one"
    );
    assert!(found.force_flush(DEADLINE).is_err_and(|error| error.is_closed()));
}
