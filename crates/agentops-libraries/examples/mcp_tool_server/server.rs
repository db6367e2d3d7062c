//! The tool server: a process of its own, whose tools belong to the session of whoever calls them.

use std::{error::Error, time::Duration};

use agentops::{AgentOpsSpanExt, EndState, propagation::McpMeta};
use rmcp::{
    RoleServer, ServerHandler, ServiceExt as _,
    handler::server::{router::tool::ToolRouter, wrapper::Parameters},
    service::RequestContext,
    tool, tool_handler, tool_router,
    transport::stdio,
};
use schemars::JsonSchema;
use serde::Deserialize;
use tracing::info_span;

/// What the tool is asked.
#[derive(Debug, Deserialize, JsonSchema)]
struct Place {
    /// A city.
    city: String,
}

#[derive(Clone, Debug)]
struct Weather {
    tool_router: ToolRouter<Self>,
}

#[tool_router(router = tool_router)]
impl Weather {
    /// The weather in a city.
    #[tool(name = "weather", description = "The weather in a city")]
    async fn weather(&self, Parameters(place): Parameters<Place>, context: RequestContext<RoleServer>) -> String {
        let span = info_span!(parent: None, "weather", agentops.kind = "tool", city = place.city.as_str());
        // A caller that sent no context is none: the span is then a root of its own.
        if let Err(error) = span.set_remote_parent(&McpMeta(&context.meta.0.0)) {
            tracing::warn!(%error, "the caller's context came too late");
        }
        let answer = span.in_scope(|| format!("sunny in {}", place.city));
        span.record_output(&answer);
        answer
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Weather {}

/// Serves until the client has enough. Standard output belongs to the protocol: nothing else is printed there.
pub(crate) async fn serve() -> Result<(), Box<dyn Error>> {
    // A server has no session of its own; those who call it have.
    let guard = agentops::builder()
        .with_auto_start_session(false)
        // A client that has waited for long enough ends its server by a signal.
        .with_shutdown_on_signal(true)
        .with_shutdown_timeout(Duration::from_secs(10))
        .try_init()?;
    let weather = Weather {
        tool_router: Weather::tool_router(),
    };
    weather.serve(stdio()).await?.waiting().await?;
    guard.end(EndState::Shutdown)?;
    Ok(())
}
