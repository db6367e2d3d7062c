//! Trace context of other processes that is not valid.

use std::collections::HashMap;

use agentops::{AgentOpsSpanExt as _, EndState, Remote};
use tracing::info_span;

use crate::{
    host::Host,
    table::{Outcome, Row},
};

const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const MALFORMED: [&str; 14] = [
    "",
    "00",
    "nonsense",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319cc-b7ad6b7169203331-01",
    "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333é-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\0\0",
];

const BAGGAGE: [&str; 8] = [
    "",
    ",,;",
    "=",
    "session.id",
    "session.id=",
    "session.id= ",
    "session.id=%ff",
    "session id=c-1",
];

pub(crate) const ROWS: [Row; 4] = [
    Row::new(
        "a traceparent that is not valid, for a session",
        |host| {
            for (index, bad) in MALFORMED.into_iter().enumerate() {
                for remote in [Remote::Link, Remote::Join] {
                    let session = host.agentops.session(format!("bad {index}"));
                    session
                        .with_remote_parent(&carrier(bad), remote)
                        .start()
                        .end(EndState::Success);
                }
            }
            let session = host.agentops.session("good");
            session
                .with_remote_parent(&carrier(VALID), Remote::Join)
                .start()
                .end(EndState::Success);
        },
        |outcome| untouched(outcome, MALFORMED.len() * 2),
    ),
    Row::new(
        "a traceparent that is not valid, for a span",
        |_| {
            for (index, bad) in MALFORMED.into_iter().enumerate() {
                let span = info_span!(
                    "span",
                    agentops.kind = "session",
                    agentops.name = format!("bad {index}")
                );
                span.set_remote_parent(&carrier(bad)).unwrap();
            }
            let span = info_span!("good", agentops.kind = "session");
            span.set_remote_parent(&carrier(VALID)).unwrap();
            let seen = span.set_remote_parent(&carrier(VALID)).map(|()| span.trace_id());
            assert!(seen.unwrap().is_some());
            let late = span.set_remote_parent(&carrier(VALID)).unwrap_err();
            assert_eq!(
                late.to_string(),
                "the span's ids were already seen by a child or by the program: set the remote parent right after the span is made"
            );
        },
        |outcome| untouched(outcome, MALFORMED.len()),
    ),
    Row::new(
        "baggage that is not valid, around what is",
        |host| {
            for (index, bad) in BAGGAGE.into_iter().enumerate() {
                let mut carrier = carrier(VALID);
                carrier.insert("baggage".to_owned(), format!("{bad},user.id=u-1"));
                let session = host.agentops.session(format!("served {index}"));
                session
                    .with_remote_parent(&carrier, Remote::Join)
                    .start()
                    .end(EndState::Success);
            }
        },
        |outcome| {
            for (index, bad) in BAGGAGE.iter().enumerate() {
                let session = outcome.span(&format!("served {index}.session"));
                assert_eq!(session.trace_id, "0af7651916cd43dd8448eb211c80319c");
                assert_eq!(session.text("user.id"), Some("u-1"), "after {bad:?}");
                assert_eq!(session.attribute("session.id"), None, "after {bad:?}");
            }
            outcome.told_nothing();
        },
    ),
    Row::new(
        "a carrier of a megabyte, with a broken baggage and trace state",
        |host: &Host| {
            let mut carrier = carrier(VALID);
            carrier.insert("tracestate".to_owned(), "=,=,é;".repeat(100_000));
            carrier.insert("baggage".to_owned(), "%zz=%,;;=\0,".repeat(100_000));
            let session = host.agentops.session("good").with_remote_parent(&carrier, Remote::Join);
            host.call(|| session.start().end(EndState::Success));
            carrier.insert("traceparent".to_owned(), VALID.repeat(20_000));
            let session = host
                .agentops
                .session("bad 0")
                .with_remote_parent(&carrier, Remote::Join);
            host.call(|| session.start().end(EndState::Success));
        },
        |outcome| untouched(outcome, 1),
    ),
];

fn carrier(traceparent: &str) -> HashMap<String, String> {
    HashMap::from([("traceparent".to_owned(), traceparent.to_owned())])
}

/// The good one continues the trace of the other process. The bad ones are all there, and have traces of their own, without
/// a link.
fn untouched(outcome: &Outcome, bad_ones: usize) {
    let good = outcome.span("good.session");
    assert_eq!(good.trace_id, "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(good.parent_span_id.as_deref(), Some("b7ad6b7169203331"));
    let bad: Vec<_> = outcome
        .spans
        .iter()
        .filter(|span| span.name.starts_with("bad "))
        .collect();
    assert_eq!(bad.len(), bad_ones, "a carrier that is not valid takes no session away");
    for span in bad {
        assert_ne!(span.trace_id, good.trace_id, "{}", span.name);
        assert_eq!(
            (span.parent_span_id.as_deref(), span.links.len()),
            (None, 0),
            "{}",
            span.name
        );
    }
    outcome.told_nothing();
}
