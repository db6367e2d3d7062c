//! The resource: who sends, from where.

#[cfg(feature = "host")]
mod facts;
mod host;
#[cfg(test)]
mod tests;

use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::{Resource, resource::TelemetryResourceDetector};

pub(crate) use host::HostProbe;

use crate::{
    config::Config,
    policy::redact,
    semconv::{
        agentops::SDK_NAME,
        resource::{
            AGENTOPS_ENVIRONMENT, AGENTOPS_SDK_NAME, AGENTOPS_SDK_VERSION, DEPLOYMENT_ENVIRONMENT,
            DEPLOYMENT_ENVIRONMENT_NAME, SERVICE_NAME, SERVICE_VERSION,
        },
        wire::{Attribute, AttributeSet, WireValue},
    },
};

/// The spellings of the environment: AgentOps reads the last, OpenTelemetry renamed the second to the first.
const ENVIRONMENTS: [&str; 3] = [
    DEPLOYMENT_ENVIRONMENT_NAME,
    DEPLOYMENT_ENVIRONMENT,
    AGENTOPS_ENVIRONMENT,
];

/// The resource of everything a handle sends. `host` is empty when opted out.
///
/// Later sources win: what is detected, what was configured, then the attributes that the program or
/// `OTEL_RESOURCE_ATTRIBUTES` gave. Its strings pass the redactor as those of spans do.
pub(crate) fn resource(config: &Config, host: &AttributeSet) -> Resource {
    let mut attributes = AttributeSet::default();
    for attribute in host.iter() {
        attributes.put(attribute.clone());
    }
    attributes.set(SERVICE_NAME, config.service_name.as_str());
    if let Some(version) = &config.service_version {
        attributes.set(SERVICE_VERSION, version.as_str());
    }
    if let Some(environment) = environment(config) {
        for key in ENVIRONMENTS {
            attributes.set(key, environment);
        }
    }
    attributes.set(AGENTOPS_SDK_NAME, SDK_NAME);
    attributes.set(AGENTOPS_SDK_VERSION, env!("CARGO_PKG_VERSION"));
    for (key, value) in &config.resource_attributes {
        attributes.set(key.clone(), value.as_str());
    }
    redact::attributes(
        &mut attributes,
        &redact::Guarded::new(std::sync::Arc::clone(&config.redactor)),
    );
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(attributes.0.into_iter().map(key_value))
        .build()
}

/// One value for all three spellings, also where the program gave only one of them as an attribute.
fn environment(config: &Config) -> Option<&str> {
    let given = config
        .resource_attributes
        .iter()
        .rev()
        .find(|(key, _)| ENVIRONMENTS.contains(&key.as_str()));
    given
        .map(|(_, value)| value)
        .or(config.environment.as_ref())
        .map(String::as_str)
}

fn key_value(attribute: Attribute) -> KeyValue {
    let value = match attribute.value {
        WireValue::Bool(value) => Value::Bool(value),
        WireValue::I64(value) => Value::I64(value),
        WireValue::F64(value) => Value::F64(value),
        WireValue::Str(value) => Value::String(value.into()),
        WireValue::StrArray(items) => Value::Array(Array::String(items.into_iter().map(StringValue::from).collect())),
    };
    KeyValue::new(attribute.key, value)
}
