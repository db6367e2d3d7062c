//! Messages of providers and libraries.

use super::*;

/// The numbered keys of a conversation, in order, without their common prefix.
fn numbered(attributes: &AttributeSet, prefix: &str) -> Vec<(String, String)> {
    let below = attributes
        .iter()
        .filter_map(|attribute| Some((attribute.key.strip_prefix(prefix)?, &attribute.value)));
    below
        .map(|(key, value)| match value {
            WireValue::Str(text) => (key.trim_start_matches('.').to_owned(), text.clone()),
            other => (key.to_owned(), format!("{other:?}")),
        })
        .collect()
}

fn prompt(text: &str) -> Vec<(String, String)> {
    numbered(
        &chat().text("gen_ai.input.messages", text).attributes(),
        "gen_ai.prompt.",
    )
}

fn completion(text: &str) -> Vec<(String, String)> {
    numbered(
        &chat().text("gen_ai.output.messages", text).attributes(),
        "gen_ai.completion.",
    )
}

/// The same in the conventions' JSON.
fn standard(text: &str) -> serde_json::Value {
    let attributes = chat().text("gen_ai.input.messages", text).attributes();
    attributes
        .get_str("gen_ai.input.messages")
        .map_or_else(|| json("[]"), json)
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn messages_of_the_conventions_are_numbered() {
    let text = r#"[
        {"role":"system","parts":[{"type":"text","content":"Be brief."}]},
        {"role":"user","parts":[{"type":"text","content":"Weather?"},{"type":"uri","modality":"image","uri":"https://x/y.png"}]},
        {"role":"assistant","parts":[{"type":"reasoning","content":"Ask."},{"type":"tool_call","id":"c1","name":"weather","arguments":{"city":"Paris"}}]},
        {"role":"tool","parts":[{"type":"tool_call_response","id":"c1","result":{"sky":"clear"}}]}
    ]"#;
    assert_eq!(
        prompt(text),
        pairs(&[
            ("0.content", "Be brief."),
            ("0.role", "system"),
            ("1.content", "Weather?\n[image: https://x/y.png]"),
            ("1.role", "user"),
            ("2.content", ""),
            ("2.role", "assistant"),
            ("2.reasoning", "Ask."),
            ("2.tool_calls.0.id", "c1"),
            ("2.tool_calls.0.name", "weather"),
            ("2.tool_calls.0.arguments", r#"{"city":"Paris"}"#),
            ("3.content", r#"{"sky":"clear"}"#),
            ("3.role", "tool"),
            ("3.tool_call_id", "c1"),
        ])
    );
    let response = &standard(text)[3]["parts"][0];
    assert_eq!(
        response,
        &json(r#"{"type":"tool_call_response","id":"c1","response":{"sky":"clear"}}"#)
    );
}

#[test]
fn a_tools_answer_that_the_user_was_made_to_say_is_shown_as_the_tools() {
    let rig = r#"[{"role":"user","parts":[{"type":"tool_call_response","id":"c1","response":"clear"}]}]"#;
    let anthropic = r#"[{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"clear"}]}]"#;
    for text in [rig, anthropic] {
        assert_eq!(
            prompt(text),
            pairs(&[("0.content", "clear"), ("0.role", "tool"), ("0.tool_call_id", "c1")])
        );
        assert_eq!(
            standard(text)[0]["role"],
            "user",
            "the conventions' JSON says what the library said"
        );
    }
    let with_words = r#"[{"role":"user","parts":[
        {"type":"tool_call_response","id":"c1","response":"clear"},{"type":"text","content":"And now?"}]}]"#;
    assert_eq!(prompt(with_words)[1], ("0.role".to_owned(), "user".to_owned()));
}

#[test]
fn messages_that_are_right_already_leave_as_they_came() {
    let text = r#"[ {"role":"user", "parts":[{"type":"text","content":"Hi"}]} ]"#;
    let attributes = chat().text("gen_ai.input.messages", text).attributes();
    assert_eq!(attributes.str("gen_ai.input.messages"), text);
}

