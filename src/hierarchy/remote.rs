//! [`RemoteParent`]: where a trace comes from that was begun in another process.

use super::{SpanLink, TraceFacts};

/// The span of another process that asked for something here, and whom it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteParent {
    pub(crate) span: SpanLink,
    pub(crate) user_id: Option<String>,
    pub(crate) session_id: Option<String>,
}

impl RemoteParent {
    /// Tells what the session was not told here.
    pub(crate) fn tell(&self, facts: &mut TraceFacts) {
        for (known, said) in [
            (&mut facts.user_id, &self.user_id),
            (&mut facts.session_id, &self.session_id),
        ] {
            if known.is_none() {
                known.clone_from(said);
            }
        }
    }
}
