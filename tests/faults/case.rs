//! [`Case`]: a fault, a program under it, and the drop that it may cost. Every span has a serial number, so that what
//! was sent, received, received twice and counted as lost can be held against each other.

use std::{
    any::Any,
    cell::Cell,
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use agentops::{AgentOps, Builder, Compression, ExportError, ExportStats};
use tracing::{Dispatch, dispatcher, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

use super::{
    row::{Row, show_and_demand},
    server::{Answer, Head, Server, TOKEN, TRACES},
};

pub(crate) const KEY: &str = "11111111-2222-4333-8444-555555555555";
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A fault and what it may cost.
pub(crate) struct Case {
    name: &'static str,
    script: fn(&Head) -> Answer,
    program: fn(&Run),
    settings: fn(Builder) -> Builder,
    starts_down: bool,
    /// How long the shutdown at the end may take.
    patience: Duration,
    allowed: Drop,
    /// The answer to a delivered request is lost, so that it comes twice.
    duplicates: bool,
}

/// Spans that may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drop {
    None,
    /// These and no others.
    Exactly(u64),
    /// A bound was exceeded on purpose: some.
    Some,
}

impl Case {
    /// A program under a server that does what `script` says; nothing may be lost.
    pub(crate) const fn new(name: &'static str, script: fn(&Head) -> Answer, program: fn(&Run)) -> Self {
        Self {
            name,
            script,
            program,
            settings: |builder| builder,
            starts_down: false,
            patience: DEADLINE,
            allowed: Drop::None,
            duplicates: false,
        }
    }

    pub(crate) const fn with(mut self, settings: fn(Builder) -> Builder) -> Self {
        self.settings = settings;
        self
    }

    pub(crate) const fn starts_down(mut self) -> Self {
        self.starts_down = true;
        self
    }

    /// The time is over at the end before the fault is.
    pub(crate) const fn ends_within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub(crate) const fn costs(mut self, allowed: Drop) -> Self {
        self.allowed = allowed;
        self
    }

    pub(crate) const fn may_arrive_twice(mut self) -> Self {
        self.duplicates = true;
        self
    }
}

/// A program under a fault.
pub(crate) struct Run {
    pub(crate) agentops: AgentOps,
    pub(crate) server: Server,
    dispatch: Dispatch,
    sent: Cell<i64>,
    /// Spans that were lost, as far as a flush told of it.
    told: Cell<u64>,
}

impl Run {
    fn of(case: &Case) -> Self {
        let server = if case.starts_down {
            Server::down(case.script)
        } else {
            Server::start(case.script)
        };
        let agentops = (case.settings)(to(&server)).build().unwrap();
        let dispatch = tracing_subscriber::registry().with(agentops.layer()).into();
        Self {
            agentops,
            server,
            dispatch,
            sent: Cell::new(0),
            told: Cell::new(0),
        }
    }

    /// Runs a piece of the program with our layer.
    pub(crate) fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        dispatcher::with_default(&self.dispatch, work)
    }

    /// The next serial number.
    pub(crate) fn serial(&self) -> i64 {
        let serial = self.sent.get();
        self.sent.set(serial + 1);
        serial
    }

    /// Makes and ends so many spans.
    pub(crate) fn send(&self, spans: usize) {
        self.within(|| {
            for _ in 0..spans {
                drop(info_span!("numbered", agentops.kind = "tool", t.serial = self.serial()));
            }
        });
    }

    /// As [`send`](Self::send), with a prompt each.
    pub(crate) fn send_prompts(&self, spans: usize, prompt: &str) {
        self.within(|| {
            for _ in 0..spans {
                let span = info_span!(
                    "prompted",
                    agentops.kind = "tool",
                    t.serial = self.serial(),
                    agentops.input = prompt
                );
                drop(span);
            }
        });
    }

    /// Everything that ended before is delivered.
    pub(crate) fn flush(&self) {
        self.try_flush(DEADLINE).unwrap();
    }

    /// What a flush says.
    pub(crate) fn try_flush(&self, timeout: Duration) -> Result<(), ExportError> {
        let result = self.agentops.force_flush(timeout);
        if !result.as_ref().is_err_and(ExportError::is_timeout) {
            self.told.set(self.agentops.stats().dropped.total());
        }
        result
    }

    /// Waits until so many requests were tried again.
    pub(crate) fn wait_for_retries(&self, retries: u64) {
        self.wait_until("retries", |stats| stats.retries >= retries);
    }

    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn(&ExportStats) -> bool) {
        let began = Instant::now();
        while !is_so(&self.agentops.stats()) {
            assert!(began.elapsed() < DEADLINE, "{what}: {:?}", self.agentops.stats());
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// A builder that sends to the server, quickly, and knows no environment.
pub(crate) fn to(server: &Server) -> Builder {
    to_endpoints(&server.url(""), &server.url(TRACES))
}

/// As [`to`], for another process.
pub(crate) fn to_endpoints(auth: &str, traces: &str) -> Builder {
    agentops::builder()
        .with_env(|_| None)
        .with_api_key(KEY)
        .with_endpoint(auth)
        .with_exporter_endpoint(traces)
        .with_session_replay_log(false)
        .with_auto_start_session(false)
        .with_compression(Compression::None)
        // Longer than a healthy server takes on a busy machine: what is given up and was taken comes twice.
        .with_export_timeout(DEADLINE / 6)
        .with_export_flush_interval(Duration::from_millis(20))
}

/// Gives up a request soon that is not answered.
pub(crate) fn impatient(builder: Builder) -> Builder {
    builder.with_export_timeout(Duration::from_secs(1))
}

/// A healthy AgentOps.
pub(crate) fn healthy(_: &Head) -> Answer {
    Answer::Take
}

/// Does this with the first so many requests that carry spans.
pub(crate) fn first(requests: usize, head: &Head, answer: Answer) -> Answer {
    if head.path == TRACES && head.number < requests {
        answer
    } else {
        Answer::Take
    }
}

/// Does this with the first so many requests for a token.
pub(crate) fn first_tokens(requests: usize, head: &Head, answer: Answer) -> Answer {
    if head.path == TOKEN && head.number < requests {
        answer
    } else {
        Answer::Take
    }
}

/// Runs all cases, prints what became of them, and fails where one is wrong.
pub(crate) fn demand(cases: &[Case]) {
    show_and_demand(cases.iter().map(check).collect());
}

fn check(case: &Case) -> Row {
    let began = Instant::now();
    let run = Run::of(case);
    let program = catch_unwind(AssertUnwindSafe(|| (case.program)(&run)));
    let ended = run.agentops.shutdown(case.patience);
    // The thread gives up what is left after it answered.
    run.wait_until("the end", |stats| stats.queued_spans == 0);
    let stats = run.agentops.stats();
    let taken = run.server.taken();
    let unique: HashSet<_> = taken.iter().collect();
    let mut row = Row {
        name: case.name,
        sent: u64::try_from(run.sent.get()).unwrap(),
        received: unique.len() as u64,
        twice: run.server.twice(),
        counted: stats.dropped.total(),
        reasons: reasons(&stats),
        allowed: match case.allowed {
            Drop::None => "0".to_owned(),
            Drop::Exactly(spans) => spans.to_string(),
            Drop::Some => "some".to_owned(),
        },
        took: began.elapsed(),
        wrong: Vec::new(),
    };
    judge(case, &run, program.err(), &ended, &mut row);
    row
}

/// Says what is wrong with a row.
fn judge(case: &Case, run: &Run, panic: Option<Box<dyn Any + Send>>, ended: &Result<(), ExportError>, row: &mut Row) {
    let mut wrong = Vec::new();
    let mut demand = |is_so: bool, what: String| {
        if !is_so {
            wrong.push(what);
        }
    };
    if let Some(panic) = panic {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        demand(false, format!("the program panicked: {}", text.unwrap_or("?")));
    }
    demand(
        row.sent == row.received + row.counted,
        format!(
            "{} spans are neither received nor counted",
            i128::from(row.sent) - i128::from(row.received) - i128::from(row.counted)
        ),
    );
    demand(
        match case.allowed {
            Drop::None => row.counted == 0,
            Drop::Exactly(spans) => row.counted == spans,
            Drop::Some => row.counted > 0,
        },
        format!("{} spans were dropped, {} may be", row.counted, row.allowed),
    );
    let unexplained = row.twice.iter().filter(|twice| !twice.is_explained).count();
    demand(
        unexplained == 0,
        format!("{unexplained} spans came twice though no answer about them was lost"),
    );
    demand(
        case.duplicates != row.twice.is_empty(),
        format!("{} spans came twice; was an answer lost or not?", row.twice.len()),
    );
    demand(
        ended.as_ref().is_err_and(ExportError::is_closed) || ended.is_ok() == (row.counted == run.told.get()),
        format!(
            "the shutdown said {ended:?} of {} lost spans, {} of them told of",
            row.counted,
            run.told.get()
        ),
    );
    row.wrong = wrong;
}

fn reasons(stats: &ExportStats) -> String {
    let dropped = &stats.dropped;
    let counters = [
        ("queue_spans", dropped.queue_spans),
        ("queue_bytes", dropped.queue_bytes),
        ("refused", dropped.refused),
        ("unauthorized", dropped.unauthorized),
        ("retries_exhausted", dropped.retries_exhausted),
        ("shutdown", dropped.shutdown),
        ("after_shutdown", dropped.after_shutdown),
        ("shed values", stats.shed.recording + stats.shed.waiting),
        ("retries", stats.retries),
    ];
    let some = counters.into_iter().filter(|(_, count)| *count > 0);
    some.map(|(name, count)| format!("{name} {count}"))
        .collect::<Vec<_>>()
        .join(", ")
}
