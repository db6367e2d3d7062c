//! genai
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code"
)]
use agentops::testing::draw;
use agentops_libraries::*;
use futures::StreamExt as _;
use genai::{
    Client, ModelIden, ServiceTarget,
    adapter::AdapterKind,
    chat::*,
    resolver::{AuthData, Endpoint, ServiceTargetResolver},
};
use serde_json::json;

fn dump(name: &str, spans: &[agentops::testing::Span]) {
    println!("=== {name}\n{}", draw(spans));
    for span in spans {
        println!("--- {} {:?}", span.name, span.status);
        for (key, value) in span.attributes.iter() {
            println!(
                "    {key} = {}",
                format!("{value:?}").chars().take(300).collect::<String>()
            );
        }
        for event in &span.events {
            println!("    event {event:?}");
        }
    }
}
fn client(provider: &Provider, kind: AdapterKind) -> Client {
    let url = provider.url("/v1/");
    let r = ServiceTargetResolver::from_resolver_fn(
        move |t: ServiceTarget| -> Result<ServiceTarget, genai::resolver::Error> {
            Ok(ServiceTarget {
                endpoint: Endpoint::from_owned(url.clone()),
                auth: AuthData::from_single("sk-x"),
                model: ModelIden::new(kind, t.model.model_name),
            })
        },
    );
    Client::builder().with_service_target_resolver(r).build().unwrap()
}
fn request() -> ChatRequest {
    ChatRequest::new(vec![
        ChatMessage::system("You forecast."),
        ChatMessage::user("Weather in Paris?"),
    ])
    .with_tools(vec![
        Tool::new("weather")
            .with_description("The weather")
            .with_schema(json!({"type":"object"})),
    ])
}
#[test]
fn explore() {
    if !own_process(
        "explore",
        &[("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")],
    ) {
        println!("(child ok)");
        return;
    }
    let p = Provider::start([openai::calls("weather", &json!({"city":"Paris"}))]);
    let spans = run(|_| async {
        let r = client(&p, AdapterKind::OpenAI)
            .exec_chat(
                "gpt-4o-mini",
                request(),
                Some(&ChatOptions::default().with_temperature(0.5)),
            )
            .await
            .unwrap();
        println!("{r:?}");
    });
    dump("openai", &spans);
    for (n, ans) in [
        ("all", openai::streams("It is sunny.")),
        ("abandoned", openai::streams("It is sunny.").stalling_after(3)),
    ] {
        let p = Provider::start([ans]);
        let spans = run(|_| async {
            let o = ChatOptions::default()
                .with_capture_usage(true)
                .with_capture_content(true);
            let mut s = client(&p, AdapterKind::OpenAI)
                .exec_chat_stream("gpt-4o-mini", request(), Some(&o))
                .await
                .unwrap()
                .stream;
            let mut k = 0;
            while let Some(e) = s.next().await {
                e.unwrap();
                k += 1;
                if n == "abandoned" && k == 3 {
                    break;
                }
            }
        });
        dump(n, &spans);
    }
    let p = Provider::start([openai::refuses(404, "nope")]);
    let spans = run(|_| async {
        client(&p, AdapterKind::OpenAI)
            .exec_chat("gpt-4o-mini", request(), None)
            .await
            .unwrap_err();
    });
    dump("error", &spans);
    let p = Provider::start([anthropic::calls("weather", &json!({"city":"Paris"}))]);
    let spans = run(|_| async {
        client(&p, AdapterKind::Anthropic)
            .exec_chat("claude-sonnet-4-5", request(), None)
            .await
            .unwrap();
    });
    dump("anthropic", &spans);
    let p = Provider::start([anthropic::streams("It is sunny")]);
    let spans = run(|_| async {
        let o = ChatOptions::default()
            .with_capture_usage(true)
            .with_capture_content(true);
        let mut s = client(&p, AdapterKind::Anthropic)
            .exec_chat_stream("claude-sonnet-4-5", request(), Some(&o))
            .await
            .unwrap()
            .stream;
        while let Some(e) = s.next().await {
            e.unwrap();
        }
    });
    dump("anthropic stream", &spans);
    let p = Provider::start([gemini::says("It is sunny.")]);
    let spans = run(|_| async {
        client(&p, AdapterKind::Gemini)
            .exec_chat("gemini-2.5-pro", request(), None)
            .await
            .unwrap();
    });
    dump("gemini", &spans);
    let p = Provider::start([openai::responds("It is sunny.")]);
    let spans = run(|_| async {
        client(&p, AdapterKind::OpenAIResp)
            .exec_chat("gpt-4o-mini", request(), None)
            .await
            .unwrap();
    });
    dump("responses", &spans);
    let p = Provider::start([openai::embeds()]);
    let spans = run(|_| async {
        client(&p, AdapterKind::OpenAI)
            .embed("text-embedding-3-small", "hello", None)
            .await
            .unwrap();
    });
    dump("embed", &spans);
}
