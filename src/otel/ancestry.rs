//! [`Ancestry`]: the spans of one trace of OpenTelemetry, and where those that are exported stand.
//!
//! What the layer decides at a span's creation is decided here when the span, or one below it, is first exported. It
//! then stays: a later word changes kind and name, never the tree.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use super::foreign::{Ended, Ids, Meant, Started};
use crate::{
    config::HostTrace,
    hierarchy::{AgentNode, Lineage, Parent, Recorder, SpanId, SpanLink, TraceId, TraceRoot},
    kind::EntityKind,
    record::SpanRecord,
};

/// The spans of one trace of OpenTelemetry.
#[derive(Debug)]
pub(super) struct Ancestry {
    trace: TraceId,
    spans: HashMap<SpanId, Known>,
    open: usize,
    open_roots: usize,
}

/// What is known of a span.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts of their own, each")]
struct Known {
    parent: Option<SpanId>,
    remote: bool,
    /// The [`Session`](crate::Session) that its thread was inside of.
    session: Option<Parent>,
    /// It has no parent that is known.
    is_root: bool,
    is_open: bool,
    /// Recording was switched off when it began.
    left_out: bool,
    /// What it stands for; `None` where it does not concern us.
    meant: Option<Meant>,
    /// What one that is a session said of itself at its start.
    said: Option<Box<SpanRecord>>,
    agent: Option<Arc<AgentNode>>,
    name: Option<Cow<'static, str>>,
    /// Where it stands, once that was decided.
    lineage: Option<Lineage>,
    /// The session that is named after it.
    implicit: Option<Lineage>,
    ended: Option<Ended>,
}

/// What stands above a span, past all that does not concern us.
enum Above {
    Recorded(SpanId),
    Session(Parent),
    /// Nothing: it belongs to this outermost span.
    Outermost(SpanId),
}

/// The session of an unrelated outermost span that ended.
#[derive(Debug)]
pub(super) struct ImplicitSession {
    pub(super) name: Cow<'static, str>,
    pub(super) lineage: Lineage,
    pub(super) ended: Ended,
}

impl Ancestry {
    pub(super) fn new(trace: TraceId) -> Self {
        Self {
            trace,
            spans: HashMap::new(),
            open: 0,
            open_roots: 0,
        }
    }

