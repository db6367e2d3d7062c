//! A streamed answer ends its call exactly once, however it ends.

use std::{io, pin::Pin};

use agentops::{
    Builder, Usage,
    llm::{Call, CallStream, Streaming},
    testing::{FixedClock, Span, draw},
};
use futures::{FutureExt as _, Stream, StreamExt as _, stream};
use tracing::info_span;

use crate::harness::{arrived, arrived_with, named, text};

fn call() -> Call {
    Call::chat("mine", "model").with_messages("Hello?")
}

fn whole(spans: &[Span]) -> &Span {
    assert_eq!(draw(spans), "default.session\n  chat model\n");
    named(spans, "chat model")
}

#[test]
fn pieces_of_text_and_tool_calls_are_put_together_and_timed() {
    let fixed = |builder: Builder| builder.with_clock(FixedClock::new());
    let spans = arrived_with(fixed, |_| {
        let mut streaming = call().stream();
        streaming.reasoning("A tool ");
        streaming.reasoning("knows.");
        streaming.text("I will ");
        streaming.tool_call(0, Some("call_1"), Some("weather"), "");
        streaming.tool_call(1, Some("call_2"), Some("clock"), "{}");
        streaming.tool_call(0, None, None, r#"{"city":"#);
        streaming.tool_call(0, None, None, r#""Paris"}"#);
        streaming.text("look.");
        streaming.usage(&Usage::new(3, 1));
        streaming.usage(&Usage::new(3, 9));
        streaming.response_id("r-1");
        streaming.response_model("model-1");
        streaming.finish_reason("tool_calls");
        streaming.end();
    });
    let call = whole(&spans);
    for (key, value) in [
        ("gen_ai.completion.0.content", "I will look."),
        ("gen_ai.completion.0.reasoning", "A tool knows."),
        ("gen_ai.completion.0.finish_reason", "tool_calls"),
        ("gen_ai.completion.0.tool_calls.0.id", "call_1"),
        ("gen_ai.completion.0.tool_calls.0.name", "weather"),
        ("gen_ai.completion.0.tool_calls.0.arguments", r#"{"city":"Paris"}"#),
        ("gen_ai.completion.0.tool_calls.1.id", "call_2"),
        ("gen_ai.response.id", "r-1"),
        ("gen_ai.response.model", "model-1"),
    ] {
        assert_eq!(text(call, key), value, "{key}");
    }
    assert_eq!(
        call.attribute("gen_ai.usage.total_tokens"),
        Some(&12_i64.into()),
        "the last count stands"
    );
    assert_eq!(call.attribute("gen_ai.streaming.chunk_count"), Some(&8_i64.into()));
    assert_eq!(call.attribute("gen_ai.request.streaming"), Some(&true.into()));
    assert_eq!(call.attribute("agentops.response.partial"), None);
    // The clock goes on by a millisecond at each reading.
    let seconds = |key| call.attribute(key).and_then(|value| value.as_f64());
    let whole = call.end_unix_nanos - call.start_unix_nanos;
    assert_eq!(
        (
            seconds("gen_ai.streaming.time_to_first_token"),
            seconds("gen_ai.response.time_to_first_chunk"),
            seconds("gen_ai.streaming.time_to_generate"),
            whole
        ),
        (Some(0.003), Some(0.003), Some(0.007), 12_000_000)
    );
}

#[test]
fn dropped_early_it_keeps_what_came_and_is_no_error() {
    let spans = arrived(|_| {
        let mut streaming = call().stream();
        streaming.text("Hel");
    });
    let call = whole(&spans);
    assert_eq!(text(call, "gen_ai.completion.0.content"), "Hel");
    assert_eq!(call.attribute("agentops.response.partial"), Some(&true.into()));
    assert!(!call.is_error());
}

#[test]
fn a_task_that_is_cancelled_in_the_middle_of_an_answer_ends_its_call_once() {
    let spans = arrived(|agentops| {
        let mut streaming = call().stream();
        let answering = async move {
            streaming.text("Hel");
            std::future::pending::<()>().await;
            streaming.end();
        };
        // Polled once, then dropped at its `await`.
        assert!(answering.now_or_never().is_none());
        agentops.force_flush(crate::harness::DEADLINE).unwrap();
        assert_eq!(agentops.stats().exported, 1, "{:?}", agentops.stats());
        assert_eq!(agentops.stats().open_spans, 0, "{:?}", agentops.stats());
    });
    let call = whole(&spans);
    assert_eq!(text(call, "gen_ai.completion.0.content"), "Hel");
    assert_eq!(call.attribute("agentops.response.partial"), Some(&true.into()));
}

#[test]
fn an_error_keeps_what_came_and_the_first_one_stands() {
    let spans = arrived(|_| {
        let mut streaming = call().stream();
        streaming.text("Hel");
        streaming.fail(&io::Error::other("reset"));
        streaming.fail(&io::Error::other("again"));
        streaming.end();
    });
    assert_eq!(draw(&spans), "default.session\n  chat model !Error: reset\n");
    let call = named(&spans, "chat model");
    assert_eq!(text(call, "gen_ai.completion.0.content"), "Hel");
    assert_eq!(call.attribute("agentops.response.partial"), Some(&true.into()));
    assert_eq!(call.events_named("exception").count(), 1);
}

#[test]
fn without_a_piece_there_is_no_time_to_the_first() {
    let spans = arrived(|_| call().stream().end());
    let call = whole(&spans);
    assert_eq!(call.attribute("gen_ai.streaming.chunk_count"), Some(&0_i64.into()));
    assert_eq!(call.attribute("gen_ai.streaming.time_to_first_token"), None);
    assert_eq!(call.attribute("gen_ai.completion.0.content"), None);
}

#[test]
fn chunks_in_the_providers_words_are_put_together() {
    let spans = arrived(|_| {
        let mut streaming = call().stream();
        for chunk in [
            serde_json::json!({"id": "c", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}}]}),
            serde_json::json!({"id": "c", "choices": [{"index": 0, "delta": {"content": "lo!"}, "finish_reason": "stop"}]}),
            serde_json::json!({"id": "c", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}),
        ] {
            streaming.chunk(&chunk);
        }
        streaming.end();
    });
    let call = whole(&spans);
    assert_eq!(text(call, "gen_ai.completion.0.content"), "Hello!");
    assert_eq!(text(call, "gen_ai.response.finish_reason"), "stop");
    assert_eq!(call.attribute("gen_ai.usage.total_tokens"), Some(&5_i64.into()));
    assert_eq!(call.attribute("gen_ai.streaming.chunk_count"), Some(&3_i64.into()));
}

