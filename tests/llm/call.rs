//! A call by hand says all that there is to say, in both dialects.

use agentops::{Content, Usage, llm::Call, testing::draw};
use futures::FutureExt as _;
use serde_json::json;
use tracing::info_span;

use crate::harness::{arrived, arrived_with, named, text};

/// Keys and values below a prefix, a line each.
fn below(span: &agentops::testing::Span, prefix: &str) -> String {
    let keys = span.attributes.keys().filter(|key| key.starts_with(prefix));
    keys.map(|key| format!("{key} = {:?}\n", span.attribute(key).unwrap()))
        .collect()
}

fn ask() -> Call {
    let mut call = Call::chat("openai", "gpt-4o")
        .with_temperature(0.2)
        .with_top_p(0.9)
        .with_top_k(40)
        .with_max_tokens(256)
        .with_frequency_penalty(0.1)
        .with_presence_penalty(0.3)
        .with_seed(-7)
        .with_choice_count(2)
        .with_stop_sequences(["END", "STOP"])
        .with_output_type("text")
        .with_conversation_id("conv_5j66UpCpwteGg4YSxUnt7lPY")
        .with_prompt("weather", "3")
        .with_system("Be brief.")
        .with_messages(&json!([{"role": "user", "content": "What is the weather in Paris?"}]))
        .with_tools(&json!([{"type": "function", "name": "weather"}]))
        .with_attribute("team", "blue");
    call.record_response_id("chatcmpl-1");
    call.record_response_model("gpt-4o-2024-08-06");
    call.record_text("I will ");
    call.record_text("look.");
    call.record_tool_call(Some("call_1"), "weather", &json!({"city": "Paris"}));
    call.record_finish_reason("tool_calls");
    call.record_usage(&Usage::new(120, 50).with_cache_read(64).with_reasoning(30));
    call.record_evaluation("relevance", 0.9, Some("good"), None);
    call
}

#[test]
fn a_call_by_hand_says_everything_in_both_dialects() {
    let spans = arrived(|_| {
        let agent = info_span!("planner", agentops.kind = "agent").entered();
        ask().end();
        drop(agent);
    });
    assert_eq!(draw(&spans), "default.session\n  planner.agent\n    chat gpt-4o\n");
    let call = named(&spans, "chat gpt-4o");
    for (key, value) in [
        ("gen_ai.request.temperature", 0.2.into()),
        ("gen_ai.request.top_p", 0.9.into()),
        ("gen_ai.request.top_k", 40_i64.into()),
        ("gen_ai.request.max_tokens", 256_i64.into()),
        ("gen_ai.request.frequency_penalty", 0.1.into()),
        ("gen_ai.request.presence_penalty", 0.3.into()),
        ("gen_ai.request.seed", agentops::testing::Value::from(-7_i64)),
        ("gen_ai.request.choice.count", 2_i64.into()),
        ("gen_ai.output.type", "text".into()),
        ("gen_ai.conversation.id", "conv_5j66UpCpwteGg4YSxUnt7lPY".into()),
        ("agentops.prompt.name", "weather".into()),
        ("agentops.prompt.version", "3".into()),
        ("team", "blue".into()),
        ("gen_ai.system", "openai".into()),
        ("gen_ai.provider.name", "openai".into()),
        ("gen_ai.request.model", "gpt-4o".into()),
        ("gen_ai.response.model", "gpt-4o-2024-08-06".into()),
        ("gen_ai.response.id", "chatcmpl-1".into()),
        ("gen_ai.response.finish_reason", "tool_calls".into()),
        ("gen_ai.usage.prompt_tokens", 120_i64.into()),
        ("gen_ai.usage.output_tokens", 50_i64.into()),
        ("gen_ai.usage.total_tokens", 170_i64.into()),
        ("gen_ai.usage.cache_read_input_tokens", 64_i64.into()),
        ("gen_ai.usage.reasoning_tokens", 30_i64.into()),
        ("gen_ai.usage.total_cost", 0.00072.into()),
        ("agent.name", "planner".into()),
    ] {
        assert_eq!(call.attribute(key), Some(&value), "{key}");
    }
    let stops = call.attribute("gen_ai.request.stop_sequences").unwrap();
    assert_eq!(
        stops.as_array().map(<[_]>::len),
        Some(2),
        "a list, not a text: {stops:?}"
    );
    assert_eq!(
        below(call, "gen_ai.prompt") + &below(call, "gen_ai.completion"),
        r#"gen_ai.prompt.0.content = String("Be brief.")
gen_ai.prompt.0.role = String("system")
gen_ai.prompt.1.content = String("What is the weather in Paris?")
gen_ai.prompt.1.role = String("user")
gen_ai.completion.0.content = String("I will look.")
gen_ai.completion.0.role = String("assistant")
gen_ai.completion.0.finish_reason = String("tool_calls")
gen_ai.completion.0.tool_calls.0.id = String("call_1")
gen_ai.completion.0.tool_calls.0.name = String("weather")
gen_ai.completion.0.tool_calls.0.arguments = String("{\"city\":\"Paris\"}")
"#
    );
    assert_eq!(call.events_named("gen_ai.evaluation.result").count(), 1);
    assert_eq!(call.attribute("gen_ai.streaming.chunk_count"), None, "it was no stream");
}

