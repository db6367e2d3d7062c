//! The session that a thread is inside of although its `tracing` span does not exist, because a global filter
//! disabled it.

use std::cell::RefCell;

use tracing::span::Id;

use super::{InstanceId, recorded::Parent};

/// One entry of the stack.
#[derive(Clone, Debug)]
struct Scoped {
    instance: InstanceId,
    /// The nearest recorded span when the session was entered: it and what lies above it lie above the session.
    below: Option<Id>,
    parent: Parent,
}

thread_local! {
    static STACK: RefCell<Vec<Scoped>> = const { RefCell::new(Vec::new()) };
}

/// Leaves the session when dropped.
#[derive(Debug)]
pub(crate) struct ScopeGuard(());

impl ScopeGuard {
    /// Enters a session whose span is disabled.
    pub(crate) fn enter(instance: InstanceId, below: Option<Id>, parent: Parent) -> Self {
        let scoped = Scoped {
            instance,
            below,
            parent,
        };
        // `try_with`: a session may be entered while its thread ends, where nobody looks any more.
        STACK
            .try_with(|stack| stack.borrow_mut().push(scoped))
            .unwrap_or_default();
        Self(())
    }
}

impl Drop for ScopeGuard {
    fn drop(&mut self) {
        // `try_with`: a guard may be dropped while its thread ends.
        let left = STACK.try_with(|stack| stack.borrow_mut().pop());
        drop(left);
    }
}

/// The innermost session that this thread is inside of, with the span it was entered below.
pub(crate) fn innermost(instance: InstanceId) -> Option<(Option<Id>, Parent)> {
    // A span may begin while its thread ends.
    let found = STACK.try_with(|stack| {
        let stack = stack.borrow();
        let scoped = stack.iter().rev().find(|scoped| scoped.instance == instance)?;
        Some((scoped.below.clone(), scoped.parent.clone()))
    });
    found.ok().flatten()
}
