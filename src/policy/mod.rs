//! [`Policy`]: what a handle adds to, masks in and cuts from every span. Plain functions over
//! [`WireSpan`](crate::semconv::wire::WireSpan); the order (tags, redact, limits) is fixed by `attributes::map`.

pub(crate) mod content;
pub(crate) mod limits;
pub(crate) mod pricing;
pub(crate) mod redact;
pub(crate) mod tags;
#[cfg(test)]
mod tests;

use std::sync::{Arc, RwLock};

use crate::{
    config::{Config, Content, Semconv},
    semconv::wire::AttributeSet,
};

/// What a handle applies to every span.
#[derive(Clone)]
pub(crate) struct Policy {
    pub(crate) content: Content,
    pub(crate) redactor: Arc<redact::Guarded>,
    pub(crate) limits: limits::Limits,
    pub(crate) semconv: Semconv,
    pub(crate) prices: pricing::Prices,
    /// The handle's list tags.
    pub(crate) tags: Vec<String>,
    /// The handle's dict tags.
    pub(crate) dict_tags: Vec<(String, String)>,
    pub(crate) error_events_to_status: bool,
    /// The host environment as session spans carry it; empty when opted out or not measured yet.
    pub(crate) session_attributes: Arc<RwLock<AttributeSet>>,
}

impl Policy {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            content: config.content,
            redactor: Arc::new(redact::Guarded::new(Arc::clone(&config.redactor))),
            limits: limits::Limits {
                attribute_value_length: config.attribute_value_length,
                ..limits::Limits::default()
            },
            semconv: config.semconv,
            prices: pricing::Prices::new(config.prices.clone()),
            tags: config.tags.clone(),
            dict_tags: config.dict_tags.clone(),
            error_events_to_status: config.error_events_to_status,
            session_attributes: Arc::default(),
        }
    }
}

/// `key` is `parent`, or stands below it in the nesting of dotted keys.
fn is_at_or_below(key: &str, parent: &str) -> bool {
    key.strip_prefix(parent)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
