//! The resource: who sends, from where.

mod host;

use opentelemetry_sdk::Resource;

pub(crate) use host::HostProbe;

use crate::{config::Config, semconv::wire::AttributeSet};

/// The resource of everything a handle sends. `host` is empty when opted out.
pub(crate) fn resource(config: &Config, host: &AttributeSet) -> Resource {
    let _ = (config, host);
    Resource::builder_empty().build()
}
