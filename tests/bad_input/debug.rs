//! Code of the program that runs when a value is recorded.

use std::{
    fmt::{self, Debug as _},
    panic::catch_unwind,
};

use agentops::{AgentOpsSpanExt as _, testing::Span};
use serde::{Serialize, Serializer, ser::Error as _};
use tracing::{field, info, info_span};

use crate::table::{Outcome, Row};

pub(crate) const ROWS: [Row; 8] = [
    Row::new(
        "a Debug that panics",
        |host| {
            let span = host
                .call(|| info_span!("made", agentops.kind = "tool", t.ok = 1, t.bad = ?Panics, t.late = field::Empty));
            host.call(|| span.record("t.late", field::debug(Panics)));
            let _entered = span.enter();
            host.call(|| info!(t.bad = %Panics, "said"));
        },
        |outcome| {
            let span = outcome.span("made.tool");
            let panicked = Some("<formatting it panicked>");
            assert_eq!((span.text("t.bad"), span.text("t.late")), (panicked, panicked));
            assert_eq!(span.attribute("t.ok"), Some(&1_i64.into()), "its neighbours stay");
            assert_eq!(said(span, "t.bad"), panicked);
            assert!(!span.is_error(), "nothing unwound through the span");
        },
    ),
    Row::new(
        "a Debug that logs",
        |host| {
            host.call(|| info_span!("made", agentops.kind = "tool", t.bad = ?Logs))
                .in_scope(|| {
                    host.call(|| info!(t.bad = ?Logs, "said"));
                });
        },
        |outcome| {
            assert_eq!(outcome.text("made.tool", "t.bad"), "Logs");
            // tracing drops what is said inside of a callback under a scoped subscriber.
            let events: Vec<_> = outcome
                .span("made.tool")
                .events
                .iter()
                .map(|event| event.name.as_str())
                .collect();
            assert_eq!(events, ["said"]);
        },
    ),
    Row::new(
        "a Debug that enters a span",
        |host| {
            drop(host.call(|| info_span!("made", agentops.kind = "tool", t.bad = ?Enters)));
        },
        |outcome| {
            assert_eq!(outcome.text("made.tool", "t.bad"), "Enters");
            assert_eq!(
                outcome.all("inner.tool").count(),
                0,
                "tracing drops it under a scoped subscriber"
            );
        },
    ),
    Row::new(
        "a Debug that never ends",
        |host| {
            drop(host.call(|| info_span!("made", agentops.kind = "tool", t.bad = ?Endless, t.ok = 1)));
        },
        |outcome| {
            let text = outcome.text("made.tool", "t.bad");
            assert_eq!(text.chars().count(), 1_000_000);
            assert!(text.starts_with("again and again ") && text.ends_with("...[truncated]"));
            assert_eq!(outcome.span("made.tool").attribute("t.ok"), Some(&1_i64.into()));
        },
    ),
    Row::new(
        "a Serialize that refuses, panics or never ends",
        |host| {
            let span = info_span!("made", agentops.kind = "tool");
            host.call(|| span.record_input(&Refuses));
            host.call(|| span.record_output(&PanicsToo));
            host.call(|| span.record_attribute("t.long", &Long));
        },
        serialized,
    ),
    Row::new(
        "an Error whose causes are a circle",
        |host| {
            let span = info_span!("made", agentops.kind = "tool");
            host.call(|| span.record_error(&Circle));
            host.call(|| tracing::error!(parent: &span, error = &Circle as &dyn std::error::Error, "said"));
        },
        |outcome| {
            let span = outcome.span("made.tool");
            assert_eq!(span.status.message, "Circle: round");
            let chain = said(span, "exception.stacktrace").unwrap();
            assert_eq!(chain.lines().count(), 32, "{chain}");
        },
    ),
    Row::new(
        "an Error that panics when it is asked for its cause",
        |host| {
            let span = info_span!("made", agentops.kind = "tool");
            host.call(|| span.record_error(&Groundless));
            let event = info_span!("event", agentops.kind = "tool");
            let _entered = event.enter();
            host.call(|| tracing::error!(error = &Groundless as &dyn std::error::Error, "said"));
        },
        |outcome| {
            assert_eq!(outcome.span("made.tool").status.message, "Groundless: groundless");
            assert_eq!(said(outcome.span("event.tool"), "error"), Some("groundless"));
        },
    ),
    Row::new(
        "a session that fails with an error whose Display panics or never ends",
        |host| {
            let fails = |name: &str, error: Says| {
                let session = host.agentops.session(name).start();
                let result: Result<(), Says> = futures::executor::block_on(session.run(async || Err(error)));
                assert!(result.is_err(), "the program gets its error");
            };
            fails("panics", Says(|f| Panics.fmt(f)));
            fails("endless", Says(|f| Endless.fmt(f)));
        },
        |outcome| {
            let status = |name: &str| outcome.span(name).status.message.as_str();
            assert_eq!(status("panics.session"), "<formatting it panicked>");
            let long = status("endless.session");
            assert!(
                long.starts_with("again and again ") && long.ends_with("...[truncated]"),
                "{long:.100}"
            );
        },
    ),
];

/// A text of the first event.
fn said<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    span.events[0].attribute(key)?.as_str()
}

fn serialized(outcome: &Outcome) {
    let span = outcome.span("made.tool");
    assert_eq!(span.text("agentops.entity.input"), Some("<no>"));
    assert_eq!(span.text("agentops.entity.output"), Some("<its Serialize panicked>"));
    let long = span.text("t.long").unwrap();
    assert!(long.starts_with("[\"again and again ") && long.ends_with("...[truncated]"));
    assert_eq!(long.chars().count(), 1_000_000);
    assert!(!span.is_error());
}

#[test]
fn the_programs_of_these_rows_would_harm_a_layer_that_trusts_them() {
    assert!(catch_unwind(|| format!("{Panics:?}")).is_err());
    assert!(serde_json::to_string(&Refuses).is_err());
}

struct Panics;
impl fmt::Debug for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sk-half-of-a-secret")?;
        panic!("a Debug that panics")
    }
}
impl fmt::Display for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

struct Logs;
impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!("from inside");
        f.write_str("Logs")
    }
}

struct Enters;
impl fmt::Debug for Enters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _inner = info_span!("inner", agentops.kind = "tool").entered();
        f.write_str("Enters")
    }
}

struct Endless;
impl fmt::Debug for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = "again and again ".repeat(1000);
        loop {
            f.write_str(&many)?;
        }
    }
}

struct Refuses;
impl Serialize for Refuses {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("no"))
    }
}

struct PanicsToo;
impl Serialize for PanicsToo {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("a Serialize that panics")
    }
}

/// Ends only when it is told to.
struct Long;
impl Serialize for Long {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(std::iter::repeat("again and again ".repeat(1000)))
    }
}

#[derive(Debug)]
struct Groundless;
impl fmt::Display for Groundless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("groundless")
    }
}
impl std::error::Error for Groundless {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        panic!("an Error without grounds")
    }
}

/// Shows itself as it is told to.
struct Says(fn(&mut fmt::Formatter<'_>) -> fmt::Result);
impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

#[derive(Debug)]
struct Circle;
impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("round")
    }
}
impl std::error::Error for Circle {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&Circle)
    }
}
