//! rmcp 3.9: it makes no span a request; its `_meta` carries the context of whoever calls.

#![allow(
    clippy::duration_suboptimal_units,
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code"
)]

#[path = "../../../tests/support/mod.rs"]
mod support;

use agentops::{
    AgentOpsSpanExt as _, Remote,
    propagation::McpMeta,
    testing::{Collector, draw},
};
use agentops_libraries::{KEY, run};
use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt as _,
    model::{CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, RequestMetaObject},
    service::RequestContext,
};
use support::example;
use tracing::{Instrument as _, Span, info_span};

/// Answers every call in a session that continues the caller's.
struct Server(agentops::AgentOps);

impl ServerHandler for Server {
    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let session = self
            .0
            .session("server")
            .with_remote_parent(&McpMeta(&context.meta.0.0), Remote::Join);
        let session = session.start();
        let answered: Result<_, ErrorData> = session
            .run(async || {
                let _tool = info_span!("tool", agentops.kind = "tool", agentops.name = &*request.name).entered();
                Ok(CallToolResult::success(vec![ContentBlock::text("sunny")]))
            })
            .await;
        Ok(answered?.into())
    }
}

#[test]
fn a_call_is_served_below_whoever_made_it_and_rmcp_adds_nothing() {
    let spans = run(|agentops| async move {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let server = tokio::spawn(async move { Server(agentops).serve(theirs).await.unwrap().waiting().await });
        let client = ().serve(ours).await.unwrap();
        let call = async {
            let mut meta = RequestMetaObject::new();
            Span::current().inject(&mut McpMeta(&mut meta.0.0));
            let mut call = CallToolRequestParams::new("weather");
            call.meta = Some(meta);
            client.call_tool(call).await.unwrap();
        };
        call.instrument(info_span!("forecaster", agentops.kind = "agent")).await;
        client.cancel().await.unwrap();
        server.await.unwrap().unwrap();
    });
    assert_eq!(
        draw(&spans),
        "default.session\n\
         \x20 forecaster.agent\n\
         \x20   server.session\n\
         \x20     weather.tool\n"
    );
    assert!(spans.iter().all(|span| span.trace_id == spans[0].trace_id));
}

#[test]
fn a_tool_server_in_another_process_continues_the_session_and_serves_its_user() {
    const TREE: &str = "desk.session\n  forecaster.agent\n    weather.tool\n";
    let run = || {
        let collector = Collector::start();
        let variables = [
            ("AGENTOPS_API_KEY", KEY),
            ("AGENTOPS_API_ENDPOINT", &collector.auth_endpoint()),
            ("AGENTOPS_EXPORTER_ENDPOINT", &collector.traces_endpoint()),
        ];
        (example::run("mcp_tool_server", &variables), collector.spans())
    };
    let (ended, spans) = example::until(|(_, spans)| draw(spans) == TREE, run);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert_eq!(draw(&spans), TREE);
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (tool, agent) = (named("weather.tool"), named("forecaster.agent"));
    assert_eq!(
        (&tool.trace_id, tool.parent_span_id.as_ref()),
        (&agent.trace_id, Some(&agent.span_id))
    );
    assert_ne!(
        tool.resource.get("process.pid"),
        agent.resource.get("process.pid"),
        "two processes"
    );
    for span in &spans {
        assert_eq!(span.text("user.id"), Some("ana"), "{}", span.name);
    }
    assert_eq!(tool.text("tool.result"), Some("sunny in Paris"));
}
