//! The examples, run as a new user runs them: each ends by itself and shows what arrived.

#![allow(
    clippy::duration_suboptimal_units,
    clippy::unwrap_used,
    clippy::panic,
    reason = "this is test code"
)]

#[path = "../../../tests/support/mod.rs"]
mod support;

use support::example::{Ended, run, until};

#[test]
fn each_example_shows_the_tree_of_its_run() {
    for (name, tree) in [
        (
            "rig_agent",
            "It is sunny in Paris.\n\n\
             forecast.session\n\
             \x20 forecaster.agent\n\
             \x20   chat gpt-4o-mini\n\
             \x20   weather.tool\n\
             \x20   chat gpt-4o-mini\n",
        ),
        (
            "genai_chat",
            "It is sunny in Paris.\nTake your sunglasses.\n\n\
             chat.session\n\
             \x20 chat claude-sonnet-4-5\n\
             \x20 chat gpt-4o-mini\n",
        ),
        (
            "async_openai_stream",
            "It is sunny in Paris.\n\n\
             default.session\n\
             \x20 forecaster.agent\n\
             \x20   chat gpt-4o-mini\n",
        ),
        (
            "mcp_tool_server",
            "sunny in Paris\n\n\
             desk.session\n\
             \x20 forecaster.agent\n\
             \x20   weather.tool\n",
        ),
    ] {
        let is_whole = |ended: &Ended| (ended.code(), ended.stdout.as_str()) == (Some(0), tree);
        let ended = until(is_whole, || run(name, &[]));
        assert_eq!(
            (ended.code(), ended.stdout.as_str()),
            (Some(0), tree),
            "{name}: {}",
            ended.stderr
        );
    }
}