type Pieces = Pin<Box<dyn Stream<Item = Result<&'static str, io::Error>>>>;

fn observed(pieces: Pieces) -> CallStream<Pieces, impl FnMut(&mut Streaming, &Result<&'static str, io::Error>)> {
    call().observe(pieces, |streaming, piece| match piece {
        Ok(text) => streaming.text(text),
        Err(error) => streaming.fail(error),
    })
}

#[test]
fn a_stream_passes_its_items_and_ends_the_call_at_its_end() {
    let spans = arrived(|_| {
        let pieces = stream::iter([Ok("Hel"), Ok("lo!")]).inspect(|_| {
            drop(info_span!("inside", agentops.kind = "tool"));
        });
        let mut pieces = observed(pieces.boxed_local());
        assert_eq!(pieces.size_hint(), (2, Some(2)));
        let all: Vec<_> = pieces.by_ref().map(Result::unwrap).collect().now_or_never().unwrap();
        assert_eq!(all, ["Hel", "lo!"]);
        assert!(pieces.next().now_or_never().unwrap().is_none(), "an end stays an end");
    });
    assert_eq!(
        draw(&spans),
        "default.session\n  chat model\n    inside.tool\n    inside.tool\n"
    );
    let call = named(&spans, "chat model");
    assert_eq!(text(call, "gen_ai.completion.0.content"), "Hello!");
    assert_eq!(call.attribute("gen_ai.streaming.chunk_count"), Some(&2_i64.into()));
    assert_eq!(call.attribute("agentops.response.partial"), None);
}

