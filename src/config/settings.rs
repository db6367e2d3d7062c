//! [`Settings`]: what the builder was told, before the environment fills the gaps.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use tracing::level_filters::LevelFilter;

use super::{Compression, Content, Export, HostName, HostTrace, Protocol, Redactor, Secret, Semconv};
use crate::price::Price;

/// What the builder was told; `None` leaves it to the environment. An empty text is as good as none.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) api_key: Option<Secret>,
    pub(crate) endpoint: Option<String>,
    pub(crate) exporter_endpoint: Option<String>,
    pub(crate) app_url: Option<String>,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) compression: Option<Compression>,
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) export_timeout: Option<Duration>,
    pub(crate) export: Option<Export>,
    /// The program gave an exporter of its own.
    pub(crate) has_exporter: bool,
    pub(crate) service_name: Option<String>,
    pub(crate) service_version: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) resource_attributes: Vec<(String, String)>,
    pub(crate) env_data_opt_out: Option<bool>,
    pub(crate) host_name: Option<HostName>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) dict_tags: Vec<(String, String)>,
    /// Keys of tags that were not taken.
    pub(crate) refused_tags: Vec<String>,
    pub(crate) trace_name: Option<String>,
    pub(crate) auto_start_session: Option<bool>,
    pub(crate) session_replay_log: Option<bool>,
    pub(crate) sample_ratio: Option<f64>,
    pub(crate) keep_errors: Option<bool>,
    pub(crate) content: Option<Content>,
    pub(crate) redactor: Arc<dyn Redactor>,
    pub(crate) attribute_value_length: Option<usize>,
    pub(crate) semconv: Option<Semconv>,
    pub(crate) prices: Vec<(String, Price)>,
    pub(crate) price_file: Option<PathBuf>,
    pub(crate) instrument_llm_calls: Option<bool>,
    pub(crate) max_level: Option<LevelFilter>,
    pub(crate) event_level: Option<LevelFilter>,
    pub(crate) error_events_to_status: Option<bool>,
    pub(crate) host_trace: Option<HostTrace>,
    pub(crate) panic_hook: Option<bool>,
    pub(crate) shutdown_on_signal: Option<bool>,
    pub(crate) max_queue_size: Option<usize>,
    pub(crate) max_queue_bytes: Option<usize>,
    pub(crate) max_export_batch_size: Option<usize>,
    pub(crate) flush_interval: Option<Duration>,
    pub(crate) shutdown_timeout: Option<Duration>,
    pub(crate) spool_dir: Option<PathBuf>,
    pub(crate) spool_max_bytes: Option<u64>,
    pub(crate) spool_max_age: Option<Duration>,
    pub(crate) durable_spool: Option<bool>,
}

impl Settings {
    /// Nothing was said yet. The default redactor comes from above, where policies live.
    pub(crate) fn new(redactor: Arc<dyn Redactor>) -> Self {
        Self {
            api_key: None,
            endpoint: None,
            exporter_endpoint: None,
            app_url: None,
            protocol: None,
            compression: None,
            headers: Vec::new(),
            export_timeout: None,
            export: None,
            has_exporter: false,
            service_name: None,
            service_version: None,
            environment: None,
            resource_attributes: Vec::new(),
            env_data_opt_out: None,
            host_name: None,
            tags: None,
            dict_tags: Vec::new(),
            refused_tags: Vec::new(),
            trace_name: None,
            auto_start_session: None,
            session_replay_log: None,
            sample_ratio: None,
            keep_errors: None,
            content: None,
            redactor,
            attribute_value_length: None,
            semconv: None,
            prices: Vec::new(),
            price_file: None,
            instrument_llm_calls: None,
            max_level: None,
            event_level: None,
            error_events_to_status: None,
            host_trace: None,
            panic_hook: None,
            shutdown_on_signal: None,
            max_queue_size: None,
            max_queue_bytes: None,
            max_export_batch_size: None,
            flush_interval: None,
            shutdown_timeout: None,
            spool_dir: None,
            spool_max_bytes: None,
            spool_max_age: None,
            durable_spool: None,
        }
    }
}

impl fmt::Debug for Settings {
    /// Names what is safe to name: never a key, a header, a URL or an attribute.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("api_key", &self.api_key)
            .field("export", &self.export)
            .field("service_name", &self.service_name)
            .field("content", &self.content)
            .field("semconv", &self.semconv)
            .finish_non_exhaustive()
    }
}
