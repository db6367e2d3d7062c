//! [`Form`]: what a value must look like, and the words that say so.

use std::{path::PathBuf, time::Duration};

use super::{Compression, Content, Export, Protocol, Semconv, pairs};
use crate::error::InitError;

/// A form that a text may have.
pub(crate) struct Form<T> {
    accepted: &'static str,
    read: fn(&str) -> Option<T>,
}

impl<T> Form<T> {
    /// What is accepted, to follow "give".
    pub(crate) fn accepted(&self) -> &'static str {
        self.accepted
    }

    pub(crate) fn read(&self, text: &str) -> Option<T> {
        (self.read)(text)
    }
}

/// Nothing waits longer than a year: the end of a longer wait may be beyond what a clock can hold.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

pub(super) const BOOL: Form<bool> = Form {
    accepted: "true, 1, t or yes, or false, 0, f or no",
    read: |text| match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "t" | "yes" => Some(true),
        "false" | "0" | "f" | "no" => Some(false),
        _ => None,
    },
};

pub(super) const SPANS: Form<usize> = Form {
    accepted: "a whole number of spans above 0",
    read: positive,
};
pub(super) const CHARACTERS: Form<usize> = Form {
    accepted: "a whole number of characters above 0",
    read: positive,
};
/// Has no variable of its own.
pub(super) const BYTES: &str = "a number of bytes above 0";

pub(super) const MILLISECONDS: Form<Duration> = Form {
    accepted: "a whole number of milliseconds above 0",
    read: |text| {
        text.parse()
            .ok()
            .filter(|&n| n > 0)
            .map(|n| Duration::from_millis(n).min(LONGEST_WAIT))
    },
};

pub(super) const RATIO: Form<f64> = Form {
    accepted: "a number from 0 to 1",
    read: |text| text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio)),
};

pub(super) const EXPORT: Form<Export> = Form {
    accepted: "auto, required, console, file:PATH or off",
    read: |text| match text.to_ascii_lowercase().as_str() {
        "auto" => Some(Export::Auto),
        "required" => Some(Export::Required),
        "console" => Some(Export::Console),
        "off" => Some(Export::Off),
        _ => {
            let (scheme, path) = text.split_once(':')?;
            let path = path.trim();
            (scheme.eq_ignore_ascii_case("file") && !path.is_empty()).then(|| Export::File(PathBuf::from(path)))
        }
    },
};

pub(super) const CONTENT: Form<Content> = Form {
    accepted: "all, no-messages or none",
    read: |text| match text.to_ascii_lowercase().as_str() {
        "all" => Some(Content::All),
        "no-messages" | "no_messages" => Some(Content::NoMessages),
        "none" => Some(Content::None),
        _ => None,
    },
};

/// Whether messages leave. Ours are on spans, so `EVENT_ONLY` holds them back, too.
pub(super) const MESSAGE_CONTENT: Form<bool> = Form {
    accepted: "true, 1, t or yes, or false, 0, f or no, or NO_CONTENT, SPAN_ONLY, EVENT_ONLY or SPAN_AND_EVENT",
    read: |text| match text.to_ascii_lowercase().as_str() {
        "no_content" | "event_only" => Some(false),
        "span_only" | "span_and_event" => Some(true),
        other => BOOL.read(other),
    },
};

pub(super) const SEMCONV: Form<Semconv> = Form {
    accepted: "agentops, gen-ai or both",
    read: |text| match text.to_ascii_lowercase().as_str() {
        "agentops" => Some(Semconv::AgentOps),
        "gen-ai" | "gen_ai" | "genai" => Some(Semconv::GenAi),
        "both" => Some(Semconv::Both),
        _ => None,
    },
};

pub(super) const COMPRESSION: Form<Compression> = Form {
    accepted: "gzip or none",
    read: |text| match text.to_ascii_lowercase().as_str() {
        "gzip" => Some(Compression::Gzip),
        "none" => Some(Compression::None),
        _ => None,
    },
};

