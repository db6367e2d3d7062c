//! How a span ended: its status, and the attributes of an error.

use std::borrow::Cow;

use tracing::Level;

use super::{View, event, meaning::Meaning, session, tool};
use crate::{
    config::EndState,
    kind::EntityKind,
    semconv::{
        agentops,
        wire::{AttributeSet, Class, WireStatus},
    },
};

/// Where nothing says what the error was.
const UNSPECIFIED: &str = "error";

/// How a span ended.
pub(super) struct Outcome {
    pub(super) status: WireStatus,
    error_type: Option<String>,
    error_message: Option<String>,
}

/// Why a span is an error.
struct Cause {
    type_name: Option<String>,
    message: Option<String>,
}

impl Cause {
    /// `Type: message`, or the one that is known.
    fn status(&self) -> Option<String> {
        match (&self.type_name, &self.message) {
            (Some(type_name), Some(message)) => Some(format!("{type_name}: {message}")),
            (type_name, message) => type_name.clone().or_else(|| message.clone()),
        }
    }
}

impl Outcome {
    /// `otel.status_code` wins, then a session's end state, then whatever went wrong. A clean close is Ok, so that the
    /// server counts it; of what was open at the end of the process nobody knows how it would have ended.
    pub(super) fn of(view: &View<'_>) -> Self {
        let cause = cause(view);
        let status = told(view, cause.as_ref())
            .or_else(|| ended(view, cause.as_ref()))
            .unwrap_or_else(|| match &cause {
                Some(cause) => WireStatus::Error(message_of(view, Some(cause), None)),
                None if view.record.open_at_shutdown => WireStatus::Unset,
                None => WireStatus::Ok,
            });
        let is_error = matches!(status, WireStatus::Error(_));
        let cause = cause.filter(|_| is_error);
        let told = |meaning| view.said.text(meaning).map(Cow::into_owned);
        let (cause_type, cause_message) = cause.map_or((None, None), |cause| (cause.type_name, cause.message));
        let error_message = told(Meaning::ErrorMessage).or(cause_message).or_else(|| match &status {
            WireStatus::Error(message) => Some(message.clone()),
            WireStatus::Ok | WireStatus::Unset => None,
        });
        Self {
            error_type: cause_type.or_else(|| told(Meaning::ErrorType)),
            error_message,
            status,
        }
    }
}

/// The attributes of an error, and of a span that had no time to end.
pub(super) fn put(attributes: &mut AttributeSet, view: &View<'_>, outcome: &Outcome) {
    if view.record.open_at_shutdown {
        attributes.set(agentops::OPEN_AT_SHUTDOWN, true);
    }
    if let Some(type_name) = &outcome.error_type {
        attributes.set(agentops::ERROR_TYPE, type_name.as_str());
    }
    if let Some(message) = &outcome.error_message {
        attributes.set_as(Class::Diagnostic, agentops::ERROR_MESSAGE, message.as_str());
    }
}

/// What `otel.status_code` says.
fn told(view: &View<'_>, cause: Option<&Cause>) -> Option<WireStatus> {
    let code = view.said.text(Meaning::StatusCode)?;
    match code.trim() {
        code if code.eq_ignore_ascii_case("ok") => Some(WireStatus::Ok),
        code if code.eq_ignore_ascii_case("error") => Some(WireStatus::Error(message_of(view, cause, None))),
        _ => None,
    }
}

/// What a session's end state says.
fn ended(view: &View<'_>, cause: Option<&Cause>) -> Option<WireStatus> {
    if view.kind != EntityKind::Session {
        return None;
    }
    Some(match session::end_state(view)? {
        EndState::Success | EndState::Shutdown => WireStatus::Ok,
        EndState::Fail => WireStatus::Error(message_of(view, cause, Some("Fail"))),
        EndState::Other(text) if text.eq_ignore_ascii_case("error") => {
            WireStatus::Error(message_of(view, cause, Some("Error")))
        }
        EndState::Indeterminate | EndState::Other(_) => WireStatus::Unset,
    })
}

/// The text of an Error status: what the program said of it, else the cause, else the name of the end state.
fn message_of(view: &View<'_>, cause: Option<&Cause>, state: Option<&str>) -> String {
    let said = |meaning| view.said.text(meaning).map(Cow::into_owned);
    said(Meaning::StatusDescription)
        .or_else(|| said(Meaning::EndReason).filter(|_| view.kind == EntityKind::Session))
        .or_else(|| cause.and_then(Cause::status))
        .unwrap_or_else(|| state.unwrap_or(UNSPECIFIED).to_owned())
}

/// What went wrong: a failure, an `error.type` (which the conventions put on failed spans only), a tool that says so,
/// or the first ERROR event.
fn cause(view: &View<'_>) -> Option<Cause> {
    if let Some(failure) = &view.record.failure {
        let type_name = failure.type_name.as_ref().map(|name| name.clone().into_owned());
        return Some(Cause {
            type_name,
            message: Some(failure.message.clone()).filter(|text| !text.is_empty()),
        });
    }
    let said = |meaning| view.said.text(meaning).map(Cow::into_owned);
    if let Some(type_name) = said(Meaning::ErrorType) {
        return Some(Cause {
            type_name: Some(type_name),
            message: said(Meaning::ErrorMessage),
        });
    }
    if let Some(outcome) = said(Meaning::ToolOutcome).filter(|outcome| tool::failed(outcome)) {
        return Some(Cause {
            type_name: None,
            message: Some(format!("tool call: {outcome}")),
        });
    }
    if let Some(text) = said(Meaning::Failed).filter(|text| text != "false") {
        return Some(Cause {
            type_name: None,
            message: Some(text).filter(|text| text != "true"),
        });
    }
    let events = view.record.events.iter().filter(|_| view.policy.error_events_to_status);
    let event = events.into_iter().find(|event| event.level == Level::ERROR)?;
    Some(Cause {
        type_name: None,
        message: Some(event::name(event).into_owned()),
    })
}
