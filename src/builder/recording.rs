//! What is recorded, and what of it leaves.

use std::{path::PathBuf, sync::Arc};

use tracing::level_filters::LevelFilter;

use super::Builder;
use crate::{
    config::{Content, Redactor, Semconv},
    price::Price,
};

/// What is recorded, and what of it leaves.
impl Builder {
    /// How much content leaves. Environment: `AGENTOPS_CAPTURE_CONTENT`, else
    /// `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` or `TRACELOOP_TRACE_CONTENT`, of which a `false` means
    /// [`Content::NoMessages`]. Default: [`Content::All`].
    pub fn with_content_capture(mut self, content: Content) -> Self {
        self.settings.content = Some(content);
        self
    }

    /// Replaces the redactor, which sees every string before it leaves. Has no variable. Default: one that masks
    /// credentials; it does not run beside one that is given here.
    pub fn with_redactor(mut self, redactor: impl Redactor + 'static) -> Self {
        self.settings.redactor = Arc::new(redactor);
        self
    }

    /// Characters of one attribute value; a longer one is cut and marked. Environment:
    /// `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`. Default: 1,000,000.
    pub fn with_attribute_value_length(mut self, characters: usize) -> Self {
        self.settings.attribute_value_length = Some(characters);
        self
    }

    /// The attribute names of agents and tools. Environment: `AGENTOPS_SEMCONV`. Default: [`Semconv::AgentOps`] with
    /// a key, else [`Semconv::GenAi`].
    pub fn with_semconv(mut self, semconv: Semconv) -> Self {
        self.settings.semconv = Some(semconv);
        self
    }

    /// The price of a model by its exact name. It wins over [`with_price_file`](Self::with_price_file) and over the table
    /// of the feature `pricing`; the last one of a model counts. Has no variable. Default: none.
    pub fn with_price(mut self, model: impl Into<String>, price: Price) -> Self {
        self.settings.prices.push((model.into(), price));
        self
    }

    /// Prices from a JSON file, by the exact names of models, in USD per million tokens. Those for tokens that are read
    /// from a cache and written to one are optional, as in [`Price`]. They win over the table of the feature `pricing`.
    /// The file is read when the handle is built; one that cannot be read or says something else is an error. Environment:
    /// `AGENTOPS_PRICE_FILE`. Default: none.
    ///
    /// ```
    /// # let folder = std::env::temp_dir();
    /// # let path = folder.join(format!("agentops-prices-{}.json", std::process::id()));
    /// std::fs::write(&path, r#"{ "my-model": { "input": 2.0, "output": 8.0, "cache_read": 0.5, "cache_creation": 2.5 } }"#)?;
    /// let agentops = agentops::builder().with_export(agentops::Export::Off).with_price_file(&path).build()?;
    /// # std::fs::remove_file(&path)?;
    /// # drop(agentops);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_price_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.price_file = Some(path.into());
        self
    }

    /// Whether spans of known agent and model libraries are recorded without an `agentops.*` field. Environment:
    /// `AGENTOPS_INSTRUMENT_LLM_CALLS`. Default: `true`.
    pub fn with_instrument_llm_calls(mut self, instrument: bool) -> Self {
        self.settings.instrument_llm_calls = Some(instrument);
        self
    }

    /// The most verbose level of spans that are recorded. Has no variable. Default: `DEBUG`.
    pub fn with_max_level(mut self, level: LevelFilter) -> Self {
        self.settings.max_level = Some(level);
        self
    }

    /// The most verbose level of events that are recorded on spans. Has no variable. Default: `INFO`.
    pub fn with_event_level(mut self, level: LevelFilter) -> Self {
        self.settings.event_level = Some(level);
        self
    }

    /// Whether an event of level `ERROR` makes its span an error. Has no variable. Default: `true`.
    pub fn with_error_events_to_status(mut self, to_status: bool) -> Self {
        self.settings.error_events_to_status = Some(to_status);
        self
    }

    /// Whether `try_init` installs a panic hook, before the one that is there, so that the location of a panic stands
    /// on the span that it ended. Has no variable. Default: `true`.
    pub fn with_panic_hook(mut self, hook: bool) -> Self {
        self.settings.panic_hook = Some(hook);
        self
    }
}
