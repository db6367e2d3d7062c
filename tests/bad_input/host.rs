//! [`Host`]: a program that uses the crate, with an ear for what it is told.

use std::{
    cell::Cell,
    fmt::{self, Write as _},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use agentops::{AgentOps, Builder, ExportStats, testing::Collector};
use tracing::{
    Dispatch, Event, Subscriber, dispatcher,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _, registry::LookupSpan};

use crate::stopwatch::Stopwatch;

pub(crate) const KEY: &str = "11111111-2222-4333-8444-555555555555";
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A program with our layer and an ear, that sends to a fake server.
pub(crate) struct Host {
    pub(crate) collector: Arc<Collector>,
    pub(crate) agentops: AgentOps,
    dispatch: Dispatch,
    ear: Ear,
    slowest: Cell<Duration>,
    /// How long the program waited because it wanted to.
    waited: Cell<Duration>,
    peak_bytes: Cell<usize>,
}

impl Host {
    pub(crate) fn start(settings: impl FnOnce(Builder) -> Builder) -> Self {
        Self::beside(&Arc::new(Collector::start()), settings)
    }

    /// Another program that sends to the same server.
    pub(crate) fn beside(collector: &Arc<Collector>, settings: impl FnOnce(Builder) -> Builder) -> Self {
        let agentops = settings(to(collector)).build().unwrap();
        let ear = Ear::default();
        let subscriber = tracing_subscriber::registry().with(ear.clone()).with(agentops.layer());
        Self {
            collector: Arc::clone(collector),
            dispatch: Dispatch::new(subscriber),
            agentops,
            ear,
            slowest: Cell::default(),
            waited: Cell::default(),
            peak_bytes: Cell::default(),
        }
    }

    pub(crate) fn dispatch(&self) -> &Dispatch {
        &self.dispatch
    }

    /// Runs a part of the program.
    pub(crate) fn run<T>(&self, part: impl FnOnce() -> T) -> T {
        dispatcher::with_default(&self.dispatch, part)
    }

    /// One call of the program into the crate; the slowest is remembered.
    pub(crate) fn call<T>(&self, call: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let result = call();
        self.slowest.set(self.slowest.get().max(began.elapsed()));
        result
    }

    /// A part of the program that waits by itself: for a server, for other threads, for a flush.
    pub(crate) fn wait<T>(&self, wait: impl FnOnce() -> T) -> T {
        let watch = Stopwatch::start();
        let result = wait();
        self.waited.set(self.waited.get() + watch.waited());
        result
    }

    /// Runs the program of a row; gives how long it was kept waiting although it did not want to.
    pub(crate) fn run_watched(&self, program: impl FnOnce()) -> Duration {
        let watch = Stopwatch::start();
        self.run(program);
        watch.waited().saturating_sub(self.waited.get())
    }

    pub(crate) fn slowest(&self) -> Duration {
        self.slowest.get()
    }

    /// Looks at the counters, and remembers the most that waited.
    pub(crate) fn look(&self) -> ExportStats {
        let stats = self.agentops.stats();
        self.peak_bytes.set(self.peak_bytes.get().max(stats.queued_bytes));
        stats
    }

    pub(crate) fn peak_bytes(&self) -> usize {
        self.peak_bytes.get()
    }

    /// What the program was told so far, `LEVEL text field=value ...`.
    pub(crate) fn told(&self) -> Vec<String> {
        self.ear.0.lock().unwrap().clone()
    }
}

/// A builder that knows no environment and sends to `collector`.
pub(crate) fn to(collector: &Collector) -> Builder {
    agentops::builder()
        .with_env(|_| None)
        .with_api_key(KEY)
        .with_endpoint(collector.auth_endpoint())
        .with_exporter_endpoint(collector.traces_endpoint())
        .with_session_replay_log(false)
}

/// Hears events of the target `agentops`.
#[derive(Clone, Default)]
pub(crate) struct Ear(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _cx: Context<'_, S>) {
        if event.metadata().target() == "agentops" {
            let mut line = Line::default();
            event.record(&mut line);
            let text = format!("{} {}{}", event.metadata().level(), line.message, line.fields);
            self.0.lock().unwrap().push(text);
        }
    }
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            write!(self.fields, " {}={value:?}", field.name()).unwrap();
        }
    }
}
