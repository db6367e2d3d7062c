//! The one room where our spans meet OpenTelemetry's types.

mod ancestry;
pub(crate) mod context;
pub(crate) mod foreign;
mod happened;
pub(crate) mod processor;
mod reading;
pub(crate) mod span;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod trace_buffer;
