//! [`AgentOpsFilter`]: decides at the callsite, once, so that everything else in the program pays nothing.

use tracing::{Metadata, Subscriber, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::{
    layer::{Context, Filter},
    registry::LookupSpan,
};

use crate::{attributes::classify, config::Config};

/// The target of our own events, which are never recorded.
pub(crate) const OWN_TARGET: &str = "agentops";

/// Which callsites our layer sees.
#[derive(Clone, Debug)]
pub(super) struct AgentOpsFilter {
    /// Recording is off for good.
    inert: bool,
    only_agentops: bool,
    max_level: LevelFilter,
    event_level: LevelFilter,
}

impl AgentOpsFilter {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            inert: config.destination.is_inert(),
            only_agentops: !config.instrument_llm_calls,
            max_level: config.max_level,
            event_level: config.event_level,
        }
    }

    fn sees_span(&self, callsite: &Metadata<'_>) -> bool {
        !self.inert && *callsite.level() <= self.max_level && classify::is_candidate(callsite, self.only_agentops)
    }

    /// Events at the event level, and what `#[instrument(ret, err)]` writes at the level of its span.
    fn may_see_event(&self, callsite: &Metadata<'_>) -> bool {
        let level = *callsite.level();
        !self.inert
            && callsite.target() != OWN_TARGET
            && (level <= self.event_level || level <= self.max_level && classify::is_outcome_event(callsite))
    }
}

impl<S> Filter<S> for AgentOpsFilter
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn callsite_enabled(&self, callsite: &'static Metadata<'static>) -> Interest {
        if callsite.is_span() {
            if self.sees_span(callsite) {
                // Not `always`: the registry would then not ask again, and take what was answered before. A program
                // that asked whether an event is enabled, and wrote none, would lose the span that follows.
                Interest::sometimes()
            } else {
                Interest::never()
            }
        } else if self.may_see_event(callsite) {
            // `always` would switch events on in the whole program; inside our spans is enough.
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, cx: &Context<'_, S>) -> bool {
        if metadata.is_span() {
            self.sees_span(metadata)
        } else {
            self.may_see_event(metadata) && cx.lookup_current().is_some()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(if self.inert {
            LevelFilter::OFF
        } else {
            self.max_level.max(self.event_level)
        })
    }
}
