//! [`Worker`]: the loop of the pipeline thread: drains the queue, maps, batches, and drives the delivery.

mod durable;
mod end;
mod foreign;
mod intake;
#[cfg(test)]
mod tests;
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

use self::{
    durable::OpenSpans,
    foreign::ForeignSpans,
    intake::set_session_attributes,
    waiting::{Lost, Waiter},
};
use super::{
    Command, Setup, Shed, Stats,
    complaints::Complaints,
    losses::Losses,
    queue::{Gauge, Item},
    trouble::{Kind, Trouble},
    undecided::Undecided,
};
use crate::{
    config::{Config, EndState},
    error::{ExportError, ExportErrorKind},
    export::{Delivery, Settled},
    hierarchy::TraceId,
    policy::Policy,
    resource::{self, HostProbe},
};

/// What the pipeline thread works with.
pub(super) struct Worker {
    config: Arc<Config>,
    policy: Policy,
    host: Option<HostProbe>,
    /// When the host's load was read.
    load_read: Instant,
    spans: Receiver<Item>,
    door: ForeignSpans,
    gauge: Arc<Gauge>,
    stats: Arc<Stats>,
    delivery: Delivery,
    trouble: Trouble,
    /// Spans of traces that are kept only if one of them is an error.
    undecided: Undecided,
    complaints: Complaints,
    losses: Losses,
    open: OpenSpans,
    /// When the disk was last told.
    persisted: Instant,
    batch: Vec<SpanData>,
    batch_bytes: usize,
    /// When the oldest span of the batch came in.
    batch_since: Option<Instant>,
    /// Spans and bytes that the gauge counts for what is in our hands.
    held: (usize, usize),
    waiters: Vec<Waiter>,
    /// Spans that were lost on this side of the queue, those of earlier processes aside.
    lost: u64,
    /// What was lost when a flush last told of it.
    told: Lost,
    /// Items that were taken out of the queue, ever.
    taken: u64,
    /// What was shed when that was last told of.
    told_shed: Shed,
    last_trouble: Option<String>,
    /// Why spans were lost, of the last ones that were.
    loss: Option<String>,
    announced: Option<TraceId>,
}

