//! [`json`]: a serde value as a field.

use std::fmt;

use serde::Serialize;

/// A serde value as the value of a field, written as JSON.
///
/// Nothing is serialised unless somebody looks at the field. A value that cannot be serialised shows the reason
/// in angle brackets instead.
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Query<'a> { city: &'a str, days: u8 }
///
/// let query = Query { city: "Paris", days: 3 };
/// let span = tracing::info_span!("forecast", agentops.kind = "tool", agentops.input = %agentops::json(&query));
/// assert_eq!(agentops::json(&query).to_string(), r#"{"city":"Paris","days":3}"#);
/// ```
pub fn json<T: Serialize + ?Sized>(value: &T) -> impl fmt::Display + fmt::Debug + '_ {
    Json(value)
}

struct Json<'a, T: ?Sized>(&'a T);

impl<T: Serialize + ?Sized> fmt::Display for Json<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match serde_json::to_string(self.0) {
            Ok(text) => f.write_str(&text),
            Err(reason) => write!(f, "<{reason}>"),
        }
    }
}

impl<T: Serialize + ?Sized> fmt::Debug for Json<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
