//! [`SessionBuilder`]: what a session starts with, and where it starts.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
};

use opentelemetry::propagation::Extractor;
use tracing::{dispatcher, span::Id};
use tracing_subscriber::{Registry, registry::LookupSpan};

use super::Session;
use crate::{
    handle::AgentOps,
    hierarchy::{
        InstanceId, Lineage, LooseRecord, Parent, Recorded, Recorder, RemoteParent, Slot, TraceFacts, TraceRoot,
        innermost_scope, open_session_record,
    },
    layer::extensions,
    propagation,
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
    remote: Option<(RemoteParent, Remote)>,
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

    /// The span of another process that asked for this session, read from a carrier's `traceparent`, and whom that one
    /// serves, from its `baggage`: `user.id` and `session.id`, unless they are given here. A carrier without a valid
    /// `traceparent` changes nothing. Its sampled flag is not read: whether the trace is kept is this handle's
    /// [ratio](crate::Builder::with_sample_ratio) to say, which processes of the same ratio say alike of one trace.
    /// Carriers: [`propagation`](crate::propagation).
    ///
    /// Without it, a session of a process that was started with `TRACEPARENT` in its environment joins that trace.
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
        let remote = remote.or_else(|| Some((recorder.remote()?.clone(), Remote::Join)));
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
            if let Some((parent, Remote::Join)) = &remote {
                slot.continue_trace(parent.span);
            }
            adjust(slot.lineage_mut(), remote.as_ref(), &facts);
            Some(slot.lineage().clone())
        })
        .flatten();
        let (lineage, own) = if let Some(lineage) = in_registry {
            (lineage, None)
        } else {
            let mut lineage = recorder.root_lineage(TraceRoot::Explicit, enclosing.as_ref());
            if let Some((parent, Remote::Join)) = &remote {
                recorder.continue_trace(&mut lineage, parent.span);
            }
            adjust(&mut lineage, remote.as_ref(), &facts);
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
            // That we log it does not bind the program, which may still give its span a remote parent.
            let url = session.handle.replay_url(session.lineage.trace.id);
            tracing::info!(target: "agentops", %url, "session started; replay");
        }
        session
    }
}

/// Puts what the builder was told to a session that nobody has seen yet.
fn adjust(lineage: &mut Lineage, remote: Option<&(RemoteParent, Remote)>, facts: &TraceFacts) {
    if let Some((parent, Remote::Link)) = remote {
        lineage.links.push(parent.span);
    }
    lineage.trace.tell(|told| {
        told.clone_from(facts);
        if let Some((parent, _)) = remote {
            parent.tell(told);
        }
    });
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
pub(super) fn nearest_recorded<T>(instance: InstanceId, read: impl Fn(Id, &Slot) -> T) -> Option<T> {
    dispatcher::get_default(|dispatch| {
        let registry = dispatch.downcast_ref::<Registry>()?;
        let current = dispatch.current_span();
        registry.span(current.id()?)?.scope().find_map(|span| {
            let known = extensions(&span)?;
            Some(read(span.id(), known.get::<Recorded>()?.slot(instance)?))
        })
    })
}
