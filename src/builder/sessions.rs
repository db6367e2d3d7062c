//! Sessions.

use super::{Builder, text};
use crate::config::HostTrace;
use crate::policy::tags;

/// Sessions.
impl Builder {
    /// Adds tags of every session. Environment: `AGENTOPS_DEFAULT_TAGS`, separated by commas; not read once there are
    /// tags here. Default: none.
    pub fn with_tags<I>(mut self, tags: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.settings
            .tags
            .get_or_insert_default()
            .extend(tags.into_iter().map(Into::into));
        self
    }

    /// Adds a tag with a key to every session: an attribute of that name. A key that AgentOps uses itself, such as
    /// `agent`, is not taken, with a warning. Has no variable. Default: none.
    pub fn with_tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let (key, value) = (key.into(), value.into());
        if key.is_empty() || tags::is_refused(&key) {
            self.settings.refused_tags.push(key);
        } else {
            self.settings.dict_tags.retain(|(have, _)| *have != key);
            self.settings.dict_tags.push((key, value));
        }
        self
    }

    /// The auto-session's name. Environment: `AGENTOPS_TRACE_NAME`. Default: `default`.
    pub fn with_trace_name(mut self, name: impl Into<String>) -> Self {
        self.settings.trace_name = text(name);
        self
    }

    /// Whether one session, which lasts as long as the handle, adopts the spans that belong to no other. Environment:
    /// `AGENTOPS_AUTO_START_SESSION`. Default: `true`.
    ///
    /// Without it, what belongs to no session has one with everything else below the same outermost span, such as a
    /// server's request, and for as long as that span. Below one that lasts as long as the process, a worker's loop, open a
    /// [session](crate::AgentOps::session) for each piece of work.
    pub fn with_auto_start_session(mut self, auto_start: bool) -> Self {
        self.settings.auto_start_session = Some(auto_start);
        self
    }

    /// Whether a session's link to the dashboard is logged when it starts and ends. Environment:
    /// `AGENTOPS_LOG_SESSION_REPLAY_URL`. Default: `true`; without a key there is no link.
    pub fn with_session_replay_log(mut self, log: bool) -> Self {
        self.settings.session_replay_log = Some(log);
        self
    }

    /// The part of all traces that is kept, from 0 to 1. Environment: `AGENTOPS_SAMPLE_RATIO`; without a key, also
    /// `OTEL_TRACES_SAMPLER` with `OTEL_TRACES_SAMPLER_ARG`. Default: 1.
    pub fn with_sample_ratio(mut self, ratio: f64) -> Self {
        self.settings.sample_ratio = Some(ratio);
        self
    }

    /// Whether a trace that is not in that part is kept all the same, whole, when one of its spans is an error. Until
    /// its root ends its spans wait: at most 1,000 traces of 4,096 spans, in half of the room of the queue; beyond that
    /// the oldest, or the one that is too long, is left out for good. Has no variable. Default: `false`.
    pub fn with_keep_errors(mut self, keep: bool) -> Self {
        self.settings.keep_errors = Some(keep);
        self
    }

    /// What to make of a span of the host's own OpenTelemetry around a root of ours. Has no variable. Default:
    /// [`HostTrace::Link`].
    pub fn with_host_trace(mut self, host_trace: HostTrace) -> Self {
        self.settings.host_trace = Some(host_trace);
        self
    }
}
