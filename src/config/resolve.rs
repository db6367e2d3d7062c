//! [`Settings`]: what the builder was told, before the environment fills the gaps.

use super::Config;
use crate::error::InitError;

/// What the builder was told; `None` leaves it to the environment.
#[derive(Clone, Default)]
pub(crate) struct Settings {}

impl Settings {
    /// The builder wins over the environment, the environment over the defaults.
    pub(crate) fn resolve(self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Config, InitError> {
        let _ = lookup;
        unimplemented!()
    }
}
