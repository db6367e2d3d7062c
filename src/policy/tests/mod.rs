mod content;
mod limits;
mod tags;

use std::time::Instant;

use crate::{
    kind::EntityKind,
    semconv::wire::{AttributeSet, Class, OtelKind, WireEvent, WireSpan, WireStatus},
};

fn span() -> WireSpan {
    WireSpan {
        name: "search.tool".to_owned(),
        kind: EntityKind::Tool,
        otel_kind: OtelKind::Internal,
        status: WireStatus::Unset,
        attributes: AttributeSet::default(),
        events: Vec::new(),
        dropped_attributes: 0,
        dropped_events: 0,
    }
}

fn event(name: &str, attributes: AttributeSet) -> WireEvent {
    WireEvent {
        name: name.to_owned().into(),
        name_class: Class::Diagnostic,
        at: Instant::now(),
        attributes,
    }
}
