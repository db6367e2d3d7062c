//! [`Session`]: one run, opened and ended by the program.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use opentelemetry::propagation::Extractor;
use serde::Serialize;
use tracing::{Instrument as _, Span, dispatcher, span::Id};
use tracing_subscriber::{Registry, registry::LookupSpan};

use crate::{
    config::EndState,
    handle::AgentOps,
    hierarchy::{
        InstanceId, Lineage, LooseRecord, Parent, Recorded, Recorder, ScopeGuard, Slot, SpanLink, TraceFacts,
        TraceRoot, innermost_scope, open_session_record, say_end,
    },
    layer::extensions,
    propagation,
    record::{Fields, Said},
    semconv::wire::WireValue,
    span_ext::with_recorded,
};

/// What to make of a remote parent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remote {
    /// The session keeps its own trace and links to the remote span.
    #[default]
    Link,
    /// The session and the spans below it continue the remote trace.
    Join,
}

/// Collects what a session starts with; [`AgentOps::session`] makes one.
#[must_use = "a session starts with `start()`"]
#[derive(Clone)]
pub struct SessionBuilder {
    handle: AgentOps,
    name: String,
    facts: TraceFacts,
    remote: Option<(SpanLink, Remote)>,
}

impl fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionBuilder")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl SessionBuilder {
    pub(crate) fn new(handle: AgentOps, name: String) -> Self {
        Self {
            handle,
            name,
            facts: TraceFacts::default(),
            remote: None,
        }
    }

    /// List tags, after the handle's.
    pub fn with_tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.facts.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// A dict tag: a top-level attribute of this key. It wins over the handle's tag of the same key; a key that would
    /// hide the session's own attributes (`agentops.*`, `gen_ai.*`, `tool`, ...) is left out.
    pub fn with_tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.dict_tags.push((key.into(), value.into()));
        self
    }

    /// The user that the session serves: `user.id` on every span of it.
    pub fn with_user_id(mut self, id: impl Into<String>) -> Self {
        self.facts.user_id = Some(id.into());
        self
    }

    /// The conversation that the session belongs to: `session.id` on every span of it.
    pub fn with_session_id(mut self, id: impl Into<String>) -> Self {
        self.facts.session_id = Some(id.into());
        self
    }

    /// The span of another process that asked for this session, read from a carrier's `traceparent`. A carrier without a
    /// valid one changes nothing.
    pub fn with_remote_parent(mut self, carrier: &dyn Extractor, remote: Remote) -> Self {
        self.remote = propagation::extract(carrier).map(|parent| (parent, remote));
        self
    }

    /// Starts the session. It is the root of a trace of its own; a span that encloses it is linked.
    pub fn start(self) -> Session {
        let Self {
            handle,
            name,
            facts,
            remote,
        } = self;
        let recorder = Arc::clone(handle.recorder());
        let enclosing = enclosing(&recorder);
        let span = tracing::info_span!(
            target: "agentops",
            "session",
            agentops.kind = "session",
            agentops.name = name.as_str(),
            otel.name = name.as_str(),
            agentops.session.has_record = tracing::field::Empty,
        );
        let instance = recorder.instance;
        let in_registry = with_recorded(&span, |recorded| {
            let slot = recorded.slot_mut(instance)?;
            if let Some((parent, Remote::Join)) = remote {
                slot.continue_trace(parent);
            }
            adjust(&mut slot.lineage, remote, &facts);
            Some(slot.lineage.clone())
        })
        .flatten();
        let (lineage, own) = if let Some(lineage) = in_registry {
            (lineage, None)
        } else {
            let mut lineage = recorder.root_lineage(TraceRoot::Explicit, enclosing.as_ref());
            if let Some((parent, Remote::Join)) = remote {
                recorder.continue_trace(&mut lineage, parent);
            }
            adjust(&mut lineage, remote, &facts);
            let own = recorder.is_enabled().then(|| {
                let record = open_session_record(recorder.clock.start(), &name, recorder.value_cap);
                LooseRecord::open(&recorder, lineage.clone(), record)
            });
            (lineage, own)
        };
        if own.is_some() {
            handle.keeps_record_of(&span);
        }
        let session = Session {
            handle,
            span,
            lineage,
            own,
            ended: AtomicBool::new(false),
        };
        if session.handle.logs_replay() && recorder.is_enabled() && session.lineage.trace.sampled {
            let url = session.replay_url();
            tracing::info!(target: "agentops", %url, "session started; replay");
        }
        session
    }
}

