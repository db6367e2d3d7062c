//! From the queue to the batch: what came in is placed, judged, mapped and announced.

use std::time::Duration;

use tokio::time::Instant;

use super::{Worker, replay_url};
use crate::{
    attributes,
    config::Destination,
    export::{DropReason, shorten},
    hierarchy::{TraceRoot, TracedSpan, Verdict},
    kind::EntityKind,
    otel::{self, foreign::Foreign},
    pipeline::{queue::Item, trouble::Kind, undecided::Decided},
    policy::{Policy, limits::SHORT, pricing, redact::MASK},
    resource::HostProbe,
};

/// The host's load is read for a session when the last reading is older than this; `cpu.percent` needs 200 ms.
const LOAD_AGE: Duration = Duration::from_millis(250);

/// Sends that are under way wait no longer than this for spans to be mapped.
const LONGEST_DRAIN: Duration = Duration::from_millis(20);

impl Worker {
    /// Maps everything that has come in by now, as far as there is time.
    pub(super) fn drain_what_waits(&mut self, deadline: Option<Instant>) {
        let until = self.taken + self.gauge.waiting() as u64;
        let has_time = || deadline.is_none_or(|deadline| Instant::now() < deadline);
        while self.taken < until && has_time() && self.drain() {}
    }

    /// Maps what has come in, for a while: neither may a busy program keep the loop from sending, nor a long queue.
    /// Says whether there is more.
    pub(super) fn drain(&mut self) -> bool {
        let began = Instant::now();
        for _ in 0..self.gauge.waiting() {
            if began.elapsed() > LONGEST_DRAIN {
                return true;
            }
            let Ok(item) = self.spans.try_recv() else { break };
            self.gauge.taken();
            self.taken += 1;
            match item {
                Item::Recorded(mut span) => {
                    self.hold(span.bytes);
                    if self.delivery.is_durable() {
                        self.open.close(span.lineage.span_id);
                    }
                    if self.total_bytes() > self.config.content_bytes() {
                        // Now rather than later: to mask and map what is cut anyway would keep the others waiting.
                        span.shorten();
                    }
                    self.door.lead(&mut span.lineage.links);
                    attributes::exchange::read(&mut span.record);
                    self.judge(span);
                }
                Item::Foreign(span, bytes) => {
                    self.hold(bytes);
                    self.door.take(Foreign::Span(span), Instant::now().into_std());
                    self.take_released();
                }
                Item::Note(note) => {
                    self.door.take(*note, Instant::now().into_std());
                    self.take_released();
                }
                Item::Opened(span) => {
                    self.gauge.resize(span.bytes, 0);
                    self.open.open(span);
                }
                Item::Gone(id) => self.open.close(id),
            }
            self.publish();
            if self.batch_is_full() {
                self.submit();
                self.relieve();
            }
            self.persist_in_time();
        }
        if self.door.is_beside_a_layer() {
            self.trouble.with_subscriber(|| {
                tracing::warn!(
                    target: "agentops",
                    "spans come in through `layer()` and through a span processor of the same handle, so each is sent \
                     twice: keep one of the two"
                );
            });
        }
        false
    }

    /// A span and its bytes are in our hands, and the gauge knows of them.
    fn hold(&mut self, bytes: usize) {
        self.held.0 += 1;
        self.held.1 += bytes;
    }

    /// Maps what the second door holds no longer. That it is recorded was counted as it came in, before its trace was
    /// known.
    pub(super) fn take_released(&mut self) {
        let released = self.door.released();
        self.gauge.admit(released.made);
        self.held.0 += released.made;
        self.stats.record(released.made as u64);
        self.stats.release_early(released.early);
        self.stats.unrecord(released.left_out as u64);
        for span in released.spans {
            if !span.lineage.trace.sampled {
                self.stats.unrecord(1);
            }
            if span.lineage.trace.is_tentative() {
                self.gauge.doubt(1);
                self.judge(span);
            } else if span.lineage.trace.sampled {
                self.take(span);
            } else {
                self.stats.sample_out(1);
            }
            if self.batch_is_full() {
                self.submit();
            }
        }
    }

