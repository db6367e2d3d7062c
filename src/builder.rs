//! [`Builder`]: collects what is asked for.

use std::{fmt, sync::Arc, time::Duration};

use opentelemetry_sdk::trace::SpanExporter;
use tracing::level_filters::LevelFilter;

use crate::{
    clock::Clock,
    config::{
        Compression, Content, Export, HostName, HostTrace, Protocol, Redactor, Secret, Semconv, Settings,
        env::process_lookup,
    },
    export::BoxedExporter,
    hierarchy::IdSource,
    policy::{redact::CredentialRedactor, tags},
    price::Price,
};

/// Starts to collect what is asked for.
///
/// ```
/// use agentops::{Content, Export};
///
/// let builder = agentops::builder()
///     .with_export(Export::Console)
///     .with_service_name("travel-desk")
///     .with_tags(["nightly", "eu"])
///     .with_content_capture(Content::NoMessages);
/// # let _ = builder;
/// ```
pub fn builder() -> Builder {
    Builder {
        settings: Settings::new(Arc::new(CredentialRedactor)),
        exporter: None,
        lookup: Box::new(process_lookup),
        ids: None,
        clock: None,
    }
}

/// Variables, by name.
pub(crate) type OwnedLookup = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Collects what is asked for; nothing happens before it is built.
///
/// What is not said here is read from the environment, and what is not there has a default; each setter names its
/// variable and its default. An empty text counts as not said. Values are checked when the handle is built: a
/// malformed one is an [`InitError`](crate::InitError) that names the setter or the variable, the value, and what is
/// accepted.
///
/// Variables without a setter: `OTEL_SDK_DISABLED=true` switches everything off, whatever is said here.
#[must_use = "a builder does nothing until it is built"]
pub struct Builder {
    settings: Settings,
    exporter: Option<BoxedExporter>,
    lookup: OwnedLookup,
    pub(crate) ids: Option<IdSource>,
    pub(crate) clock: Option<Clock>,
}

/// What a builder was told, for the handle.
pub(crate) struct BuilderParts {
    pub(crate) settings: Settings,
    pub(crate) exporter: Option<BoxedExporter>,
    pub(crate) lookup: OwnedLookup,
    pub(crate) ids: Option<IdSource>,
    pub(crate) clock: Option<Clock>,
}

/// Where spans go.
impl Builder {
    /// The AgentOps API key, a UUID. Environment: `AGENTOPS_API_KEY`. Default: none, so nothing is sent to AgentOps.
    pub fn with_api_key(mut self, key: impl Into<String>) -> Self {
        self.settings.api_key = text(key).map(Secret::new);
        self
    }

    /// The URL of AgentOps' API, where the key is exchanged for a token. Environment: `AGENTOPS_API_ENDPOINT`.
    /// Default: `https://api.agentops.ai`.
    pub fn with_endpoint(mut self, url: impl Into<String>) -> Self {
        self.settings.endpoint = text(url);
        self
    }

    /// The URL that spans are sent to, used as it is. Environment: `AGENTOPS_EXPORTER_ENDPOINT`; without a key, also
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, or `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/traces` appended. Default:
    /// `https://otlp.agentops.ai/v1/traces` with a key, else none.
    pub fn with_exporter_endpoint(mut self, url: impl Into<String>) -> Self {
        self.settings.exporter_endpoint = text(url);
        self
    }

    /// The URL of the dashboard that replay links lead to. Environment: `AGENTOPS_APP_URL`. Default:
    /// `https://app.agentops.ai`.
    pub fn with_app_url(mut self, url: impl Into<String>) -> Self {
        self.settings.app_url = text(url);
        self
    }

    /// The encoding of requests. Environment, without a key: `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL` or
    /// `OTEL_EXPORTER_OTLP_PROTOCOL`. Default: [`Protocol::HttpProtobuf`].
    pub fn with_protocol(mut self, protocol: Protocol) -> Self {
        self.settings.protocol = Some(protocol);
        self
    }