#[test]
fn no_content_leaves_where_none_may() {
    for (level, said) in [
        (Content::All, true),
        (Content::NoMessages, false),
        (Content::None, false),
    ] {
        let spans = arrived_with(|builder| builder.with_content_capture(level), |_| ask().end());
        let everything = format!("{:?}", named(&spans, "chat gpt-4o"));
        for words in ["Be brief", "Paris", "I will", "city"] {
            assert_eq!(everything.contains(words), said, "{level:?}: {words} in {everything}");
        }
        let call = named(&spans, "chat gpt-4o");
        assert_eq!(call.attribute("gen_ai.usage.total_tokens"), Some(&170_i64.into()));
        assert_eq!(text(call, "gen_ai.response.finish_reason"), "tool_calls");
    }
}

#[test]
fn requests_and_answers_can_be_told_in_the_providers_words() {
    let request = json!({"model": "claude-sonnet-4-5", "max_tokens": 64, "system": "Be brief.",
        "messages": [{"role": "user", "content": "Hello?"}]});
    let answer = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
        "content": [{"type": "text", "text": "Hi!"}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 0, "output_tokens": 5}});
    let spans = arrived(|_| {
        let mut call = Call::chat("anthropic", "claude-sonnet-4-5").with_request(&request);
        call.record_response(&answer);
    });
    let call = named(&spans, "chat claude-sonnet-4-5");
    assert_eq!(call.attribute("gen_ai.usage.prompt_tokens"), Some(&100_i64.into()));
    assert_eq!(call.attribute("gen_ai.request.max_tokens"), Some(&64_i64.into()));
    assert_eq!(text(call, "gen_ai.prompt.0.content"), "Be brief.");
    assert_eq!(text(call, "gen_ai.completion.0.content"), "Hi!");
    assert_eq!(text(call, "gen_ai.response.finish_reason"), "end_turn");
}

#[derive(Debug)]
struct Overloaded;
impl std::fmt::Display for Overloaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("try again later")
    }
}
impl std::error::Error for Overloaded {}

#[test]
fn a_call_that_is_run_ends_with_its_result() {
    let spans = arrived(|_| {
        let good = Call::chat("mine", "good").run(async |call| {
            call.record_text("Hi!");
            Ok::<_, Overloaded>(7)
        });
        assert_eq!(good.now_or_never().unwrap().unwrap(), 7);
        let bad = Call::chat("mine", "bad").run(async |call| {
            call.record_text("He");
            Err::<(), _>(Overloaded)
        });
        bad.now_or_never().unwrap().unwrap_err();
        let left = Call::chat("mine", "left").run(async |_| {
            std::future::pending::<()>().await;
            Ok::<_, Overloaded>(())
        });
        assert!(left.now_or_never().is_none());
        let mut told = Call::chat("mine", "told");
        told.record_error(&Overloaded);
    });
    assert_eq!(
        draw(&spans),
        "default.session\n  chat good\n  chat bad !Overloaded: try again later\n  chat left !cancelled\n  \
         chat told !Overloaded: try again later\n"
    );
    assert_eq!(text(named(&spans, "chat bad"), "gen_ai.completion.0.content"), "He");
    assert_eq!(
        named(&spans, "chat left").attribute("agentops.cancelled"),
        Some(&true.into())
    );
    assert_eq!(named(&spans, "chat good").attribute("agentops.cancelled"), None);
}

#[test]
fn what_runs_inside_of_a_call_stands_below_it() {
    let spans = arrived(|_| {
        let call = Call::embeddings("mine", "embedder").with_name("embed the corpus");
        call.in_scope(|| drop(info_span!("look_up", agentops.kind = "tool")));
        call.instrument(async { drop(info_span!(parent: call.span(), "cut", agentops.kind = "tool")) })
            .now_or_never()
            .unwrap();
    });
    assert_eq!(
        draw(&spans),
        "default.session\n  embed the corpus\n    look_up.tool\n    cut.tool\n"
    );
    assert_eq!(
        text(named(&spans, "embed the corpus"), "gen_ai.request.type"),
        "embedding"
    );
}

#[test]
fn a_call_is_the_programs_own_where_libraries_do_not_count() {
    let spans = arrived_with(
        |builder| builder.with_instrument_llm_calls(false),
        |_| {
            ask().end();
            drop(info_span!(
                "chat",
                gen_ai.operation.name = "chat",
                gen_ai.request.model = "a library's"
            ));
        },
    );
    assert_eq!(draw(&spans), "default.session\n  chat gpt-4o\n");
}

#[test]
fn a_serialize_that_panics_harms_nobody() {
    struct Panics;
    impl serde::Serialize for Panics {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("not this")
        }
    }
    let spans = arrived(|_| {
        let mut call = Call::chat("mine", "model").with_messages(&Panics).with_request(&Panics);
        call.record_response(&Panics);
        call.record_tool_call(None, "weather", &Panics);
        call.record_text("still here");
    });
    let call = named(&spans, "chat model");
    assert_eq!(text(call, "gen_ai.completion.0.content"), "still here");
}
