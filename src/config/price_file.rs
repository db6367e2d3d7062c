//! A file of prices: JSON, by model, in USD per million tokens.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::endpoint;
use crate::{error::InitError, price::Price};

const ACCEPTED: &str = "the path of a JSON file such as {\"my-model\": {\"input\": 2.0, \"output\": 8.0, \
     \"cache_read\": 0.5, \"cache_creation\": 2.5}}, in USD per million tokens, the two for caches optional";

/// One model's prices, as they stand in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    input: f64,
    output: f64,
    cache_read: Option<f64>,
    cache_creation: Option<f64>,
}

/// Reads the file that `setting` names.
pub(super) fn read(setting: &'static str, path: &Path) -> Result<Vec<(String, Price)>, InitError> {
    let shown = endpoint::shown(&path.display().to_string());
    let text = std::fs::read_to_string(path)
        .map_err(|reason| InitError::invalid(setting, format!("{shown} ({reason})"), ACCEPTED))?;
    parse(&text).map_err(|wrong| InitError::invalid(setting, format!("{shown} ({wrong})"), ACCEPTED))
}

fn parse(text: &str) -> Result<Vec<(String, Price)>, String> {
    let models: Map<String, Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    models
        .into_iter()
        .map(|(model, entry)| match Entry::deserialize(entry) {
            Ok(entry) => match entry.price() {
                Some(price) => Ok((model, price)),
                None => Err(format!("{model}: a price is below 0")),
            },
            Err(error) => Err(format!("{model}: {error}")),
        })
        .collect()
}

impl Entry {
    fn price(&self) -> Option<Price> {
        let all = [
            Some(self.input),
            Some(self.output),
            self.cache_read,
            self.cache_creation,
        ];
        let are_prices = all.into_iter().flatten().all(|usd| usd.is_finite() && usd >= 0.0);
        are_prices.then_some(Price {
            input: self.input,
            output: self.output,
            cache_read: self.cache_read,
            cache_creation: self.cache_creation,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_by_model() {
        let text = r#"{ "a": { "input": 2, "output": 8.5 }, "b": { "output": 1, "input": 1, "cache_read": 0.5, "cache_creation": 0 } }"#;
        let b = Price::new(1.0, 1.0).with_cache_read(0.5).with_cache_creation(0.0);
        assert_eq!(
            parse(text).unwrap(),
            [("a".to_owned(), Price::new(2.0, 8.5)), ("b".to_owned(), b)]
        );
        assert_eq!(parse("{}").unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, wrong) in [
            ("", "EOF"),
            ("[]", "expected a map"),
            (r#"{"a":{"input":2}}"#, "a: missing field `output`"),
            (
                r#"{"a":{"input":2,"output":8,"cached":1}}"#,
                "a: unknown field `cached`",
            ),
            (r#"{"a":{"input":-2,"output":8}}"#, "a: a price is below 0"),
            (r#"{"a":{"input":"2","output":8}}"#, "a: invalid type: string"),
            (r#"{"a":7}"#, "a: invalid type"),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.contains(wrong), "{text}: {said}");
        }
    }
}
