//! [`Service`]: who sends.

use super::{
    Settings, accept,
    env::{self, Env},
};
use crate::error::InitError;

/// Who sends.
pub(super) struct Service {
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) attributes: Vec<(String, String)>,
}

impl Service {
    /// What was said about the service in general attributes is moved to where it belongs, so that one value stands
    /// for each.
    pub(super) fn decide(settings: &mut Settings, env: Env<'_>) -> Result<Self, InitError> {
        let mut from_env = env
            .read(env::OTEL_RESOURCE_ATTRIBUTES, &accept::PAIRS)?
            .unwrap_or_default();
        let mut given = std::mem::take(&mut settings.resource_attributes);
        if given.iter().any(|(key, _)| key.is_empty()) {
            return Err(InitError::invalid(
                "with_resource_attribute",
                "",
                "a key that is not empty",
            ));
        }
        let name = take(&mut given, "service.name");
        let name_from_env = take(&mut from_env, "service.name");
        let version = take(&mut given, "service.version");
        let version_from_env = take(&mut from_env, "service.version");
        let environment = take_environment(&mut given);
        let environment_from_env = take_environment(&mut from_env);
        Ok(Self {
            name: (settings.service_name.take().or(name))
                .or_else(|| env.text(env::AGENTOPS_SERVICE_NAME))
                .or_else(|| env.text(env::OTEL_SERVICE_NAME))
                .or(name_from_env)
                .or_else(env::executable_name)
                .unwrap_or_else(|| "unknown_service:rust".to_owned()),
            version: settings.service_version.take().or(version).or(version_from_env),
            environment: (settings.environment.take().or(environment))
                .or_else(|| env.text(env::AGENTOPS_ENVIRONMENT))
                .or(environment_from_env),
            attributes: merged(from_env, given),
        })
    }
}

/// Takes all pairs of `key`; the last one counts.
fn take(pairs: &mut Vec<(String, String)>, key: &str) -> Option<String> {
    let mut last = None;
    pairs.retain_mut(|(have, value)| {
        let is_other = have != key;
        if !is_other {
            last = Some(std::mem::take(value));
        }
        is_other
    });
    last.filter(|value| !value.is_empty())
}

/// Takes the deployment environment under each of its names, today's first.
fn take_environment(pairs: &mut Vec<(String, String)>) -> Option<String> {
    let names = [
        "deployment.environment.name",
        "deployment.environment",
        "agentops.environment",
    ];
    names.map(|name| take(pairs, name)).into_iter().flatten().next()
}

/// Both lists, a key once; the later value wins.
fn merged(first: Vec<(String, String)>, then: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut merged: Vec<(String, String)> = Vec::with_capacity(first.len() + then.len());
    for (key, value) in first.into_iter().chain(then) {
        match merged.iter_mut().find(|(have, _)| *have == key) {
            Some((_, have)) => *have = value,
            None => merged.push((key, value)),
        }
    }
    merged
}
