//! [`Worker`]: the loop of the pipeline thread: drains the queue, maps, batches, and drives the delivery.

mod waiting;

use std::{
    sync::{Arc, mpsc::Receiver},
    time::Duration,
};

use opentelemetry_sdk::trace::SpanData;
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep_until},
};

use self::waiting::Waiter;
use super::{
    Command, Setup, Stats,
    complaints::Complaints,
    losses::Losses,
    queue::Gauge,
    thread::closed,
    trouble::{Kind, Trouble},
    undecided::{Decided, Undecided},
};
use crate::{
    attributes,
    config::{Config, Destination},
    error::{ExportError, ExportErrorKind},
    export::{Delivery, DropReason, Settled},
    hierarchy::{FinishedSpan, TraceId, TraceRoot, Verdict},
    kind::EntityKind,
    otel,
    policy::{Policy, pricing},
    resource::{self, HostProbe},
};

/// What the pipeline thread works with.
pub(super) struct Worker {
    config: Arc<Config>,
    policy: Policy,
    host: Option<HostProbe>,
    /// When the host's load was read.
    load_read: Instant,
    spans: Receiver<FinishedSpan>,
    gauge: Arc<Gauge>,
    stats: Arc<Stats>,
    delivery: Delivery,
    trouble: Trouble,
    /// Spans of traces that are kept only if one of them is an error.
    undecided: Undecided,
    complaints: Complaints,
    losses: Losses,
    batch: Vec<SpanData>,
    batch_bytes: usize,
    /// When the oldest span of the batch came in.
    batch_since: Option<Instant>,
    /// Spans and bytes that the gauge counts for what is in our hands.
    held: (usize, usize),
    waiters: Vec<Waiter>,
    lost: u64,
    last_trouble: Option<String>,
    announced: Option<TraceId>,
}

/// The queue is emptied at least this often while spans come in.
const DRAIN_EVERY: Duration = Duration::from_millis(50);
/// The host's load is read for a session when the last reading is older than this; `cpu.percent` needs 200 ms.
const LOAD_AGE: Duration = Duration::from_millis(250);

impl Worker {
    pub(super) fn new(setup: Setup) -> Result<Self, String> {
        let Setup {
            config,
            exporter,
            recorder,
            spans,
            gauge,
            stats,
        } = setup;
        let mut host = HostProbe::new(&config);
        let facts = host.as_ref().map(HostProbe::facts).unwrap_or_default();
        let policy = Policy::new(&config);
        let delivery = Delivery::new(&config, resource::resource(&config, &facts), exporter)?;
        if let Some(host) = &mut host {
            set_session_attributes(&policy, host);
        }
        Ok(Self {
            undecided: Undecided::new(&config),
            config,
            policy,
            host,
            load_read: Instant::now(),
            spans,
            gauge,
            stats,
            delivery,
            trouble: Trouble::new(recorder),
            complaints: Complaints::default(),
            losses: Losses::default(),
            batch: Vec::new(),
            batch_bytes: 0,
            batch_since: None,
            held: (0, 0),
            waiters: Vec::new(),
            lost: 0,
            last_trouble: None,
            announced: None,
        })
    }

    pub(super) async fn work(mut self, mut commands: UnboundedReceiver<Command>) {
        let mut drain_at: Option<Instant> = None;
        loop {
            let timer = self.next_timer(drain_at);
            let gauge = Arc::clone(&self.gauge);
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(command) => self.command(command),
                    // Every handle and every layer is gone: deliver what is left, then end.
                    None => self.last_flush(),
                },
                settled = self.delivery.progress() => self.settle(settled),
                () = gauge.wake.notified() => {
                    let full = self.gauge.waiting() >= self.config.max_export_batch_size;
                    let soon = if full { Instant::now() } else { Instant::now() + DRAIN_EVERY };
                    drain_at = Some(drain_at.map_or(soon, |at| at.min(soon)));
                }
                () = async { match timer { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => {}
            }
            let asked = self
                .waiters
                .iter()
                .any(|waiter| waiter.ends || waiter.submitted.is_none());
            if asked || drain_at.is_some_and(|at| at <= Instant::now()) {
                self.drain();
                // Spans that came meanwhile woke nobody: the queue was not empty.
                drain_at = (self.gauge.waiting() > 0).then(|| Instant::now() + DRAIN_EVERY);
            }
            if asked || self.batch_is_due() {
                self.submit();
            }
            self.mark_submitted();
            self.publish();
            if self.answer().await {
                return;
            }
        }
    }