    /// Spans that are known.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    pub(super) fn has_open_spans(&self) -> bool {
        self.open > 0
    }

    /// A span without a known parent goes on: what is below it may still get a meaning.
    pub(super) fn has_open_roots(&self) -> bool {
        self.open_roots > 0
    }

    pub(super) fn start(&mut self, started: Started) {
        let Started {
            ids,
            recorded,
            name,
            session,
            meant,
            said,
        } = started;
        let known = self.know(ids);
        if known.is_open || known.ended.is_some() {
            return;
        }
        known.is_open = true;
        known.left_out = !recorded;
        known.name = name;
        known.session = session;
        known.said = said;
        let is_root = known.is_root;
        if let Some(meant) = meant {
            known.mean(meant);
        }
        self.open += 1;
        self.open_roots += usize::from(is_root);
    }

    /// It began while recording was switched off.
    pub(super) fn leaves_out(&self, span: SpanId) -> bool {
        self.spans.get(&span).is_some_and(|known| known.left_out)
    }

    /// Whether it is one without a known parent.
    pub(super) fn end(&mut self, ended: Ended, meant: Option<Meant>) -> bool {
        let known = self.know(ended.ids);
        let (is_root, was_open) = (known.is_root, std::mem::replace(&mut known.is_open, false));
        known.ended = Some(ended);
        if let Some(meant) = meant {
            known.mean(meant);
        }
        if was_open {
            self.open = self.open.saturating_sub(1);
            self.open_roots = self.open_roots.saturating_sub(usize::from(is_root));
        }
        is_root
    }

    /// A span whose start was not heard of begins to be known at its end.
    fn know(&mut self, ids: Ids) -> &mut Known {
        let has_parent = ids.parent.is_some_and(|parent| self.spans.contains_key(&parent));
        self.spans.entry(ids.span).or_insert_with(|| Known {
            parent: ids.parent,
            remote: ids.remote,
            session: None,
            is_root: !has_parent,
            is_open: false,
            left_out: false,
            meant: None,
            said: None,
            agent: None,
            name: None,
            lineage: None,
            implicit: None,
            ended: None,
        })
    }

    /// What stands above a span.
    fn above(&self, span: SpanId) -> Above {
        let mut at = span;
        // Ids are the host's: a cycle among them must not hold us.
        for _ in 0..=self.spans.len() {
            let Some(known) = self.spans.get(&at) else { break };
            let local = known.parent.filter(|_| !known.remote);
            let parent = local.and_then(|id| Some((id, self.spans.get(&id)?)));
            let inside = |known: &Known| known.session.as_ref().map(|session| session.lineage_span);
            let entered = inside(known).is_some() && parent.map(|(_, parent)| inside(parent)) != Some(inside(known));
            if let Some(session) = known.session.as_ref().filter(|_| entered) {
                return Above::Session(session.clone());
            }
            match parent {
                Some((id, parent)) if parent.meant.is_some() => return Above::Recorded(id),
                Some((id, _)) => at = id,
                None => break,
            }
        }
        Above::Outermost(at)
    }

    /// Where a span stands, if it is exported; decided now if it was not before.
    pub(super) fn place(&mut self, span: SpanId, recorder: &Recorder) -> Option<Lineage> {
        let mut undecided = Vec::new();
        let mut next = Some(span);
        while let Some(id) = next {
            let known = self.spans.get(&id)?;
            if known.meant.is_none() || known.lineage.is_some() || undecided.len() > self.spans.len() {
                break;
            }
            undecided.push(id);
            next = match self.above(id) {
                Above::Recorded(above) => Some(above),
                _ => None,
            };
        }
        while let Some(id) = undecided.pop() {
            let lineage = self.decide(id, recorder)?;
            self.spans.get_mut(&id)?.lineage = Some(lineage);
        }
        self.spans.get(&span)?.lineage.clone()
    }

    /// As the layer does it: a session is a root, anything else hangs on what is above, else on the session that has
    /// room for it.
    fn decide(&mut self, span: SpanId, recorder: &Recorder) -> Option<Lineage> {
        let above = self.above(span);
        let parent = match &above {
            Above::Recorded(id) => self.as_parent(*id),
            Above::Session(session) => Some(session.clone()),
            Above::Outermost(_) => None,
        };
        let known = self.spans.get(&span)?;
        if known.meant.as_ref()?.kind == Some(EntityKind::Session) {
            let lineage = self.root(span, TraceRoot::Explicit, parent.as_ref(), recorder);
            if let Some(said) = &known.said {
                lineage.hand_down(said);
            }
            return Some(lineage);
        }
        if known.remote {
            return Some(self.root(span, TraceRoot::Bare, None, recorder));
        }
        let parent = parent
            .or_else(|| recorder.auto_session()?.adopt(recorder))
            .or_else(|| self.implicit(span, &above, recorder));
        let Some(parent) = parent else {
            return Some(self.root(span, TraceRoot::Bare, None, recorder));
        };
        Some(Lineage {
            span_id: span,
            parent: Some(parent.lineage_span),
            parent_is_remote: false,
            trace: parent.trace,
            agent: parent.agent,
            links: Vec::new(),
        })
    }

    /// A root of its own. It keeps the id of its trace unless something else of that trace may be a root, too.
    fn root(&self, span: SpanId, kind: TraceRoot, enclosing: Option<&Parent>, recorder: &Recorder) -> Lineage {
        let host = self.spans.get(&span).and_then(|known| {
            let link = |span_id| SpanLink {
                trace_id: self.trace,
                span_id,
                remote: known.remote,
            };
            known.parent.map(link)
        });
        let (mut parent, mut links) = (None, Vec::new());
        let own = match (enclosing, host) {
            (Some(enclosing), _) => {
                links.push(SpanLink {
                    trace_id: enclosing.trace.id,
                    span_id: enclosing.lineage_span,
                    remote: false,
                });
                true
            }
            (None, None) => false,
            // A session that stands for a request goes on in the request's trace only where that was asked for.
            (None, Some(host))
                if recorder.host_trace == HostTrace::Join || host.remote && kind != TraceRoot::Implicit =>
            {
                parent = Some(host);
                false
            }
            (None, Some(host)) => {
                if recorder.host_trace == HostTrace::Link {
                    links.push(host);
                }
                true
            }
        };
        let id = if own { recorder.ids.trace_id() } else { self.trace };
        Lineage {
            span_id: span,
            parent: parent.map(|parent| parent.span_id),
            parent_is_remote: parent.is_some_and(|parent| parent.remote),
            trace: recorder.told_trace(id, span, kind),
            agent: None,
            links,
        }
    }

    /// The session that is named after the unrelated span around everything.
    fn implicit(&mut self, span: SpanId, above: &Above, recorder: &Recorder) -> Option<Parent> {
        let Above::Outermost(outermost) = above else {
            return None;
        };
        if !recorder.makes_implicit_sessions() || *outermost == span || self.spans.get(outermost)?.meant.is_some() {
            return None;
        }
        if self.spans.get(outermost)?.implicit.is_none() {
            let lineage = self.root(*outermost, TraceRoot::Implicit, None, recorder);
            self.spans.get_mut(outermost)?.implicit = Some(lineage);
        }
        let session = self.spans.get(outermost)?.implicit.as_ref()?;
        Some(Parent {
            lineage_span: session.span_id,
            trace: Arc::clone(&session.trace),
            agent: None,
        })
    }

    /// What a child of a placed span inherits.
    fn as_parent(&self, span: SpanId) -> Option<Parent> {
        let known = self.spans.get(&span)?;
        let lineage = known.lineage.as_ref()?;
        Some(Parent {
            lineage_span: span,
            trace: Arc::clone(&lineage.trace),
            agent: known.agent.as_ref().or(lineage.agent.as_ref()).map(Arc::clone),
        })
    }

    /// The agent that a span is or works for, once it is placed; else the one that it names.
    pub(super) fn agent_of(&self, span: SpanId) -> Option<Arc<AgentNode>> {
        let known = self.spans.get(&span)?;
        let above = || known.lineage.as_ref()?.agent.clone();
        let named = || Some(Arc::new(AgentNode::new(known.meant.as_ref()?.agent.as_deref()?)));
        known.agent.clone().or_else(above).or_else(named)
    }

    /// Sessions of outermost spans that ended, each once.
    pub(super) fn ended_implicit_sessions(&mut self) -> Vec<ImplicitSession> {
        let ended = self.spans.values_mut().filter(|known| known.ended.is_some());
        ended
            .filter_map(|known| {
                // What comes later hangs on the same session, which is told once.
                let lineage = known.implicit.clone().filter(|lineage| lineage.trace.end())?;
                Some(ImplicitSession {
                    name: known.name.clone().unwrap_or(Cow::Borrowed("session")),
                    lineage,
                    ended: known.ended?,
                })
            })
            .collect()
    }
}

impl Known {
    fn mean(&mut self, meant: Meant) {
        if meant.kind == Some(EntityKind::Agent) {
            let name = meant.agent.as_deref().unwrap_or_default();
            match &self.agent {
                Some(agent) => agent.rename(name),
                None => self.agent = Some(Arc::new(AgentNode::new(name))),
            }
        }
        self.meant = Some(meant);
    }
}