    /// How requests are compressed. Environment, without a key: `OTEL_EXPORTER_OTLP_TRACES_COMPRESSION` or
    /// `OTEL_EXPORTER_OTLP_COMPRESSION`. Default: [`Compression::Gzip`].
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.settings.compression = Some(compression);
        self
    }

    /// Adds a header to every request that carries spans. Its value is treated as a secret. Environment, without a
    /// key: `OTEL_EXPORTER_OTLP_TRACES_HEADERS` or `OTEL_EXPORTER_OTLP_HEADERS`; a header given here replaces that of
    /// the same name. Default: none.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.headers.push((name.into(), Secret::new(value)));
        self
    }

    /// How long one request may take. Environment, without a key: `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT` or
    /// `OTEL_EXPORTER_OTLP_TIMEOUT`, in milliseconds. Default: 10 seconds.
    pub fn with_export_timeout(mut self, timeout: Duration) -> Self {
        self.settings.export_timeout = Some(timeout);
        self
    }

    /// Where spans go at all. Environment: `AGENTOPS_EXPORT`. Default: [`Export::Auto`].
    pub fn with_export(mut self, export: Export) -> Self {
        self.settings.export = Some(export);
        self
    }

    /// Gives spans to this exporter instead of sending them, unless [`Export::Console`], [`Export::File`] or
    /// [`Export::Off`] is asked for. Has no variable. Default: none.
    pub fn with_span_exporter(mut self, exporter: impl SpanExporter + 'static) -> Self {
        self.exporter = Some(BoxedExporter::new(exporter));
        self.settings.has_exporter = true;
        self
    }
}

/// Who sends.
impl Builder {
    /// `service.name`. Environment: `AGENTOPS_SERVICE_NAME`, else `OTEL_SERVICE_NAME`, else `service.name` in
    /// `OTEL_RESOURCE_ATTRIBUTES`. Default: the executable's file name.
    pub fn with_service_name(mut self, name: impl Into<String>) -> Self {
        self.settings.service_name = text(name);
        self
    }

    /// `service.version`. Environment: in `OTEL_RESOURCE_ATTRIBUTES`. Default: none.
    pub fn with_service_version(mut self, version: impl Into<String>) -> Self {
        self.settings.service_version = text(version);
        self
    }

    /// The deployment environment, such as `production`. Environment: `AGENTOPS_ENVIRONMENT`, else
    /// `deployment.environment.name` in `OTEL_RESOURCE_ATTRIBUTES`. Default: none.
    pub fn with_environment(mut self, environment: impl Into<String>) -> Self {
        self.settings.environment = text(environment);
        self
    }

    /// Adds an attribute of the resource; it wins over what is detected. Environment: `OTEL_RESOURCE_ATTRIBUTES`, to
    /// which this adds and over which it wins. Default: none.
    pub fn with_resource_attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.resource_attributes.push((key.into(), value.into()));
        self
    }

    /// Whether everything about the host stays at home. Environment: `AGENTOPS_ENV_DATA_OPT_OUT`. Default: `false`.
    pub fn with_env_data_opt_out(mut self, opt_out: bool) -> Self {
        self.settings.env_data_opt_out = Some(opt_out);
        self
    }

    /// How the host's name leaves. Has no variable. Default: [`HostName::Hashed`].
    pub fn with_host_name(mut self, host_name: HostName) -> Self {
        self.settings.host_name = Some(host_name);
        self
    }
}

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

/// What is recorded, and what of it leaves.
impl Builder {
    /// How much content leaves. Environment: `AGENTOPS_CAPTURE_CONTENT`, else
    /// `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` or `TRACELOOP_TRACE_CONTENT`, of which a `false` means
    /// [`Content::NoMessages`]. Default: [`Content::All`].
    pub fn with_content_capture(mut self, content: Content) -> Self {
        self.settings.content = Some(content);
        self
    }

    /// Replaces the redactor, which sees every string before it leaves. Has no variable. Default: one that masks
    /// credentials; it does not run beside one that is given here.
    pub fn with_redactor(mut self, redactor: impl Redactor + 'static) -> Self {
        self.settings.redactor = Arc::new(redactor);
        self
    }

    /// Characters of one attribute value; a longer one is cut and marked. Environment:
    /// `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`. Default: 1,000,000.
    pub fn with_attribute_value_length(mut self, characters: usize) -> Self {
        self.settings.attribute_value_length = Some(characters);
        self
    }

