//! Endpoints: URLs that requests may go to, and how a refused one may be shown.

use url::Url;

use crate::error::InitError;

/// Where AgentOps exchanges keys for tokens.
pub(super) const API: &str = "https://api.agentops.ai";
/// Where AgentOps takes spans.
pub(super) const TRACES: &str = "https://otlp.agentops.ai/v1/traces";
/// Where a collector beside the program takes spans over gRPC, by OpenTelemetry's convention.
#[cfg(feature = "grpc")]
pub(super) const LOCAL_GRPC: &str = "http://localhost:4317";
/// The path of OTLP's method, which is the same at every endpoint.
const EXPORT_METHOD: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
/// AgentOps' dashboard.
pub(super) const APP: &str = "https://app.agentops.ai";

/// What stands for a secret in an error.
pub(super) const SECRET: &str = "[secret]";

/// Characters of a value that an error repeats.
const SHOWN_CHARACTERS: usize = 200;

/// An `http` or `https` URL with a host. `setting` is the setter or the variable that it comes from.
pub(super) fn parse(setting: &'static str, text: &str) -> Result<Url, InitError> {
    // `http:4318` is a URL, too, but of another host than anybody who writes it means.
    let has_authority = text
        .split_once("://")
        .is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"));
    match Url::parse(text) {
        Ok(url) if has_authority && url.has_host() => Ok(url),
        _ => Err(InitError::invalid(
            setting,
            shown(text),
            "an http or https URL with a host, such as http://localhost:4318/v1/traces",
        )),
    }
}

/// `base` with a path appended to its own, however many slashes it ends in.
pub(super) fn join(mut base: Url, path: &str) -> Url {
    let joined = format!("{}/{path}", base.path().trim_end_matches('/'));
    base.set_path(&joined);
    base
}

/// Where spans go over gRPC: what an endpoint says beyond its origin and credentials is about HTTP.
pub(super) fn export_method(mut endpoint: Url) -> Url {
    endpoint.set_path(EXPORT_METHOD);
    endpoint.set_query(None);
    endpoint.set_fragment(None);
    endpoint
}

/// A URL to build links from, without a slash at its end and without credentials, for the links are logged.
pub(super) fn link_base(mut url: Url) -> String {
    // These fail only for a URL without a host, which has no credentials either.
    url.set_username("").ok();
    url.set_password(None).ok();
    url.set_query(None);
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// A refused text as an error may show it: what stands before an `@` or after a `?` or `#` may be a secret, whether
/// or not the text is a URL.
pub(crate) fn shown(text: &str) -> String {
    let masked = match text.rsplit_once('@') {
        Some((before, after)) => {
            let scheme = before
                .split_once("://")
                .map(|(scheme, _)| scheme)
                .filter(|scheme| is_scheme(scheme));
            format!(
                "{}{SECRET}@{after}",
                scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default()
            )
        }
        None => text.to_owned(),
    };
    let masked = match masked.split_once(['?', '#']) {
        Some((before, _)) => format!("{before}?{SECRET}"),
        None => masked,
    };
    match masked
        .char_indices()
        .nth(SHOWN_CHARACTERS)
        .and_then(|(at, _)| masked.split_at_checked(at))
    {
        Some((start, _)) => format!("{start}..."),
        None => masked,
    }
}

fn is_scheme(text: &str) -> bool {
    text.len() <= 10
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}
