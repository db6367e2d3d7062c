use proptest::prelude::*;

use crate::policy::tags::{self, is_refused};

fn parse_list(text: &str) -> Vec<String> {
    tags::parse_list(text, usize::MAX)
}

#[test]
fn a_list_is_separated_by_commas_or_is_json() {
    assert_eq!(parse_list("a, b ,,c"), ["a", "b", "c"]);
    assert_eq!(parse_list(r#" ["a", " b, too ", ""] "#), ["a", "b, too"]);
    assert_eq!(parse_list(r#"["v", 2, 0.5, true, null]"#), ["v", "2", "0.5", "true"]);
    assert_eq!(parse_list("[a, b"), ["[a", "b"]);
    assert_eq!(parse_list(" , "), [""; 0]);
    assert_eq!(parse_list(&format!("{:?}", vec!["one", "two"])), ["one", "two"]);
}

#[test]
fn keys_that_break_the_nesting_or_shadow_ours_are_refused() {
    for key in [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "agentops",
        "agentops.tags",
        "gen_ai",
        "gen_ai.system",
        "tool",
        "tool.name",
        "agent",
        "agent.name",
        "operation",
        "operation.x",
        "workflow",
        "session",
        "task",
        "trace",
        "trace.metadata.x",
        "llm",
        "error",
        "error.type",
        "exception",
        "service.name",
        "host.name",
        "user",
        "user.id",
        "user.id.x",
        "session.id",
        "http",
        "http.request",
        "url.full",
    ] {
        assert!(is_refused(key), "{key}");
    }
    for key in [
        "team",
        "release.version",
        "user.plan",
        "workflow.version",
        "tools",
        "agent_name",
        "gen_ai_team",
        "env",
    ] {
        assert!(!is_refused(key), "{key}");
    }
}

#[test]
fn of_a_long_list_the_first_tags_are_read() {
    for text in ["a,,b,c", r#"["a", "", "b", "c"]"#] {
        assert_eq!(tags::parse_list(text, 2), ["a", "b"]);
    }
}

proptest! {
    #[test]
    fn any_text_is_a_list_without_blank_tags(text in any::<String>()) {
        for tag in parse_list(&text) {
            prop_assert!(!tag.is_empty() && tag.trim() == tag);
        }
    }

    #[test]
    fn what_is_written_as_json_is_read_as_it_was(tags in proptest::collection::vec("[^\\s]{1,8}", 0..6)) {
        prop_assert_eq!(parse_list(&serde_json::to_string(&tags).unwrap()), tags);
    }
}
