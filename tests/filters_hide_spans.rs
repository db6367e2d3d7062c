//! A global filter hides a session's own span: the session arrives all the same, and what the filter lets through
//! hangs below it. A handle that recorded nothing says why that may be.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "support/log.rs"]
mod log;

use std::time::Duration;

use agentops::{
    AgentOps, EndState, Session,
    testing::{Collector, Span, StatusCode, draw},
};
use tokio::task::yield_now;
use tracing::{Instrument as _, info_span, instrument, subscriber::with_default};
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _};

use log::Log;

const KEY: &str = "11111111-2222-4333-8444-555555555555";
const DEADLINE: Duration = Duration::from_secs(20);

/// Hides the target `agentops`, of which a session's span is, and nothing of the program's.
const HIDES_SESSIONS: &str = "error,myapp=info";

const HIDDEN: &str = "a session's span is disabled by a global filter";
const SILENCE: &str = "nothing was recorded";

/// What was seen of a program.
struct Seen {
    spans: Vec<Span>,
    log: Log,
}

fn handle(collector: &Collector) -> AgentOps {
    let builder = agentops::builder()
        .with_env(|_| None)
        .with_api_key(KEY)
        .with_endpoint(collector.auth_endpoint())
        .with_exporter_endpoint(collector.traces_endpoint());
    builder.build().unwrap()
}

/// Runs `program` under this filter over the whole subscriber.
fn under(filter: &str, program: impl FnOnce(&AgentOps)) -> Seen {
    let collector = Collector::start();
    let agentops = handle(&collector);
    let log = Log::default();
    let subscriber = tracing_subscriber::registry()
        .with(EnvFilter::new(filter))
        .with(log.clone())
        .with(agentops.layer());
    with_default(subscriber, || {
        program(&agentops);
        agentops.shutdown(DEADLINE).unwrap();
    });
    let spans = collector.spans();
    Seen { spans, log }
}

/// The tree, and `from -> to` for every link, of a program whose sessions are hidden: the same as of one where they are
/// not.
fn drawn(program: impl Fn(&AgentOps)) -> String {
    let hidden = under(HIDES_SESSIONS, &program);
    let shown = under("info", &program);
    let (hidden, shown) = (with_links(&hidden.spans), with_links(&shown.spans));
    assert_eq!(hidden, shown, "hidden sessions on the left, visible ones on the right");
    hidden
}

fn with_links(spans: &[Span]) -> String {
    let name_of = |trace: &str, id: &str| {
        let found = spans.iter().find(|span| span.trace_id == trace && span.span_id == id);
        found.map_or("?", |span| span.name.as_str())
    };
    let mut links: Vec<String> = spans
        .iter()
        .flat_map(|span| span.links.iter().map(move |link| (span, link)))
        .map(|(span, link)| format!("{} -> {}\n", span.name, name_of(&link.trace_id, &link.span_id)))
        .collect();
    links.sort();
    format!("{}{}", draw(spans), links.concat())
}

fn agent(name: &'static str) -> tracing::Span {
    info_span!(target: "myapp", "agent", agentops.kind = "agent", agentops.name = name)
}

#[instrument(target = "myapp", fields(agentops.kind = "tool", agentops.name = name))]
fn tool(name: &str) {}

fn in_runtime(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(future);
}

#[test]
fn a_session_under_a_filter_that_hides_everything_arrives_and_the_warning_comes_once() {
    // Where the filter hides warnings, too, the warning is told as an error: else nobody would hear it.
    for (filter, level) in [("error", "ERROR"), ("error,agentops=warn", "WARN")] {
        let seen = under(filter, |agentops| {
            let session = agentops
                .session("good")
                .with_tags(["nightly"])
                .with_user_id("u-1")
                .start();
            session.in_scope(|| tool("hidden, too"));
            session.end(EndState::Success);
            agentops.session("bad").start().fail("no money");
            drop(agentops.session("left").start());
        });
        assert_eq!(
            draw(&seen.spans),
            "good.session\n\nbad.session !no money\n\nleft.session\n"
        );
        let [good, bad, left] = seen.spans.as_slice() else {
            panic!()
        };
        assert_eq!(good.status.code, StatusCode::Ok);
        assert_eq!(good.text("agentops.session.end_state"), Some("Success"));
        assert_eq!(good.text("user.id"), Some("u-1"));
        assert_eq!(good.attribute("agentops.tags"), Some(&vec!["nightly"].into()));
        assert_eq!(bad.text("agentops.session.end_state"), Some("Fail"));
        assert_eq!(left.text("agentops.session.end_state"), Some("Indeterminate"));
        assert_eq!(left.status.code, StatusCode::Unset);

        let said = seen.log.lines_with(HIDDEN);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said.iter()
                .all(|line| line.starts_with(level) && line.contains("with_filter")),
            "{said:?}"
        );
        assert!(seen.log.lines_with(SILENCE).is_empty(), "sessions were recorded");
    }
}

