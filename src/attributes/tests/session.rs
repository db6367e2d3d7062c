//! Sessions, tags, and what all spans of a trace share.

use super::*;

fn session() -> Span {
    marked("run", EntityKind::Session).at_root(TraceRoot::Explicit)
}

fn tags(span: &Span) -> Vec<String> {
    match span.attributes().get("agentops.tags") {
        Some(WireValue::StrArray(tags)) => tags.clone(),
        None => Vec::new(),
        other => panic!("{other:?}"),
    }
}

fn tagged(span: Span) -> Span {
    span.with(|policy| {
        policy.tags = vec!["prod".to_owned(), "blue".to_owned()];
        policy.dict_tags = vec![
            ("team".to_owned(), "core".to_owned()),
            ("region".to_owned(), "eu".to_owned()),
        ];
    })
    .told(|facts| {
        facts.tags = vec!["blue".to_owned(), "run-7".to_owned()];
        facts.dict_tags = vec![("team".to_owned(), "search".to_owned())];
    })
}

#[test]
fn end_states_decide_the_status() {
    let error = |text: &str| WireStatus::Error(text.to_owned());
    for (said, sent, status) in [
        ("Success", "Success", WireStatus::Ok),
        ("success", "Success", WireStatus::Ok),
        ("Shutdown", "Shutdown", WireStatus::Ok),
        ("Fail", "Fail", error("Fail")),
        ("Error", "Error", error("Error")),
        ("Indeterminate", "Indeterminate", WireStatus::Unset),
        ("Paused by user", "Paused by user", WireStatus::Unset),
    ] {
        let wire = session().text("agentops.end_state", said).map();
        assert_eq!(
            (wire.attributes.str("agentops.session.end_state"), wire.status),
            (sent, status)
        );
        assert!(!wire.attributes.has("agentops.end_state"));
    }
}

#[test]
fn a_session_that_failed_says_why() {
    let wire = session()
        .text("agentops.end_state", "Fail")
        .text("agentops.end_state.reason", "no budget")
        .map();
    assert_eq!(wire.status, WireStatus::Error("no budget".to_owned()));
    assert_eq!(wire.attributes.str("error.message"), "no budget");
    let wire = session()
        .text("agentops.end_state", "Fail")
        .failed(Some("E"), "m", None)
        .map();
    assert_eq!(wire.status, WireStatus::Error("E: m".to_owned()));
}

#[test]
fn a_session_that_just_closed_ended_as_its_status_says() {
    let state = |span: Span| span.attributes().str("agentops.session.end_state").to_owned();
    assert_eq!(state(session()), "Success");
    assert_eq!(state(session().failed(None, "m", None)), "Fail");
    assert_eq!(
        session().failed(None, "m", None).map().status,
        WireStatus::Error("m".to_owned())
    );
    assert!(
        !marked("x", EntityKind::Task)
            .attributes()
            .has("agentops.session.end_state")
    );
}

#[test]
fn a_session_carries_the_handles_tags_then_its_own_once() {
    assert_eq!(tags(&tagged(session())), ["prod", "blue", "run-7"]);
    assert_eq!(tags(&session()), [""; 0]);
    let attributes = tagged(session()).attributes();
    assert_eq!((attributes.str("team"), attributes.str("region")), ("search", "eu"));
}

#[test]
fn the_spans_right_below_a_session_repeat_its_list() {
    let child = || tagged(marked("x", EntityKind::Agent).below_root(TraceRoot::Explicit));
    assert_eq!(tags(&child()), ["prod", "blue", "run-7"]);
    assert!(!child().attributes().has("team"));
    assert_eq!(
        tags(&tagged(marked("x", EntityKind::Agent).at(
            TraceRoot::Explicit,
            3,
            Some(2)
        ))),
        [""; 0]
    );
}

#[test]
fn a_root_without_a_session_carries_the_handles_tags() {
    let root = || tagged(marked("x", EntityKind::Task).at_root(TraceRoot::Bare));
    assert_eq!(tags(&root()), ["prod", "blue"]);
    assert_eq!(root().attributes().str("team"), "core");
    assert_eq!(
        tags(&tagged(marked("x", EntityKind::Task).below_root(TraceRoot::Bare))),
        [""; 0]
    );
}

#[test]
fn tags_that_a_span_names_itself_are_added() {
    let own = crate::policy::tags::parse_list("blue,green", 9);
    let expected: Vec<_> = ["prod", "blue", "run-7"]
        .map(str::to_owned)
        .into_iter()
        .chain(own.clone())
        .collect();
    let mut seen = std::collections::HashSet::new();
    let expected: Vec<_> = expected.into_iter().filter(|tag| seen.insert(tag.clone())).collect();
    assert_eq!(tags(&tagged(session()).text("agentops.tags", "blue,green")), expected);
    assert_eq!(
        tags(&marked("x", EntityKind::Tool).text("agentops.tags", "blue,green")),
        own
    );
}

#[test]
fn dict_tags_keep_their_type_and_win_over_the_sessions() {
    for kind in [EntityKind::Session, EntityKind::Tool] {
        let span = tagged(marked("x", kind).at_root(TraceRoot::Explicit));
        let attributes = span
            .int("agentops.tag.priority", 3)
            .text("agentops.tag.team", "own")
            .attributes();
        assert_eq!(attributes.get_i64("priority"), Some(3));
        assert_eq!(attributes.str("team"), "own");
        assert!(!attributes.keys().iter().any(|key| key.starts_with("agentops.tag.")));
    }
}

#[test]
fn a_dict_tag_never_replaces_what_we_say() {
    let span = session()
        .text("agentops.tag.operation.name", "evil")
        .text("agentops.tag.", "empty");
    let attributes = span.attributes();
    assert_eq!(attributes.str("operation.name"), "run");
    assert!(!attributes.has(""));
}

#[test]
fn user_and_session_ids_are_on_every_span_of_the_trace() {
    for span in [session(), chat(), marked("x", EntityKind::Guardrail)] {
        let attributes = span
            .told(|facts| {
                facts.user_id = Some("u-1".to_owned());
                facts.session_id = Some("s-1".to_owned());
                facts.metadata = vec![("plan".to_owned(), 3.into())];
            })
            .attributes();
        assert_eq!(
            (attributes.str("user.id"), attributes.str("session.id")),
            ("u-1", "s-1")
        );
        let is_session = attributes.str("agentops.span.kind") == "session";
        assert_eq!(attributes.get_i64("trace.metadata.plan"), is_session.then_some(3));
    }
    let own = chat()
        .told(|facts| facts.user_id = Some("u-1".to_owned()))
        .text("user.id", "u-2")
        .attributes();
    assert_eq!(own.str("user.id"), "u-2");
}

#[test]
fn the_host_is_described_on_sessions() {
    let described = |span: Span| {
        span.policy
            .session_attributes
            .write()
            .unwrap()
            .set("host.arch", "x86_64");
        span.attributes().has("host.arch")
    };
    assert!(described(session()));
    assert!(!described(marked("x", EntityKind::Agent).at_root(TraceRoot::Bare)));
}
