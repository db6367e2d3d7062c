//! Attribute keys as constants, and the shape of a span on the wire that carries them.
//!
//! `agentops` holds the keys of AgentOps' SDK 0.4.21 and dashboard, `gen_ai` those of the OpenTelemetry
//! GenAI conventions, `resource` those of resources and hosts.

pub(crate) mod agentops;
pub(crate) mod gen_ai;
#[cfg(feature = "host")]
pub(crate) mod host;
pub(crate) mod resource;
pub(crate) mod wire;
