//! rig 0.44.

use agentops::testing::draw;
use agentops_libraries::{Provider, anthropic, openai, run};
use futures::StreamExt as _;
use rig::{
    prelude::*,
    providers::{anthropic::AnthropicConfig, openai::OpenAIConfig},
    rig_tool,
    tool::ToolExecutionError,
};
use serde_json::json;

#[rig_tool(description = "The weather in a city", params(city = "A city"))]
fn weather(city: String) -> Result<String, ToolExecutionError> {
    if city == "Atlantis" {
        return Err(ToolExecutionError::from_error(std::io::Error::other("no such city")));
    }
    Ok(format!("sunny in {city}"))
}

fn dump(name: &str, spans: &[agentops::testing::Span]) {
    println!("=== {name}\n{}", draw(spans));
    for span in spans {
        println!("--- {} {:?}", span.name, span.status);
        for (key, value) in span.attributes.iter() {
            println!("    {key} = {}", format!("{value:?}").chars().take(300).collect::<String>());
        }
        for event in &span.events { println!("    event {event:?}"); }
    }
}

fn agent(provider: &Provider) -> rig::Agent {
    let openai = OpenAIConfig::new("sk-x").with_base_url(provider.url("/v1")).client();
    AgentBuilder::new(openai.chat("gpt-4o-mini")).name("forecaster").preamble("You forecast.").tool(Weather).record_content_telemetry(true).build()
}

#[test]
fn explore() {
    let p = Provider::start([openai::calls("weather", &json!({"city":"Paris"})), openai::says("It is sunny.")]);
    let spans = run(|_| async { let r = agent(&p).prompt("Weather in Paris?").max_turns(3).await.unwrap(); println!("{}", r.output()); });
    dump("unary", &spans);
    let p = Provider::start([openai::streams_call("weather", &json!({"city":"Paris"})), openai::streams("It is sunny.")]);
    let spans = run(|_| async { let a = agent(&p); let mut s = a.prompt("Weather in Paris?").max_turns(3).stream(); while let Some(i) = s.next().await { i.unwrap(); } });
    dump("stream", &spans);
    let p = Provider::start([openai::streams("It is sunny and more.").stalling_after(2)]);
    let spans = run(|_| async { let a = agent(&p); let mut s = a.prompt("Weather in Paris?").max_turns(3).stream(); for _ in 0..3 { let _ = s.next().await; } });
    dump("abandoned", &spans);
    let p = Provider::start([openai::refuses(404, "no such model")]);
    let spans = run(|_| async { let e = agent(&p).prompt("Weather in Paris?").await; println!("{e:?}"); });
    dump("error", &spans);
    let p = Provider::start([anthropic::calls("weather", &json!({"city":"Atlantis"})), anthropic::says("It is sunny.")]);
    let spans = run(|_| async {
        let c = AnthropicConfig::new("sk-x").with_base_url(p.url("")).client();
        let a = AgentBuilder::new(c.messages("claude-sonnet-4-5")).name("forecaster").preamble("You forecast.").tool(Weather).record_content_telemetry(true).build();
        let r = a.prompt("Weather?").max_turns(3).await; println!("{:?}", r.map(|r| r.output().clone())); });
    println!("{:?}", p.requests().iter().map(|r| &r.path).collect::<Vec<_>>());
    dump("anthropic", &spans);
}
