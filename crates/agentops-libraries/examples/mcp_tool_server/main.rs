//! An agent and its tool server, which are two processes and one session: the context goes along in MCP's `_meta`.
//!
//! Run with `cargo run --package agentops-libraries --example mcp_tool_server`. The program starts itself again as the
//! server, talks to it over its standard input and output with rmcp, and shows the tree that arrived from both.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

mod server;

use std::error::Error;

use agentops::{AgentOpsSpanExt, propagation::McpMeta};
use agentops_libraries::Destination;
use rmcp::{
    RoleClient, ServiceExt as _,
    model::{CallToolRequestParams, RequestMetaObject},
    service::RunningService,
    transport::TokioChildProcess,
};
use serde_json::json;
use tokio::process::Command;
use tracing::{Span, instrument};

/// What the program is started with to be the server.
const SERVE: &str = "serve";

/// Asks the tool server, and sends the agent's own place in the trace along.
#[instrument(skip(server), fields(agentops.kind = "agent"), ret, err)]
async fn forecaster(server: &RunningService<RoleClient, ()>, city: &str) -> Result<String, Box<dyn Error>> {
    let mut meta = RequestMetaObject::new();
    Span::current().inject(&mut McpMeta(&mut meta.0.0));
    let mut call = CallToolRequestParams::new("weather");
    call.arguments = json!({ "city": city }).as_object().cloned();
    call.meta = Some(meta);
    let answer = server.call_tool(call).await?;
    let texts = answer.content.iter().filter_map(|content| content.as_text());
    Ok(texts.map(|text| text.text.as_str()).collect())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().nth(1).as_deref() == Some(SERVE) {
        return server::serve().await;
    }
    let destination = Destination::from_env();
    let guard = destination.builder().try_init()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(SERVE).envs(destination.variables());
    let server = ().serve(TokioChildProcess::new(command)?).await?;

    let session = guard.session("desk").with_user_id("ana").start();
    let weather = session.run(async || forecaster(&server, "Paris").await).await?;
    println!("{weather}\n");

    server.cancel().await?;
    drop(guard);
    print!("{}", destination.shown());
    Ok(())
}
