//! [`ImplicitSession`]: with the auto-session off, the spans below one unrelated outermost span (a server's request)
//! share a session that is named after it.

use std::sync::{Arc, Weak};

use smallvec::SmallVec;
use tracing_subscriber::registry::{ExtensionsMut, LookupSpan, SpanRef};

use super::{InstanceId, Lineage, Parent, Recorder, TraceRoot, auto::session_record};
use crate::{clock::Start, config::EndState, kind::EntityKind};

/// The sessions that hang on one unrelated span, one a handle. They end with it: the registry drops extensions
/// when a span closes, which is the only sign that a layer gets of a span it does not see.
#[derive(Default)]
pub(crate) struct ImplicitSessions(SmallVec<[ImplicitSession; 1]>);

struct ImplicitSession {
    instance: InstanceId,
    recorder: Weak<Recorder>,
    name: &'static str,
    start: Start,
    lineage: Lineage,
}

/// The session of the span at the root of `scope`, made if it is not there.
pub(crate) fn adopt<'a, R>(recorder: &Arc<Recorder>, outermost: &SpanRef<'a, R>) -> Parent
where
    R: LookupSpan<'a>,
{
    let mut extensions = outermost.extensions_mut();
    let sessions = sessions(&mut extensions);
    if let Some(have) = sessions.0.iter().find(|session| session.instance == recorder.instance) {
        return have.as_parent();
    }
    let session = ImplicitSession {
        instance: recorder.instance,
        recorder: Arc::downgrade(recorder),
        name: outermost.name(),
        start: recorder.clock.start(),
        lineage: recorder.root_lineage(TraceRoot::Implicit, None),
    };
    let parent = session.as_parent();
    recorder.opened(0);
    session.note(recorder);
    sessions.0.push(session);
    parent
}

fn sessions<'e>(extensions: &'e mut ExtensionsMut<'_>) -> &'e mut ImplicitSessions {
    if extensions.get_mut::<ImplicitSessions>().is_none() {
        extensions.insert(ImplicitSessions::default());
    }
    extensions.get_mut().unwrap_or_else(|| unreachable!("inserted above"))
}

impl ImplicitSession {
    fn note(&self, recorder: &Recorder) {
        if !recorder.notes_open() {
            return;
        }
        let record = session_record(self.start, self.name, &EndState::Indeterminate, recorder.value_cap);
        recorder.note_open(&record, &self.lineage);
    }

    fn as_parent(&self) -> Parent {
        Parent {
            lineage_span: self.lineage.span_id,
            trace: Arc::clone(&self.lineage.trace),
            agent: None,
        }
    }
}

impl Drop for ImplicitSession {
    fn drop(&mut self) {
        let Some(recorder) = self.recorder.upgrade() else {
            return;
        };
        let state = if std::thread::panicking() {
            EndState::Fail
        } else {
            EndState::Success
        };
        let record = session_record(self.start, self.name, &state, recorder.value_cap);
        debug_assert_eq!(record.kind.map(|(kind, _)| kind), Some(EntityKind::Session));
        recorder.finish(record, self.lineage.clone(), recorder.clock.now(), 0);
    }
}
