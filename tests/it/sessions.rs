//! Sessions: end states, tags, users, and what they hand down.

use std::time::{Duration, UNIX_EPOCH};

use agentops::{
    AgentOpsSpanExt, Builder, EndState,
    testing::{FixedClock, Span, StatusCode, Value, draw},
};
use tracing::{field, info_span, instrument};

use crate::harness::{arrived, arrived_with, named, text};

#[instrument(fields(agentops.kind = "tool"))]
fn tool() {}

fn ended(end: impl FnOnce(&agentops::AgentOps)) -> (StatusCode, String, Option<String>) {
    let spans = arrived(end);
    let session = spans.iter().find(|span| span.kind() == Some("session")).unwrap();
    let state = session
        .attribute("agentops.session.end_state")
        .and_then(|value| value.as_str());
    (
        session.status.code,
        session.status.message.clone(),
        state.map(str::to_owned),
    )
}

#[test]
fn each_end_state_has_its_status() {
    let by_hand = |state: EndState| ended(|agentops| agentops.session("s").start().end(state.clone()));
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        by_hand(EndState::Success),
        (StatusCode::Ok, String::new(), some("Success"))
    );
    assert_eq!(
        by_hand(EndState::Shutdown),
        (StatusCode::Ok, String::new(), some("Shutdown"))
    );
    assert_eq!(by_hand(EndState::Fail).0, StatusCode::Error);
    assert_eq!(
        by_hand(EndState::Indeterminate),
        (StatusCode::Unset, String::new(), some("Indeterminate"))
    );
    assert_eq!(
        by_hand(EndState::from("paused")),
        (StatusCode::Unset, String::new(), some("paused"))
    );
    assert_eq!(by_hand(EndState::from("Error")).0, StatusCode::Error);
    let failed = ended(|agentops| agentops.session("s").start().fail("no money"));
    assert_eq!(failed, (StatusCode::Error, "no money".to_owned(), some("Fail")));
    let dropped = ended(|agentops| drop(agentops.session("s").start()));
    assert_eq!(dropped, (StatusCode::Unset, String::new(), some("Indeterminate")));
    let automatic = ended(|_| tool());
    assert_eq!(automatic, (StatusCode::Ok, String::new(), some("Shutdown")));
}

#[tokio::test(flavor = "current_thread")]
async fn a_run_ends_as_its_result_says() {
    use tracing_subscriber::layer::SubscriberExt as _;
    let collector = agentops::testing::Collector::start();
    let agentops = crate::harness::to(&collector).build().unwrap();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(agentops.layer()));

    let ok: Result<u8, String> = agentops
        .session("ok")
        .start()
        .run(async || {
            tool();
            Ok(1)
        })
        .await;
    let err: Result<u8, String> = agentops
        .session("err")
        .start()
        .run(async || Err("broke".to_owned()))
        .await;
    let never = agentops
        .session("cancelled")
        .start()
        .run(async || std::future::pending::<Result<(), String>>().await);
    let cancelled = tokio::time::timeout(Duration::from_millis(1), never).await;
    assert!(ok.is_ok() && err.is_err() && cancelled.is_err());

    agentops.flush(crate::harness::DEADLINE).await.unwrap();
    let spans = collector.spans();
    assert_eq!(named(&spans, "ok.session").status.code, StatusCode::Ok);
    assert_eq!(
        named(&spans, "tool.tool").trace_id,
        named(&spans, "ok.session").trace_id
    );
    assert_eq!(named(&spans, "err.session").status.message, "broke");
    assert_eq!(
        text(named(&spans, "cancelled.session"), "agentops.session.end_state"),
        "Indeterminate"
    );
}

#[test]
fn tags_are_the_handles_and_the_sessions_and_reach_the_direct_children() {
    let spans = arrived_with(
        |builder| {
            builder
                .with_tags(["production", "eu"])
                .with_tag("team", "blue")
                .with_tag("tier", "1")
        },
        |agentops| {
            let session = agentops
                .session("s")
                .with_tags(["nightly", "eu"])
                .with_tag("team", "red")
                .start();
            session.in_scope(|| {
                let _agent = info_span!("agent", agentops.kind = "agent").entered();
                tool();
            });
            session.end(EndState::Success);
        },
    );
    for name in ["s.session", "agent.agent"] {
        let span = named(&spans, name);
        assert_eq!(
            span.attribute("agentops.tags"),
            Some(&vec!["production", "eu", "nightly"].into()),
            "{name}"
        );
    }
    let session = named(&spans, "s.session");
    assert_eq!(text(session, "team"), "red", "the session's value wins");
    assert_eq!(text(session, "tier"), "1");
    assert_eq!(named(&spans, "tool.tool").attribute("agentops.tags"), None);
}