    /// The attribute names of agents and tools. Environment: `AGENTOPS_SEMCONV`. Default: [`Semconv::AgentOps`] with
    /// a key, else [`Semconv::GenAi`].
    pub fn with_semconv(mut self, semconv: Semconv) -> Self {
        self.settings.semconv = Some(semconv);
        self
    }

    /// The price of a model by its exact name. It wins over the table of the feature `pricing`; the last one of a model
    /// counts. Default: none.
    pub fn with_price(mut self, model: impl Into<String>, price: Price) -> Self {
        self.settings.prices.push((model.into(), price));
        self
    }

    /// Whether spans of known agent and model libraries are recorded without an `agentops.*` field. Environment:
    /// `AGENTOPS_INSTRUMENT_LLM_CALLS`. Default: `true`.
    pub fn with_instrument_llm_calls(mut self, instrument: bool) -> Self {
        self.settings.instrument_llm_calls = Some(instrument);
        self
    }

    /// The most verbose level of spans that are recorded. Has no variable. Default: `DEBUG`.
    pub fn with_max_level(mut self, level: LevelFilter) -> Self {
        self.settings.max_level = Some(level);
        self
    }

    /// The most verbose level of events that are recorded on spans. Has no variable. Default: `INFO`.
    pub fn with_event_level(mut self, level: LevelFilter) -> Self {
        self.settings.event_level = Some(level);
        self
    }

    /// Whether an event of level `ERROR` makes its span an error. Has no variable. Default: `true`.
    pub fn with_error_events_to_status(mut self, to_status: bool) -> Self {
        self.settings.error_events_to_status = Some(to_status);
        self
    }

    /// Whether `try_init` installs a panic hook, before the one that is there, so that the location of a panic stands
    /// on the span that it ended. Has no variable. Default: `true`.
    pub fn with_panic_hook(mut self, hook: bool) -> Self {
        self.settings.panic_hook = Some(hook);
        self
    }
}

/// How much may wait, and how long.
impl Builder {
    /// Spans that may wait to be sent; those beyond are dropped and counted. Environment: `AGENTOPS_MAX_QUEUE_SIZE`
    /// (which is the size of a batch in the Python SDK). Default: 32,768.
    pub fn with_max_queue_size(mut self, spans: usize) -> Self {
        self.settings.max_queue_size = Some(spans);
        self
    }

    /// Bytes that all recorded spans may hold, open and waiting. Has no variable. Default: 64 MiB.
    pub fn with_max_queue_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_queue_bytes = Some(bytes);
        self
    }

    /// Spans of one request. Has no variable. Default: 512.
    pub fn with_max_export_batch_size(mut self, spans: usize) -> Self {
        self.settings.max_export_batch_size = Some(spans);
        self
    }

    /// How long a span waits at most for others to travel with. Environment: `AGENTOPS_EXPORT_FLUSH_INTERVAL`, in
    /// milliseconds. Default: 1 second.
    pub fn with_export_flush_interval(mut self, interval: Duration) -> Self {
        self.settings.flush_interval = Some(interval);
        self
    }

    /// How long dropping the guard waits at most for what is on its way; zero does not wait. Has no variable.
    /// Default: 2 seconds.
    pub fn with_shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.settings.shutdown_timeout = Some(timeout);
        self
    }

    /// Reads variables here instead of in the environment of the process, for tests and for programs that have their
    /// own configuration.
    ///
    /// ```
    /// let builder = agentops::builder().with_env(|name| match name {
    ///     "AGENTOPS_EXPORT" => Some("console".to_owned()),
    ///     _ => None,
    /// });
    /// # let _ = builder;
    /// ```
    pub fn with_env(mut self, lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        self.lookup = Box::new(lookup);
        self
    }

    pub(crate) fn into_parts(self) -> BuilderParts {
        BuilderParts {
            settings: self.settings,
            exporter: self.exporter,
            lookup: self.lookup,
            ids: self.ids,
            clock: self.clock,
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// An empty text is none.
fn text(text: impl Into<String>) -> Option<String> {
    let text = text.into();
    let trimmed = text.trim();
    match trimmed.len() {
        0 => None,
        len if len == text.len() => Some(text),
        _ => Some(trimmed.to_owned()),
    }
}
