//! [`Custom`]: an exporter that the program gave, on a thread of its own.
//!
//! Exporters are written for the SDK's batch processor, which calls them on a plain thread. Some block there (those with
//! a blocking HTTP client, which panics inside a runtime), others need a Tokio runtime. A plain thread that has entered
//! the pipeline's runtime serves both, and one that hangs holds up neither the pipeline nor the end of the process.

use std::{
    collections::VecDeque,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use futures_util::future::BoxFuture;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};
use tokio::{runtime::Handle, sync::oneshot, time::Instant};

use super::{DropReason, Settled, pending::Pending, shorten};
use crate::otel;

/// A program's own exporter, boxed: `SpanExporter` itself has no `dyn`.
pub(crate) struct BoxedExporter(Box<dyn DynExporter>);

impl BoxedExporter {
    pub(crate) fn new(exporter: impl SpanExporter + 'static) -> Self {
        Self(Box::new(Adapter(exporter)))
    }
}

trait DynExporter: Send {
    fn export(&self, batch: Vec<SpanData>) -> BoxFuture<'_, OTelSdkResult>;
    fn shutdown(&self, timeout: Duration) -> OTelSdkResult;
    fn set_resource(&mut self, resource: &Resource);
}

struct Adapter<E>(E);

impl<E: SpanExporter> DynExporter for Adapter<E> {
    fn export(&self, batch: Vec<SpanData>) -> BoxFuture<'_, OTelSdkResult> {
        Box::pin(self.0.export(batch))
    }

    fn shutdown(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

/// What an exporter made of its task; the reason is its own text.
type Report = Result<(), String>;

enum Task {
    Export(Vec<SpanData>, oneshot::Sender<Report>),
    Shutdown(Duration, oneshot::Sender<Report>),
}

struct Batch {
    submitted: Instant,
    spans: Vec<SpanData>,
    bytes: usize,
}

struct Export {
    submitted: Instant,
    spans: usize,
    bytes: usize,
    report: oneshot::Receiver<Report>,
}

/// Hands batches to an exporter, one after the other.
pub(crate) struct Custom {
    /// Until the thread has it.
    exporter: Option<BoxedExporter>,
    tasks: Option<mpsc::Sender<Task>>,
    waiting: VecDeque<Batch>,
    under_way: Option<Export>,
    pending: Pending,
    settled: Settled,
}

impl Custom {
    pub(crate) fn new(mut exporter: BoxedExporter, resource: &Resource) -> Result<Self, String> {
        catch_unwind(AssertUnwindSafe(|| exporter.0.set_resource(resource)))
            .map_err(|_panic| "the exporter panicked when it was given the resource".to_owned())?;
        Ok(Self {
            exporter: Some(exporter),
            tasks: None,
            waiting: VecDeque::new(),
            under_way: None,
            pending: Pending::default(),
            settled: Settled::default(),
        })
    }

    pub(crate) fn push(&mut self, spans: Vec<SpanData>) {
        if spans.is_empty() {
            return;
        }
        let bytes = spans.iter().map(otel::span::bytes).sum();
        let submitted = Instant::now();
        self.pending.add(submitted, spans.len(), bytes);
        self.waiting.push_back(Batch {
            submitted,
            spans,
            bytes,
        });
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.pending.spans() == 0 && self.settled.is_empty()
    }

    /// Nothing is left to say.
    pub(crate) fn is_silent(&self) -> bool {
        self.settled.is_empty()
    }

    pub(crate) fn pending(&self) -> &Pending {
        &self.pending
    }

    /// As the outbox's.
    pub(crate) fn shorten(&mut self, most: usize) -> u64 {
        let mut cut = 0;
        for batch in &mut self.waiting {
            if self.pending.bytes() <= most {
                break;
            }
            cut += batch.spans.iter_mut().map(shorten::span).sum::<u64>();
            let bytes = batch
                .spans
                .iter()
                .map(otel::span::bytes)
                .sum::<usize>()
                .min(batch.bytes);
            self.pending.shrink(batch.bytes - bytes);
            batch.bytes = bytes;
        }
        cut
    }

    pub(crate) fn abandon(&mut self, reason: DropReason) -> Settled {
        self.waiting.clear();
        self.under_way = None;
        self.settled.drop(reason, self.pending.clear());
        std::mem::take(&mut self.settled)
    }

    /// Waits until a batch was settled. Safe to cancel.
    pub(crate) async fn progress(&mut self) -> Settled {
        loop {
            if self.under_way.is_none()
                && let Some(batch) = self.waiting.pop_front()
            {
                self.start(batch);
            }
            if !self.settled.is_empty() {
                return std::mem::take(&mut self.settled);
            }
            let Some(under_way) = &mut self.under_way else {
                return std::future::pending().await;
            };
            let report = (&mut under_way.report).await.unwrap_or_else(|_gone| Err(gone()));
            let (submitted, spans, bytes) = (under_way.submitted, under_way.spans, under_way.bytes);
            self.under_way = None;
            self.settle(submitted, spans, bytes, report);
        }
    }

    fn start(&mut self, batch: Batch) {
        let Batch {
            submitted,
            spans,
            bytes,
        } = batch;
        let count = spans.len();
        let (done, report) = oneshot::channel();
        match self.give(Task::Export(spans, done)) {
            Ok(()) => {
                self.under_way = Some(Export {
                    submitted,
                    spans: count,
                    bytes,
                    report,
                });
            }
            Err(reason) => self.settle(submitted, count, bytes, Err(reason)),
        }
    }

    fn settle(&mut self, submitted: Instant, spans: usize, bytes: usize, report: Report) {
        self.pending.remove(submitted, spans, bytes);
        match report {
            Ok(()) => self.settled.exported += super::widen(spans),
            Err(reason) => {
                self.settled.drop(DropReason::Refused, spans);
                self.settled.explain(format!("the exporter failed: {reason}"));
            }
        }
    }

    /// Gives the thread a task; the first one starts it.
    fn give(&mut self, task: Task) -> Result<(), String> {
        if let Some(exporter) = self.exporter.take() {
            let (tasks, inbox) = mpsc::channel();
            let runtime = Handle::try_current().ok();
            thread::Builder::new()
                .name("agentops-exporter".to_owned())
                .spawn(move || serve(&*exporter.0, &inbox, runtime.as_ref()))
                .map_err(|error| format!("no thread for it: {error}"))?;
            self.tasks = Some(tasks);
        }
        self.tasks
            .as_ref()
            .and_then(|tasks| tasks.send(task).ok())
            .ok_or_else(gone)
    }

    /// Tells the exporter that nothing follows, and waits for it no longer than `timeout`.
    pub(crate) async fn shutdown(&mut self, timeout: Duration) {
        let (done, report) = oneshot::channel();
        if self.give(Task::Shutdown(timeout, done)).is_ok()
            && let Ok(Ok(Err(reason))) = tokio::time::timeout(timeout, report).await
        {
            self.settled.note(format!("the exporter's shutdown failed: {reason}"));
        }
        // The thread ends with the last task.
        self.tasks = None;
    }
}

fn gone() -> String {
    "its thread is gone".to_owned()
}

/// The thread's work. It ends when the other end of `inbox` is gone.
fn serve(exporter: &dyn DynExporter, inbox: &mpsc::Receiver<Task>, runtime: Option<&Handle>) {
    let _entered = runtime.map(Handle::enter);
    // What the exporter does is not to be exported: a host's own OpenTelemetry layer would feed on its HTTP client.
    let _suppressed = opentelemetry::Context::enter_telemetry_suppressed_scope();
    while let Ok(task) = inbox.recv() {
        let (result, done) = match task {
            Task::Export(spans, done) => (guard(|| block_on(exporter.export(spans))), done),
            Task::Shutdown(timeout, done) => (guard(|| exporter.shutdown(timeout)), done),
        };
        // Nobody waits any longer after `abandon`.
        drop(done.send(result));
    }
}

fn guard(task: impl FnOnce() -> OTelSdkResult) -> Report {
    match catch_unwind(AssertUnwindSafe(task)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_panic) => Err("it panicked".to_owned()),
    }
}

/// Wakes a parked thread. The flag is needed because an exporter that blocks may park this thread itself and take the
/// wake-up that was meant for us.
struct Unpark {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// Not the runtime's `block_on`: inside that one, a blocking HTTP client panics.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let unpark = Arc::new(Unpark {
        thread: thread::current(),
        woken: AtomicBool::new(false),
    });
    let waker = Waker::from(Arc::clone(&unpark));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        while !unpark.woken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}
