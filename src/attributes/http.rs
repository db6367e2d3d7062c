//! HTTP exchanges: method, address and status. What follows the `?` of an address, and headers, carry credentials
//! too often to leave.

use super::{View, meaning::Meaning, value};
use crate::semconv::wire::{AttributeSet, Class, WireValue};

const METHOD: &str = "http.request.method";
const URL: &str = "url.full";
const STATUS: &str = "http.response.status_code";

pub(super) fn put(attributes: &mut AttributeSet, view: &View<'_>) {
    let said = &view.said;
    if let Some(method) = said.get(Meaning::HttpMethod) {
        attributes.put(value::attribute(METHOD, method, Class::Plain));
    }
    if let Some(url) = said.get(Meaning::HttpUrl) {
        let mut attribute = value::attribute(URL, url, Class::Plain);
        attribute.value = WireValue::Str(without_query(&value::text(url)));
        attributes.put(attribute);
    }
    if let Some(status) = said.get(Meaning::HttpStatus) {
        let number = value::count(status).map(WireValue::I64);
        attributes.set(STATUS, number.unwrap_or_else(|| value::wire(status)));
    }
}

/// A header of a request or a response, or all of them, or a query by itself.
pub(super) fn is_withheld(key: &str) -> bool {
    key == "url.query"
        || ["http.request.header", "http.response.header"].iter().any(|prefix| {
            key.strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('s'))
        })
}

/// The address, with its query and fragment masked.
fn without_query(url: &str) -> String {
    match url.split_once(['?', '#']) {
        Some((address, query)) if !query.is_empty() => format!("{address}?REDACTED"),
        Some((address, _)) => address.to_owned(),
        None => url.to_owned(),
    }
}
