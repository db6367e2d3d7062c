//! The environment: the names of all variables, and reading them through an injected lookup. The only file that
//! touches the process environment.
//!
//! An empty value counts as not set (OpenTelemetry's rule), and white space around a value is ignored.

use super::{accept::Form, endpoint};
use crate::error::InitError;

/// The AgentOps API key, a UUID. No default: without it nothing is sent to AgentOps.
pub(crate) const AGENTOPS_API_KEY: &str = "AGENTOPS_API_KEY";
/// Where the key is exchanged for a token. Default: `https://api.agentops.ai`.
pub(crate) const AGENTOPS_API_ENDPOINT: &str = "AGENTOPS_API_ENDPOINT";
/// Where spans go, used as it is. Default, with a key: `https://otlp.agentops.ai/v1/traces`.
pub(crate) const AGENTOPS_EXPORTER_ENDPOINT: &str = "AGENTOPS_EXPORTER_ENDPOINT";
/// The dashboard that replay links lead to. Default: `https://app.agentops.ai`.
pub(crate) const AGENTOPS_APP_URL: &str = "AGENTOPS_APP_URL";
/// `auto`, `required`, `console`, `file:PATH` or `off`. Default: `auto`.
pub(crate) const AGENTOPS_EXPORT: &str = "AGENTOPS_EXPORT";
/// Tags of every session, separated by commas. Default: none.
pub(crate) const AGENTOPS_DEFAULT_TAGS: &str = "AGENTOPS_DEFAULT_TAGS";
/// The auto-session's name. Default: `default`.
pub(crate) const AGENTOPS_TRACE_NAME: &str = "AGENTOPS_TRACE_NAME";
/// A boolean: one session adopts what belongs to no other. Default: `true`.
pub(crate) const AGENTOPS_AUTO_START_SESSION: &str = "AGENTOPS_AUTO_START_SESSION";
/// A boolean: nothing about the host leaves. Default: `false`.
pub(crate) const AGENTOPS_ENV_DATA_OPT_OUT: &str = "AGENTOPS_ENV_DATA_OPT_OUT";
/// Milliseconds that a span waits for others at most. Default: 1,000.
pub(crate) const AGENTOPS_EXPORT_FLUSH_INTERVAL: &str = "AGENTOPS_EXPORT_FLUSH_INTERVAL";
/// Spans that may wait (in the Python SDK, the size of a batch). Default: 32,768.
pub(crate) const AGENTOPS_MAX_QUEUE_SIZE: &str = "AGENTOPS_MAX_QUEUE_SIZE";
/// A boolean: the replay link is logged when a session starts and ends. Default: `true`.
pub(crate) const AGENTOPS_LOG_SESSION_REPLAY_URL: &str = "AGENTOPS_LOG_SESSION_REPLAY_URL";
/// `all`, `no-messages` or `none`. Default: `all`.
pub(crate) const AGENTOPS_CAPTURE_CONTENT: &str = "AGENTOPS_CAPTURE_CONTENT";
/// A boolean: spans of known agent and model libraries are recorded, too. Default: `true`.
pub(crate) const AGENTOPS_INSTRUMENT_LLM_CALLS: &str = "AGENTOPS_INSTRUMENT_LLM_CALLS";
/// `agentops`, `gen-ai` or `both`. Default: `agentops` with a key, else `gen-ai`.
pub(crate) const AGENTOPS_SEMCONV: &str = "AGENTOPS_SEMCONV";
/// A JSON file of prices by model. Default: none.
pub(crate) const AGENTOPS_PRICE_FILE: &str = "AGENTOPS_PRICE_FILE";
/// `service.name`. Default: that of OpenTelemetry's variables, else the executable's name.
pub(crate) const AGENTOPS_SERVICE_NAME: &str = "AGENTOPS_SERVICE_NAME";
/// The deployment environment, such as `production`. Default: none.
pub(crate) const AGENTOPS_ENVIRONMENT: &str = "AGENTOPS_ENVIRONMENT";
/// The part of all traces that is kept, 0 to 1. Default: 1.
pub(crate) const AGENTOPS_SAMPLE_RATIO: &str = "AGENTOPS_SAMPLE_RATIO";
/// The directory in which spans wait that cannot be sent. Default: none, and nothing is written to disk.
pub(crate) const AGENTOPS_SPOOL_DIR: &str = "AGENTOPS_SPOOL_DIR";

/// A boolean: nothing is recorded at all, whatever else is set. Default: `false`.
pub(crate) const OTEL_SDK_DISABLED: &str = "OTEL_SDK_DISABLED";
/// `service.name` where AgentOps' own variable is not set.
pub(crate) const OTEL_SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
/// `key=value` pairs of the resource, separated by commas, percent-encoded. Default: none.
pub(crate) const OTEL_RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
/// Characters of one attribute value. Default: 1,000,000.
pub(crate) const OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: &str = "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT";
/// A boolean or `NO_CONTENT`, `SPAN_ONLY`, `EVENT_ONLY`, `SPAN_AND_EVENT`: whether messages leave on spans. Default:
/// they do.
pub(crate) const OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: &str =
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
/// A boolean: whether messages leave. Default: they do.
pub(crate) const TRACELOOP_TRACE_CONTENT: &str = "TRACELOOP_TRACE_CONTENT";

