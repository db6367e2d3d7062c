//! What providers send, and what comes of it: however it was cut, and whatever it is.

#![allow(
    clippy::string_slice,
    clippy::format_collect,
    clippy::format_in_format_args,
    reason = "a test may panic"
)]

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::{
    clock::Clock,
    hierarchy::session_callsite,
    record::{Excerpt, ValueRef},
};

/// Bytes that are kept of a beginning in these tests.
const MOST: usize = 8 * 1024;

fn excerpt(most: usize, pieces: &[&[u8]]) -> Excerpt {
    let mut excerpt = Excerpt::new(most);
    for piece in pieces {
        excerpt.push(piece);
    }
    excerpt
}

/// What a span says after an answer was read.
fn told(response: Excerpt) -> String {
    told_of_both(Excerpt::default(), response)
}

fn told_of_both(request: Excerpt, response: Excerpt) -> String {
    let exchange = Exchange {
        request,
        response,
        operation: Some("chat"),
        status: Some(200),
        ..Exchange::default()
    };
    let mut record = SpanRecord::new(session_callsite(), Clock::System.start());
    record.add_exchange(Arc::new(exchange));
    read(&mut record);
    let mut lines: Vec<String> = record
        .fields
        .iter()
        .map(|(key, value)| match value {
            ValueRef::Text { text, .. } => format!("{key} = {text}\n"),
            other => format!("{key} = {other:?}\n"),
        })
        .collect();
    lines.extend(
        record
            .failure
            .map(|failure| format!("{:?} {}\n", failure.type_name, failure.message)),
    );
    lines.concat()
}

fn told_of(body: &str) -> String {
    told(excerpt(MOST, &[body.as_bytes()]))
}

/// A chat in events.
fn events(end: &str) -> String {
    [
        ": keep-alive",
        r#"data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"Grüß "}}]}"#,
        r#"data: {"id":"c","choices":[{"index":0,"delta":{"content":"Gott 🌞"}}]}"#,
        "event: message\nid: 7\nretry: 10\ndata: {\"id\":\"c\",\ndata: \"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
        r#"data:{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#,
        "data: [DONE]",
        "",
    ]
    .join("\n\n")
    .replace('\n', end)
}

const LINES: &str = concat!(
    r#"{"model":"m","message":{"role":"assistant","content":"Grüß "},"done":false}"#,
    "\n",
    r#"{"model":"m","message":{"role":"assistant","content":"Gott 🌞"},"done":false}"#,
    "\n",
    r#"{"model":"m","message":{"content":""},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":2}"#,
    "\n",
);

#[test]
fn lines_of_events_end_in_any_way_and_comments_say_nothing() {
    let expected = told_of(&events("\n"));
    assert!(expected.contains("Grüß Gott 🌞"), "{expected}");
    assert!(expected.contains("gen_ai.usage.input_tokens = U64(3)"), "{expected}");
    for end in ["\r\n", "\r"] {
        assert_eq!(told_of(&events(end)), expected, "{end:?}");
    }
    assert_eq!(told_of(&format!("\u{feff}{}", events("\n"))), expected);
    assert_eq!(
        told_of(events("\n").trim_end()),
        expected,
        "the last event counts without an empty line"
    );
    let without_comment = events("\n").replacen(": keep-alive\n\n", "", 1);
    assert_eq!(told_of(&without_comment), expected);
}

#[test]
fn a_line_that_is_no_json_is_passed_over() {
    let broken = LINES.replacen('\n', "\n<html>\n", 1);
    assert_eq!(told_of(&broken), told_of(LINES));
}

