//! One run across two real processes: the context goes out of one and into the other, and back, over HTTP; and into a child
//! through its environment. MCP's `_meta` is shown in `crates/agentops-libraries/tests/rmcp.rs`.
//!
//! The other process is this binary again, with the name of a role in its environment.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::format_collect,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and a child is told what it is"
)]

#[path = "support/guest.rs"]
mod guest;

use std::{
    collections::HashMap,
    env,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
};

use agentops::{
    AgentOps, AgentOpsSpanExt as _, EndState, Remote,
    propagation::CommandEnv,
    testing::{Collector, Span, draw},
};
use tracing::{info_span, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

use guest::{DEADLINE, to, to_endpoints};

const ROLE: &str = "AGENTOPS_TEST_ROLE";
const AUTH: &str = "AGENTOPS_TEST_AUTH";
const TRACES: &str = "AGENTOPS_TEST_TRACES";
/// How the line begins in which a server says where it is.
const LISTENS: &str = "listens at ";
/// The header that says who wants to be asked back.
const ASK_BACK: &str = "x-ask-back";

/// The program of the other process. Without a role this is not it, and there is nothing to do.
#[test]
fn a_program() {
    let Ok(role) = env::var(ROLE) else { return };
    let builder = to_endpoints(env::var(AUTH).unwrap(), env::var(TRACES).unwrap());
    let agentops = builder.with_env(|name| env::var(name).ok()).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        match role.as_str() {
            "is started" => drop(info_span!("work", agentops.kind = "tool").entered()),
            "serves" => {
                let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
                println!("\n{LISTENS}{}", listener.local_addr().unwrap());
                serve_one(&agentops, &listener, "served");
            }
            role => unreachable!("no role {role}"),
        }
    });
    agentops.shutdown(DEADLINE).unwrap();
}

/// Answers one request in a session that continues the trace of whoever asks, and asks back where that is wanted.
fn serve_one(agentops: &AgentOps, listener: &TcpListener, name: &str) {
    let (stream, _) = listener.accept().unwrap();
    let headers = read_head(&stream);
    let session = agentops
        .session(name)
        .with_remote_parent(&headers, Remote::Join)
        .start();
    session.in_scope(|| {
        let tool = info_span!("work", agentops.kind = "tool").entered();
        if let Some(address) = headers.get(ASK_BACK) {
            let mut own = HashMap::new();
            tool.inject(&mut own);
            ask(address, &own);
        }
    });
    session.end(EndState::Success);
    (&stream).write_all(b"HTTP/1.1 204 Done\r\n\r\n").unwrap();
}

/// The headers of a request or an answer, with names in lower case.
fn read_head(stream: &TcpStream) -> HashMap<String, String> {
    let lines = BufReader::new(stream).lines().map(Result::unwrap);
    lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect()
}

/// Sends a request with these headers and waits for its answer.
fn ask(address: &str, headers: &HashMap<String, String>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    stream
        .write_all(format!("POST / HTTP/1.1\r\n{headers}\r\n").as_bytes())
        .unwrap();
    read_head(&stream);
}

fn other_process(role: &str, collector: &Collector) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["a_program", "--exact", "--nocapture"])
        .env(ROLE, role)
        .env(AUTH, collector.auth_endpoint())
        .env(TRACES, collector.traces_endpoint())
        .stdout(Stdio::piped());
    command
}

/// Where a server that was started listens.
fn address(child: &mut Child) -> String {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    let found = lines.find_map(|line| Some(line.strip_prefix(LISTENS)?.to_owned()));
    // The rest of what it prints is read, so that it can print it.
    thread::spawn(move || lines.for_each(drop));
    found.unwrap()
}

/// Runs a program in a session for Ana; gives what arrived from both processes.
fn arrived(program: impl FnOnce(&AgentOps, &Collector)) -> Vec<Span> {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        let session = agentops
            .session("desk")
            .with_user_id("ana")
            .with_session_id("c-1")
            .start();
        session.in_scope(|| program(&agentops, &collector));
        session.end(EndState::Success);
    });
    agentops.shutdown(DEADLINE).unwrap();
    collector.spans()
}

/// One trace, for one user and conversation, out of two processes.
fn assert_one_run(spans: &[Span], tree: &str) {
    assert_eq!(draw(spans), tree);
    for span in spans {
        assert_eq!(span.trace_id, spans[0].trace_id, "{}", span.name);
        assert_eq!(
            (span.text("user.id"), span.text("session.id")),
            (Some("ana"), Some("c-1"))
        );
    }
    let mut processes: Vec<_> = spans
        .iter()
        .map(|span| format!("{:?}", span.resource.get("process.pid").unwrap()))
        .collect();
    processes.sort();
    processes.dedup();
    assert_eq!(processes.len(), 2, "{processes:?}");
}

#[test]
fn a_request_continues_the_trace_in_the_other_process_and_its_own_request_comes_back_into_it() {
    let spans = arrived(|agentops, collector| {
        let mut server = other_process("serves", collector).spawn().unwrap();
        let there = address(&mut server);
        let here = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let mut headers = HashMap::from([(ASK_BACK.to_owned(), here.local_addr().unwrap().to_string())]);
        let call = info_span!("call", agentops.kind = "tool").entered();
        call.inject(&mut headers);
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        thread::scope(|scope| {
            scope.spawn(|| {
                tracing::dispatcher::with_default(&dispatch, || serve_one(agentops, &here, "asked back"));
            });
            ask(&there, &headers);
        });
        assert!(server.wait().unwrap().success());
    });
    assert_one_run(
        &spans,
        "desk.session\n\
         \x20 call.tool\n\
         \x20   served.session\n\
         \x20     work.tool\n\
         \x20       asked back.session\n\
         \x20         work.tool\n",
    );
}

#[test]
fn a_process_that_is_started_in_a_span_works_below_it() {
    let spans = arrived(|_, collector| {
        let start = info_span!("start", agentops.kind = "tool").entered();
        let mut child = other_process("is started", collector);
        start.inject(&mut CommandEnv(&mut child));
        let ended = child.output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
    });
    assert_one_run(
        &spans,
        "desk.session\n\
         \x20 start.tool\n\
         \x20   default.session\n\
         \x20     work.tool\n",
    );
}
