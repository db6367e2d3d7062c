use proptest::prelude::*;

use super::{event, span};
use crate::{
    policy::limits::{ARRAY_ITEMS, Limits, MARK, NAME_LENGTH, REDACTION_MARGIN, apply, budget, cut_bytes},
    policy::redact::MASK,
    semconv::wire::{Attribute, AttributeSet, Class, WireSpan, WireStatus, WireValue},
};

fn limits(characters: usize) -> Limits {
    Limits {
        attribute_value_length: characters,
        ..Limits::default()
    }
}

fn of_text(text: impl Into<String>, cut: bool) -> WireSpan {
    let mut span = span();
    let value = WireValue::Str(text.into());
    span.attributes.put(Attribute {
        key: "text".into(),
        value,
        class: Class::Message,
        cut,
    });
    span
}

fn text(span: &WireSpan) -> &str {
    span.attributes.get_str("text").unwrap()
}

#[test]
fn a_long_value_is_cut_by_characters_and_marked() {
    let mut span = of_text("é".repeat(101), false);
    apply(&mut span, &limits(100));
    assert_eq!(text(&span), ["é".repeat(100 - MARK.len()).as_str(), MARK].concat());
}

#[test]
fn a_value_at_the_limit_stays_whole() {
    let mut span = of_text("é".repeat(100), false);
    apply(&mut span, &limits(100));
    assert_eq!(text(&span), "é".repeat(100));
}

#[test]
fn of_a_value_that_was_capped_while_recording_the_margin_is_discarded() {
    let mut span = of_text(
        ["a".repeat(20_000).as_str(), "half a secret", &"b".repeat(4000)].concat(),
        true,
    );
    apply(&mut span, &limits(1_000_000));
    assert!(text(&span).ends_with(&["aaa", MARK].concat()), "{}", text(&span));
    assert_eq!(text(&span).len(), 20_000 + 4013 - REDACTION_MARGIN + MARK.len());
}

#[test]
fn a_capped_value_that_the_redactor_shortened_leaves_nothing_of_the_margin() {
    let mut span = of_text("half a secret", true);
    apply(&mut span, &limits(1_000_000));
    assert!(!text(&span).contains("half"), "{}", text(&span));
    let mut masked = of_text(MASK, true);
    apply(&mut masked, &limits(1_000_000));
    assert_eq!(text(&masked), MASK);
}

#[test]
fn a_long_name_keeps_the_kind_that_the_dashboard_reads() {
    let mut span = span();
    span.name = ["n".repeat(5000).as_str(), ".tool"].concat();
    apply(&mut span, &Limits::default());
    assert_eq!(span.name.chars().count(), NAME_LENGTH);
    assert!(span.name.ends_with(&[MARK, ".tool"].concat()), "{}", span.name);
}

#[test]
fn keys_that_no_backend_takes_are_removed_and_counted() {
    let mut span = of_text("kept", false);
    span.attributes.set("", "no key");
    span.attributes.set("k".repeat(5000), "a key without end");
    apply(&mut span, &Limits::default());
    assert_eq!(span.attributes.0.len(), 1);
    assert_eq!(span.dropped_attributes, 2);
}

#[test]
fn nul_becomes_a_blank_and_other_control_characters_stay() {
    let mut span = of_text("a\0b\tc\u{1b}[0m", false);
    span.status = WireStatus::Error("x\0y".to_owned());
    apply(&mut span, &Limits::default());
    assert_eq!(text(&span), "a b\tc\u{1b}[0m");
    assert_eq!(span.status, WireStatus::Error("x y".to_owned()));
}

#[test]
fn an_array_without_end_is_cut() {
    let mut span = span();
    span.attributes.set("list", vec!["x".to_owned(); 100_000]);
    apply(&mut span, &Limits::default());
    assert_eq!(
        span.attributes.get("list"),
        Some(&WireValue::StrArray(vec!["x".to_owned(); ARRAY_ITEMS]))
    );
}

#[test]
fn of_a_large_span_the_largest_values_are_cut_first() {
    let mut span = of_text("l".repeat(900_000), false);
    span.attributes.set("short", "s".repeat(500));
    span.attributes.set("larger", "m".repeat(800_000));
    span.attributes.set("medium", "m".repeat(300_000));
    apply(
        &mut span,
        &Limits {
            span_bytes: 1_000_000,
            ..Limits::default()
        },
    );
    let length = |key| span.attributes.get_str(key).unwrap().len();
    assert_eq!((length("short"), length("medium")), (500, 300_000));
    assert_eq!(length("text"), length("larger"));
    assert!(text(&span).ends_with(MARK));
    assert!((999_000..=1_000_000).contains(&budget::size(&span, usize::MAX)));
    assert_eq!(span.dropped_attributes, 0);
}