/// Puts what the builder was told to a session that nobody has seen yet.
fn adjust(lineage: &mut Lineage, remote: Option<(SpanLink, Remote)>, facts: &TraceFacts) {
    if let Some((parent, Remote::Link)) = remote {
        lineage.links.push(parent);
    }
    lineage.trace.tell(|told| told.clone_from(facts));
}

/// What encloses this point: the nearest recorded span, or the session without a span that was entered below it.
fn enclosing(recorder: &Recorder) -> Option<Parent> {
    let nearest = nearest_recorded(recorder.instance, |id, slot| (id, slot.as_parent()));
    match (innermost_scope(recorder.instance), nearest) {
        (Some((below, session)), nearest) if below == nearest.as_ref().map(|(id, _)| id.clone()) => Some(session),
        (_, Some((_, parent))) => Some(parent),
        (scoped, None) => scoped.map(|(_, session)| session),
    }
}

/// What `read` says of the nearest recorded span around this point.
fn nearest_recorded<T>(instance: InstanceId, read: impl Fn(Id, &Slot) -> T) -> Option<T> {
    dispatcher::get_default(|dispatch| {
        let registry = dispatch.downcast_ref::<Registry>()?;
        let current = dispatch.current_span();
        registry.span(current.id()?)?.scope().find_map(|span| {
            let known = extensions(&span)?;
            Some(read(span.id(), known.get::<Recorded>()?.slot(instance)?))
        })
    })
}