#[test]
fn spans_that_a_filter_leaves_on_land_below_the_hidden_session() {
    let tree = drawn(|agentops| {
        let session = agentops.session("run").start();
        session.in_scope(|| {
            agent("planner").in_scope(|| tool("search"));
            info_span!(target: "myapp", "unrelated").in_scope(|| tool("read"));
        });
        session.end(EndState::Success);
        tool("after");
    });
    assert_eq!(
        tree,
        "default.session\n  after.tool\n\nrun.session\n  planner.agent\n    search.tool\n  read.tool\n"
    );
}

#[test]
fn hidden_sessions_that_take_turns_on_a_thread_keep_their_spans_apart() {
    let work = async |name: &'static str| {
        for _ in 0..2 {
            yield_now().await;
            let step = async {
                yield_now().await;
                tool(name);
            };
            step.instrument(agent(name)).await;
        }
    };
    let tree = drawn(|agentops| {
        let (first, second) = (agentops.session("first").start(), agentops.session("second").start());
        in_runtime(async {
            tokio::join!(
                Session::instrument(&first, work("a")),
                Session::instrument(&second, work("b"))
            );
        });
        first.end(EndState::Success);
        second.end(EndState::Success);
    });
    let of = |name: &str| format!("  {name}.agent\n    {name}.tool\n").repeat(2);
    assert_eq!(tree, format!("first.session\n{}\nsecond.session\n{}", of("a"), of("b")));
}

#[test]
fn a_hidden_session_follows_its_future_to_another_task() {
    let tree = drawn(|agentops| {
        let session = agentops.session("run").start();
        in_runtime(async {
            let task = Session::instrument(&session, async {
                yield_now().await;
                tool("in the task");
            });
            tokio::spawn(task).await.unwrap();
        });
        session.end(EndState::Success);
    });
    assert_eq!(tree, "run.session\n  in the task.tool\n");
}

#[test]
fn a_hidden_run_ends_as_its_result_says_with_its_spans_below() {
    let tree = drawn(|agentops| {
        in_runtime(async {
            let work = async || {
                yield_now().await;
                tool("search");
                Ok::<_, String>(())
            };
            agentops.session("ok").start().run(work).await.unwrap();
            let work = async || {
                let step = async {
                    yield_now().await;
                    tool("pay");
                };
                step.instrument(agent("buyer")).await;
                Err::<(), _>("no money".to_owned())
            };
            agentops.session("err").start().run(work).await.unwrap_err();
            let never = async || {
                tool("wait");
                std::future::pending::<Result<(), String>>().await
            };
            let cancelled = agentops.session("cancelled").start().run(never);
            tokio::time::timeout(Duration::from_millis(1), cancelled)
                .await
                .unwrap_err();
        });
    });
    assert_eq!(
        tree,
        "ok.session\n  search.tool\n\nerr.session !no money\n  buyer.agent\n    pay.tool\n\ncancelled.session\n  wait.tool\n"
    );
}

#[test]
fn a_hidden_session_inside_another_is_a_root_that_links_to_what_is_around_it() {
    let tree = drawn(|agentops| {
        let outer = agentops.session("outer").start();
        outer.in_scope(|| {
            tool("before");
            let inner = agentops.session("inner").start();
            inner.in_scope(|| tool("inside"));
            inner.end(EndState::Success);
            agent("planner").in_scope(|| {
                let deep = agentops.session("deep").start();
                deep.in_scope(|| agent("diver").in_scope(|| tool("dive")));
                deep.end(EndState::Success);
                tool("plan");
            });
            tool("behind");
        });
        outer.end(EndState::Success);
    });
    assert_eq!(
        tree,
        "outer.session\n  before.tool\n  planner.agent\n    plan.tool\n  behind.tool\n\n\
         inner.session\n  inside.tool\n\n\
         deep.session\n  diver.agent\n    dive.tool\n\
         deep.session -> planner.agent\ninner.session -> outer.session\n"
    );
}