    fn next_timer(&self, drain_at: Option<Instant>) -> Option<Instant> {
        let batch = self.batch_since.map(|since| since + self.config.flush_interval);
        let waiters = self.waiters.iter().map(|waiter| waiter.deadline).min();
        let losses = self.losses.due(&self.stats.snapshot().dropped, &self.trouble);
        [drain_at, batch, waiters, losses].into_iter().flatten().min()
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Flush { deadline, reply } => self.wait(deadline, reply, false),
            Command::Shutdown { deadline, reply } => {
                self.gauge.close();
                self.wait(deadline, reply, true);
            }
            Command::SetApiKey(key) => self.delivery.set_api_key(key),
            Command::Check { deadline, reply } => {
                let check = self.delivery.check();
                tokio::spawn(async move {
                    let timed_out = || Err(ExportError::new(ExportErrorKind::TimedOut { pending: 0 }));
                    reply(
                        tokio::time::timeout_at(deadline, check)
                            .await
                            .unwrap_or_else(|_| timed_out()),
                    );
                });
            }
        }
    }

    fn last_flush(&mut self) {
        if !self.waiters.iter().any(|waiter| waiter.ends) {
            self.gauge.close();
            self.wait(Instant::now() + self.config.shutdown_timeout, Box::new(|_| {}), true);
        }
    }

    /// Maps everything that has come in.
    fn drain(&mut self) {
        // As many as wait now: a busy program must not keep the loop from sending.
        for _ in 0..self.gauge.waiting() {
            let Ok(span) = self.spans.try_recv() else { break };
            self.gauge.taken();
            self.held.0 += 1;
            self.held.1 += span.bytes;
            self.judge(span);
            if self.batch.len() >= self.config.max_export_batch_size {
                self.submit();
            }
        }
        if self.gauge.waiting() == 0 && self.waiters.iter().any(|waiter| waiter.ends) {
            self.leave_out_the_rest();
        }
    }

    /// No root ends any more, and what waits for one is no error.
    fn leave_out_the_rest(&mut self) {
        for decided in self.undecided.rest() {
            self.act(decided);
        }
    }

    /// Takes a span whose trace is kept, and puts one of which that is not known to the others.
    fn judge(&mut self, span: FinishedSpan) {
        if !span.lineage.trace.is_tentative() {
            return self.take(&span);
        }
        let is_error = span.lineage.trace.verdict() == Verdict::Open
            && attributes::is_error(&span.record, &span.lineage, &self.policy);
        for decided in self.undecided.take(span, is_error) {
            self.act(decided);
        }
    }

    fn act(&mut self, decided: Decided) {
        let spans = decided.spans.len();
        self.gauge.decided(spans);
        if decided.keep {
            self.stats.record(spans as u64);
            for span in decided.spans {
                self.take(&span);
            }
        } else {
            self.stats.sample_out(spans as u64);
        }
    }

    fn take(&mut self, span: &FinishedSpan) {
        let session = span.record.kind.is_some_and(|(kind, _)| kind == EntityKind::Session);
        if session {
            self.refresh_load();
        }
        self.announce(span, session);
        self.complaints.about(span, &self.trouble);
        let wire = attributes::map(&span.record, &span.lineage, &self.policy);
        if let Some(usd) = pricing::cost_of(&wire) {
            self.stats.add_cost(usd);
        }
        let mut data = otel::span::build(wire, &span.lineage, &span.record.start, span.end);
        data.links.dropped_count = span.record.dropped_links;
        self.batch_bytes += otel::span::bytes(&data);
        self.batch.push(data);
        self.batch_since.get_or_insert_with(Instant::now);
    }

    fn refresh_load(&mut self) {
        if let Some(host) = &mut self.host
            && self.load_read.elapsed() >= LOAD_AGE
        {
            set_session_attributes(&self.policy, host);
            self.load_read = Instant::now();
        }
    }

    /// Says where a session can be seen: at its end, and for the auto-session at its first span, too.
    fn announce(&mut self, span: &FinishedSpan, session: bool) {
        let Destination::AgentOps { .. } = self.config.destination else {
            return;
        };
        let trace = &span.lineage.trace;
        let starts = trace.kind == TraceRoot::Auto && self.announced != Some(trace.id);
        if !self.config.session_replay_log || !(session || starts) {
            return;
        }
        if starts {
            self.announced = Some(trace.id);
        }
        let url = replay_url(&self.config.app_url, trace.id);
        self.trouble.with_subscriber(|| {
            if session {
                tracing::info!(target: "agentops", %url, "session replay");
            } else {
                tracing::info!(target: "agentops", %url, "session started; replay");
            }
        });
    }

    fn batch_is_due(&self) -> bool {
        self.batch_since
            .is_some_and(|since| since.elapsed() >= self.config.flush_interval)
    }

    fn submit(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        self.batch_since = None;
        if !batch.is_empty() {
            self.delivery.submit(batch);
        }
    }

    fn settle(&mut self, settled: Settled) {
        self.stats.settle(&settled);
        self.lost += settled.dropped.iter().map(|(_, spans)| spans).sum::<u64>();
        let reason = settled.trouble.as_deref().unwrap_or("no reason given");
        for (kind, spans) in &settled.dropped {
            self.trouble.say(Kind::Lost(*kind), || {
                tracing::warn!(target: "agentops", spans, %reason, "spans were lost");
            });
        }
        if settled.dropped.is_empty() && settled.trouble.is_some() {
            self.trouble.say(Kind::Delivery, || {
                tracing::warn!(target: "agentops", %reason, "spans wait: delivery is in trouble");
            });
        }
        if settled.trouble.is_some() {
            self.last_trouble = settled.trouble;
        }
    }

    /// Tells the gauge what is in our hands now.
    fn publish(&mut self) {
        let now = (
            self.batch.len() + self.delivery.pending_spans() + self.undecided.spans(),
            self.batch_bytes + self.delivery.pending_bytes() + self.undecided.bytes(),
        );
        self.gauge.resize(self.held.1, now.1);
        self.gauge.release(self.held.0.saturating_sub(now.0), 0);
        self.held = now;
        if self.losses.tell(&self.stats.snapshot().dropped, &mut self.trouble) {
            self.gauge.refusals_told();
        }
    }

    /// Gives up what is left and ends.
    async fn end(&mut self) {
        self.submit();
        let left = self.delivery.abandon(DropReason::Shutdown);
        self.settle(left);
        self.delivery.shutdown(self.config.shutdown_timeout).await;
        self.leave_out_the_rest();
        self.publish();
        self.discard_late().await;
        self.losses.tell_all(&self.stats.snapshot().dropped, &self.trouble);
        for waiter in std::mem::take(&mut self.waiters) {
            (waiter.reply)(closed());
        }
    }

    /// Counts spans of callers that were let in before the queue closed, and waits for those that are still about to
    /// hand theirs over: what came after the last look would be lost and not counted.
    async fn discard_late(&mut self) {
        const LONGEST: Duration = Duration::from_secs(1);
        let began = Instant::now();
        loop {
            let mut late = 0;
            while let Ok(span) = self.spans.try_recv() {
                self.gauge.taken();
                self.gauge.release(1, span.bytes);
                if span.lineage.trace.is_tentative() {
                    self.gauge.decided(1);
                    self.stats.record(1);
                }
                late += 1;
            }
            self.stats.drop_spans(DropReason::Shutdown, late);
            if self.gauge.spans() <= self.held.0 || began.elapsed() > LONGEST {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn set_session_attributes(policy: &Policy, host: &mut HostProbe) {
    let mut attributes = host.facts();
    for attribute in host.load().0 {
        attributes.put(attribute);
    }
    if let Ok(mut shared) = policy.session_attributes.write() {
        *shared = attributes;
    }
}

/// Where AgentOps shows a trace.
pub(crate) fn replay_url(app_url: &str, trace: TraceId) -> String {
    format!("{}/sessions?trace_id={trace}", app_url.trim_end_matches('/'))
}
