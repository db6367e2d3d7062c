//! [`Notices`]: what resolving the settings has to tell, once somebody can listen.

/// What resolving the settings has to tell. It is told later, because the layer that asks for the settings is often
/// made before the subscriber that would show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "notices are there to be told"]
pub(crate) struct Notices(Vec<Notice>);

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    Warn(String),
    Info(String),
}

impl Notices {
    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.0.push(Notice::Warn(text.into()));
    }

    pub(super) fn info(&mut self, text: impl Into<String>) {
        self.0.push(Notice::Info(text.into()));
    }

    /// Tells everything through `tracing`, target `agentops`.
    pub(crate) fn tell(self) {
        for notice in self.0 {
            match notice {
                Notice::Warn(text) => tracing::warn!(target: "agentops", "{text}"),
                Notice::Info(text) => tracing::info!(target: "agentops", "{text}"),
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn as_slice(&self) -> &[Notice] {
        &self.0
    }
}
