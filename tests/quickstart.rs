//! The examples that the README begins with, run as a new user runs them: what `quickstart` sends is shown as a user of
//! AgentOps would see it, `hello` prints the tree that the README promises, and so do others theirs.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "this is test code")]

mod support;

#[allow(
    dead_code,
    reason = "the script that the example's model follows; only its numbers are read"
)]
#[path = "../examples/quickstart/model.rs"]
mod model;

use agentops::testing::{Collector, Span, StatusCode};
use support::{
    Display, Message, ToolCall,
    display::{StatusCounts, Tokens},
    example::{Ended, run, until},
};

const KEY: &str = "11111111-2222-4333-8444-555555555555";
/// Two agents, each with a request for a tool and one for an answer.
const REQUESTS: u64 = 4;

/// Runs the quickstart with the variables of an account, whose server is the collector.
fn with_an_account(collector: &Collector) -> Ended {
    let variables = [
        ("AGENTOPS_API_KEY", KEY),
        ("AGENTOPS_API_ENDPOINT", &collector.auth_endpoint()),
        ("AGENTOPS_EXPORTER_ENDPOINT", &collector.traces_endpoint()),
    ];
    run("quickstart", &variables)
}

/// What the quickstart sends.
fn sent() -> Vec<Span> {
    let collector = Collector::start();
    let ended = with_an_account(&collector);
    let spans = collector.spans();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let said = format!(
        "{} spans were recorded and sent to where the environment says",
        spans.len()
    );
    assert_eq!(ended.last_line(), said);
    spans
}

/// The texts of one span's messages, and the tools that are called in them.
fn said(span: &Span) -> (Vec<Message>, Vec<ToolCall>) {
    let messages = Display::messages(span);
    let calls = messages.iter().flat_map(|message| message.tool_calls.clone()).collect();
    (messages, calls)
}

