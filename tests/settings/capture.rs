//! Which spans and events are recorded.

use std::panic::catch_unwind;

use agentops::{
    Builder,
    testing::{Span, StatusCode},
};
use tracing::{Level, debug_span, info_span, level_filters::LevelFilter, span, trace_span};

use super::harness::{as_is, named, seen, tool, variables};

#[test]
fn spans_of_libraries_are_recorded_unless_only_those_of_agentops_are_asked_for() {
    covers!("with_instrument_llm_calls", "AGENTOPS_INSTRUMENT_LLM_CALLS");
    let names = |settings: &dyn Fn(Builder) -> Builder| {
        let seen = seen(settings, |_| {
            info_span!("call", gen_ai.operation.name = "chat", gen_ai.request.model = "gpt-4o").in_scope(|| ());
            tool();
        });
        seen.names().join(" ")
    };
    let (all, ours) = ("chat gpt-4o tool.tool default.session", "tool.tool default.session");
    let no = [("AGENTOPS_INSTRUMENT_LLM_CALLS", "no")];
    assert_eq!(names(&as_is), all);
    assert_eq!(names(&|builder| builder.with_instrument_llm_calls(false)), ours);
    assert_eq!(names(&|builder| builder.with_env(variables(&no))), ours);
    assert_eq!(
        names(&|builder| builder.with_env(variables(&no)).with_instrument_llm_calls(true)),
        all
    );
}

#[test]
fn spans_up_to_the_most_verbose_level_are_recorded() {
    covers!("with_max_level");
    let names = |settings: &dyn Fn(Builder) -> Builder| {
        let seen = seen(settings, |_| {
            drop(span!(Level::WARN, "warn", agentops.kind = "tool"));
            drop(info_span!("info", agentops.kind = "tool"));
            drop(debug_span!("debug", agentops.kind = "tool"));
            drop(trace_span!("trace", agentops.kind = "tool"));
        });
        seen.names().join(" ")
    };
    let up_to = |level: LevelFilter| names(&move |builder| builder.with_max_level(level));
    assert_eq!(names(&as_is), "warn.tool info.tool debug.tool default.session");
    assert_eq!(
        up_to(LevelFilter::TRACE),
        "warn.tool info.tool debug.tool trace.tool default.session"
    );
    assert_eq!(up_to(LevelFilter::INFO), "warn.tool info.tool default.session");
    assert_eq!(up_to(LevelFilter::WARN), "warn.tool default.session");
    assert_eq!(up_to(LevelFilter::OFF), "");
}

#[test]
fn events_up_to_the_most_verbose_level_are_on_their_span() {
    covers!("with_event_level");
    let names = |settings: &dyn Fn(Builder) -> Builder| {
        let seen = seen(settings, |_| {
            info_span!("task", agentops.kind = "task").in_scope(|| {
                tracing::warn!("warn");
                tracing::info!("info");
                tracing::debug!("debug");
                tracing::trace!("trace");
            });
        });
        let events = &named(&seen.spans, "task.task").events;
        let names: Vec<_> = events.iter().map(|event| event.name.clone()).collect();
        names.join(" ")
    };
    let up_to = |level: LevelFilter| names(&move |builder| builder.with_event_level(level));
    assert_eq!(names(&as_is), "warn info");
    assert_eq!(up_to(LevelFilter::TRACE), "warn info debug trace");
    assert_eq!(up_to(LevelFilter::WARN), "warn");
    assert_eq!(up_to(LevelFilter::OFF), "");
}

#[test]
fn an_error_event_makes_its_span_an_error_unless_that_is_switched_off() {
    covers!("with_error_events_to_status");
    let status = |settings: &dyn Fn(Builder) -> Builder| {
        let seen = seen(settings, |_| {
            info_span!("task", agentops.kind = "task").in_scope(|| tracing::error!("out of paper"));
        });
        let task = named(&seen.spans, "task.task");
        assert_eq!(task.events.len(), 1, "the event is there either way");
        (task.status.code, task.status.message.clone())
    };
    let error = (StatusCode::Error, "out of paper".to_owned());
    assert_eq!(status(&as_is), error);
    assert_eq!(status(&|builder| builder.with_error_events_to_status(true)), error);
    assert_eq!(
        status(&|builder| builder.with_error_events_to_status(false)),
        (StatusCode::Ok, String::new())
    );
}

/// A span that ends in a panic, in a program that installed the handlers.
fn panicked(settings: impl FnOnce(Builder) -> Builder) -> Span {
    let seen = seen(settings, |agentops| {
        agentops.install_handlers().unwrap();
        let panics = || info_span!("task", agentops.kind = "task").in_scope(|| panic!("out of paper"));
        catch_unwind(panics).unwrap_err();
    });
    named(&seen.spans, "task.task").clone()
}

/// The hook stays once it is installed, so this is one test, and no other of this binary may install it.
#[test]
fn a_panic_tells_its_message_and_place_where_the_hook_is_installed() {
    covers!("with_panic_hook");
    let stack = |span: &Span| span.events[0].attribute("exception.stacktrace").cloned();
    let without = panicked(|builder| builder.with_panic_hook(false));
    assert!(
        without.is_error() && !without.status.message.contains("out of paper"),
        "{:?}",
        without.status
    );
    assert_eq!(stack(&without), None);
    let with = panicked(as_is);
    assert!(with.status.message.contains("out of paper"), "{:?}", with.status);
    let place = stack(&with).unwrap();
    assert!(place.as_str().unwrap().contains(file!()), "{place:?}");
}
