//! Carriers that are not headers: MCP `_meta`, and the environment of a process.

use std::{
    borrow::{Borrow, BorrowMut},
    collections::HashMap,
    fmt,
    process::Command,
};

use opentelemetry::propagation::{Extractor, Injector};
use serde_json::{Map, Value};

use crate::config::env;

/// The `_meta` of an MCP request as a carrier: `traceparent` and `baggage` are members of it (SEP-414).
///
/// The client writes into the `_meta` of a `tools/call`, and the server's session continues from it:
///
/// ```
/// use agentops::{AgentOpsSpanExt, Remote, propagation::McpMeta};
///
/// # let agentops = agentops::builder().with_export(agentops::Export::Off).build()?;
/// let mut meta = serde_json::Map::new();
/// tracing::Span::current().inject(&mut McpMeta(&mut meta));
///
/// // In the other process:
/// let session = agentops.session("weather").with_remote_parent(&McpMeta(&meta), Remote::Join).start();
/// # drop(session);
/// # Ok::<(), agentops::InitError>(())
/// ```
///
/// The `RequestMetaObject` of the crate `rmcp` has the map inside: `McpMeta(&mut meta.0.0)`.
#[derive(Clone, Copy)]
pub struct McpMeta<M>(
    /// The members: a `&Map` to read from, a `&mut Map` to write to, or a `Map`.
    pub M,
);

impl<M> fmt::Debug for McpMeta<M> {
    /// Shows nothing of what others put there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("McpMeta").finish_non_exhaustive()
    }
}

impl<M: Borrow<Map<String, Value>>> Extractor for McpMeta<M> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.borrow().get(key)?.as_str()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.borrow().keys().map(String::as_str).collect()
    }
}

impl<M: BorrowMut<Map<String, Value>>> Injector for McpMeta<M> {
    fn set(&mut self, key: &str, value: String) {
        // An empty `tracestate` says nothing.
        if !value.is_empty() {
            self.0.borrow_mut().insert(key.to_owned(), value.into());
        }
    }
}

/// The environment that a command will have: `TRACEPARENT` and `BAGGAGE`.
///
/// ```
/// use agentops::{AgentOpsSpanExt, propagation::CommandEnv};
///
/// let mut command = std::process::Command::new("my-tool-server");
/// tracing::Span::current().inject(&mut CommandEnv(&mut command));
/// ```
///
/// Tokio's command has the one of the standard library inside: `CommandEnv(command.as_std_mut())`.
pub struct CommandEnv<'a>(
    /// The command, before it is spawned.
    pub &'a mut Command,
);

impl fmt::Debug for CommandEnv<'_> {
    /// Shows nothing of the command, whose arguments and variables may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CommandEnv").finish_non_exhaustive()
    }
}

impl Injector for CommandEnv<'_> {
    fn set(&mut self, key: &str, value: String) {
        // A command with a zero byte in its environment would not start.
        if !value.is_empty() && !value.contains('\0') {
            self.0.env(key.to_ascii_uppercase(), value);
        }
    }
}

/// The context that this process was started with: `TRACEPARENT` and `BAGGAGE` of its environment, as a carrier.
///
/// A handle reads it by itself (through [`with_env`](crate::Builder::with_env), where that was given). This is for a
/// program that wants to decide: `session.with_remote_parent(&environment(), Remote::Link)`.
pub fn environment() -> HashMap<String, String> {
    carrier(env::process_lookup)
}

/// The context among variables.
pub(crate) fn carrier(lookup: impl Fn(&str) -> Option<String>) -> HashMap<String, String> {
    env::CONTEXT
        .iter()
        .filter_map(|name| Some((name.to_ascii_lowercase(), lookup(name)?)))
        .collect()
}
