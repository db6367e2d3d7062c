//! [`Route`]: where spans go and how they travel, decided from the builder and the environment together.

use std::time::Duration;

use super::{
    Compression, Destination, Export, Headers, Notices, Protocol, Secret, Settings, accept, endpoint,
    env::{self, Env},
    pairs,
};
use crate::error::{InitError, NOWHERE_TO_SEND};

const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// Where spans go and how they travel.
pub(super) struct Route {
    pub(super) destination: Destination,
    pub(super) protocol: Protocol,
    pub(super) compression: Compression,
    pub(super) headers: Headers,
    pub(super) export_timeout: Duration,
}

/// Where a plain OTLP endpoint was found, which decides whether the variables beside it are about it.
struct OtlpEndpoint {
    traces: url::Url,
    /// `OTEL_EXPORTER_OTLP_*` describe this endpoint.
    is_described: bool,
}

impl Route {
    /// Takes what it decides about out of `settings`.
    pub(super) fn decide(
        settings: &mut Settings,
        key: Option<&Secret>,
        env: Env<'_>,
        notices: &mut Notices,
    ) -> Result<Self, InitError> {
        let auth = auth_endpoint(settings, env)?;
        let given = exporter_endpoint(settings, env)?;
        let export = match settings.export.take() {
            Some(export) => checked(export)?,
            None => env.read(env::AGENTOPS_EXPORT, &accept::EXPORT)?.unwrap_or_default(),
        };
        let is_disabled = env.read(env::OTEL_SDK_DISABLED, &accept::BOOL)?.unwrap_or(false);
        let mut is_described = false;
        let destination = match export {
            _ if is_disabled => Destination::Off,
            Export::Off => Destination::Off,
            Export::Console => Destination::Console,
            Export::File(path) => Destination::File(path),
            Export::Auto | Export::Required if settings.has_exporter => Destination::Exporter,
            Export::Auto | Export::Required => match key {
                Some(key) => {
                    let traces = given.map_or_else(
                        || endpoint::parse(env::AGENTOPS_EXPORTER_ENDPOINT, endpoint::TRACES),
                        Ok,
                    )?;
                    tell_of_ignored(env, notices);
                    Destination::AgentOps {
                        api_key: key.clone(),
                        auth,
                        traces,
                    }
                }
                None => match otlp_endpoint(given, settings.protocol, env, notices)? {
                    Some(found) => {
                        is_described = found.is_described;
                        Destination::Otlp { traces: found.traces }
                    }
                    None if export == Export::Required => return Err(InitError::no_destination()),
                    None => {
                        notices.warn(NOWHERE_TO_SEND);
                        Destination::Inert
                    }
                },
            },
        };
        Self::travel(destination, settings, is_described.then_some(env))
    }

    /// How spans travel; `env` is there only where `OTEL_EXPORTER_OTLP_*` describe the destination.
    fn travel(destination: Destination, settings: &mut Settings, env: Option<Env<'_>>) -> Result<Self, InitError> {
        let protocol = match (settings.protocol, env) {
            (Some(protocol), _) => accept::built_in("with_protocol", "grpc", protocol)?,
            (None, Some(env)) => otlp_protocol(env)?,
            (None, None) => Protocol::default(),
        };
        let compression = match (settings.compression, env) {
            (Some(compression), _) => Some(compression),
            (None, Some(env)) => env.read_first(
                [
                    env::OTEL_EXPORTER_OTLP_TRACES_COMPRESSION,
                    env::OTEL_EXPORTER_OTLP_COMPRESSION,
                ],
                &accept::COMPRESSION,
            )?,
            (None, None) => None,
        };
        let timeout = match (accept::duration("with_export_timeout", settings.export_timeout)?, env) {
            (Some(timeout), _) => Some(timeout),
            (None, Some(env)) => env.read_first(
                [env::OTEL_EXPORTER_OTLP_TRACES_TIMEOUT, env::OTEL_EXPORTER_OTLP_TIMEOUT],
                &accept::MILLISECONDS,
            )?,
            (None, None) => None,
        };
        let mut headers = match env
            .and_then(|env| env.first([env::OTEL_EXPORTER_OTLP_TRACES_HEADERS, env::OTEL_EXPORTER_OTLP_HEADERS]))
        {
            Some((name, text)) => pairs::headers(name, &text)?,
            None => Headers::new(),
        };
        pairs::add(&mut headers, std::mem::take(&mut settings.headers))?;
        Ok(Self {
            destination: match protocol {
                Protocol::Grpc => over_grpc(destination),
                Protocol::HttpProtobuf | Protocol::HttpJson => destination,
            },
            protocol,
            compression: compression.unwrap_or_default(),
            headers,
            export_timeout: timeout.unwrap_or(EXPORT_TIMEOUT),
        })
    }
}

