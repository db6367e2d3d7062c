use opentelemetry::{InstrumentationScope, KeyValue};
use proptest::prelude::*;

use super::{fake::names, resource, span, spans};
use crate::export::{
    encode::{Encoder, MAX_REQUEST_BYTES, to_json},
    request::EncodedRequest,
};

fn one(batch: Vec<opentelemetry_sdk::trace::SpanData>) -> EncodedRequest {
    let mut requests = Encoder::new(&resource()).encode(batch);
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

#[test]
fn a_batch_that_is_too_large_leaves_in_several_requests() {
    let mut batch = spans(10);
    for span in &mut batch {
        span.attributes.push(KeyValue::new("big", "x".repeat(1 << 20)));
    }
    batch[3].attributes.push(KeyValue::new("bigger", "x".repeat(5 << 20)));
    let requests = Encoder::new(&resource()).encode(batch);

    assert!(requests.len() >= 3);
    for request in &requests {
        assert!(
            request.bytes() <= MAX_REQUEST_BYTES || request.spans() == 1,
            "{} bytes",
            request.bytes()
        );
    }
    let names: Vec<_> = requests.iter().flat_map(names).collect();
    assert_eq!(
        names,
        (1..=10).map(|number| format!("span-{number}")).collect::<Vec<_>>()
    );
}

#[test]
fn halves_keep_their_resource_and_scope() {
    let mut batch = spans(5);
    for span in &mut batch[3..] {
        span.instrumentation_scope = InstrumentationScope::builder("other").with_version("2").build();
    }
    let (first, second) = one(batch).split().unwrap();
    assert_eq!(names(&first), ["span-1", "span-2"]);
    assert_eq!(names(&second), ["span-3", "span-4", "span-5"]);
    for (half, scopes) in [(first, vec!["agentops"]), (second, vec!["agentops", "other"])] {
        let message = half.message().unwrap();
        assert_eq!(message.resource_spans.len(), 1);
        assert_eq!(
            message.resource_spans[0].resource.as_ref().unwrap().attributes[0].key,
            "service.name"
        );
        let have: Vec<_> = message.resource_spans[0]
            .scope_spans
            .iter()
            .map(|s| &s.scope.as_ref().unwrap().name)
            .collect();
        assert_eq!(have, scopes);
    }
}

#[test]
fn json_writes_ids_in_hex_and_numbers_that_json_has_not_as_text() {
    let mut batch = vec![span(10, "a")];
    batch[0].attributes = vec![
        KeyValue::new("count", 7),
        KeyValue::new("score", f64::NAN),
        KeyValue::new("x", 0.5),
    ];
    let json: serde_json::Value = serde_json::from_slice(&to_json(&one(batch)).unwrap()).unwrap();
    let span = &json["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(span["spanId"], "000000000000000a");
    assert_eq!(span["startTimeUnixNano"], "1000000000000");
    assert_eq!(span["attributes"][0]["value"]["intValue"], "7");
    assert_eq!(span["attributes"][1]["value"]["stringValue"], "NaN");
    assert_eq!(span["attributes"][2]["value"]["doubleValue"], 0.5);
}

proptest! {
    #[test]
    fn halving_loses_no_span_and_ends(scopes in proptest::collection::vec(0_u8..3, 1..40)) {
        let mut batch = spans(u64::try_from(scopes.len()).unwrap());
        for (span, scope) in batch.iter_mut().zip(&scopes) {
            span.instrumentation_scope = InstrumentationScope::builder(format!("scope-{scope}")).build();
        }
        let request = one(batch);
        let (mut open, mut leaves) = (vec![request.clone()], Vec::new());
        while let Some(request) = open.pop() {
            match request.split() {
                Some((first, second)) => {
                    prop_assert_eq!(first.spans() + second.spans(), request.spans());
                    prop_assert!(first.spans().abs_diff(second.spans()) <= 1);
                    open.extend([second, first]);
                }
                None => leaves.extend(names(&request)),
            }
        }
        prop_assert_eq!(leaves, names(&request));
    }
}
