//! How a process ends, and what arrives of it. Each end is that of a process of its own, which is this binary again
//! with the name of a role in its environment; the server is on this side.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::exit,
    clippy::mem_forget,
    clippy::disallowed_methods,
    reason = "programs under test end in every way there is"
)]

#[path = "support/guest.rs"]
mod guest;
#[path = "support/process.rs"]
mod process;
#[cfg(unix)]
#[path = "support/signals.rs"]
mod signals;

use std::{
    env,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use agentops::{
    AgentOps, EndState, ExportError,
    testing::{Collector, Failure, Span, StatusCode, draw},
};
use tracing::{info_span, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

use guest::{DEADLINE, assert_whole, planner, program, to, to_endpoints};
use process::{Running, again};

const AUTH: &str = "AGENTOPS_TEST_AUTH";
const TRACES: &str = "AGENTOPS_TEST_TRACES";

/// The program of the child process: everything up to its end, which the role names. Without a role this is not the child,
/// and there is nothing to do.
#[test]
fn a_program() -> Result<(), Box<dyn std::error::Error>> {
    let Some(role) = process::role() else {
        return Ok(());
    };
    let mut builder =
        to_endpoints(env::var(AUTH)?, env::var(TRACES)?).with_shutdown_on_signal(role == "is ended by a signal");
    if role != "returns in two seconds" {
        // The default is short for the first work of an unoptimized pipeline on a busy machine.
        builder = builder.with_shutdown_timeout(DEADLINE);
    }
    let guard = builder.try_init()?;
    if role.contains("signal") {
        return is_ended_by_a_signal(&guard);
    }
    program();
    match role.as_str() {
        "returns" | "returns in two seconds" => Ok(()),
        "panics" => {
            let _agent = info_span!("unlucky", agentops.kind = "agent").entered();
            panic!("the main function broke");
        }
        "returns early" => {
            "no number".parse::<u8>()?;
            unreachable!("it is none");
        }
        "ends the guard" => Ok(guard.end(EndState::Success)?),
        "ends the guard and exits" => {
            guard.end(EndState::from("half way"))?;
            std::process::exit(3);
        }
        "exits" => {
            guard.force_flush(DEADLINE)?;
            planner("lost");
            std::process::exit(3);
        }
        "leaks the guard" => {
            guard.force_flush(DEADLINE)?;
            std::mem::forget(guard);
            Ok(())
        }
        role => Err(format!("no role {role}").into()),
    }
}

/// An agent at work until somebody ends the process.
fn is_ended_by_a_signal(agentops: &AgentOps) -> Result<(), Box<dyn std::error::Error>> {
    let _agent = info_span!("patient", agentops.kind = "agent").entered();
    planner("rust");
    agentops.force_flush(DEADLINE)?;
    // The other process sees what arrived, and sends its signal.
    thread::sleep(DEADLINE * 10);
    Err("no signal came".into())
}

/// What became of a child process.
struct Ended {
    code: Option<i32>,
    /// The signal that ended it.
    signal: Option<i32>,
    took: Duration,
    spans: Vec<Span>,
    /// What it wrote to standard error, for messages of failed tests.
    said: String,
}

impl Ended {
    /// Runs the program in the role to its end.
    fn of(role: &str) -> Self {
        Self::with(role, &Collector::start())
    }

    fn with(role: &str, collector: &Collector) -> Self {
        Self::after(role, collector, |_| ())
    }

    /// Does something to the process while it runs.
    fn after(role: &str, collector: &Collector, interfere: impl FnOnce(u32)) -> Self {
        let started = Instant::now();
        let mut command = again("a_program", role);
        let running = Running::start(
            command
                .env(AUTH, collector.auth_endpoint())
                .env(TRACES, collector.traces_endpoint()),
        );
        interfere(running.id());
        let ended = running.wait();
        Self {
            code: ended.code(),
            signal: ended.signal(),
            took: started.elapsed(),
            spans: collector.spans(),
            said: ended.stderr,
        }
    }

    /// The auto-session's status and end state.
    #[track_caller]
    fn session(&self) -> (StatusCode, Option<&str>) {
        let session = self.spans.iter().find(|span| span.name == "default.session");
        let session = session.unwrap_or_else(|| panic!("no session; the process said: {}", self.said));
        (session.status.code, session.text("agentops.session.end_state"))
    }
}

#[test]
fn a_main_that_returns_delivers_and_ends_the_session_as_shutdown() {
    let ended = Ended::of("returns");
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert_whole(&ended.spans);
    assert_eq!(ended.session(), (StatusCode::Ok, Some("Shutdown")));
}

#[test]
fn a_panic_in_main_delivers_and_ends_the_session_as_fail() {
    let ended = Ended::of("panics");
    assert_ne!(ended.code, Some(0));
    assert_eq!(ended.session(), (StatusCode::Error, Some("Fail")));
    let agent = ended.spans.iter().find(|span| span.name == "unlucky.agent").unwrap();
    assert_eq!(agent.status.message, "panic: the main function broke");
    let place = agent
        .events_named("exception")
        .next()
        .unwrap()
        .attribute("exception.stacktrace");
    assert!(
        place
            .and_then(|place| place.as_str())
            .unwrap()
            .contains("process_ends.rs")
    );
    assert!(
        ended.said.contains("the main function broke"),
        "the hook that was there still runs: {}",
        ended.said
    );
    assert_eq!(ended.spans.len(), 4);
}

#[test]
fn an_early_return_by_a_question_mark_delivers_too() {
    let ended = Ended::of("returns early");
    assert_ne!(ended.code, Some(0));
    assert_whole(&ended.spans);
    assert_eq!(ended.session(), (StatusCode::Ok, Some("Shutdown")));
}

#[test]
fn the_guard_ends_the_session_in_the_state_that_it_is_told() {
    let ended = Ended::of("ends the guard");
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert_whole(&ended.spans);
    assert_eq!(ended.session(), (StatusCode::Ok, Some("Success")));
}

#[test]
fn an_exit_after_the_end_of_the_guard_loses_nothing() {
    let ended = Ended::of("ends the guard and exits");
    assert_eq!(ended.code, Some(3), "{}", ended.said);
    assert_whole(&ended.spans);
    assert_eq!(ended.session(), (StatusCode::Unset, Some("half way")));
}

/// What was delivered before the end is there; the session, which only the guard ends, never is.
#[track_caller]
fn assert_lost_no_more_than_what_waited(ended: &Ended) {
    for name in ["planner.agent", "search.tool"] {
        let flushed = ended.spans.iter().filter(|span| span.name == name);
        let flushed =
            flushed.filter(|span| span.text("question") != Some("lost") && span.text("query") != Some("lost"));
        assert_eq!(flushed.count(), 1, "{name}; the process said: {}", ended.said);
    }
    assert!(ended.spans.iter().all(|span| span.name != "default.session"));
}

#[test]
fn an_exit_without_the_end_of_the_guard_loses_at_most_what_waited() {
    let ended = Ended::of("exits");
    assert_eq!(ended.code, Some(3), "{}", ended.said);
    assert_lost_no_more_than_what_waited(&ended);
}

#[test]
fn a_leaked_guard_loses_at_most_what_waited_and_holds_nothing_up() {
    let ended = Ended::of("leaks the guard");
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert_lost_no_more_than_what_waited(&ended);
}

#[test]
fn a_server_that_never_answers_holds_the_end_up_no_longer_than_the_timeout() {
    let collector = Collector::start();
    collector.fail_next_n(Failure::no_answer(), usize::MAX);
    let ended = Ended::with("returns in two seconds", &collector);
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(ended.said.contains("not everything was delivered"), "{}", ended.said);
    let timeout = Duration::from_secs(2);
    assert!(ended.took >= timeout, "it did wait: {:?}", ended.took);
    assert!(ended.took < timeout + Duration::from_secs(10), "{:?}", ended.took);
}

#[test]
#[cfg(unix)]
fn a_signal_delivers_the_session_with_what_is_open_and_the_exit_status_is_the_signals() {
    let signals = [("TERM", 15), ("INT", 2), ("HUP", 1)];
    for (name, number) in signals.into_iter().filter(|(_, number)| !signals::is_ignored(*number)) {
        let number = i32::try_from(number).unwrap();
        let collector = Collector::start();
        let ended = Ended::after("is ended by a signal", &collector, |process| {
            collector.wait_for_spans(2, DEADLINE).unwrap();
            signals::send(name, process);
        });
        assert_eq!(
            (ended.code, ended.signal),
            (None, Some(number)),
            "{name}: {}",
            ended.said
        );
        assert_eq!(
            draw(&ended.spans),
            "default.session\n  patient.agent\n    planner.agent\n      search.tool\n"
        );
        assert_eq!(ended.session(), (StatusCode::Ok, Some("Shutdown")));
        let open = ended.spans.iter().find(|span| span.name == "patient.agent").unwrap();
        assert_eq!(open.attribute("agentops.open_at_shutdown"), Some(&true.into()));
    }
}

#[test]
#[cfg(unix)]
fn a_signal_that_nobody_asked_us_to_handle_ends_the_process_at_once() {
    let collector = Collector::start();
    let ended = Ended::after("is ended by a signal unasked", &collector, |process| {
        collector.wait_for_spans(2, DEADLINE).unwrap();
        signals::send("TERM", process);
    });
    assert_eq!(ended.signal, Some(15), "{}", ended.said);
    assert_eq!(
        draw(&ended.spans).lines().count(),
        2,
        "what was flushed is there: {:?}",
        ended.spans
    );
}

#[test]
#[cfg(unix)]
fn a_second_signal_does_not_wait_for_a_server_that_never_answers() {
    let collector = Collector::start();
    let ended = Ended::after("is ended by a signal", &collector, |process| {
        collector.wait_for_spans(2, DEADLINE).unwrap();
        collector.fail_next_n(Failure::no_answer(), usize::MAX);
        let before = collector.requests().len();
        signals::send("TERM", process);
        collector.wait_for_requests(before + 1, DEADLINE).unwrap();
        signals::send("TERM", process);
    });
    assert_eq!(ended.signal, Some(15), "the second one ended it: {}", ended.said);
    assert!(!ended.said.contains("not everything was delivered"), "{}", ended.said);
}

#[test]
fn what_ends_after_the_shutdown_is_counted_and_harms_nobody() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        program();
        agentops.shutdown(DEADLINE).unwrap();
        assert_eq!(agentops.stats().dropped.after_shutdown, 0);
        program();
        let session = agentops.session("late").start();
        session.in_scope(program);
        session.end(EndState::Success);
    });
    assert_whole(&collector.spans());
    let stats = agentops.stats();
    assert_eq!(
        (stats.recorded, stats.exported, stats.dropped.after_shutdown),
        (3 + 5, 3, 5),
        "{stats:?}"
    );
    assert_eq!((stats.open_spans, stats.queued_spans), (0, 0));
}

