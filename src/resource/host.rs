//! The host environment.

#[cfg(feature = "host")]
use super::facts;
use crate::{config::Config, semconv::wire::AttributeSet};

/// Reads the host's facts once and its load now and then. Lives on the pipeline thread; reading may take
/// milliseconds.
#[cfg(feature = "host")]
pub(crate) struct HostProbe {
    facts: AttributeSet,
    system: sysinfo::System,
    /// CPU time is a difference of two readings: the first alone says nothing.
    has_baseline: bool,
}

/// Without the feature `host` nothing is read.
#[cfg(not(feature = "host"))]
pub(crate) struct HostProbe {
    never: std::convert::Infallible,
}

#[cfg(not(feature = "host"))]
impl HostProbe {
    pub(crate) fn new(config: &Config) -> Option<Self> {
        let _ = config;
        None
    }

    pub(crate) fn facts(&self) -> AttributeSet {
        match self.never {}
    }

    pub(crate) fn load(&mut self) -> AttributeSet {
        match self.never {}
    }
}

#[cfg(feature = "host")]
impl HostProbe {
    /// `None` when opted out, or without the feature `host`.
    pub(crate) fn new(config: &Config) -> Option<Self> {
        if config.env_data_opt_out {
            return None;
        }
        let mut system = sysinfo::System::new();
        system.refresh_cpu_list(sysinfo::CpuRefreshKind::nothing());
        system.refresh_memory_specifics(sysinfo::MemoryRefreshKind::nothing().with_ram());
        let facts = facts::read(config, &system);
        Some(Self {
            facts,
            system,
            has_baseline: false,
        })
    }

    /// What does not change: the resource and session spans carry it.
    pub(crate) fn facts(&self) -> AttributeSet {
        self.facts.clone()
    }

    /// CPU and memory now, for session spans. `cpu.percent` is there from the second call on, which must come at
    /// least 200 ms after the first.
    pub(crate) fn load(&mut self) -> AttributeSet {
        use crate::semconv::host::{CPU_PERCENT, MEMORY_AVAILABLE, MEMORY_PERCENT, MEMORY_USED};

        self.system.refresh_cpu_usage();
        self.system
            .refresh_memory_specifics(sysinfo::MemoryRefreshKind::nothing().with_ram());
        let mut load = AttributeSet::default();
        let cpu = f64::from(self.system.global_cpu_usage());
        if self.has_baseline && cpu.is_finite() {
            load.set(CPU_PERCENT, one_decimal(cpu.clamp(0.0, 100.0)));
        }
        self.has_baseline = true;
        let (total, available) = (self.system.total_memory(), self.system.available_memory());
        load.set(MEMORY_AVAILABLE, facts::bytes(available));
        load.set(MEMORY_USED, facts::bytes(self.system.used_memory()));
        if total > 0 {
            load.set(
                MEMORY_PERCENT,
                one_decimal(total.saturating_sub(available) as f64 / total as f64 * 100.0),
            );
        }
        load
    }
}

/// The precision of the Python SDK.
#[cfg(feature = "host")]
fn one_decimal(percent: f64) -> f64 {
    (percent * 10.0).round() / 10.0
}
