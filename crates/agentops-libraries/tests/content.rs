//! What of a library's words leaves at each `Content` level: prompts, streams, arguments and schemas of tools, results,
//! events, errors. Each way has a marker of its own, and with `All` every one of them arrives.
//!
//! In a process of its own, because genai reads once whether it records messages.

#![allow(
    clippy::duration_suboptimal_units,
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code"
)]

use std::{collections::HashMap, error::Error, future::Future, sync::Arc};

use adk_agent::LlmAgentBuilder;
use adk_core::RunConfig;
use adk_model::anthropic::{AnthropicClient, AnthropicConfig};
use adk_runner::Runner;
use adk_session::{CreateRequest, InMemorySessionService, SessionService as _};
use adk_tool::FunctionTool;
use agentops::{AgentOps, Content, Semconv, capture::HttpCapture, testing::Collector};
use agentops_libraries::{DEADLINE, Provider, anthropic, openai, own_process, to};
use async_openai::{
    config::OpenAIConfig as AsyncConfig, error::OpenAIError, middleware::HttpRequestFactory,
    types::chat::CreateChatCompletionRequest,
};
use futures::StreamExt as _;
use genai::{
    Client, ModelIden, ServiceTarget,
    adapter::AdapterKind,
    chat::{ChatMessage, ChatOptions, ChatRequest, Tool},
    resolver::{AuthData, Endpoint, ServiceTargetResolver},
};
use rig::{prelude::*, providers::openai::OpenAIConfig, rig_tool, tool::ToolExecutionError};
use serde_json::json;
use tower::{Layer as _, ServiceExt as _};
use tracing::{info, instrument, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

const SYSTEM: &str = "planted<a system prompt>";
const ASKED: &str = "planted<a prompt>";
const ANSWERED: &str = "planted<an answer>";
const ARGUMENT: &str = "planted<an argument of a tool>";
const RESULT: &str = "planted<a result of a tool>";
const SCHEMA: &str = "planted<a schema of a tool>";
const EVENT: &str = "planted<an event>";
const REFUSED: &str = "planted<an error>";
/// In the header that authorises: never recorded.
const KEY: &str = "sk-planted-in-a-header";

/// What went over the wire, as text.
fn sent<F: Future>(content: Content, semconv: Semconv, program: impl FnOnce(AgentOps) -> F) -> String {
    let collector = Collector::start();
    let builder = to(&collector).with_content_capture(content).with_semconv(semconv);
    let agentops = builder.build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), || {
        runtime.block_on(program(agentops.clone()));
        drop(runtime);
    });
    agentops.shutdown(DEADLINE).unwrap();
    assert!(!collector.spans().is_empty());
    let bodies = collector
        .requests()
        .into_iter()
        .map(|request| request.decompressed().unwrap());
    bodies.map(|body| String::from_utf8_lossy(&body).into_owned()).collect()
}

