//! Runs a program whose HTTP client is captured against a scripted provider.

use agentops::{
    Builder,
    capture::HttpCapture,
    testing::{Span, Value},
};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use tracing::info_span;

use super::provider::{Asked, Provider, Reply};
use crate::harness::arrived_with;

/// What a program under test holds.
pub(crate) struct Program {
    pub(crate) client: ClientWithMiddleware,
    pub(crate) url: String,
    pub(crate) provider: Provider,
}

impl Program {
    /// Asks and reads the whole answer.
    pub(crate) async fn post(&self, path: &str, body: &serde_json::Value) -> Vec<u8> {
        let answer = self.send(path, body).await.unwrap();
        answer.bytes().await.unwrap().to_vec()
    }

    pub(crate) async fn send(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        self.client.post(format!("{}{path}", self.url)).json(body).send().await
    }
}

/// Runs `program` in an agent, with capture as a program writes it; gives what arrived, and what the provider was asked.
pub(crate) fn run(replies: Vec<Reply>, program: impl AsyncFnOnce(Program)) -> (Vec<Span>, Vec<Asked>) {
    run_with(|builder| builder, |capture, _| capture, replies, program)
}

/// As [`run`], with settings.
pub(crate) fn run_with(
    settings: impl FnOnce(Builder) -> Builder,
    capture: impl FnOnce(HttpCapture, &str) -> HttpCapture,
    replies: Vec<Reply>,
    program: impl AsyncFnOnce(Program),
) -> (Vec<Span>, Vec<Asked>) {
    let provider = Provider::start(replies);
    let spans = arrived_with(settings, |_| {
        let capture = capture(HttpCapture::new(), &provider.url);
        let client = ClientBuilder::new(as_sent()).with(capture).build();
        let program = program(Program {
            client,
            url: provider.url.clone(),
            provider: provider.clone(),
        });
        let agent = info_span!("planner", agentops.kind = "agent");
        block_on(tracing::Instrument::instrument(program, agent));
    });
    (spans, provider.asked())
}

/// Runs a program on this thread, where the test's subscriber is.
pub(crate) fn block_on<F: Future>(program: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { tokio::time::timeout(crate::harness::DEADLINE, program).await.unwrap() })
}

/// The one span of a call of a model.
pub(crate) fn call(spans: &[Span]) -> &Span {
    let calls: Vec<_> = spans.iter().filter(|span| span.kind() == Some("llm")).collect();
    assert_eq!(calls.len(), 1, "{}", agentops::testing::draw(spans));
    calls[0]
}

/// The attributes of a span below these prefixes, a line each, in the order of the wire. Texts are in quotes, so that
/// types show.
pub(crate) fn below(span: &Span, prefixes: &[&str]) -> String {
    let keys = span.attributes.keys();
    let keys = keys.filter(|key| prefixes.iter().any(|prefix| key.starts_with(prefix)));
    keys.map(|key| format!("{key} = {}\n", shown(span.attribute(key).unwrap())))
        .collect()
}

fn shown(value: &Value) -> String {
    if let Some(items) = value.as_array() {
        return format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "));
    }
    let text = value.as_str().map(|text| format!("{text:?}"));
    text.or_else(|| value.as_i64().map(|number| number.to_string()))
        .or_else(|| value.as_f64().map(|number| format!("{number:?}")))
        .or_else(|| value.as_bool().map(|flag| flag.to_string()))
        .unwrap()
}

/// A client that leaves bodies as they are, whatever features of it other packages of the workspace switch on.
fn as_sent() -> reqwest::Client {
    let client = reqwest::Client::builder();
    client.no_gzip().no_brotli().no_deflate().no_zstd().build().unwrap()
}
