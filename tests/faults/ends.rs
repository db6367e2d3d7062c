//! Ends of a program: of a process, which is this binary again with a role in its environment, and of guards in
//! runtimes.

use std::{
    collections::HashSet,
    env, thread,
    time::{Duration, Instant},
};

use tracing::info_span;

use crate::{
    process::{Ended, again, role},
    signals::{is_ignored, send},
};

use super::{
    case::{Case, DEADLINE, Drop, Run, demand, first, healthy, to_endpoints},
    row::{Row, show_and_demand},
    server::{Answer, Head, Server, TRACES},
};

pub(crate) const AUTH: &str = "AGENTOPS_TEST_AUTH";
pub(crate) const ENDPOINT: &str = "AGENTOPS_TEST_TRACES";

/// Spans that are flushed before the end, and spans that are not.
const FLUSHED: u64 = 100;
const LATE: u64 = 50;

fn numbered(serials: std::ops::Range<u64>) {
    for serial in serials {
        drop(info_span!("numbered", agentops.kind = "tool", t.serial = serial));
    }
}

/// The program that ends, where there is a role for it.
#[test]
fn a_program() {
    let Some(role) = role() else { return };
    let guard = to_endpoints(&env::var(AUTH).unwrap(), &env::var(ENDPOINT).unwrap())
        .with_shutdown_on_signal(true)
        .with_shutdown_timeout(DEADLINE)
        // What is not flushed waits.
        .with_export_flush_interval(DEADLINE)
        .try_init()
        .unwrap();
    numbered(0..FLUSHED);
    guard.force_flush(DEADLINE).unwrap();
    let last = FLUSHED + LATE - 1;
    numbered(FLUSHED..last);
    let open = info_span!("open", agentops.kind = "tool", t.serial = last);
    match role.as_str() {
        "SIGTERM" | "SIGINT" => {
            send(&role[3..], std::process::id());
            thread::sleep(DEADLINE);
        }
        "panic in a task" => {
            let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
            let task = runtime.spawn(async move {
                let _open = open.entered();
                panic!("a task broke");
            });
            assert!(runtime.block_on(task).unwrap_err().is_panic());
        }
        "panic in main" => {
            let _open = open.entered();
            panic!("main broke");
        }
        "process::exit" => std::process::exit(3),
        "panic = abort" => {
            // What a program of that profile does.
            std::panic::set_hook(Box::new(|_| std::process::abort()));
            panic!("abort");
        }
        role => unreachable!("no role {role}"),
    }
}

/// How the system says that a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Code(i32),
    Signal(i32),
}

/// Runs the program in the role. It must end as it is said, or it was not that end which cost so little.
fn end(role: &'static str, how: End, may_lose: u64) -> Row {
    let began = Instant::now();
    let server = Server::start(healthy);
    let mut command = again("faults::ends::a_program", role);
    command.env(AUTH, server.url("")).env(ENDPOINT, server.url(TRACES));
    let ended = Ended::of(&mut command);
    let seen = ended.code().map(End::Code).or(ended.signal().map(End::Signal));
    let taken = server.taken();
    let unique: HashSet<_> = taken.iter().collect();
    let (sent, received) = (FLUSHED + LATE, unique.len() as u64);
    let mut row = Row {
        name: role,
        sent,
        received,
        twice: server.twice(),
        counted: 0,
        reasons: format!("{}", ended.status),
        allowed: may_lose.to_string(),
        took: began.elapsed(),
        wrong: Vec::new(),
    };
    // What an abort is, other systems say in other words.
    let as_said = seen == Some(how) || cfg!(not(unix)) && matches!(how, End::Signal(_)) && !ended.status.success();
    if !as_said {
        row.wrong
            .push(format!("{seen:?} is not {how:?}; it said {:?}", ended.stderr));
    }
    if sent - received > may_lose {
        row.wrong
            .push(format!("{} spans were lost, {may_lose} may be", sent - received));
    }
    if received < FLUSHED || !row.twice.is_empty() {
        row.wrong.push(format!(
            "{received} spans of {FLUSHED} that were flushed, {} twice",
            row.twice.len()
        ));
    }
    row
}

#[test]
fn the_end_of_a_process_costs_at_most_what_nobody_asked_it_to_deliver() {
    let mut rows = vec![
        end("panic in a task", End::Code(0), 0),
        end("panic in main", End::Code(101), 0),
        end("process::exit", End::Code(3), LATE),
        end("panic = abort", End::Signal(6), LATE),
    ];
    if cfg!(unix) {
        let signals: [(&str, i32); 2] = [("SIGTERM", 15), ("SIGINT", 2)];
        let heard = signals
            .into_iter()
            .filter(|(_, number)| !is_ignored(number.unsigned_abs()));
        rows.extend(heard.map(|(name, number)| end(name, End::Signal(number), 0)));
    }
    show_and_demand(rows);
}

/// Drops a guard within `runtime`; says how long that took.
fn guard_in(run: &Run, runtime: &tokio::runtime::Runtime) -> Duration {
    let guard = run.agentops.shutdown_guard();
    run.within(|| {
        runtime.block_on(async {
            run.send(50);
            tokio::task::yield_now().await;
            let began = Instant::now();
            drop(guard);
            began.elapsed()
        })
    })
}

fn current_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn multi_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// A server that never answers holds a guard up for no longer than it may wait.
const PATIENCE: Duration = Duration::from_millis(500);

fn silent(head: &Head) -> Answer {
    first(usize::MAX, head, Answer::Silence)
}

const GUARDS: &[Case] = &[
    Case::new("guard in a current-thread runtime", healthy, |run| {
        guard_in(run, &current_thread());
    })
    .with(|builder| builder.with_shutdown_timeout(DEADLINE)),
    Case::new("guard in a multi-thread runtime", healthy, |run| {
        guard_in(run, &multi_thread());
    })
    .with(|builder| builder.with_shutdown_timeout(DEADLINE)),
    Case::new("guard on a thread of its own", healthy, |run| {
        let guard = run.agentops.shutdown_guard();
        run.send(50);
        thread::spawn(move || drop(guard)).join().unwrap();
    })
    .with(|builder| builder.with_shutdown_timeout(DEADLINE)),
    Case::new("guard in a current-thread runtime, nobody answers", silent, |run| {
        let took = guard_in(run, &current_thread());
        assert!(took < PATIENCE + Duration::from_secs(5), "the guard hung for {took:?}");
    })
    .with(|builder| builder.with_shutdown_timeout(PATIENCE))
    .costs(Drop::Exactly(50)),
    Case::new("guard in a multi-thread runtime, nobody answers", silent, |run| {
        let took = guard_in(run, &multi_thread());
        assert!(took < PATIENCE + Duration::from_secs(5), "the guard hung for {took:?}");
    })
    .with(|builder| builder.with_shutdown_timeout(PATIENCE))
    .costs(Drop::Exactly(50)),
];

#[test]
fn a_guard_delivers_wherever_it_is_dropped_and_hangs_nowhere() {
    demand(GUARDS);
}
