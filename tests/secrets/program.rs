//! The program: secrets wherever a program may put one under a name that says so, or in a URL.

use agentops::{AgentOps, AgentOpsSpanExt as _, EndState};
use tracing::{Span, error, info_span, instrument};

use super::planted::{FIELD, with_password};

#[derive(Debug)]
struct Config {
    client_secret: &'static str,
}

#[instrument(fields(agentops.kind = "tool"), err)]
fn login(password: &str, url: &str, config: Config) -> Result<usize, String> {
    error!(api_token = FIELD, "could not connect to {url}");
    Span::current().record_attribute("db.password", FIELD);
    Span::current().record_output(&serde_json::json!({ "auth": { "password": FIELD, "tries": [1, 2] } }));
    Err(format!(
        "refused: password={password}, {} letters",
        config.client_secret.len()
    ))
}

#[instrument(fields(agentops.kind = "tool"), ret)]
fn recall(query: &str) -> String {
    format!(r#"{{"query": "{query}", "password": "{FIELD}"}}"#)
}

/// A session with an agent, tools that fail and do not, a model call, and what they say.
pub(crate) fn program(agentops: &AgentOps) {
    let session = agentops
        .session("nightly")
        .with_tags([format!("password={FIELD}")])
        .with_tag("db_password", FIELD)
        .start();
    session.set_metadata("api_key", FIELD);
    session.set_metadata("config", serde_json::json!({ "password": FIELD, "port": 5432 }));
    session.in_scope(|| {
        let name = format!("planner password={FIELD}");
        let _agent = info_span!(
            "planner",
            agentops.kind = "agent",
            agentops.name = name,
            db.password = FIELD
        )
        .entered();
        let url = with_password("postgres://db.example/trips");
        let client_secret = FIELD;
        login(FIELD, &url, Config { client_secret }).unwrap_err();
        recall("where to").clear();
        let messages = serde_json::json!([{ "role": "user", "content": format!("password={FIELD} of {url}") }]);
        let chat = info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.request.model = "gpt-4o",
            gen_ai.input.messages = %messages,
        );
        chat.record_error(&std::io::Error::other(format!("no answer from {url}")));
    });
    session.end(EndState::Success);
}
