//! Lives of spans that no diagram shows.

use std::{thread, time::Duration};

use agentops::{
    AgentOpsSpanExt as _, EndState,
    testing::{FixedClock, Span as Sent},
};
use tracing::{Span, field, info, info_span};

use crate::{
    host::Host,
    table::{Row, unhindered},
};

const MILLISECOND: u64 = 1_000_000;
const HOUR: u64 = 3_600_000_000_000;

pub(crate) const ROWS: [Row; 12] = [
    Row::new(
        "spans closed out of order",
        |_| {
            let a = info_span!("a", agentops.kind = "operation");
            let b = info_span!(parent: &a, "b", agentops.kind = "operation");
            let c = info_span!(parent: &b, "c", agentops.kind = "operation");
            drop((b, a, c));
        },
        |outcome| {
            let [a, b, c] = ["a.operation", "b.operation", "c.operation"].map(|name| outcome.span(name));
            assert_eq!(
                (b.parent_span_id.as_ref(), c.parent_span_id.as_ref()),
                (Some(&a.span_id), Some(&b.span_id))
            );
        },
    ),
    Row::new(
        "guards dropped out of order",
        |_| {
            let a = info_span!("a", agentops.kind = "operation").entered();
            let b = info_span!("b", agentops.kind = "operation").entered();
            drop(a);
            drop(info_span!("c", agentops.kind = "operation"));
            drop(b);
            drop(info_span!("d", agentops.kind = "operation"));
        },
        |outcome| {
            let session = outcome.span("default.session");
            assert_eq!(
                outcome.span("c.operation").parent_span_id,
                Some(outcome.span("b.operation").span_id.clone())
            );
            assert_eq!(
                outcome.span("d.operation").parent_span_id,
                Some(session.span_id.clone())
            );
        },
    ),
    Row::new(
        "a parent closed before its child",
        |_| {
            let parent = info_span!("parent", agentops.kind = "agent");
            let child = info_span!(parent: &parent, "child", agentops.kind = "tool");
            drop(parent);
            let late = info_span!(parent: &child, "late", agentops.kind = "task");
            drop((child, late));
        },
        |outcome| {
            let parent = outcome.span("parent.agent");
            assert_eq!(
                outcome.span("child.tool").parent_span_id.as_ref(),
                Some(&parent.span_id)
            );
            assert_eq!(outcome.text("late.task", "agent.name"), "parent");
        },
    ),
    Row::new(
        "a wall clock that is set back an hour",
        |_| {
            let outer = info_span!("outer", agentops.kind = "operation").entered();
            drop(info_span!("inner", agentops.kind = "operation").entered());
            drop(outer);
        },
        |outcome| {
            let [outer, inner] = ["outer.operation", "inner.operation"].map(|name| outcome.span(name));
            let lasted = |span: &Sent| span.end_unix_nanos - span.start_unix_nanos;
            assert_eq!(inner.start_unix_nanos, outer.start_unix_nanos + MILLISECOND - HOUR);
            assert_eq!((lasted(outer), lasted(inner)), (3 * MILLISECOND, MILLISECOND));
        },
    )
    // The first reading is the session's start, the second the outer span's.
    .with(|builder| builder.with_clock(FixedClock::new().with_wall_set_back(2, Duration::from_nanos(HOUR)))),
    Row::new(
        "a wall clock that is set back between a span's start and its event",
        |_| {
            let span = info_span!("span", agentops.kind = "operation").entered();
            info!("said");
            drop(span);
        },
        |outcome| {
            let span = outcome.span("span.operation");
            let [said] = &span.events[..] else {
                panic!("{:?}", span.events)
            };
            let (start, end) = (span.start_unix_nanos, span.end_unix_nanos);
            assert!(start <= said.unix_nanos && said.unix_nanos <= end, "{span:?}");
            assert_eq!(
                (said.unix_nanos - start, end - said.unix_nanos),
                (MILLISECOND, MILLISECOND)
            );
        },
    )
    // After the session's start and the span's.
    .with(|builder| builder.with_clock(FixedClock::new().with_wall_set_back(2, Duration::from_nanos(HOUR)))),
    Row::new(
        "a time to wait that is beyond what a clock can hold",
        |host| {
            drop(info_span!("before", agentops.kind = "tool"));
            host.wait(|| host.agentops.check(Duration::MAX)).unwrap();
            host.wait(|| host.agentops.force_flush(Duration::MAX)).unwrap();
            drop(info_span!("between", agentops.kind = "tool"));
            host.wait(|| futures::executor::block_on(host.agentops.flush(Duration::MAX)))
                .unwrap();
            drop(info_span!("after", agentops.kind = "tool"));
            host.wait(|| host.agentops.shutdown(Duration::MAX)).unwrap();
        },
        |outcome| {
            for name in ["before.tool", "between.tool", "after.tool"] {
                outcome.span(name);
            }
            assert_eq!(outcome.stats.dropped.total(), 0);
        },
    ),
    Row::new("recording after the end", recorded_after_the_end, |outcome| {
        let session = outcome.span("s.session");
        assert_eq!(
            session.text("agentops.session.end_state"),
            Some("Success"),
            "only the first end counts"
        );
        assert_eq!(
            (session.attribute("t.late"), session.attribute("user.id")),
            (None, None)
        );
        assert!(session.events.is_empty() && !session.is_error());
        assert_eq!(
            outcome.span("after.tool").trace_id,
            session.trace_id,
            "what comes later is still of its trace"
        );
    }),
    Row::new(
        "a span closed twice by clones of its handle",
        |host| {
            let span = info_span!("once", agentops.kind = "tool", t.who = field::Empty);
            let dispatch = host.dispatch();
            let clones: Vec<_> = (0..8).map(|_| span.clone()).collect();
            drop(span);
            host.wait(|| {
                thread::scope(|scope| {
                    for (who, clone) in clones.into_iter().enumerate() {
                        scope.spawn(move || unhindered(dispatch, move || _ = clone.record("t.who", who)));
                    }
                });
            });
        },
        |outcome| {
            outcome.span("once.tool");
            assert_eq!(outcome.stats.open_spans, 0);
        },
    ),
    Row::new(
        "a span entered twice, and by many threads at once",
        |host| {
            let span = info_span!("busy", agentops.kind = "tool");
            let dispatch = host.dispatch();
            let (_one, _two) = (span.enter(), span.enter());
            host.wait(|| {
                thread::scope(|scope| {
                    for _ in 0..4 {
                        let span = span.clone();
                        scope.spawn(move || {
                            unhindered(dispatch, || (0..50).for_each(|_| span.in_scope(|| info!("in"))))
                        });
                    }
                });
            });
        },
        |outcome| {
            assert_eq!(outcome.span("busy.tool").events.len(), 200);
        },
    ),
    Row::new(
        "follows_from itself, in a cycle, and from nothing",
        |_| {
            let [a, b] = ["a", "b"].map(|name| info_span!("span", agentops.kind = "tool", agentops.name = name));
            a.follows_from(&a);
            a.follows_from(&b);
            b.follows_from(&a);
            a.follows_from(Span::none());
            a.follows_from(info_span!("unrelated").id());
        },
        |outcome| {
            let [a, b] = ["a.tool", "b.tool"].map(|name| outcome.span(name));
            let links =
                |span: &agentops::testing::Span| span.links.iter().map(|link| link.span_id.clone()).collect::<Vec<_>>();
            assert_eq!((links(a), links(b)), (vec![b.span_id.clone()], vec![a.span_id.clone()]));
        },
    ),
    Row::new(
        "a parent that is none, disabled or unrelated",
        |_| {
            let _agent = info_span!("agent", agentops.kind = "agent").entered();
            drop(info_span!(parent: None, "none", agentops.kind = "tool"));
            drop(info_span!(parent: &Span::none(), "disabled", agentops.kind = "tool"));
            let unrelated = info_span!("unrelated");
            drop(info_span!(parent: &unrelated, "below", agentops.kind = "tool"));
            drop(info_span!(parent: &info_span!(parent: None, "alone"), "alone", agentops.kind = "tool"));
        },
        |outcome| {
            let session = Some(outcome.span("default.session").span_id.clone());
            let agent = Some(outcome.span("agent.agent").span_id.clone());
            assert_eq!(
                outcome.span("below.tool").parent_span_id,
                agent,
                "past what is unrelated"
            );
            for name in ["none.tool", "disabled.tool", "alone.tool"] {
                assert_eq!(outcome.span(name).parent_span_id, session, "{name}");
            }
        },
    ),
    Row::new(
        "a session inside of itself, and one that outlives its handle's end",
        |host| {
            let session = host.agentops.session("s").start();
            session.in_scope(|| session.in_scope(|| drop(info_span!("twice", agentops.kind = "tool"))));
            session.end(EndState::Success);
            session.in_scope(|| session.end(EndState::Fail));
            session.fail("too late");
        },
        |outcome| {
            let session = outcome.span("s.session");
            assert!(!session.is_error());
            assert_eq!(
                outcome.span("twice.tool").parent_span_id.as_ref(),
                Some(&session.span_id)
            );
        },
    ),
];

fn recorded_after_the_end(host: &Host) {
    let session = host.agentops.session("s").start();
    session.end(EndState::Success);
    session.end(EndState::Fail);
    let span = session.span();
    host.call(|| {
        span.record_attribute("t.late", 1);
        span.record_attribute("user.id", "u-1");
        span.record_output("late");
        span.record_error(&std::io::Error::other("late"));
    });
    span.in_scope(|| {
        info!("late");
        drop(info_span!("after", agentops.kind = "tool"));
    });
}
