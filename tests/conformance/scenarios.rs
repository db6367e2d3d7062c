//! What is demanded of the programs of the capture, however they are written.
#![allow(clippy::panic, reason = "a test that cannot go on fails")]

use agentops::testing::{Span, draw};

use crate::{
    calls::{ANSWER, QUESTION},
    support::{Difference, Display, Golden, Message, Scenario, compare, nested},
};

/// The capture, with the tags of `update_trace_metadata` as the list that `start_session` would have written. The
/// server keeps the same text of both.
fn with_tags_as_a_list(mut golden: Scenario) -> Scenario {
    let session = golden.span_mut("session.session");
    let written = session.attribute("agentops.tags").unwrap().clone();
    session.attributes.set("agentops.tags", ["new-tag"]);
    let list = session.attribute("agentops.tags").unwrap();
    let kept = |value| serde_json::from_str::<Vec<String>>(&nested::text(value)).unwrap();
    assert_eq!(kept(&written), kept(list));
    golden
}

pub(crate) fn hierarchy_sends_what_python_sends(ours: &[Span]) {
    let expected = [
        Difference::OkInsteadOfUnset,
        Difference::OneExceptionEvent,
        Difference::EntityKeys,
        Difference::NamedArguments,
        Difference::HostKeys,
        Difference::ResourceKeys,
        Difference::CutNotDropped,
        Difference::DictTags,
        Difference::AddedKeys,
    ];
    if let Err(said) = compare(&with_tags_as_a_list(Golden::load().hierarchy), ours, &expected) {
        panic!("{said}\n{}", draw(ours));
    }
}

pub(crate) fn hierarchy_is_shown_as_fully(ours: &[Span]) {
    let (display, python) = (Display::of(ours), Display::of(&Golden::load().hierarchy.spans));
    let bars = |display: &Display| {
        let bars = display.bars.iter().map(|bar| (bar.name.clone(), bar.kind_type.clone()));
        bars.collect::<Vec<_>>()
    };
    assert_eq!(bars(&display), bars(&python));
    assert_eq!(
        (display.llm_calls, display.errors, display.tokens, display.cost),
        (python.llm_calls, python.errors, python.tokens, python.cost)
    );
    assert_eq!((display.name, display.tags), (python.name, python.tags));
    assert_eq!((display.warnings, display.lost), (vec![], vec![]));
    // Python shows no card, no tool call and nothing in the tool view, and counts 14 spans as indeterminate.
    assert_eq!(
        (display.agent_cards.as_slice(), display.tool_calls),
        (&["customer_service".to_owned()][..], 4)
    );
    assert_eq!(
        (
            display.counts.success,
            display.counts.fail,
            display.counts.indeterminate
        ),
        (14, 1, 0)
    );
    let view = Display::tool(ours.iter().find(|span| span.name == "web_search.tool").unwrap());
    assert_eq!(
        (view.name.as_str(), view.parameters.as_str(), view.result.as_str()),
        (
            "web_search",
            r#"{"q":"hello","limit":2}"#,
            r#"[{"q":"hello","limit":2}]"#
        )
    );
}

pub(crate) fn putting_it_all_together_sends_what_python_sends(ours: &[Span]) {
    let expected = [
        Difference::OkInsteadOfUnset,
        Difference::EntityKeys,
        Difference::NamedArguments,
        Difference::HostKeys,
        Difference::ResourceKeys,
        Difference::LlmNames,
        Difference::ProviderCase,
        Difference::AddedKeys,
    ];
    if let Err(said) = compare(&Golden::load().putting_it_all_together, ours, &expected) {
        panic!("{said}\n{}", draw(ours));
    }
}

pub(crate) fn putting_it_all_together_is_shown_as_fully(ours: &[Span]) {
    let (display, python) = (
        Display::of(ours),
        Display::of(&Golden::load().putting_it_all_together.spans),
    );
    let types = |display: &Display| display.bars.iter().map(|bar| bar.kind_type.clone()).collect::<Vec<_>>();
    assert_eq!(types(&display), types(&python));
    assert_eq!(
        (display.llm_calls, display.tool_calls, display.errors, display.tokens),
        (python.llm_calls, python.tool_calls, python.errors, python.tokens)
    );
    assert_eq!((display.cost, &display.models), (python.cost, &python.models));
    assert_eq!((display.name, display.tags), (python.name, python.tags));
    assert_eq!((display.warnings, display.lost), (vec![], vec![]));
    // Python's card is missing, its spans count as indeterminate, and of its answer it shows why the model stopped.
    assert_eq!(display.agent_cards, ["assistant"]);
    assert_eq!((display.counts.success, display.counts.indeterminate), (4, 0));
    let call = ours.iter().find(|span| span.name == "chat gpt-4").unwrap();
    assert_eq!(
        Display::messages(call),
        [Message::new("user", QUESTION), Message::new("assistant", ANSWER)]
    );
}
