//! Whether a global filter hides our spans and our warnings alike.

use tracing::{
    Level, Metadata, callsite::Callsite, callsite::Identifier, dispatcher, field::FieldSet, metadata::Kind,
    subscriber::Interest,
};

use super::filter::OWN_TARGET;
use crate::semconv::agentops::field;

/// Nothing would be seen of a span of ours, nor anybody hear a warning about it: a global `EnvFilter` without
/// `RUST_LOG` does that.
///
/// Asked as a callsite registers. `tracing::enabled!` would leave its answer in the state of per-layer filters, and the
/// program's next span could be judged by it.
pub(crate) fn is_hidden() -> bool {
    dispatcher::get_default(|dispatch| {
        [&SPAN, &WARNING]
            .into_iter()
            .all(|callsite| dispatch.register_callsite(callsite).is_never())
    })
}

struct Question(&'static Metadata<'static>);

impl Callsite for Question {
    fn set_interest(&self, _interest: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        self.0
    }
}

static OF_SPAN: Question = Question(&SPAN);
static SPAN: Metadata<'static> = Metadata::new(
    "session",
    OWN_TARGET,
    Level::INFO,
    None,
    None,
    None,
    FieldSet::new(&[field::KIND], Identifier(&OF_SPAN)),
    Kind::SPAN,
);

static OF_WARNING: Question = Question(&WARNING);
static WARNING: Metadata<'static> = Metadata::new(
    "warning",
    OWN_TARGET,
    Level::WARN,
    None,
    None,
    None,
    FieldSet::new(&["message"], Identifier(&OF_WARNING)),
    Kind::EVENT,
);
