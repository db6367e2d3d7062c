//! [`Session`]: one run, opened and ended by the program.

mod builder;

pub use builder::{Remote, SessionBuilder};

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::Serialize;
use tracing::{Instrument as _, Span};

use builder::nearest_recorded;

use crate::{
    config::EndState,
    handle::AgentOps,
    hierarchy::{InstanceId, Lineage, LooseRecord, Parent, ScopeGuard, Slot, Trace, say_end},
    policy::limits::MARK,
    record::{Fields, Said},
    semconv::wire::WireValue,
    span_ext::with_recorded,
};

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
            Err(error) => {
                // Through `Fields`, which bounds what a Display writes and survives its panic.
                let mut said = Fields::default();
                said.set_formatted("reason", format_args!("{error}"), self.handle.recorder().value_cap);
                self.fail(said.get_text("reason").unwrap_or_default());
            }
        }
        result
    }

    /// The trace's id: 32 hexadecimal digits. Once it was told, the session's span takes no other
    /// ([`set_remote_parent`](crate::AgentOpsSpanExt::set_remote_parent)).
    pub fn trace_id(&self) -> String {
        self.told_trace().id.to_string()
    }

    /// Where AgentOps shows the session. It tells the trace's id, as [`trace_id`](Self::trace_id) does.
    pub fn replay_url(&self) -> String {
        self.handle.replay_url(self.told_trace().id)
    }

    /// A fact about the session: attribute `trace.metadata.<key>`. Booleans, numbers and strings keep their type, anything
    /// else is JSON text. Where the memory for what waits is used up, a long text is left out and marked as truncated. Once
    /// the session ended, it comes to nothing.
    pub fn set_metadata(&self, key: impl Into<String>, value: impl Serialize) {
        if self.ended.load(Ordering::Relaxed) {
            return;
        }
        let key = key.into();
        let recorder = self.handle.recorder();
        let value = match Said::serialize(&value, recorder.value_cap) {
            Said::Bool(value) => WireValue::Bool(value),
            Said::I64(value) => WireValue::I64(value),
            Said::U64(value) => i64::try_from(value).map_or_else(|_| value.to_string().into(), WireValue::I64),
            Said::F64(value) => WireValue::F64(value),
            // There is no room for it, and of half a text nobody can tell whether it ends in half a secret.
            Said::Text(text, _) if text.len() > recorder.cap() => WireValue::Str(MARK.to_owned()),
            Said::Text(text, _) => WireValue::Str(text),
        };
        self.trace().tell(|facts| {
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

    /// The trace that the session is in now: its span may have been given a remote parent after the start.
    fn trace(&self) -> Arc<Trace> {
        self.seen(|_| ())
    }

    /// The same, for somebody who will hold the session to it.
    fn told_trace(&self) -> Arc<Trace> {
        self.seen(|slot| slot.observed.store(true, Ordering::Relaxed))
    }

    fn seen(&self, see: impl FnOnce(&Slot)) -> Arc<Trace> {
        let instance = self.handle.recorder().instance;
        let current = with_recorded(&self.span, |recorded| {
            let slot = recorded.slot(instance)?;
            see(slot);
            Some(Arc::clone(&slot.lineage().trace))
        });
        // A record of its own is in no registry, and its trace stays.
        current.flatten().unwrap_or_else(|| Arc::clone(&self.lineage.trace))
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