#[test]
fn raw_messages_of_providers_are_translated() {
    let openai = r#"[
        {"role":"user","content":"Weather?"},
        {"role":"assistant","content":null,"tool_calls":[
            {"id":"c1","type":"function","function":{"name":"weather","arguments":"{\"city\": \"Paris\"}"}}]},
        {"role":"tool","tool_call_id":"c1","content":"clear"}
    ]"#;
    assert_eq!(
        prompt(openai),
        pairs(&[
            ("0.content", "Weather?"),
            ("0.role", "user"),
            ("1.content", ""),
            ("1.role", "assistant"),
            ("1.tool_calls.0.id", "c1"),
            ("1.tool_calls.0.name", "weather"),
            ("1.tool_calls.0.arguments", r#"{"city": "Paris"}"#),
            ("2.content", "clear"),
            ("2.role", "tool"),
            ("2.tool_call_id", "c1"),
        ])
    );
    assert_eq!(
        standard(openai)[1]["parts"][0],
        json(r#"{"type":"tool_call","id":"c1","name":"weather","arguments":"{\"city\": \"Paris\"}"}"#)
    );

    let anthropic = r#"{"system":"Be brief.","messages":[{"role":"user","content":[
        {"type":"text","text":"Look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},
        {"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"42"}]}]}]}"#;
    assert_eq!(
        prompt(anthropic),
        pairs(&[
            ("0.content", "Be brief."),
            ("0.role", "system"),
            ("1.content", "Look\n[image/png, 2 bytes, sha256:8f434346648f6b96]\n42"),
            ("1.role", "user"),
            ("1.tool_call_id", "t1"),
        ])
    );

    let gemini =
        r#"{"contents":[{"role":"model","parts":[{"text":"Hi"},{"functionCall":{"name":"f","args":{"a":1}}}]}]}"#;
    assert_eq!(
        prompt(gemini),
        pairs(&[
            ("0.content", "Hi"),
            ("0.role", "assistant"),
            ("0.tool_calls.0.name", "f"),
            ("0.tool_calls.0.arguments", r#"{"a":1}"#),
        ])
    );
}

#[test]
fn responses_of_providers_are_translated() {
    let expected = pairs(&[
        ("0.content", "Hi"),
        ("0.role", "assistant"),
        ("0.finish_reason", "stop"),
    ]);
    for text in [
        r#"{"choices":[{"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}"#,
        r#"{"role":"assistant","content":[{"type":"text","text":"Hi"}],"stop_reason":"stop"}"#,
        r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"}]},"finishReason":"stop"}]}"#,
        r#"[{"role":"assistant","parts":[{"type":"text","content":"Hi"}],"finish_reason":"stop"}]"#,
    ] {
        assert_eq!(completion(text), expected, "{text}");
    }
    let items =
        r#"[{"type":"reasoning","summary":[]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]"#;
    let expected = [
        ("0.content", ""),
        ("0.role", "assistant"),
        ("0.tool_calls.0.id", "c"),
        ("0.tool_calls.0.name", "f"),
        ("0.tool_calls.0.arguments", "{}"),
    ];
    assert_eq!(completion(items), pairs(&expected));
}

#[test]
fn what_is_no_message_is_the_text_of_one() {
    for text in [
        "Hello",
        r#"{"answer":42}"#,
        "[1,2]",
        r#"[{"type":"cat"}]"#,
        r#"{"choices":[]}"#,
        r#"[{"role":"user""#,
        r#""quoted""#,
        "null",
    ] {
        assert_eq!(
            completion(text),
            pairs(&[("0.content", text), ("0.role", "assistant")]),
            "{text}"
        );
    }
    assert_eq!(completion("[]"), pairs(&[]));
}

#[test]
fn the_system_prompt_is_message_zero() {
    for instructions in [
        "Be brief.",
        r#"[{"type":"text","content":"Be brief."}]"#,
        r#"{"role":"system","content":"Be brief."}"#,
    ] {
        let attributes = chat()
            .text("gen_ai.system_instructions", instructions)
            .text(
                "gen_ai.input.messages",
                r#"[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]"#,
            )
            .attributes();
        assert_eq!(
            numbered(&attributes, "gen_ai.prompt."),
            pairs(&[
                ("0.content", "Be brief."),
                ("0.role", "system"),
                ("1.content", "Hi"),
                ("1.role", "user")
            ])
        );
        assert_eq!(
            json(attributes.str("gen_ai.system_instructions")),
            json(r#"[{"type":"text","content":"Be brief."}]"#)
        );
        assert_eq!(attributes.class("gen_ai.system_instructions"), Class::Message);
    }
}

#[test]
fn a_system_prompt_that_is_said_twice_is_shown_once() {
    let attributes = chat()
        .text(
            "gen_ai.system_instructions",
            r#"[{"type":"text","content":"Be brief."}]"#,
        )
        .text(
            "gen_ai.input.messages",
            r#"[{"role":"system","parts":[{"type":"text","content":"Be brief."}]}]"#,
        )
        .attributes();
    assert_eq!(
        numbered(&attributes, "gen_ai.prompt."),
        pairs(&[("0.content", "Be brief."), ("0.role", "system")])
    );
}

#[test]
fn messages_that_were_numbered_by_hand_pass_in_the_order_of_their_numbers() {
    let attributes = chat()
        .text("gen_ai.prompt.10.role", "assistant")
        .text("gen_ai.prompt.10.tool_calls.1.name", "g")
        .text("gen_ai.prompt.10.tool_calls.0.name", "f")
        .text("gen_ai.prompt.2.content", "Hi")
        .text("gen_ai.prompt.2.role", "user")
        .text("gen_ai.prompt", "ignored beside them")
        .text("gen_ai.completion.0.annotations", "before `content` in the alphabet")
        .text("gen_ai.completion.0.content", "Hello")
        .int("gen_ai.completion.0.embedding_length", 3)
        .attributes();
    assert_eq!(
        numbered(&attributes, "gen_ai.prompt."),
        pairs(&[
            ("0.content", "Hi"),
            ("0.role", "user"),
            ("1.content", ""),
            ("1.role", "assistant"),
            ("1.tool_calls.0.name", "f"),
            ("1.tool_calls.1.name", "g"),
        ])
    );
    let completion = numbered(&attributes, "gen_ai.completion.");
    assert_eq!(
        completion[0],
        ("0.content".to_owned(), "Hello".to_owned()),
        "the dashboard shows the first key"
    );
    assert_eq!(attributes.get_i64("gen_ai.completion.0.embedding_length"), Some(3));
    assert!(!attributes.has("gen_ai.prompt"));
    let standard = json(attributes.str("gen_ai.input.messages"));
    assert_eq!(
        standard[0],
        json(r#"{"role":"user","parts":[{"type":"text","content":"Hi"}]}"#)
    );
    assert_eq!(standard[1]["parts"][1]["name"], "g");
}

#[test]
fn a_long_conversation_is_translated_in_reasonable_time() {
    let message = r#"{"role":"user","content":"x"}"#;
    let text = format!("[{}]", vec![message; 20_000].join(","));
    let start = Instant::now();
    assert_eq!(prompt(&text).len(), 40_000);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "quadratic: {:?}",
        start.elapsed()
    );
}

mod properties {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    fn name() -> impl Strategy<Value = String> {
        let names = [
            "role",
            "parts",
            "content",
            "type",
            "text",
            "tool_calls",
            "function",
            "name",
            "arguments",
            "id",
            "result",
            "response",
            "tool_call_id",
            "finish_reason",
            "stop_reason",
            "messages",
            "choices",
            "message",
            "system",
            "functionCall",
            "summary",
            "image_url",
            "url",
            "source",
            "data",
            "refusal",
            "reasoning_content",
            "x",
        ];
        prop::sample::select(names.to_vec()).prop_map(str::to_owned)
    }

    fn word() -> impl Strategy<Value = String> {
        let kinds = [
            "user",
            "assistant",
            "tool",
            "system",
            "text",
            "tool_call",
            "tool_use",
            "tool_result",
            "reasoning",
            "image_url",
            "image",
            "function",
            "message",
            "blob",
            "generic",
            "x",
        ];
        prop_oneof![
            prop::sample::select(kinds.to_vec()).prop_map(str::to_owned),
            any::<String>()
        ]
    }

    /// JSON that is much like messages.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            4 => word().prop_map(Value::from),
            1 => any::<i64>().prop_map(Value::from),
            1 => any::<bool>().prop_map(Value::from),
            1 => Just(Value::Null),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec((name(), inner), 0..6).prop_map(|members| Value::Object(Map::from_iter(members))),
            ]
        })
    }

    proptest! {
        #[test]
        fn translating_a_translation_changes_nothing(value in value()) {
            let once = standard(&value.to_string());
            let twice = standard(&once.to_string());
            prop_assert_eq!(once, twice);
        }

        #[test]
        fn every_message_has_a_role_and_content_in_order(value in value()) {
            let attributes = chat().text("gen_ai.input.messages", &value.to_string()).attributes();
            let Some(list) = attributes.get_str("gen_ai.input.messages").map(json) else { return Ok(()) };
            let roles: Vec<_> = numbered(&attributes, "gen_ai.prompt.")
                .into_iter()
                .filter_map(|(key, _)| key.strip_suffix(".role").map(str::to_owned))
                .collect();
            let places: Vec<_> = (0..list.as_array().unwrap().len()).map(|place| place.to_string()).collect();
            prop_assert_eq!(roles, places.clone());
            for place in places {
                let key = format!("gen_ai.prompt.{place}.content");
                prop_assert!(attributes.has(&key), "no {}", key);
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>(), instructions in any::<String>()) {
            let span = chat()
                .text("gen_ai.input.messages", &text)
                .text("gen_ai.completion", &text)
                .text("gen_ai.system_instructions", &instructions)
                .text("gen_ai.response.finish_reasons", &text);
            prop_assert!(!span.map().attributes.iter().any(|attribute| attribute.key == "gen_ai.completion"));
        }
    }
}