/// The sampler, read without an AgentOps key. Default: `always_on`.
pub(crate) const OTEL_TRACES_SAMPLER: &str = "OTEL_TRACES_SAMPLER";
/// The ratio of the samplers that have one, read without an AgentOps key. Default: 1.
pub(crate) const OTEL_TRACES_SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";

/// Where traces go, used as it is; read without an AgentOps key, as all `OTEL_EXPORTER_OTLP_*` are.
pub(crate) const OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
/// Where all signals go; `/v1/traces` is appended.
pub(crate) const OTEL_EXPORTER_OTLP_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// As [`OTEL_EXPORTER_OTLP_HEADERS`], for traces only; replaces it.
pub(crate) const OTEL_EXPORTER_OTLP_TRACES_HEADERS: &str = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
/// `name=value` pairs, separated by commas, percent-encoded. Default: none.
pub(crate) const OTEL_EXPORTER_OTLP_HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
/// As [`OTEL_EXPORTER_OTLP_COMPRESSION`], for traces only; replaces it.
pub(crate) const OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: &str = "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION";
/// `gzip` or `none`. Default: `gzip`.
pub(crate) const OTEL_EXPORTER_OTLP_COMPRESSION: &str = "OTEL_EXPORTER_OTLP_COMPRESSION";
/// As [`OTEL_EXPORTER_OTLP_TIMEOUT`], for traces only; replaces it.
pub(crate) const OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT";
/// Milliseconds that one request may take. Default: 10,000.
pub(crate) const OTEL_EXPORTER_OTLP_TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";
/// As [`OTEL_EXPORTER_OTLP_PROTOCOL`], for traces only; replaces it.
pub(crate) const OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
/// `http/protobuf`, `http/json` or, with the feature `grpc`, `grpc`. Default: `http/protobuf`.
pub(crate) const OTEL_EXPORTER_OTLP_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";

/// The span that started this process, as W3C writes it: sessions continue its trace. Default: none.
pub(crate) const TRACEPARENT: &str = "TRACEPARENT";
/// Whom that span serves: `user.id` and `session.id` of its session. Default: nobody.
pub(crate) const BAGGAGE: &str = "BAGGAGE";

/// The context that a process is started with.
pub(crate) const CONTEXT: [&str; 2] = [TRACEPARENT, BAGGAGE];

/// How a host's own OTLP exporter reaches its collector.
pub(crate) const HOST_EXPORTER: [&str; 10] = [
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_HEADERS,
    OTEL_EXPORTER_OTLP_HEADERS,
    OTEL_EXPORTER_OTLP_TRACES_COMPRESSION,
    OTEL_EXPORTER_OTLP_COMPRESSION,
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT,
    OTEL_EXPORTER_OTLP_TIMEOUT,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
    OTEL_EXPORTER_OTLP_PROTOCOL,
];

/// How a host samples its own traces.
pub(crate) const HOST_SAMPLER: [&str; 2] = [OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG];

/// Variables, by name.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The environment as settings see it.
#[derive(Clone, Copy)]
pub(crate) struct Env<'a>(Lookup<'a>);

impl<'a> Env<'a> {
    pub(crate) fn new(lookup: Lookup<'a>) -> Self {
        Self(lookup)
    }

    /// The variable's text, trimmed; `None` where nothing is left.
    pub(crate) fn text(self, name: &str) -> Option<String> {
        let text = (self.0)(name)?;
        let trimmed = text.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// The first of the variables that is set, with its name.
    pub(crate) fn first<const N: usize>(self, names: [&'static str; N]) -> Option<(&'static str, String)> {
        names.into_iter().find_map(|name| Some((name, self.text(name)?)))
    }

    /// Those of the variables that are set.
    pub(crate) fn which_are_set(self, names: impl IntoIterator<Item = &'static str>) -> Vec<&'static str> {
        names.into_iter().filter(|name| self.text(name).is_some()).collect()
    }

    /// Reads a variable in `form`.
    pub(crate) fn read<T>(self, name: &'static str, form: &Form<T>) -> Result<Option<T>, InitError> {
        self.read_first([name], form)
    }

    /// Reads the first of the variables that is set in `form`.
    pub(crate) fn read_first<T, const N: usize>(
        self,
        names: [&'static str; N],
        form: &Form<T>,
    ) -> Result<Option<T>, InitError> {
        let Some((name, text)) = self.first(names) else {
            return Ok(None);
        };
        match form.read(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(InitError::invalid(name, endpoint::shown(&text), form.accepted())),
        }
    }
}

/// A variable of the process. One that is not Unicode is shown to the checks with replacement characters, so that it
/// is complained about rather than overlooked.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads the environment")]
pub(crate) fn process_lookup(name: &str) -> Option<String> {
    match std::env::var(name) {
        Ok(text) => Some(text),
        Err(std::env::VarError::NotUnicode(raw)) => Some(raw.to_string_lossy().into_owned()),
        Err(std::env::VarError::NotPresent) => None,
    }
}

/// The file name of the running program.
pub(crate) fn executable_name() -> Option<String> {
    let path = std::env::current_exe().ok()?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}