/// One run of a program: the root of a trace, with everything that happens inside of it.
///
/// Dropped without [`end`](Self::end), it ends as [`EndState::Indeterminate`] (as [`EndState::Fail`] while panicking).
///
/// ```
/// use agentops::{EndState, Export};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let agentops = agentops::builder().with_export(Export::Off).build()?;
/// let session = agentops.session("nightly-report").with_tags(["nightly"]).with_tag("team", "blue").start();
/// session.in_scope(|| tracing::info!("what happens here belongs to the session"));
/// session.end(EndState::Success);
/// # Ok(())
/// # }
/// ```
#[must_use = "a session that is dropped at once ends at once"]
pub struct Session {
    handle: AgentOps,
    span: Span,
    lineage: Lineage,
    /// The session's own record, where its `tracing` span is not recorded.
    own: Option<Arc<LooseRecord>>,
    ended: AtomicBool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("trace_id", &self.lineage.trace.id)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// The session's `tracing` span: enter it, or use it as an explicit parent. Where a filter disabled it,
    /// [`in_scope`](Self::in_scope), [`instrument`](Self::instrument) and [`run`](Self::run) still lead to the session.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Runs `work` inside the session.
    pub fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        let _scope = self.scope().map(Scope::enter);
        self.span.in_scope(work)
    }

    /// A future that is polled inside the session. Give it to `tokio::spawn` to run a task of the session.
    ///
    /// Where `tracing::Instrument` is imported, its method of the same name comes first: write
    /// `(&session).instrument(future)`, or `future.instrument(session.span().clone())`.
    pub fn instrument<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let scope = self.scope();
        let mut future: Pin<Box<_>> = Box::pin(future.instrument(self.span.clone()));
        std::future::poll_fn(move |cx| {
            let _scope = scope.clone().map(Scope::enter);
            future.as_mut().poll(cx)
        })
    }

    /// Runs the whole session: `Ok` ends it as Success, `Err` as Fail with the error's text as the reason; a future that is
    /// dropped before it is done ends it as Indeterminate.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn run<T, E, F>(self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce() -> Result<T, E>,
        E: fmt::Display,
    {
        let result = Self::instrument(&self, work()).await;
        match &result {
            Ok(_) => self.end(EndState::Success),
            Err(error) => self.fail(error.to_string()),
        }
        result
    }

    /// The trace's id: 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        self.lineage.trace.id.to_string()
    }

    /// Where AgentOps shows the session.
    pub fn replay_url(&self) -> String {
        self.handle.replay_url(self.lineage.trace.id)
    }

    /// A fact about the session: attribute `trace.metadata.<key>`. Booleans, numbers and strings keep their type, anything
    /// else is JSON text.
    pub fn set_metadata<T: Serialize + ?Sized>(&self, key: impl Into<String>, value: &T) {
        let key = key.into();
        let value = match Said::serialize(value, self.handle.recorder().value_cap) {
            Said::Bool(value) => WireValue::Bool(value),
            Said::I64(value) => WireValue::I64(value),
            Said::U64(value) => i64::try_from(value).map_or_else(|_| value.to_string().into(), WireValue::I64),
            Said::F64(value) => WireValue::F64(value),
            Said::Text(text, _) => WireValue::Str(text),
        };
        self.lineage.trace.tell(|facts| {
            if let Some((_, have)) = facts.metadata.iter_mut().find(|(have, _)| *have == key) {
                *have = value;
            } else if facts.metadata.len() < Fields::MAX_FIELDS {
                facts.metadata.push((key, value));
            }
        });
    }

    /// Ends the session now; only the first end counts, and [`AgentOps::shutdown`] ends what is open then, as
    /// [`EndState::Shutdown`]. Spans that begin later still belong to its trace.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an end state is given away; callers write it in place"
    )]
    pub fn end(&self, state: EndState) {
        self.finish(&state, None);
    }

    /// Ends the session as [`EndState::Fail`] with a reason, which becomes the status text.
    pub fn fail(&self, reason: impl Into<String>) {
        self.finish(&EndState::Fail, Some(&reason.into()));
    }

    fn finish(&self, state: &EndState, reason: Option<&str>) {
        if self.ended.swap(true, Ordering::AcqRel) {
            return;
        }
        let cap = self.handle.recorder().value_cap;
        let Some(own) = &self.own else {
            // Another handle in the same registry shows the session, too: it ends there as well, and in the same state.
            let finished: Option<Vec<_>> = with_recorded(&self.span, |recorded| {
                let slots = recorded.slots_mut();
                let ended = slots.filter_map(|slot| {
                    slot.change(|record, _| say_end(record, state, reason, cap));
                    slot.end()
                });
                ended.collect()
            });
            for slot in finished.into_iter().flatten() {
                slot.finish();
            }
            return;
        };
        own.end(state, reason);
    }

    /// How to get inside where the span does not exist.
    fn scope(&self) -> Option<Scope> {
        self.own.as_ref()?;
        Some(Scope {
            instance: self.handle.recorder().instance,
            parent: Parent {
                lineage_span: self.lineage.span_id,
                trace: Arc::clone(&self.lineage.trace),
                agent: None,
            },
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.finish(&EndState::Fail, Some("the session was left by a panic"));
        } else {
            self.finish(&EndState::Indeterminate, None);
        }
    }
}

#[derive(Clone)]
struct Scope {
    instance: InstanceId,
    parent: Parent,
}

impl Scope {
    /// Below what is current here: a session may be entered elsewhere than it was started.
    fn enter(self) -> ScopeGuard {
        let below = nearest_recorded(self.instance, |id, _| id);
        ScopeGuard::enter(self.instance, below, self.parent)
    }
}