#[test]
fn a_hidden_session_may_be_entered_elsewhere_than_it_was_started() {
    let tree = drawn(|agentops| {
        let started_outside = agentops.session("outside").start();
        let planner = agent("planner");
        let started_inside = planner.in_scope(|| agentops.session("inside").start());
        planner.in_scope(|| {
            started_outside.in_scope(|| tool("a"));
            tool("b");
        });
        started_inside.in_scope(|| tool("c"));
        agent("other").in_scope(|| started_inside.in_scope(|| tool("d")));
        started_outside.end(EndState::Success);
        started_inside.end(EndState::Success);
    });
    assert_eq!(
        tree,
        "default.session\n  planner.agent\n    b.tool\n  other.agent\n\n\
         outside.session\n  a.tool\n\n\
         inside.session\n  c.tool\n  d.tool\n\
         inside.session -> planner.agent\n"
    );
}

#[test]
fn a_parent_that_the_program_names_wins_over_the_hidden_session_around() {
    let tree = drawn(|agentops| {
        let planner = agent("planner");
        planner.in_scope(|| {
            let session = agentops.session("run").start();
            session.in_scope(|| {
                let named = info_span!(target: "myapp", parent: &planner, "named", agentops.kind = "task");
                named.in_scope(|| tool("below the named one"));
                tool("below the session");
            });
            session.end(EndState::Success);
        });
    });
    assert_eq!(
        tree,
        "default.session\n  planner.agent\n    named.task\n      below the named one.tool\n\n\
         run.session\n  below the session.tool\nrun.session -> planner.agent\n"
    );
}

/// The lines about silence of a handle whose program ran in this subscriber.
fn silence(
    subscriber: impl FnOnce(&AgentOps, Log) -> tracing::Dispatch,
    program: impl FnOnce(&AgentOps),
) -> Vec<String> {
    let collector = Collector::start();
    let agentops = handle(&collector);
    let log = Log::default();
    let dispatch = subscriber(&agentops, log.clone());
    tracing::dispatcher::with_default(&dispatch, || {
        program(&agentops);
        agentops.shutdown(DEADLINE).unwrap();
        assert!(agentops.shutdown(DEADLINE).unwrap_err().is_closed());
    });
    log.lines_with(SILENCE)
}

#[test]
fn a_handle_that_recorded_nothing_names_the_causes_once_at_shutdown() {
    let marked = |_: &AgentOps| tool("marked");
    let unmarked = |_: &AgentOps| drop(info_span!(target: "myapp", "unmarked").entered());
    let whole = |agentops: &AgentOps, log| tracing_subscriber::registry().with(log).with(agentops.layer()).into();
    let filtered = |filter: &'static str| {
        move |agentops: &AgentOps, log| {
            let filter = EnvFilter::new(filter);
            let subscriber = tracing_subscriber::registry().with(filter).with(log);
            subscriber.with(agentops.layer()).into()
        }
    };
    let cases = [
        ("WARN", silence(filtered("error,agentops=warn"), marked)),
        ("ERROR", silence(filtered("error"), marked)),
        ("WARN", silence(whole, unmarked)),
        (
            "WARN",
            silence(|_, log| tracing_subscriber::registry().with(log).into(), marked),
        ),
    ];
    for (level, said) in cases {
        assert_eq!(said.len(), 1, "{said:?}");
        for text in [level, "global filter", "`AgentOps::layer()`", "`agentops.kind`"] {
            assert!(said.iter().all(|line| line.contains(text)), "{text}: {said:?}");
        }
    }
    let recorded = silence(whole, marked);
    assert!(recorded.is_empty(), "{recorded:?}");
    let switched_off = silence(whole, |agentops| agentops.set_enabled(false));
    assert!(switched_off.is_empty(), "{switched_off:?}");
}

#[test]
fn who_prints_errors_only_hears_no_warning_and_loses_no_span() {
    let quiet = |agentops: &AgentOps, log: Log| {
        let printing = log.with_filter(EnvFilter::new("error"));
        let subscriber = tracing_subscriber::registry().with(printing);
        subscriber.with(agentops.layer()).into()
    };
    let said = silence(quiet, |_| ());
    assert!(said.is_empty(), "{said:?}");

    let collector = Collector::start();
    let agentops = handle(&collector);
    let log = Log::default();
    tracing::dispatcher::with_default(&quiet(&agentops, log.clone()), || {
        let session = agentops.session("run").start();
        session.in_scope(|| tool("search"));
        session.end(EndState::Success);
        tracing::error!(target: "agentops", "heard");
    });
    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(collector.tree(), "run.session\n  search.tool\n");
    assert_eq!(log.lines_with(""), ["ERROR heard"]);
}