/// The queue is emptied at least this often while spans come in.
const DRAIN_EVERY: Duration = Duration::from_millis(50);
/// So long after the last span the worker goes on looking by itself: to wake it costs a program's thread a system call.
const REST_AFTER: Duration = Duration::from_secs(1);

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
            trouble: Trouble::new(Arc::downgrade(&recorder)),
            door: ForeignSpans::new(recorder, Instant::now().into_std()),
            complaints: Complaints::default(),
            losses: Losses::default(),
            open: OpenSpans::default(),
            persisted: Instant::now(),
            batch: Vec::new(),
            batch_bytes: 0,
            batch_since: None,
            held: (0, 0),
            waiters: Vec::new(),
            lost: 0,
            told: Lost::default(),
            taken: 0,
            told_shed: Shed::default(),
            last_trouble: None,
            loss: None,
            announced: None,
        })
    }

    pub(super) async fn work(mut self, mut commands: UnboundedReceiver<Command>) {
        let mut drain_at: Option<Instant> = None;
        let mut last_came = Instant::now();
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
                    self.gauge.watch();
                    last_came = Instant::now();
                    let full = self.gauge.waiting() >= self.config.max_export_batch_size;
                    let soon = if full { Instant::now() } else { Instant::now() + self.drain_every() };
                    drain_at = Some(drain_at.map_or(soon, |at| at.min(soon)));
                }
                () = async { match timer { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => {}
            }
            let asked = self.is_asked_to_drain();
            let due = drain_at.is_some_and(|at| at <= Instant::now());
            if (asked || due) && self.gauge.waiting() > 0 {
                last_came = Instant::now();
            }
            let mut more = false;
            if asked || due {
                more = self.drain();
                let rests = !more && last_came.elapsed() >= REST_AFTER && self.gauge.rest();
                let is_early = more || asked && self.gauge.waiting() > 0;
                let next = if is_early { Duration::ZERO } else { self.drain_every() };
                drain_at = (!rests).then(|| Instant::now() + next);
                if !rests {
                    self.gauge.watch();
                }
            }
            self.door.expire(Instant::now().into_std());
            self.take_released();
            self.hand_over_what_is_waited_for();
            if self.batch_is_due() {
                self.submit();
            }
            self.relieve();
            self.persist();
            self.publish();
            self.tell_losses();
            if self.answer().await {
                return;
            }
            if more {
                // Sends that are under way go on meanwhile.
                tokio::task::yield_now().await;
            }
        }
    }

    fn next_timer(&self, drain_at: Option<Instant>) -> Option<Instant> {
        let batch = self.batch_since.map(|since| since + self.config.flush_interval);
        let waiters = self.waiters.iter().map(|waiter| waiter.deadline).min();
        let losses = self.losses.due(&self.stats.snapshot().dropped, &self.trouble);
        let door = self.door.deadline().map(Instant::from_std);
        [drain_at, batch, waiters, losses, door].into_iter().flatten().min()
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Flush { deadline, reply } => self.wait(deadline, reply, false),
            Command::Shutdown { state, deadline, reply } => {
                self.end_all(&state, deadline);
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
            let deadline = Instant::now() + self.config.shutdown_timeout;
            self.end_all(&EndState::Shutdown, deadline);
            self.wait(deadline, Box::new(|_| {}), true);
        }
    }

    fn batch_is_due(&self) -> bool {
        self.batch_since
            .is_some_and(|since| since.elapsed() >= self.config.flush_interval)
    }

    /// As many spans as a request has, or as many bytes: encoding holds them twice.
    fn batch_is_full(&self) -> bool {
        const MOST: usize = 4 * 1024 * 1024;
        let bytes = (self.config.max_queue_bytes / 16).min(MOST);
        self.batch_len() >= self.config.max_export_batch_size || self.batch_bytes >= bytes
    }

    fn submit(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        self.batch_since = None;
        self.delivery.submit(batch);
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
        if !settled.dropped.is_empty() {
            // Where there is no token, the reason was said when that was learned.
            self.loss.clone_from(&self.last_trouble);
        }
        for (kind, spans) in &settled.bygone {
            self.trouble.say(Kind::Lost(*kind), || {
                tracing::warn!(target: "agentops", spans, reason = ?kind, "spans that an earlier process left in the spool were lost");
            });
        }
        if let Some(reason) = settled.spool_trouble {
            self.trouble.say(Kind::Spool, || {
                tracing::warn!(target: "agentops", %reason, "the spool is in trouble");
            });
        }
    }

    /// Tells the gauge what is in our hands now.
    fn publish(&mut self) {
        let now = (
            self.batch.len() + self.delivery.pending_spans() + self.undecided.spans() + self.door.spans(),
            self.batch_bytes + self.delivery.pending_bytes() + self.undecided.bytes() + self.door.bytes(),
        );
        // First: whoever sees that nothing waits in memory finds it there.
        let (spans, _, bytes) = self.delivery.spooled();
        self.stats.wait_on_disk(spans, bytes);
        self.gauge.resize(self.held.1, now.1);
        self.gauge.release(self.held.0.saturating_sub(now.0), 0);
        self.held = now;
    }

    /// Tells of spans that the queue had no room for, and of content that went for others.
    fn tell_losses(&mut self) {
        if self.losses.tell(&self.stats.snapshot().dropped, &mut self.trouble) {
            self.gauge.refusals_told();
        }
        let shed = self.stats.snapshot().shed;
        let due = self.trouble.due(Kind::Shed).is_none_or(|due| due <= Instant::now());
        if shed != self.told_shed && due {
            self.told_shed = shed;
            self.trouble.say(Kind::Shed, || {
                tracing::warn!(
                    target: "agentops",
                    values = shed.recording + shed.waiting,
                    events = shed.events,
                    "content was cut so that its spans can stay: too many bytes wait to be sent; raise \
                     `with_max_queue_bytes`"
                );
            });
        }
    }
}

/// Where AgentOps shows a trace.
pub(crate) fn replay_url(app_url: &str, trace: TraceId) -> String {
    format!("{}/sessions?trace_id={trace}", app_url.trim_end_matches('/'))
}