/// The list of the dashboard shows the tags of whatever arrives first, and what outlived its session may.
#[test]
fn a_direct_child_that_ends_after_its_session_has_the_tags_too() {
    let spans = arrived(|agentops| {
        let session = agentops.session("s").with_tags(["nightly"]).start();
        let late = session.in_scope(|| info_span!("late", agentops.kind = "agent"));
        let below = info_span!(parent: &late, "below", agentops.kind = "tool");
        session.end(EndState::Success);
        drop((below, late));
    });
    assert_eq!(draw(&spans), "s.session\n  late.agent\n    below.tool\n");
    let tags = |name| named(&spans, name).attribute("agentops.tags");
    assert_eq!(tags("s.session"), Some(&vec!["nightly"].into()));
    assert_eq!(tags("late.agent"), Some(&vec!["nightly"].into()));
    assert_eq!(tags("below.tool"), None);
}

#[test]
fn the_auto_session_began_when_the_handle_was_built() {
    let clock = FixedClock::at(UNIX_EPOCH + Duration::from_secs(1_000), Duration::from_secs(1));
    let spans = arrived_with(
        |builder| builder.with_clock(clock),
        |_| {
            tool();
            tool();
        },
    );
    let [first, second, session] = &spans[..] else {
        panic!("{}", draw(&spans))
    };
    assert_eq!(session.name, "default.session");
    // A step at each reading: the first is the session's, long before its first span and all in order.
    assert_eq!(session.start_unix_nanos, 1_000_000_000_000);
    assert!(session.start_unix_nanos < first.start_unix_nanos);
    assert!(first.end_unix_nanos <= second.start_unix_nanos);
    assert!(second.end_unix_nanos <= session.end_unix_nanos);
}