#[test]
fn of_two_threads_that_shut_down_at_once_one_delivers_and_the_other_is_told() {
    for round in 0..20 {
        let collector = Collector::start();
        let agentops = to(&collector).build().unwrap();
        with_default(tracing_subscriber::registry().with(agentops.layer()), program);
        let both = Barrier::new(2);
        let shut_down = || {
            both.wait();
            let began = Instant::now();
            (agentops.shutdown(DEADLINE), began.elapsed())
        };
        let ends =
            thread::scope(|scope| [scope.spawn(shut_down), scope.spawn(shut_down)].map(|end| end.join().unwrap()));
        let delivered = ends.iter().filter(|(told, _)| told.is_ok());
        let closed = ends
            .iter()
            .filter(|(told, _)| told.as_ref().is_err_and(ExportError::is_closed));
        assert_eq!((delivered.count(), closed.count()), (1, 1), "{round}: {ends:?}");
        assert!(ends.iter().all(|(_, took)| *took < DEADLINE), "{round}: {ends:?}");
        assert_whole(&collector.spans());
        assert_eq!((agentops.stats().exported, agentops.stats().dropped.total()), (3, 0));
    }
}

#[test]
fn a_second_shutdown_says_that_there_was_a_first() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), program);
    let guard = agentops.shutdown_guard();
    agentops.shutdown(DEADLINE).unwrap();
    assert!(agentops.shutdown(DEADLINE).unwrap_err().is_closed());
    assert!(agentops.clone().force_flush(DEADLINE).unwrap_err().is_closed());
    assert!(guard.end(EndState::Success).unwrap_err().is_closed());
    drop(agentops.shutdown_guard());
    assert_whole(&collector.spans());
    assert_eq!(agentops.stats().dropped.total(), 0);
}
