//! Judging by its name what a field tells that is passed on as it is.

use super::keys::is_index;
use crate::semconv::{agentops, wire::Class};

/// What a field that is passed on under its own name tells. Only names can be judged here: a program that puts a
/// prompt into `app.note` says so to nobody.
pub(super) fn class_of(key: &str) -> Class {
    const MESSAGES: &[&str] = &[
        "args",
        "arguments",
        "body",
        "completion",
        "content",
        "definitions",
        "documents",
        "input",
        "instructions",
        "messages",
        "output",
        "parameters",
        "prompt",
        "records",
        "result",
        "system_instructions",
        "text",
    ];
    if matches!(
        key,
        agentops::ERROR_MESSAGE | agentops::EXCEPTION_MESSAGE | agentops::EXCEPTION_STACKTRACE | "error.stack"
    ) {
        return Class::Diagnostic;
    }
    let last = key.rsplit('.').find(|segment| !is_index(segment)).unwrap_or(key);
    if MESSAGES.contains(&last) {
        Class::Message
    } else {
        Class::Plain
    }
}
