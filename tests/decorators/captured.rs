//! Arguments and results as JSON where they can be, by `Debug` else, by their type else.

use std::{collections::BTreeMap, sync::atomic::AtomicUsize};

use agentops::{AgentOpsSpanExt as _, Content, agent, operation, task, tool, workflow};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::harness::{arrived, arrived_with, named, text};

/// The input that a span has, the same below both keys.
pub(crate) fn input(spans: &[agentops::testing::Span], name: &str) -> Value {
    let span = named(spans, name);
    let entity = text(span, "agentops.entity.input");
    let kind = span.kind().unwrap();
    assert_eq!(text(span, &format!("agentops.{kind}.input")), entity);
    serde_json::from_str(entity).unwrap()
}

fn kwargs(spans: &[agentops::testing::Span], name: &str) -> Value {
    input(spans, name)["kwargs"].clone()
}

#[derive(Clone, Serialize)]
struct Query {
    words: Vec<String>,
    limit: Option<u8>,
}

#[derive(Debug)]
struct Shown {
    _inside: u8,
}

struct Opaque;

#[tool]
fn search(text: &str, limit: u32, exact: bool, query: Query, shown: Shown, opaque: &Opaque) -> Vec<Query> {
    vec![query]
}

#[test]
fn arguments_and_results_are_json_else_debug_else_the_name_of_the_type() {
    let query = Query {
        words: vec!["a".to_owned(), "b".to_owned()],
        limit: None,
    };
    let spans = arrived(|_| {
        search("rust", 5, true, query, Shown { _inside: 1 }, &Opaque);
    });
    assert_eq!(
        input(&spans, "search.tool"),
        json!({ "args": [], "kwargs": {
            "text": "rust", "limit": 5, "exact": true, "query": { "words": ["a", "b"], "limit": null },
            "shown": "Shown { _inside: 1 }", "opaque": "decorators::captured::Opaque",
        } })
    );
    let tool = named(&spans, "search.tool");
    assert_eq!(text(tool, "tool.result"), r#"[{"words":["a","b"],"limit":null}]"#);
    assert_eq!(text(tool, "agentops.entity.output"), text(tool, "tool.result"));
    assert_eq!(
        tool.attribute("limit"),
        Some(&5_i64.into()),
        "primitives can be searched"
    );
    assert_eq!(tool.attribute("text"), Some(&"rust".into()));
    assert_eq!(tool.attribute("query"), None, "what is no primitive cannot");
    assert_eq!(tool.attribute("opaque"), None);
}

#[operation]
fn of_anything<T, const N: usize>(items: [T; N], first: &T) -> usize {
    N
}

#[operation]
fn of_shown<T: std::fmt::Debug>(item: T) -> T {
    item
}

#[operation]
fn of_opaque(item: impl Fn() -> u8) -> impl Sized {
    item();
    Opaque
}

#[test]
fn generic_functions_capture_what_their_bounds_promise() {
    let spans = arrived(|_| {
        of_anything([1_u8, 2], &1);
        of_shown(Some("x"));
        of_opaque(|| 7);
    });
    let anything = kwargs(&spans, "of_anything.operation");
    assert_eq!(anything, json!({ "items": "[u8; 2]", "first": "u8" }));
    assert_eq!(kwargs(&spans, "of_shown.operation"), json!({ "item": "Some(\"x\")" }));
    let opaque = named(&spans, "of_opaque.operation");
    assert_eq!(
        text(opaque, "agentops.operation.output"),
        "decorators::captured::Opaque"
    );
}

struct Counter {
    count: u8,
}

impl Counter {
    #[task]
    fn next(&mut self, (by, _): (u8, u8), Query { limit, .. }: Query, _unused: &str) -> &mut u8 {
        self.count += by;
        &mut self.count
    }

    #[task]
    fn into_count(self, mut add: u8) -> u8 {
        add += self.count;
        add
    }
}

#[test]
fn self_is_never_captured_and_patterns_are_by_the_names_that_they_bind() {
    let spans = arrived(|_| {
        let mut counter = Counter { count: 1 };
        let query = Query {
            words: Vec::new(),
            limit: Some(9),
        };
        *counter.next((2, 0), query, "unused") += 1;
        assert_eq!(counter.into_count(10), 14);
    });
    assert_eq!(kwargs(&spans, "next.task"), json!({ "by": 2, "limit": 9 }));
    assert_eq!(text(named(&spans, "next.task"), "agentops.task.output"), "3");
    assert_eq!(kwargs(&spans, "into_count.task"), json!({ "add": 10 }));
}

#[workflow]
fn nothing() {}

#[test]
fn a_function_of_nothing_has_no_arguments_and_no_result_as_in_python() {
    let spans = arrived(|_| nothing());
    assert_eq!(input(&spans, "nothing.workflow"), json!({ "args": [], "kwargs": {} }));
    assert_eq!(
        text(named(&spans, "nothing.workflow"), "agentops.workflow.output"),
        "null"
    );
}

#[operation]
fn explains_itself(secret: u8) -> u8 {
    let span = tracing::Span::current();
    span.record_input(&json!({ "said": "in" }));
    span.record_output("said out");
    secret
}

#[test]
fn what_the_body_says_of_its_input_and_output_wins() {
    let spans = arrived(|_| {
        explains_itself(1);
    });
    assert_eq!(input(&spans, "explains_itself.operation"), json!({ "said": "in" }));
    let span = named(&spans, "explains_itself.operation");
    assert_eq!(text(span, "agentops.operation.output"), "said out");
}

/// Counts how often it is serialised.
struct Watched<'a>(&'a AtomicUsize);