#[test]
fn a_user_and_a_conversation_are_on_every_span_and_metadata_on_the_session() {
    let spans = arrived(|agentops| {
        let session = agentops.session("s").with_user_id("u-1").with_session_id("c-1").start();
        session.set_metadata("attempt", 2);
        session.set_metadata("attempt", 3);
        session.set_metadata("plan", serde_json::json!({ "a": 1 }));
        session.in_scope(|| {
            let _agent = info_span!("agent", agentops.kind = "agent").entered();
            tool();
        });
        session.end(EndState::Success);
    });
    for span in &spans {
        assert_eq!(text(span, "user.id"), "u-1", "{}", span.name);
        assert_eq!(text(span, "session.id"), "c-1", "{}", span.name);
    }
    let session = named(&spans, "s.session");
    assert_eq!(session.attribute("trace.metadata.attempt"), Some(&3_i64.into()));
    assert_eq!(text(session, "trace.metadata.plan"), r#"{"a":1}"#);
}

#[test]
fn an_auto_session_that_adopted_nothing_is_not_sent() {
    let spans = arrived(|_| drop(info_span!("unrelated").entered()));
    assert!(spans.is_empty());
}

#[test]
fn a_remote_parent_is_linked_or_continued() {
    use std::collections::HashMap;
    let carrier: HashMap<String, String> = HashMap::from([(
        "traceparent".to_owned(),
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
    )]);
    let spans = arrived(|agentops| {
        let linked = agentops
            .session("linked")
            .with_remote_parent(&carrier, agentops::Remote::Link)
            .start();
        linked.end(EndState::Success);
        let joined = agentops
            .session("joined")
            .with_remote_parent(&carrier, agentops::Remote::Join)
            .start();
        joined.in_scope(tool);
        joined.end(EndState::Success);
    });
    let linked = named(&spans, "linked.session");
    assert_eq!(linked.links[0].span_id, "b7ad6b7169203331");
    let joined = named(&spans, "joined.session");
    assert_eq!(
        (joined.trace_id.as_str(), joined.parent_span_id.as_deref().unwrap()),
        ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    );
    assert_eq!(named(&spans, "tool.tool").trace_id, joined.trace_id);
}

#[test]
fn a_session_whose_span_is_given_a_remote_parent_tells_that_trace_and_keeps_what_is_said_of_it() {
    use std::collections::HashMap;
    let from = |trace: &str| HashMap::from([("traceparent".to_owned(), format!("00-{trace}-b7ad6b7169203331-01"))]);
    let (first, second) = ("0af7651916cd43dd8448eb211c80319c", "1bf7651916cd43dd8448eb211c80319d");
    let spans = arrived(|agentops| {
        let session = agentops.session("s").start();
        session.set_metadata("before", 1);
        session.span().set_remote_parent(&from(first)).unwrap();
        session.set_metadata("after", 2);
        assert_eq!(session.trace_id(), first);
        assert!(session.replay_url().ends_with(&format!("trace_id={first}")));
        session.span().set_remote_parent(&from(second)).unwrap_err(); // It was told.
        session.in_scope(tool);
        session.end(EndState::Success);
        assert_eq!(session.trace_id(), first, "also when it has ended");

        // The link alone tells the id, too.
        let told = agentops.session("told").start();
        told.replay_url();
        told.span().set_remote_parent(&from(second)).unwrap_err();
    });
    let session = named(&spans, "s.session");
    assert_eq!(session.trace_id, first);
    assert_eq!(session.parent_span_id.as_deref(), Some("b7ad6b7169203331"));
    assert_eq!(session.attribute("trace.metadata.before"), Some(&1_i64.into()));
    assert_eq!(session.attribute("trace.metadata.after"), Some(&2_i64.into()));
    assert_eq!(named(&spans, "tool.tool").trace_id, first);
    assert_ne!(named(&spans, "told.session").trace_id, second);
}

/// What a session's trace repeats, span by span.
fn handed_down(spans: &[Span]) -> Vec<(&str, Vec<Option<&Value>>)> {
    let keys = ["agentops.tags", "team", "user.id", "session.id"];
    let mut told: Vec<_> = spans
        .iter()
        .map(|span| {
            let values = keys.iter().map(|key| span.attribute(key));
            (span.name.as_str(), values.collect())
        })
        .collect();
    told.sort_by_key(|(name, _)| *name);
    told
}

#[test]
fn a_plain_span_of_kind_session_hands_down_what_a_session_does() {
    let with_tag = |builder: Builder| builder.with_tags(["production"]);
    let run = || {
        let _agent = info_span!("agent", agentops.kind = "agent").entered();
        tool();
    };
    let plain = arrived_with(with_tag, |_| {
        let span = info_span!(
            "s",
            agentops.kind = "session",
            agentops.tags = r#"["nightly","eu"]"#,
            agentops.tag.team = "red",
            user.id = "u-1",
            session.id = 7
        );
        span.in_scope(run);
    });
    let session = arrived_with(with_tag, |agentops| {
        let session = agentops
            .session("s")
            .with_tags(["nightly", "eu"])
            .with_tag("team", "red");
        let session = session.with_user_id("u-1").with_session_id("7").start();
        session.in_scope(run);
        session.end(EndState::Success);
    });
    assert_eq!(text(named(&plain, "tool.tool"), "user.id"), "u-1");
    assert_eq!(
        named(&plain, "agent.agent").attribute("agentops.tags"),
        Some(&vec!["production", "nightly", "eu"].into())
    );
    assert_eq!(handed_down(&plain), handed_down(&session));
}

#[test]
fn what_a_plain_session_says_late_reaches_the_spans_that_end_later() {
    let late = |name: &'static str| drop(info_span!("step", agentops.kind = "task", agentops.name = name));
    let spans = arrived(|agentops| {
        let span = info_span!(
            "s",
            agentops.kind = "session",
            agentops.tags = field::Empty,
            user.id = field::Empty
        );
        let _entered = span.enter();
        late("first");
        agentops.force_flush(crate::harness::DEADLINE).unwrap();
        span.record("agentops.tags", "draft");
        span.record("user.id", "u-1");
        late("second");
        agentops.force_flush(crate::harness::DEADLINE).unwrap();
        // The methods mean what the fields mean.
        span.record_attribute("agentops.tags", "final");
        span.record_attribute("user.id", "u-2");
        late("third");
    });
    let of = |name: &str| {
        let span = named(&spans, name);
        (span.attribute("agentops.tags"), span.attribute("user.id"))
    };
    assert_eq!(of("first.task"), (None, None));
    assert_eq!(of("second.task"), (Some(&vec!["draft"].into()), Some(&"u-1".into())));
    for last in ["third.task", "s.session"] {
        assert_eq!(of(last), (Some(&vec!["final"].into()), Some(&"u-2".into())), "{last}");
    }
}

#[test]
fn a_span_that_is_called_a_session_late_hands_nothing_to_the_trace_that_it_is_in() {
    let spans = arrived(|_| {
        let span = info_span!(
            "s",
            agentops.kind = field::Empty,
            agentops.tags = "mine",
            user.id = "u-1"
        );
        span.record("agentops.kind", "session");
        tool();
        let _below = info_span!(parent: &span, "below", agentops.kind = "task");
    });
    let session = named(&spans, "s.session");
    assert_eq!(text(session, "user.id"), "u-1");
    for name in ["tool.tool", "below.task", "default.session"] {
        let span = named(&spans, name);
        assert_eq!(span.trace_id, session.trace_id, "{name}");
        assert_eq!(
            (span.attribute("user.id"), span.attribute("agentops.tags")),
            (None, None),
            "{name}"
        );
    }
}
