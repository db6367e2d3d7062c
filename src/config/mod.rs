//! [`Config`]: everything that was asked for, validated and immutable.
//!
//! The builder collects, `env` reads the variables, `resolve` and `route` decide, `accept`, `endpoint` and `pairs` say
//! what a value must look like; nothing else in the crate reads the environment.

mod accept;
pub(crate) mod api_key;
mod destination;
mod endpoint;
pub(crate) mod env;
mod notice;
mod options;
mod pairs;
mod price_file;
mod resolve;
mod route;
mod service;
mod settings;
mod spool;
#[cfg(test)]
mod tests;

pub(crate) use accept::LONGEST_WAIT;
pub(crate) use destination::{Destination, Headers, Secret, Shown};
#[cfg(test)]
pub(crate) use notice::Notice;
pub(crate) use notice::Notices;
pub use options::{Compression, Content, EndState, Export, HostName, HostTrace, Protocol, Redactor, Semconv};
#[cfg(any(feature = "reqwest-middleware", feature = "tower"))]
pub(crate) use pairs::percent_decode;
pub(crate) use settings::Settings;
pub(crate) use spool::SpoolOptions;

use std::{fmt, sync::Arc, time::Duration};

use tracing::level_filters::LevelFilter;

use crate::price::Price;

/// Everything that was asked for.
#[derive(Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own, which nothing else excludes"
)]
pub(crate) struct Config {
    pub(crate) destination: Destination,
    /// `Some` while the key is known; hashes the host's name even where nothing is sent to AgentOps.
    #[cfg_attr(
        not(any(feature = "host", test)),
        expect(dead_code, reason = "only the host environment asks for it")
    )]
    pub(crate) api_key: Option<Secret>,
    pub(crate) app_url: String,
    pub(crate) protocol: Protocol,
    pub(crate) compression: Compression,
    pub(crate) headers: Headers,
    /// How long one request may take.
    pub(crate) export_timeout: Duration,

    pub(crate) service_name: String,
    pub(crate) service_version: Option<String>,
    pub(crate) environment: Option<String>,
    /// `OTEL_RESOURCE_ATTRIBUTES`, then the builder's: they win over detection.
    pub(crate) resource_attributes: Vec<(String, String)>,
    #[cfg_attr(
        not(any(feature = "host", test)),
        expect(dead_code, reason = "only the host environment asks for it")
    )]
    pub(crate) env_data_opt_out: bool,
    #[cfg_attr(
        not(any(feature = "host", test)),
        expect(dead_code, reason = "only the host environment asks for it")
    )]
    pub(crate) host_name: HostName,

    pub(crate) tags: Vec<String>,
    pub(crate) dict_tags: Vec<(String, String)>,
    /// The auto-session's name.
    pub(crate) trace_name: String,
    pub(crate) auto_start_session: bool,
    pub(crate) session_replay_log: bool,
    /// 0.0 to 1.0 of the traces are kept.
    pub(crate) sample_ratio: f64,
    /// Traces that are left out are kept all the same where a span of them is an error.
    pub(crate) keep_errors: bool,

    pub(crate) content: Content,
    pub(crate) redactor: Arc<dyn Redactor>,
    /// Characters.
    pub(crate) attribute_value_length: usize,
    pub(crate) semconv: Semconv,
    /// The program's own prices; the last one of a model counts.
    pub(crate) prices: Vec<(String, Price)>,

    pub(crate) instrument_llm_calls: bool,
    pub(crate) max_level: LevelFilter,
    pub(crate) event_level: LevelFilter,
    pub(crate) error_events_to_status: bool,
    pub(crate) host_trace: HostTrace,
    pub(crate) panic_hook: bool,
    pub(crate) shutdown_on_signal: bool,

    /// Spans.
    pub(crate) max_queue_size: usize,
    /// Bytes.
    pub(crate) max_queue_bytes: usize,
    /// Spans.
    pub(crate) max_export_batch_size: usize,
    pub(crate) flush_interval: Duration,
    pub(crate) shutdown_timeout: Duration,
    /// `None` where nothing is written to disk.
    pub(crate) spool: Option<SpoolOptions>,
}

impl Config {
    /// Bytes beyond which long values are cut: the rest is for the spans themselves.
    pub(crate) fn content_bytes(&self) -> usize {
        self.max_queue_bytes - self.max_queue_bytes / 4
    }
}

impl fmt::Debug for Config {
    /// Names what is safe to name: never a key, a header's value or a URL's credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("destination", &self.destination)
            .field("service_name", &self.service_name)
            .field("content", &self.content)
            .field("semconv", &self.semconv)
            .finish_non_exhaustive()
    }
}