#[test]
fn the_quickstart_is_shown_as_what_it_is() {
    let spans = sent();
    let display = Display::of(&spans);

    assert_eq!(display.agent_cards, ["researcher", "writer"]);
    assert_eq!((display.llm_calls, display.tool_calls, display.errors), (4, 2, 0));
    let types: Vec<_> = display.bars.iter().map(|bar| bar.kind_type.as_str()).collect();
    let expected = "session agent llm tool llm agent llm tool llm";
    assert_eq!(types, expected.split(' ').collect::<Vec<_>>(), "{:?}", display.bars);

    let (prompt, completion) = (REQUESTS * model::PROMPT_TOKENS, REQUESTS * model::COMPLETION_TOKENS);
    let total = prompt + completion;
    assert_eq!(
        display.tokens,
        Tokens {
            prompt,
            completion,
            total
        }
    );
    assert!(display.cost.is_some_and(|cost| cost > 0.0), "{:?}", display.cost);
    assert_eq!(display.models, ["gpt-4o-mini-2024-07-18"]);

    let [session] = &display.sessions[..] else {
        panic!("one session, not {:?}", display.sessions);
    };
    assert_eq!(
        (session.name.as_str(), session.status),
        ("quickstart.session", StatusCode::Ok)
    );
    assert_eq!(
        (&session.tags, &display.tags),
        (&vec!["quickstart".to_owned()], &session.tags)
    );
    let all_succeeded = StatusCounts {
        success: spans.len(),
        ..StatusCounts::default()
    };
    assert_eq!(display.counts, all_succeeded);
    assert_eq!(display.version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!((display.warnings, display.lost), (vec![], vec![]));
}

#[test]
fn the_quickstarts_messages_and_tools_are_readable() {
    let mut spans = sent();
    spans.sort_by_key(|span| span.start_unix_nanos);
    let of_kind = |kind: &str| {
        spans
            .iter()
            .filter(|span| span.kind() == Some(kind))
            .collect::<Vec<_>>()
    };

    let calls = of_kind("llm");
    assert_eq!(calls.len() as u64, REQUESTS);
    let asked = "What is in the folder `src`?";
    for (at, preamble, tool, arguments) in [
        (
            0,
            "You look things up in a repository before you answer.",
            "list_files",
            r#"{"folder":"src"}"#,
        ),
        (
            2,
            "You write one clear sentence.",
            "read_file",
            r#"{"path":"Cargo.toml"}"#,
        ),
    ] {
        let (asks, called) = said(calls[at]);
        assert_eq!(asks[0], Message::new("system", preamble));
        assert_eq!(asks[1].role, "user");
        assert_eq!(called.iter().map(|call| call.name.as_str()).collect::<Vec<_>>(), [tool]);
        assert_eq!(called[0].arguments, arguments);
        let (answers, _) = said(calls[at + 1]);
        let last = answers.last().unwrap();
        assert_eq!(last.role, "assistant");
        assert!(last.content.starts_with("The tool returned "), "{answers:?}");
        let heard = answers
            .iter()
            .any(|message| message.role == "tool" && !message.content.is_empty());
        assert!(heard, "{answers:#?}");
    }
    assert_eq!(said(calls[0]).0[1].content, asked);

    let tools: Vec<_> = of_kind("tool").into_iter().map(Display::tool).collect();
    assert_eq!(
        (tools[0].name.as_str(), tools[0].parameters.as_str()),
        ("list_files", r#"{"folder":"src"}"#)
    );
    assert!(tools[0].result.contains("lib.rs"), "{:?}", tools[0]);
    assert_eq!(
        (tools[1].name.as_str(), tools[1].parameters.as_str()),
        ("read_file", r#"{"path":"Cargo.toml"}"#)
    );
    assert!(tools[1].result.contains("[workspace]"), "{:?}", tools[1]);
    assert!(tools.iter().all(|tool| tool.error.is_empty()), "{tools:?}");
    for agent in of_kind("agent") {
        let output = agent.text("agentops.entity.output").unwrap();
        assert!(output.starts_with("The tool returned "), "{output}");
    }
}

#[test]
fn the_quickstart_needs_nothing_and_finds_that_all_of_it_arrived() {
    let ended = run("quickstart", &[]);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert_eq!(ended.last_line(), "everything that ran arrived");
    assert!(ended.stdout.contains("quickstart.session (session)"), "{ended:?}");
}

#[test]
fn the_quickstart_fails_where_something_that_ran_did_not_arrive() {
    for (name, value, missing) in [
        ("AGENTOPS_SAMPLE_RATIO", "0", "expected 1 session, not 0"),
        (
            "AGENTOPS_INSTRUMENT_LLM_CALLS",
            "false",
            "expected 2 llm calls of researcher.agent, not 0",
        ),
    ] {
        let ended = run("quickstart", &[(name, value)]);
        assert_eq!(ended.code(), Some(1), "{name}: {ended:?}");
        assert!(ended.stderr.contains(missing), "{name}: {ended:?}");
    }
}

/// Durations, which differ from run to run, as `?`.
fn without_durations(tree: &str) -> String {
    let is_duration = |word: &str| {
        let number = ["µs", "ms", "s"].iter().find_map(|unit| word.strip_suffix(unit));
        number.is_some_and(|number| number.parse::<f64>().is_ok())
    };
    let line = |line: &str| {
        let words = line.split(' ').map(|word| if is_duration(word) { "?" } else { word });
        words.collect::<Vec<_>>().join(" ")
    };
    tree.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_web_server_sees_that_the_requests_to_itself_arrived() {
    let ended = run("web_server", &[]);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(ended.stdout.starts_with("chat.session (orphan)\n"), "{ended:?}");
}

/// What was printed: a text for each line at the margin with all that hangs on it, in no order, for sessions end when
/// they do.
fn blocks(printed: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in without_durations(printed).lines() {
        match blocks.last_mut() {
            Some(block) if line.starts_with(' ') => {
                block.push('\n');
                block.push_str(line);
            }
            _ => blocks.push(line.to_owned()),
        }
    }
    blocks.sort();
    blocks
}

#[test]
fn the_examples_print_the_trees_of_their_sessions() {
    for (name, printed) in [
        (
            "hello",
            "about 2100000 people
default.session  ok ?
  geographer.agent  ok ?
    population.tool  ok ?
",
        ),
        (
            "sessions",
            r#"invoice 1: Ok(100), invoice 3: Err("300 is above the limit")
invoice-1.session  ok ?
  accountant.agent  ok ?
    fetch_invoice.tool  ok ?
invoice-3.session  ?  error: 300 is above the limit
  accountant.agent  ?  error: 300 is above the limit
    fetch_invoice.tool  ok ?
reminder.session  ok ?
  accountant.agent  ok ?
    fetch_invoice.tool  ok ?
forgotten.session  ?
"#,
        ),
        (
            "llm_by_hand",
            "You asked: Is it sunny in Paris?
It is sunny in Paris.
230 bytes came
default.session  ok ?
  parrot.agent  ok ?
    chat parrot-1  ok ?  tokens 12+6
    weather.tool  ok ?
    chat parrot-1  ok ?
  chat parrot-1  ok ?  tokens 9+2
",
        ),
        (
            "agent_impl",
            r#"Ok("answer 1 to \"What is the answer, please?\": 42")
Err("\"Answer me!\" is not polite")
default.session  ok ?
  customer_service.agent  ok ?
    answer.operation  ok ?
      is_polite.guardrail  ok ?
      faq.tool  ok ?  $0.001
    answer.operation  ?  error: "Answer me!" is not polite
      is_polite.guardrail  ok ?
"#,
        ),
    ] {
        // Without the feature it makes one call less.
        if name == "llm_by_hand" && !cfg!(feature = "reqwest-middleware") {
            continue;
        }
        let is_whole = |ended: &Ended| ended.code() == Some(0) && blocks(&ended.stdout) == blocks(printed);
        let ended = until(is_whole, || run(name, &[]));
        assert_eq!(ended.code(), Some(0), "{name}: {ended:?}");
        assert_eq!(blocks(&ended.stdout), blocks(printed), "{name}");
    }
}
