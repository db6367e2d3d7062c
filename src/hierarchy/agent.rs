//! [`AgentNode`]: the agent that the spans below it work for.

use std::sync::{Arc, Mutex, PoisonError};

/// An agent, shared by the spans below it. Its name may be told late, so it is read when a span is mapped.
#[derive(Debug)]
pub(crate) struct AgentNode {
    name: Mutex<Arc<str>>,
}

impl AgentNode {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: Mutex::new(name.into()),
        }
    }

    pub(crate) fn name(&self) -> Arc<str> {
        Arc::clone(&self.name.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn rename(&self, name: &str) {
        *self.name.lock().unwrap_or_else(PoisonError::into_inner) = name.into();
    }
}