    /// No root ends any more, and what waits for one is no error.
    pub(super) fn sample_out_undecided(&mut self) {
        for decided in self.undecided.rest() {
            self.act(decided);
        }
    }

    /// Takes a span whose trace is kept, and puts one of which that is not known to the others.
    fn judge(&mut self, span: Box<TracedSpan>) {
        if !span.lineage.trace.is_tentative() {
            return self.take(span);
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
                self.take(span);
            }
        } else {
            self.stats.sample_out(spans as u64);
            let pool = &self.door.recorder().pool;
            for span in decided.spans {
                pool.give_back(span);
            }
        }
    }

    fn take(&mut self, span: Box<TracedSpan>) {
        let session = span.record.kind.is_some_and(|(kind, _)| kind == EntityKind::Session);
        if session {
            self.refresh_load();
        }
        self.announce(&span, session);
        self.complaints.about(&span, &self.trouble);
        let wire = attributes::map(&span.record, &span.lineage, &self.policy);
        if let Some(key) = self.policy.redactor.take_panicked() {
            self.trouble.say(Kind::Redactor, || {
                tracing::warn!(target: "agentops", key, "the redactor panicked: such values leave as {MASK}");
            });
        }
        if let Some(usd) = pricing::cost_of(&wire) {
            self.stats.add_cost(usd);
        }
        let mut data = otel::span::build(wire, &span.lineage, &span.record.start, span.end);
        data.links.dropped_count = span.record.dropped_links;
        let mut bytes = otel::span::bytes(&data);
        if !self.has_room_for(bytes, self.config.content_bytes()) {
            self.stats.shed_waiting(shorten::span(&mut data));
            bytes = otel::span::bytes(&data);
        }
        self.stats
            .shed_recording(span.record.shortened(SHORT), span.record.shed_events);
        self.door.recorder().pool.give_back(span);
        if !self.has_room_for(bytes, self.config.max_queue_bytes) {
            // As at the door of the queue: counted and told of.
            self.stats.drop_spans(DropReason::QueueBytes, 1);
            return;
        }
        self.batch_bytes += bytes;
        self.batch.push(data);
        self.batch_since.get_or_insert_with(Instant::now);
    }

    /// Cuts long values of what waits to be sent where little room is left, the oldest first, down to half of it.
    pub(super) fn relieve(&mut self) {
        self.publish();
        let total = self.total_bytes();
        if total > self.config.content_bytes() {
            let others = total.saturating_sub(self.delivery.pending_bytes());
            let most = (self.config.max_queue_bytes / 2).saturating_sub(others);
            self.stats.shed_waiting(self.delivery.shorten(most));
            self.publish();
        }
    }

    /// Bytes that everything holds, open records included.
    fn total_bytes(&self) -> usize {
        self.gauge.bytes().saturating_add(self.door.recorder().open_bytes())
    }

    /// A mapped span holds more than its record, and the budget is for what is really held.
    fn has_room_for(&self, bytes: usize, most: usize) -> bool {
        let ours = self.batch_bytes + self.delivery.pending_bytes() + self.undecided.bytes() + self.door.bytes();
        // What is in our hands is counted there as it was when it came.
        let waiting = self.total_bytes().saturating_sub(self.held.1);
        waiting + ours + bytes <= most
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
    fn announce(&mut self, span: &TracedSpan, session: bool) {
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
}

pub(super) fn set_session_attributes(policy: &Policy, host: &mut HostProbe) {
    let mut attributes = host.facts();
    for attribute in host.load().0 {
        attributes.put(attribute);
    }
    if let Ok(mut shared) = policy.session_attributes.write() {
        *shared = attributes;
    }
}