#[test]
fn a_stream_that_is_dropped_or_fails_leaves_a_partial_answer() {
    for (end, error, drawn) in [
        (Ok("lo!"), false, "default.session\n  chat model\n"),
        (
            Err(io::Error::other("reset")),
            true,
            "default.session\n  chat model !Error: reset\n",
        ),
    ] {
        let spans = arrived(|_| {
            let rest = stream::once(async { end }).chain(stream::pending());
            let mut pieces = observed(stream::iter([Ok("Hel")]).chain(rest).boxed_local());
            for _ in 0..2 {
                drop(pieces.next().now_or_never().unwrap());
            }
            assert!(pieces.next().now_or_never().is_none(), "the model goes on");
        });
        assert_eq!(draw(&spans), drawn);
        let call = named(&spans, "chat model");
        assert!(text(call, "gen_ai.completion.0.content").starts_with("Hel"));
        assert_eq!(call.attribute("agentops.response.partial"), Some(&true.into()));
        assert_eq!(call.is_error(), error);
    }
}

#[test]
fn an_endless_answer_is_bounded_and_marked() {
    let spans = arrived_with(
        |builder| builder.with_attribute_value_length(1_000),
        |agentops| {
            let mut streaming = call().stream();
            for _ in 0..10_000 {
                streaming.text("word word word ");
                assert!(agentops.stats().open_bytes < 100_000, "{:?}", agentops.stats());
            }
            streaming.end();
        },
    );
    let kept = text(whole(&spans), "gen_ai.completion.0.content");
    assert!(
        kept.starts_with("word word") && kept.ends_with("...[truncated]"),
        "{kept}"
    );
    assert!(kept.len() <= 1_000);
}

#[test]
fn arguments_that_do_not_fit_lose_their_end_as_texts_do_and_those_that_came_whole_stay() {
    let spans = arrived_with(
        // 12,096 bytes of words are gathered: four for each character, and 4 KiB.
        |builder| builder.with_attribute_value_length(2_000),
        |_| {
            let (words, padding, secret) = ("x".repeat(10_900), "y".repeat(900), "planted".repeat(100));
            let mut streaming = call().stream();
            streaming.text(&words);
            streaming.tool_call(0, Some("call_1"), Some("first"), r#"{"city":"Paris"}"#);
            streaming.tool_call(
                1,
                Some("call_2"),
                Some("second"),
                &format!(r#"{{"padding":"{padding}","key":""#),
            );
            streaming.tool_call(1, None, None, &secret);
            streaming.tool_call(1, None, None, r#""}"#);
            streaming.end();
            let mut answer = call();
            answer.record_text(&words);
            answer.record_tool_call(Some("call_1"), "first", &serde_json::json!({ "city": "Paris" }));
            let arguments = serde_json::json!({ "padding": padding, "key": secret });
            answer.record_tool_call(Some("call_2"), "second", &arguments);
            answer.end();
        },
    );
    let calls: Vec<_> = spans.iter().filter(|span| span.name == "chat model").collect();
    assert_eq!(calls.len(), 2);
    for call in calls {
        let arguments =
            |index: usize| text(call, &format!("gen_ai.completion.0.tool_calls.{index}.arguments")).to_owned();
        assert_eq!(arguments(0), r#"{"city":"Paris"}"#);
        assert!(arguments(1).ends_with("...[truncated]"), "{}", arguments(1));
    }
    assert!(!format!("{spans:?}").contains("planted"), "half of a secret");
}

#[test]
fn an_answer_in_the_providers_words_stays_within_the_budget_beside_words() {
    let spans = arrived(|agentops| {
        let mut streaming = call().stream();
        let before = agentops.stats().open_bytes;
        streaming.chunk(&serde_json::json!({ "padding": "x".repeat(50_000) }));
        let raw = agentops.stats().open_bytes;
        assert!(raw >= before + 50_000, "{before} then {raw}");
        streaming.text("word");
        assert_eq!(agentops.stats().open_bytes, raw + 4, "both are held");
        streaming.end();
        assert_eq!(agentops.stats().open_bytes, 0);
    });
    whole(&spans);
}
