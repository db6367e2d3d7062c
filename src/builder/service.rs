//! Who sends.

use super::{Builder, text};
use crate::config::HostName;

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
