//! Keys of the resource.

pub(crate) const SERVICE_NAME: &str = "service.name";
pub(crate) const SERVICE_VERSION: &str = "service.version";
pub(crate) const DEPLOYMENT_ENVIRONMENT_NAME: &str = "deployment.environment.name";
pub(crate) const DEPLOYMENT_ENVIRONMENT: &str = "deployment.environment";
pub(crate) const AGENTOPS_ENVIRONMENT: &str = "agentops.environment";
pub(crate) const AGENTOPS_SDK_NAME: &str = "agentops.sdk.name";
pub(crate) const AGENTOPS_SDK_VERSION: &str = "agentops.sdk.version";