#[test]
fn of_lines_that_end_in_the_middle_of_one_the_whole_ones_count() {
    let cut = LINES.rfind("Gott").unwrap();
    let told = told_of(&LINES[..cut]);
    assert!(told.contains(r#""content":"Grüß ""#), "{told}");
    assert!(told.contains("agentops.response.partial = Bool(true)"), "{told}");
}

#[test]
fn what_an_answer_says_twice_is_said_once() {
    // A stream of responses says everything again at its end.
    let body = concat!(
        "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"Hi\"}\n\n",
        "data: {\"type\":\"response.completed\",\"response\":{\"object\":\"response\",\"status\":\"completed\",",
        "\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi\"}]}]}}\n\n",
    );
    assert!(
        told_of(body)
            .contains(r#"[{"role":"assistant","parts":[{"type":"text","content":"Hi"}],"finish_reason":"stop"}]"#)
    );
}

#[test]
fn counts_behind_a_gap_are_found_in_lines_in_events_and_in_one_value() {
    let filler = "x".repeat(3 * Excerpt::TAIL);
    for body in [
        format!(
            r#"{{"id":"c","model":"m","choices":[{{"message":{{"content":"{filler}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":3,"completion_tokens":2}}}}"#
        ),
        format!(
            r#"{{"object":"list","data":[{{"embedding":"{filler}"}}],"model":"m","usage":{{"prompt_tokens":3,"total_tokens":3}}}}"#
        ),
        format!(
            "{}{}{LINES}",
            LINES.lines().next().unwrap(),
            format!("\n{{\"message\":{{\"content\":\"{filler}\"}},\"done\":false}}\n")
        ),
        format!(
            "data: {{\"type\":\"response.created\",\"response\":{{\"model\":\"m\"}}}}\n\ndata: {{\"type\":\"response.completed\",\"response\":{{\"model\":\"m\",\"output\":[\"{filler}\"],\"usage\":{{\"input_tokens\":3,\"output_tokens\":2}}}}}}\n\n"
        ),
    ] {
        let told = told_of(&body);
        assert!(
            told.contains("gen_ai.usage.input_tokens = U64(3)"),
            "{}",
            &told[..told.len().min(500)]
        );
        assert!(
            told.contains("gen_ai.response.model = m"),
            "{}",
            &told[..told.len().min(500)]
        );
        assert!(told.len() < 2 * MOST, "{}", told.len());
    }
}

/// Bodies that once made trouble, or look as if they could.
const CORPUS: &[&str] = &[
    "",
    "\0",
    "{",
    "[",
    "\"",
    "{\"",
    "[[[[[[[[",
    "data:",
    "data: {\n\n",
    "data:[DONE]\r\rdata:[DONE]",
    "{\"error\":{}}",
    "{\"error\":null,\"choices\":null}",
    "{\"choices\":[null,1,{\"index\":18446744073709551615,\"delta\":{\"tool_calls\":[{\"index\":-1},{}]}}]}",
    "{\"type\":\"content_block_delta\",\"index\":1e99,\"delta\":{\"type\":\"input_json_delta\"}}",
    "{\"type\":\"message_start\"}",
    "{\"type\":\"response.completed\",\"response\":[]}",
    "{\"type\":\"message\",\"content\":[[[]],{\"type\":\"tool_use\"}]}",
    "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{}},{\"inlineData\":{}},null]}}],\"usageMetadata\":{\"promptTokenCount\":18446744073709551615,\"toolUsePromptTokenCount\":1}}",
    "{\"done\":true,\"message\":{\"tool_calls\":[null,{\"function\":7}]},\"eval_count\":18446744073709551615}",
    "{\"usage\":{\"input_tokens\":18446744073709551615,\"cache_read_input_tokens\":18446744073709551615}}",
    "{\"data\":[{\"embedding\":[]}]}",
    "{\"a\":\"\\ud800\"}",
    "{\"a\":\"\\",
];

#[test]
fn bodies_that_could_make_trouble_make_none() {
    for body in CORPUS {
        let told = told_of(body);
        assert!(told.contains("gen_ai.operation.name = chat"), "{body}");
        let exchange = Exchange {
            request: excerpt(MOST, &[body.as_bytes()]),
            coding: Some("gzip".to_owned()),
            response: excerpt(MOST, &[body.as_bytes()]),
            ..Exchange::default()
        };
        let mut record = SpanRecord::new(session_callsite(), Clock::System.start());
        record.add_exchange(Arc::new(exchange));
        read(&mut record);
    }
}

#[test]
fn tools_that_were_not_given_are_not_told_whatever_stands_for_them() {
    let told = |request: &str| told_of_both(excerpt(MOST, &[request.as_bytes()]), Excerpt::default());
    for nothing in [
        r#""tools":null"#,
        r#""functions":null"#,
        r#""tools":"auto""#,
        r#""tools":[]"#,
    ] {
        let told = told(&format!(r#"{{"model":"m","messages":[],{nothing}}}"#));
        assert!(told.contains("gen_ai.request.model = m"), "{told}");
        assert!(!told.contains("gen_ai.tool.definitions"), "{told}");
    }
    let told = told(r#"{"model":"m","tools":null,"functions":[{"name":"find"}]}"#);
    assert!(
        told.contains(r#"gen_ai.tool.definitions = [{"type":"function","name":"find"}]"#),
        "{told}"
    );
}

#[test]
fn of_a_hundred_thousand_tool_calls_so_many_are_put_together() {
    let many: String = (0..100_000)
        .map(|at| format!("{{\"index\":{at},\"function\":{{\"name\":\"f\"}}}},"))
        .collect();
    let body = format!("{{\"choices\":[{{\"delta\":{{\"tool_calls\":[{many}{{}}]}}}}]}}");
    let told = told(excerpt(usize::MAX, &[body.as_bytes()]));
    assert_eq!(told.matches("tool_call").count(), answer::MOST);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn how_a_stream_is_cut_makes_no_difference(
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        most in 0_usize..1_000,
        lines in any::<bool>(),
    ) {
        let body = if lines { LINES.to_owned() } else { events("\n") };
        let body = body.as_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &body[pair[0]..pair[1]]).collect();
        prop_assert_eq!(told(excerpt(most, &pieces)), told(excerpt(most, &[body])));
    }

    #[test]
    fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..400), most in 0_usize..500) {
        told(excerpt(most, &[&body]));
    }

    #[test]
    fn no_beginning_of_a_body_makes_it_panic(
        which in 0_usize..CORPUS.len(),
        cut in any::<prop::sample::Index>(),
        more in ".{0,20}",
    ) {
        let body = CORPUS[which];
        let end = crate::record::floor_char_boundary(body, cut.index(body.len() + 1));
        told_of(&format!("{}{more}", &body[..end]));
    }
}

#[test]
fn under_pressure_the_words_of_an_exchange_go_and_its_counts_stay() {
    let words = "word ".repeat(50_000);
    let body = format!(
        r#"{{"id":"c","model":"m","choices":[{{"message":{{"content":"{words}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":3,"completion_tokens":2}}}}"#
    );
    let mut record = SpanRecord::new(session_callsite(), Clock::System.start());
    record.add_exchange(Arc::new(Exchange {
        response: excerpt(1 << 20, &[body.as_bytes()]),
        ..Exchange::default()
    }));
    let before = record.bytes();
    assert!(before > body.len());
    record.shorten(256);
    assert!(record.bytes() < before / 10, "{} of {before}", record.bytes());
    assert_eq!(record.shortened(256), 1);
    read(&mut record);
    assert_eq!(record.fields.get("gen_ai.usage.input_tokens"), Some(ValueRef::U64(3)));
    assert_eq!(record.fields.get_text("gen_ai.response.model"), Some("m"));
    assert!(record.fields.get_text("gen_ai.output.messages").unwrap().len() < 1_000);
}