/// Where a key is exchanged for a token.
fn auth_endpoint(settings: &mut Settings, env: Env<'_>) -> Result<url::Url, InitError> {
    let base = settings
        .endpoint
        .take()
        .map(|text| ("with_endpoint", text))
        .or_else(|| env.first([env::AGENTOPS_API_ENDPOINT]))
        .unwrap_or((env::AGENTOPS_API_ENDPOINT, endpoint::API.to_owned()));
    Ok(endpoint::join(endpoint::parse(base.0, &base.1)?, "v3/auth/token"))
}

/// Where spans go, if AgentOps' own settings say so.
fn exporter_endpoint(settings: &mut Settings, env: Env<'_>) -> Result<Option<url::Url>, InitError> {
    let given = settings
        .exporter_endpoint
        .take()
        .map(|text| ("with_exporter_endpoint", text));
    let found = given.or_else(|| env.first([env::AGENTOPS_EXPORTER_ENDPOINT]));
    found.map(|(setting, text)| endpoint::parse(setting, &text)).transpose()
}

/// A plain OTLP endpoint: AgentOps' setting, else OpenTelemetry's.
fn otlp_endpoint(
    given: Option<url::Url>,
    protocol: Option<Protocol>,
    env: Env<'_>,
    notices: &mut Notices,
) -> Result<Option<OtlpEndpoint>, InitError> {
    const HOSTS: [&str; 2] = [
        env::OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
        env::OTEL_EXPORTER_OTLP_ENDPOINT,
    ];
    if let Some(traces) = given {
        // Where they name an endpoint of their own, their headers are meant for that one and may be its password.
        let is_described = env.first(HOSTS).is_none();
        if !is_described {
            let set = env.which_are_set(env::HOST_EXPORTER);
            notices.info(format!(
                "not read, as they are about another endpoint than spans go to: {}",
                set.join(", ")
            ));
        }
        return Ok(Some(OtlpEndpoint { traces, is_described }));
    }
    let Some((name, text)) = env.first(HOSTS) else {
        return local_grpc(protocol, env);
    };
    let found = endpoint::parse(name, &text)?;
    let traces = match name {
        env::OTEL_EXPORTER_OTLP_ENDPOINT => endpoint::join(found, "v1/traces"),
        _ => found,
    };
    Ok(Some(OtlpEndpoint {
        traces,
        is_described: true,
    }))
}

const PROTOCOLS: [&str; 2] = [
    env::OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
    env::OTEL_EXPORTER_OTLP_PROTOCOL,
];

/// Who chooses gRPC by variable and names no endpoint means the collector beside the program.
#[cfg(feature = "grpc")]
fn local_grpc(chosen: Option<Protocol>, env: Env<'_>) -> Result<Option<OtlpEndpoint>, InitError> {
    let is_meant = chosen.is_none_or(|protocol| protocol == Protocol::Grpc)
        && env
            .first(PROTOCOLS)
            .is_some_and(|(_, text)| accept::PROTOCOL.read(&text) == Some(Protocol::Grpc));
    if !is_meant {
        return Ok(None);
    }
    Ok(Some(OtlpEndpoint {
        traces: endpoint::parse(env::OTEL_EXPORTER_OTLP_ENDPOINT, endpoint::LOCAL_GRPC)?,
        is_described: true,
    }))
}

#[cfg(not(feature = "grpc"))]
#[expect(clippy::unnecessary_wraps, reason = "as its counterpart")]
fn local_grpc(_chosen: Option<Protocol>, _env: Env<'_>) -> Result<Option<OtlpEndpoint>, InitError> {
    Ok(None)
}

fn otlp_protocol(env: Env<'_>) -> Result<Protocol, InitError> {
    let Some((name, text)) = env.first(PROTOCOLS) else {
        return Ok(Protocol::default());
    };
    let protocol = env.read(name, &accept::PROTOCOL)?.unwrap_or_default();
    accept::built_in(name, &text, protocol)
}

fn over_grpc(destination: Destination) -> Destination {
    match destination {
        Destination::AgentOps { api_key, auth, traces } => Destination::AgentOps {
            api_key,
            auth,
            traces: endpoint::export_method(traces),
        },
        Destination::Otlp { traces } => Destination::Otlp {
            traces: endpoint::export_method(traces),
        },
        other => other,
    }
}

fn checked(export: Export) -> Result<Export, InitError> {
    match export {
        Export::File(path) if path.as_os_str().is_empty() => {
            Err(InitError::invalid("with_export", "file:", "Export::File with a path"))
        }
        export => Ok(export),
    }
}

/// A host's Jaeger must not receive our token, nor AgentOps a host's headers or its 1 % sampler.
fn tell_of_ignored(env: Env<'_>, notices: &mut Notices) {
    let set = env.which_are_set(env::HOST_EXPORTER.into_iter().chain(env::HOST_SAMPLER));
    if !set.is_empty() {
        notices.info(format!(
            "not read, as an AgentOps key is set and spans go to AgentOps: {}",
            set.join(", ")
        ));
    }
}