impl Serialize for Watched<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        serializer.serialize_unit()
    }
}

#[agent(skip(skipped))]
#[allow(unused_variables, reason = "it is there to be skipped")]
fn looks_at<'a>(seen: Watched<'a>, skipped: Watched<'a>) -> Watched<'a> {
    seen
}

#[agent(skip_all, capture_output = false)]
#[allow(unused_variables, reason = "it is there to be skipped")]
fn looks_at_nothing<'a>(a: Watched<'a>, b: Watched<'a>) -> Watched<'a> {
    b
}

#[test]
fn nothing_is_serialised_that_is_skipped_or_does_not_leave() {
    let (seen, skipped) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let count = |count: &AtomicUsize| count.load(std::sync::atomic::Ordering::Relaxed);
    // Nobody listens.
    looks_at(Watched(&seen), Watched(&skipped));
    assert_eq!((count(&seen), count(&skipped)), (0, 0));
    // Nothing may leave.
    let spans = arrived_with(
        |builder| builder.with_content_capture(Content::NoMessages),
        |_| _ = looks_at(Watched(&seen), Watched(&skipped)),
    );
    assert_eq!((count(&seen), count(&skipped)), (0, 0));
    assert_eq!(named(&spans, "looks_at.agent").attribute("agentops.agent.output"), None);
    // The trace is not kept.
    arrived_with(
        |builder| builder.with_sample_ratio(0.0),
        |_| _ = looks_at(Watched(&seen), Watched(&skipped)),
    );
    assert_eq!((count(&seen), count(&skipped)), (0, 0));
    // It is recorded: one argument and the result.
    let spans = arrived(|_| {
        looks_at(Watched(&seen), Watched(&skipped));
        looks_at_nothing(Watched(&skipped), Watched(&skipped));
    });
    assert_eq!((count(&seen), count(&skipped)), (2, 0));
    assert_eq!(kwargs(&spans, "looks_at.agent"), json!({ "seen": null }));
    let nothing = named(&spans, "looks_at_nothing.agent");
    assert_eq!(nothing.attribute("agentops.agent.output"), None);
    assert_eq!(kwargs(&spans, "looks_at_nothing.agent"), json!({}));
}

#[test]
fn keys_that_are_no_texts_and_a_serialize_that_panics_harm_nobody() {
    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("a Serialize that panics")
        }
    }
    #[operation]
    fn odd(map: BTreeMap<Vec<u8>, u8>, panics: Panics) -> u8 {
        1
    }
    let spans = arrived(|_| assert_eq!(odd(BTreeMap::from([(vec![1], 1)]), Panics), 1));
    let said = kwargs(&spans, "odd.operation");
    assert_eq!(said["map"], "<key must be a string>");
    assert_eq!(said["panics"], "<its Serialize panicked>");
}
