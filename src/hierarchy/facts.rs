//! [`TraceFacts`]: what a session was told, and every span of its trace repeats or inherits.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::semconv::wire::WireValue;

/// What a session was told.
#[derive(Clone, Debug, Default)]
pub(crate) struct TraceFacts {
    /// The session's list tags, without the handle's default ones.
    pub(crate) tags: Vec<String>,
    /// The list tags that the session's span says itself.
    pub(crate) span_tags: Vec<String>,
    /// The session's dict tags.
    pub(crate) dict_tags: Vec<(String, String)>,
    pub(crate) user_id: Option<String>,
    pub(crate) session_id: Option<String>,
    pub(crate) metadata: Vec<(String, WireValue)>,
}

impl TraceFacts {
    /// Bytes held, for the memory budget.
    fn bytes(&self) -> usize {
        let lists = self.tags.iter().chain(&self.span_tags);
        let texts = lists.chain(&self.user_id).chain(&self.session_id);
        let tags = self.dict_tags.iter().map(|(key, value)| key.len() + value.len());
        let value = |value: &WireValue| match value {
            WireValue::Str(text) => text.len(),
            _ => 0,
        };
        let metadata = self.metadata.iter().map(|(key, told)| key.len() + value(told));
        let places = self.tags.capacity() + self.span_tags.capacity() + 2 * self.dict_tags.capacity();
        texts.map(String::len).sum::<usize>()
            + tags.sum::<usize>()
            + metadata.sum::<usize>()
            + places * size_of::<String>()
            + self.metadata.capacity() * size_of::<(String, WireValue)>()
    }
}

/// The facts of a trace. They count towards the memory budget until the session ends.
#[derive(Debug, Default)]
pub(super) struct Told {
    facts: Arc<TraceFacts>,
    /// Bytes of all facts of the handle.
    budget: Option<Arc<AtomicUsize>>,
    counted: usize,
}

impl Told {
    pub(super) fn within(budget: Option<Arc<AtomicUsize>>) -> Self {
        Self {
            facts: Arc::default(),
            budget,
            counted: 0,
        }
    }

    pub(super) fn budget(&self) -> Option<Arc<AtomicUsize>> {
        self.budget.clone()
    }

    pub(super) fn facts(&self) -> &Arc<TraceFacts> {
        &self.facts
    }

    pub(super) fn change(&mut self, change: impl FnOnce(&mut TraceFacts)) {
        let facts = Arc::make_mut(&mut self.facts);
        change(facts);
        let bytes = facts.bytes();
        self.count(bytes);
    }

    /// The session ended: what still needs the facts is on its way.
    pub(super) fn release(&mut self) {
        self.count(0);
        self.budget = None;
    }

    fn count(&mut self, bytes: usize) {
        if let Some(budget) = &self.budget {
            budget.fetch_add(bytes, Ordering::Relaxed);
            budget.fetch_sub(self.counted, Ordering::Relaxed);
        }
        self.counted = bytes;
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.release();
    }
}
