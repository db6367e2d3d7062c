//! [`Builder`]: collects what is asked for.

/// Collects what is asked for.
#[derive(Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct Builder {}
