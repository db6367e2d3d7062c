//! The one room where our spans meet OpenTelemetry's types.

pub(crate) mod context;
pub(crate) mod span;