/// With `All` everything that was planted arrives, with `NoMessages` only what was said of what happened, with `None`
/// nothing. The header was sent to the provider, and nowhere else.
fn assert_levels<F: Future>(
    library: &str,
    messages: &[&str],
    diagnostics: &[&str],
    run: impl Fn(Arc<Provider>) -> F,
    answers: impl Fn() -> Vec<agentops_libraries::Answer>,
) {
    for semconv in [Semconv::AgentOps, Semconv::GenAi, Semconv::Both] {
        for content in [Content::All, Content::NoMessages, Content::None] {
            let provider = Arc::new(Provider::start(answers()));
            let wire = sent(content, semconv, |_| run(Arc::clone(&provider)));
            let found =
                |markers: &[&str]| -> Vec<bool> { markers.iter().map(|marker| wire.contains(marker)).collect() };
            let place = format!("{library}, {content:?}, {semconv:?}");
            let (is_all, is_none) = (content == Content::All, content == Content::None);
            assert_eq!(found(messages), vec![is_all; messages.len()], "{place}: {messages:?}");
            assert_eq!(
                found(diagnostics),
                vec![!is_none; diagnostics.len()],
                "{place}: {diagnostics:?}"
            );
            assert!(!is_none || !wire.contains("planted"), "{place}");
            assert!(!wire.contains(KEY), "{place}");
            let headers: Vec<_> = provider
                .requests()
                .into_iter()
                .flat_map(|request| request.headers)
                .collect();
            assert!(
                headers.iter().any(|(_, value)| value.contains(KEY)),
                "the control: {headers:?}"
            );
            assert!(wire.contains("chat"), "names stay");
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the macro makes the arguments owned")]
#[rig_tool(description = "A tool", params(city = "A city"))]
fn look(city: String) -> Result<String, ToolExecutionError> {
    info!("{EVENT}");
    assert_eq!(city, ARGUMENT);
    Ok(RESULT.to_owned())
}

#[instrument(skip_all, fields(agentops.kind = "agent"), ret, err)]
async fn on_rig(provider: Arc<Provider>, streams: bool) -> Result<String, Box<dyn Error>> {
    let openai = OpenAIConfig::new(KEY).with_base_url(provider.url("/v1")).client();
    let agent = AgentBuilder::new(openai.chat("gpt-4o-mini"))
        .preamble(SYSTEM)
        .tool(Look)
        .record_content_telemetry(true);
    let agent = agent.build();
    if streams {
        let mut items = agent.prompt(ASKED).max_turns(3).stream();
        while let Some(item) = items.next().await {
            item?;
        }
    } else {
        agent.prompt(ASKED).max_turns(3).await?;
    }
    Ok(agent.prompt(ASKED).await?.output().clone())
}

fn rig_on_every_level() {
    let argument = json!({ "city": ARGUMENT });
    for streams in [false, true] {
        assert_levels(
            "rig",
            &[SYSTEM, ASKED, ANSWERED, ARGUMENT, RESULT],
            &[EVENT, REFUSED],
            |provider| async move {
                on_rig(provider, streams).await.unwrap_err();
            },
            || {
                let last = openai::refuses(404, REFUSED);
                if streams {
                    vec![openai::streams_call("look", &argument), openai::streams(ANSWERED), last]
                } else {
                    vec![openai::calls("look", &argument), openai::says(ANSWERED), last]
                }
            },
        );
    }
}

async fn on_genai(provider: Arc<Provider>, streams: bool) {
    let url = provider.url("/v1/");
    let resolver = move |target: ServiceTarget| -> Result<ServiceTarget, genai::resolver::Error> {
        Ok(ServiceTarget {
            endpoint: Endpoint::from_owned(url.clone()),
            auth: AuthData::from_single(KEY),
            model: ModelIden::new(AdapterKind::Anthropic, target.model.model_name),
        })
    };
    let resolver = ServiceTargetResolver::from_resolver_fn(resolver);
    let client = Client::builder()
        .with_service_target_resolver(resolver)
        .build()
        .unwrap();
    let tool = Tool::new("look")
        .with_description("A tool")
        .with_schema(json!({ "type": "object", "title": SCHEMA }));
    let asked = ChatRequest::new(vec![ChatMessage::system(SYSTEM), ChatMessage::user(ASKED)]).with_tools(vec![tool]);
    for _ in 0..2 {
        if streams {
            let options = ChatOptions::default()
                .with_capture_content(true)
                .with_capture_tool_calls(true);
            let mut events = client
                .exec_chat_stream("claude-sonnet-4-5", asked.clone(), Some(&options))
                .await
                .unwrap()
                .stream;
            while events.next().await.is_some() {}
        } else {
            client
                .exec_chat("claude-sonnet-4-5", asked.clone(), None)
                .await
                .unwrap();
        }
    }
}

fn genai_on_every_level() {
    let argument = json!({ "city": ARGUMENT });
    for streams in [false, true] {
        assert_levels(
            "genai",
            &[SYSTEM, ASKED, ANSWERED, ARGUMENT, SCHEMA],
            &[],
            |provider| on_genai(provider, streams),
            || {
                if streams {
                    vec![anthropic::streams_call("look", &argument), anthropic::streams(ANSWERED)]
                } else {
                    vec![anthropic::calls("look", &argument), anthropic::says(ANSWERED)]
                }
            },
        );
    }
}

async fn on_adk(provider: Arc<Provider>) {
    let config = AnthropicConfig::new(KEY, "claude-sonnet-4-5").with_base_url(provider.url(""));
    let look = |_context, _arguments: serde_json::Value| async { Ok(json!({ "seen": RESULT })) };
    let agent = LlmAgentBuilder::new("forecaster")
        .model(Arc::new(AnthropicClient::new(config).unwrap()))
        .instruction(SYSTEM)
        .tool(Arc::new(FunctionTool::new("look", "A tool", look)));
    let sessions = Arc::new(InMemorySessionService::new());
    let session = CreateRequest {
        app_name: "desk".to_owned(),
        user_id: "u-1".to_owned(),
        session_id: Some("s-1".to_owned()),
        state: HashMap::new(),
    };
    sessions.create(session).await.unwrap();
    let runner = Runner::builder()
        .app_name("desk")
        .agent(Arc::new(agent.build().unwrap()))
        .session_service(sessions)
        .run_config(RunConfig::builder().record_payloads(true).build());
    let runner = runner.build().unwrap();
    for _ in 0..2 {
        let asked = adk_core::Content::new("user").with_text(ASKED);
        let mut said = runner.run_str("u-1", "s-1", asked).await.unwrap();
        while said.next().await.is_some() {}
    }
}

fn adk_on_every_level() {
    let argument = json!({ "city": ARGUMENT });
    assert_levels(
        "adk-rust",
        &[SYSTEM, ASKED, ANSWERED, ARGUMENT, RESULT],
        &[REFUSED],
        on_adk,
        || {
            vec![
                anthropic::streams_call("look", &argument),
                anthropic::streams(ANSWERED),
                anthropic::refuses(REFUSED),
            ]
        },
    );
}

async fn on_async_openai(provider: Arc<Provider>, streams: bool) {
    let base = provider.url("/v1");
    let http = HttpCapture::new()
        .with_base_url(&base, "openai")
        .layer(reqwest::Client::new());
    let service = tower::service_fn(move |request: HttpRequestFactory| {
        let http = http.clone();
        async move { Ok::<_, OpenAIError>(http.oneshot(request.build().await?).await?) }
    });
    let config = AsyncConfig::new().with_api_base(base).with_api_key(KEY);
    let client = async_openai::Client::with_config(config).with_http_service(service);
    let function =
        json!({ "name": "look", "description": "A tool", "parameters": { "type": "object", "title": SCHEMA } });
    let request = json!({
        "model": "gpt-4o-mini", "stream": streams,
        "messages": [{ "role": "system", "content": SYSTEM }, { "role": "user", "content": ASKED }],
        "tools": [{ "type": "function", "function": function }],
    });
    let request: CreateChatCompletionRequest = serde_json::from_value(request).unwrap();
    for _ in 0..3 {
        if streams {
            if let Ok(mut chunks) = client.chat().create_stream(request.clone()).await {
                while chunks.next().await.is_some() {}
            }
        } else {
            drop(client.chat().create(request.clone()).await);
        }
    }
}

fn async_openai_on_every_level() {
    let argument = json!({ "city": ARGUMENT });
    for streams in [false, true] {
        assert_levels(
            "async-openai",
            &[SYSTEM, ASKED, ANSWERED, ARGUMENT, SCHEMA],
            &[REFUSED],
            |provider| on_async_openai(provider, streams),
            || {
                let last = openai::refuses(404, REFUSED);
                if streams {
                    vec![openai::streams_call("look", &argument), openai::streams(ANSWERED), last]
                } else {
                    vec![openai::calls("look", &argument), openai::says(ANSWERED), last]
                }
            },
        );
    }
}

#[test]
fn every_word_of_every_library_leaves_at_its_level_and_at_no_other() {
    let variables = [("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")];
    if !own_process(
        "every_word_of_every_library_leaves_at_its_level_and_at_no_other",
        &variables,
    ) {
        return;
    }
    rig_on_every_level();
    genai_on_every_level();
    async_openai_on_every_level();
    adk_on_every_level();
}
