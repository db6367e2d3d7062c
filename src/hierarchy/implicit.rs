//! [`ImplicitSession`]: with the auto-session off, the spans below one unrelated outermost span (a server's request)
//! share a session that is named after it.

use std::sync::Arc;

use smallvec::SmallVec;
use tracing_subscriber::registry::{ExtensionsMut, LookupSpan, SpanRef};

use super::{InstanceId, LooseRecord, Parent, Recorder, TraceRoot, auto::open_session_record};
use crate::config::EndState;

/// The sessions that hang on one unrelated span, one a handle. They end with it: the registry drops extensions
/// when a span closes, which is the only sign that a layer gets of a span it does not see.
#[derive(Default)]
pub(crate) struct ImplicitSessions(SmallVec<[ImplicitSession; 1]>);

struct ImplicitSession {
    instance: InstanceId,
    parent: Parent,
    record: Arc<LooseRecord>,
}

/// The session of the span at the root of `scope`, made if it is not there.
pub(crate) fn adopt<'a, R>(recorder: &Arc<Recorder>, outermost: &SpanRef<'a, R>) -> Parent
where
    R: LookupSpan<'a>,
{
    let mut extensions = outermost.extensions_mut();
    let sessions = sessions(&mut extensions);
    if let Some(have) = sessions.0.iter().find(|session| session.instance == recorder.instance) {
        return have.parent.clone();
    }
    let lineage = recorder.root_lineage(TraceRoot::Implicit, None);
    let parent = Parent {
        lineage_span: lineage.span_id,
        trace: Arc::clone(&lineage.trace),
        agent: None,
    };
    let record = open_session_record(recorder.clock.start(), outermost.name(), recorder.value_cap);
    sessions.0.push(ImplicitSession {
        instance: recorder.instance,
        parent: parent.clone(),
        record: LooseRecord::open(recorder, lineage, record),
    });
    parent
}

fn sessions<'e>(extensions: &'e mut ExtensionsMut<'_>) -> &'e mut ImplicitSessions {
    if extensions.get_mut::<ImplicitSessions>().is_none() {
        extensions.insert(ImplicitSessions::default());
    }
    extensions.get_mut().unwrap_or_else(|| unreachable!("inserted above"))
}

impl Drop for ImplicitSession {
    fn drop(&mut self) {
        let state = if std::thread::panicking() {
            EndState::Fail
        } else {
            EndState::Success
        };
        self.record.end(&state, None);
    }
}
