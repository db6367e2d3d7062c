//! Every public type, through `Debug`.

use std::{collections::HashMap, fmt::Debug};

use agentops::{
    AgentOps, AgentOpsSpanExt as _, AgentScope, Compression, Content, CredentialRedactor, DropReason, EndState,
    EntityKind, Export, ExportError, HostName, HostTrace, InitError, Price, Project, Protocol, Remote, Semconv, Usage,
    llm::Call,
    propagation::{CommandEnv, McpMeta},
};
use tracing::info_span;

use super::planted::{BEARER, FIELD, HEADER, KEY, WRONG_KEY, with_password};

/// How the lines begin.
pub(crate) const MARK: &str = "debug";

pub(crate) fn show(name: &str, value: &impl Debug) {
    println!("{MARK} {name}: {value:?} {}", format!("{value:#?}").replace('\n', " "));
}

/// Shows every public type, of values that know the secrets.
pub(crate) fn show_everything(agentops: &AgentOps, project: &Project, lost: &ExportError, refused: &InitError) {
    show("Project", project);
    show("ExportError", lost);
    show("InitError", refused);
    let builder = agentops::builder()
        .with_env(|_| Some(WRONG_KEY.to_owned()))
        .with_api_key(KEY)
        .with_endpoint(with_password("https://api.example"))
        .with_exporter_endpoint(with_password("https://traces.example/v1?token=x"))
        .with_app_url(with_password("https://app.example"))
        .with_header("authorization", BEARER)
        .with_header("x-secret", HEADER)
        .with_tags([format!("password={FIELD}")])
        .with_tag("password", FIELD)
        .with_resource_attribute("password", FIELD);
    show("Builder", &builder);
    let session = agentops
        .session("shown")
        .with_tag("password", FIELD)
        .with_user_id("u-1");
    show("SessionBuilder", &session);
    let session = session.start();
    session.set_metadata("password", FIELD);
    show("Session", &session);
    let stats = agentops.stats();
    show("ExportStats", &stats);
    show("Dropped", &stats.dropped);
    show("Shed", &stats.shed);
    show("DropReason", &DropReason::Refused);
    show("UnknownKind", &"nothing".parse::<EntityKind>().unwrap_err());
    show("EntityKind", &EntityKind::Tool);
    session.in_scope(|| {
        let span = info_span!("seen", agentops.kind = "task", password = FIELD);
        span.trace_id().unwrap();
        let carrier = HashMap::from([("traceparent".to_owned(), format!("00-{:032x}-{:016x}-01", 1, 1))]);
        show("AlreadyObserved", &span.set_remote_parent(&carrier).unwrap_err());
    });
    session.end(EndState::Success);
    show("AgentScope", &AgentScope::new("shown"));
    show("Usage", &Usage::new(1, 2));
    show("Price", &Price::new(1.0, 2.0));
    show("CredentialRedactor", &CredentialRedactor);
    show("Compression", &Compression::Gzip);
    show("Content", &Content::All);
    show("EndState", &EndState::Success);
    show("Export", &Export::Auto);
    show("HostName", &HostName::Hashed);
    show("HostTrace", &HostTrace::Link);
    show("Protocol", &Protocol::HttpJson);
    show("Remote", &Remote::Link);
    show("Semconv", &Semconv::Both);
    let mut meta = serde_json::Map::from_iter([("token".to_owned(), KEY.into())]);
    show("McpMeta", &McpMeta(&mut meta));
    show(
        "CommandEnv",
        &CommandEnv(std::process::Command::new("tool").env("TOKEN", KEY)),
    );
    show("ShutdownGuard", &agentops.shutdown_guard());
    show_calls();
}

/// The types of calls of models.
fn show_calls() {
    let call = Call::chat("mine", "model")
        .with_messages(FIELD)
        .with_attribute("password", FIELD);
    show("Call", &call);
    let mut streaming = call.stream();
    streaming.text(FIELD);
    show("Streaming", &streaming);
    let pieces = futures::stream::empty::<&str>();
    let pieces = Call::chat("mine", "model").observe(pieces, |streaming, piece| streaming.text(piece));
    show("CallStream", &pieces);
    #[cfg(any(feature = "reqwest-middleware", feature = "tower"))]
    {
        let capture = agentops::capture::HttpCapture::new();
        show(
            "HttpCapture",
            &capture.with_base_url(with_password("https://llm.example/v1?token=x"), "mine"),
        );
    }
}

/// The public types, read from the code. Traits and functions have no `Debug`.
pub(crate) fn public_types() -> Vec<String> {
    let code = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")).unwrap();
    let exports = code.split("pub use ").skip(1).filter_map(|rest| rest.split(';').next());
    let names = exports.flat_map(|export| export.split(|char: char| !char.is_alphanumeric() && char != '_'));
    let is_type = |name: &&str| name.starts_with(char::is_uppercase) && !["Redactor", "AgentOpsSpanExt"].contains(name);
    names.filter(is_type).map(str::to_owned).collect()
}
