//! The host environment.

use crate::{config::Config, semconv::wire::AttributeSet};

/// Reads the host's facts once and its load now and then. Lives on the pipeline thread; reading may take
/// milliseconds.
pub(crate) struct HostProbe;

impl HostProbe {
    /// `None` when opted out, or without the feature `host`.
    pub(crate) fn new(config: &Config) -> Option<Self> {
        let _ = config;
        None
    }

    /// What does not change: the resource and session spans carry it.
    pub(crate) fn facts(&self) -> AttributeSet {
        AttributeSet::default()
    }

    /// CPU and memory now, for session spans. `cpu.percent` is there from the second call on, which must come at
    /// least 200 ms after the first.
    pub(crate) fn load(&mut self) -> AttributeSet {
        AttributeSet::default()
    }
}
