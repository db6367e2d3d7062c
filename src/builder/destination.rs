//! Where spans go.

use std::time::Duration;

use opentelemetry_sdk::trace::SpanExporter;

use super::{Builder, text};
use crate::{
    config::{Compression, Export, Protocol, Secret},
    export::BoxedExporter,
};

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

    /// The URL that spans are sent to, used as it is (over gRPC, without its path). Environment:
    /// `AGENTOPS_EXPORTER_ENDPOINT`; without a key, also `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, or
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/traces` appended. Default: `https://otlp.agentops.ai/v1/traces` with a key,
    /// else none.
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

    /// How requests travel and how they are encoded. Environment, without a key: `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL` or
    /// `OTEL_EXPORTER_OTLP_PROTOCOL` (`http/protobuf`, `http/json`, `grpc`). Default: [`Protocol::HttpProtobuf`].
    ///
    /// [`Protocol::Grpc`] needs the feature `grpc`; without it `build()` answers an [`InitError`](crate::InitError) that
    /// says so. Where a variable chooses it and nothing names an endpoint, spans go to `http://localhost:4317`.
    ///
    /// ```
    /// use agentops::Protocol;
    ///
    /// let built = agentops::builder()
    ///     .with_env(|_| None)
    ///     .with_exporter_endpoint("http://localhost:4317")
    ///     .with_protocol(Protocol::Grpc)
    ///     .build();
    /// match built {
    ///     Ok(_agentops) => assert!(cfg!(feature = "grpc")),
    ///     Err(error) => assert!(error.to_string().contains("enable the feature `grpc`")),
    /// }
    /// ```
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