#[test]
fn where_cutting_values_is_not_enough_events_go_first_and_the_exception_last() {
    let mut span = of_text("kept", false);
    let mut failure = AttributeSet::default();
    failure.set("exception.message", "what went wrong");
    span.events = (0..1000).map(|_| event("a step", AttributeSet::default())).collect();
    span.events.insert(0, event("exception", failure));
    apply(
        &mut span,
        &Limits {
            span_bytes: 1000,
            ..Limits::default()
        },
    );
    assert_eq!(span.events[0].name, "exception");
    assert_eq!(
        span.events[0].attributes.get_str("exception.message"),
        Some("what went wrong")
    );
    assert_eq!(span.events.len() + span.dropped_events as usize, 1001);
    assert_eq!(text(&span), "kept");
}

/// Spans of texts that are easy to split wrongly.
fn spans() -> impl Strategy<Value = WireSpan> {
    let piece = || "[aé€😀\u{0}]{0,80}".prop_map(|text| text.repeat(3));
    let value = prop_oneof![
        4 => piece().prop_map(WireValue::Str),
        1 => proptest::collection::vec(piece(), 0..6).prop_map(WireValue::StrArray),
        1 => any::<i64>().prop_map(WireValue::I64),
    ];
    let sets = proptest::collection::vec(("[a-z.]{0,8}", value, any::<bool>()), 0..12).prop_map(|attributes| {
        let mut set = AttributeSet::default();
        for (key, value, cut) in attributes {
            set.put(Attribute {
                key: key.into(),
                value,
                class: Class::Plain,
                cut,
            });
        }
        set
    });
    (sets.clone(), proptest::collection::vec((piece(), sets), 0..4), piece()).prop_map(
        |(attributes, events, status)| {
            let mut span = span();
            span.attributes = attributes;
            span.events = events
                .into_iter()
                .map(|(name, attributes)| event(&name, attributes))
                .collect();
            span.status = WireStatus::Error(status);
            span
        },
    )
}

fn values(span: &WireSpan) -> Vec<(&str, &WireValue)> {
    let of_events = span.events.iter().flat_map(|event| event.attributes.iter());
    span.attributes
        .iter()
        .chain(of_events)
        .map(|attribute| (attribute.key.as_ref(), &attribute.value))
        .collect()
}

#[test]
fn a_cut_to_fewer_bytes_does_not_make_more_characters() {
    let mut text = "😀".repeat(240);
    let (characters, bytes) = (text.chars().count(), text.len());
    cut_bytes(&mut text, bytes - 1);
    assert!(text.ends_with(MARK) && text.len() < bytes, "{text}");
    assert!(text.chars().count() <= characters, "{}", text.chars().count());
    let mut short = "😀😀😀😀".to_owned();
    cut_bytes(&mut short, 15);
    assert_eq!(short, "😀😀😀", "a mark would be longer");
}

proptest! {
    #[test]
    fn limits_hold_and_hold_again(before in spans(), characters in 0..300_usize, bytes in 64..4000_usize) {
        let limits = Limits { attribute_value_length: characters, span_bytes: bytes };
        let mut span = before.clone();
        apply(&mut span, &limits);
        prop_assert!(budget::size(&span, usize::MAX) <= bytes, "{span:?}");
        for (key, value) in values(&span) {
            match value {
                WireValue::Str(text) => prop_assert!(text.chars().count() <= characters, "{key}: {text}"),
                WireValue::StrArray(items) => {
                    prop_assert!(items.iter().all(|item| item.chars().count() <= characters), "{key}: {items:?}");
                }
                _ => {}
            }
        }
        let removed = before.attributes.0.len() - span.attributes.0.len();
        prop_assert!(removed <= span.dropped_attributes as usize);
        prop_assert_eq!(before.events.len() - span.events.len(), span.dropped_events as usize);
        let mut again = span.clone();
        apply(&mut again, &limits);
        prop_assert_eq!(again, span);
    }

    #[test]
    fn a_text_never_grows_and_keeps_its_beginning(
        before in "[aé€😀\u{0}]{0,80}", cut: bool, characters in 0..100_usize,
    ) {
        let mut span = of_text(before.clone(), cut);
        apply(&mut span, &limits(characters));
        let after = text(&span);
        prop_assert!(after.len() <= before.len());
        let kept = after.strip_suffix(MARK).unwrap_or(after);
        prop_assert!(before.replace('\0', " ").starts_with(kept), "{after} of {before}");
    }
}