pub(super) const PROTOCOL: Form<Protocol> = Form {
    accepted: "http/protobuf, http/json or grpc",
    read: |text| match text.to_ascii_lowercase().as_str() {
        "http/protobuf" => Some(Protocol::HttpProtobuf),
        "http/json" => Some(Protocol::HttpJson),
        "grpc" => Some(Protocol::Grpc),
        _ => None,
    },
};

pub(super) const PAIRS: Form<Vec<(String, String)>> = Form {
    accepted: "key=value pairs separated by commas, percent-encoded",
    read: pairs::parse,
};

/// What to say of gRPC where it is not in the build.
#[cfg(not(feature = "grpc"))]
const NO_GRPC: &str =
    "http/protobuf or http/json and the collector's HTTP port, usually 4318, or enable the feature `grpc` of agentops";

/// A protocol that is in this build; `setting` is the setter or the variable that it comes from, as `text`.
#[cfg(not(feature = "grpc"))]
pub(super) fn built_in(setting: &'static str, text: &str, protocol: Protocol) -> Result<Protocol, InitError> {
    match protocol {
        Protocol::Grpc => Err(InitError::invalid(setting, text, NO_GRPC)),
        Protocol::HttpProtobuf | Protocol::HttpJson => Ok(protocol),
    }
}

#[cfg(feature = "grpc")]
#[expect(clippy::unnecessary_wraps, reason = "as its counterpart")]
pub(super) fn built_in(_setting: &'static str, _text: &str, protocol: Protocol) -> Result<Protocol, InitError> {
    Ok(protocol)
}

/// What OpenTelemetry's sampler variable names. We decide at a trace's root, so a parent-based sampler is its root's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sampler {
    AlwaysOn,
    AlwaysOff,
    /// As the argument says.
    Ratio,
}

pub(super) const SAMPLER: Form<Sampler> = Form {
    accepted: "always_on, always_off or traceidratio, or parentbased_ and one of these",
    read: |text| {
        let name = text.to_ascii_lowercase();
        match name.strip_prefix("parentbased_").unwrap_or(&name) {
            "always_on" => Some(Sampler::AlwaysOn),
            "always_off" => Some(Sampler::AlwaysOff),
            "traceidratio" => Some(Sampler::Ratio),
            _ => None,
        }
    },
};

fn positive(text: &str) -> Option<usize> {
    text.parse().ok().filter(|&n| n > 0)
}

/// A setter's number of spans.
pub(super) fn spans(setter: &'static str, value: Option<usize>) -> Result<Option<usize>, InitError> {
    not_zero(setter, value, SPANS.accepted)
}

/// A setter's number of bytes.
pub(super) fn bytes(setter: &'static str, value: Option<usize>) -> Result<Option<usize>, InitError> {
    not_zero(setter, value, BYTES)
}

/// A setter's number of characters.
pub(super) fn characters(setter: &'static str, value: Option<usize>) -> Result<Option<usize>, InitError> {
    not_zero(setter, value, CHARACTERS.accepted)
}

fn not_zero(setter: &'static str, value: Option<usize>, accepted: &str) -> Result<Option<usize>, InitError> {
    match value {
        Some(0) => Err(InitError::invalid(setter, "0", accepted)),
        value => Ok(value),
    }
}

/// A setter's duration that may not be zero.
pub(super) fn duration(setter: &'static str, value: Option<Duration>) -> Result<Option<Duration>, InitError> {
    match value {
        Some(Duration::ZERO) => Err(InitError::invalid(setter, "0ns", "a duration above 0")),
        value => Ok(value.map(|given| given.min(LONGEST_WAIT))),
    }
}

/// A setter's duration of which zero means not to wait.
pub(super) fn wait(value: Option<Duration>) -> Option<Duration> {
    value.map(|given| given.min(LONGEST_WAIT))
}

/// A setter's ratio.
pub(super) fn ratio(setter: &'static str, value: Option<f64>) -> Result<Option<f64>, InitError> {
    match value {
        Some(ratio) if !(0.0..=1.0).contains(&ratio) => {
            Err(InitError::invalid(setter, ratio.to_string(), RATIO.accepted))
        }
        value => Ok(value),
    }
}
