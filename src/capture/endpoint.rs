//! [`Endpoint`]: what a request asks for, known by its address.

use std::sync::Arc;

use super::{provider, settings::Settings};
use crate::config::percent_decode;

const CHAT: &str = "chat";
const COMPLETION: &str = "text_completion";
const CONTENT: &str = "generate_content";
const EMBEDDINGS: &str = "embeddings";

/// A request, as far as it says without its body what it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address<'a> {
    pub(super) method: &'a str,
    pub(super) host: &'a str,
    /// Also where the scheme implies it.
    pub(super) port: Option<u16>,
    pub(super) path: &'a str,
    /// It has a header `anthropic-version`.
    pub(super) is_anthropic: bool,
}

/// The API of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// The GenAI name of the operation.
    pub(super) operation: &'static str,
    pub(super) provider: Arc<str>,
    /// Where the path names it.
    pub(super) model: Option<String>,
    /// The path asks for a stream.
    pub(super) streams: bool,
    /// The server's name and port.
    pub(super) server: (String, Option<u16>),
}

/// Which places a path is enough at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// Nothing else has such a path.
    AnyHost,
    /// Others may have it, too, unless a version stands before it.
    AnyHostWithVersion,
    /// Only at a host that is known or was named.
    KnownHost,
    /// Only there, and with a model in the path.
    KnownHostWithModel,
}

/// A path, what it asks for, and who answers where the host does not tell.
struct Api {
    ends: &'static str,
    operation: &'static str,
    at: At,
    provider: &'static str,
}

const fn api(ends: &'static str, operation: &'static str, at: At, provider: &'static str) -> Api {
    Api {
        ends,
        operation,
        at,
        provider,
    }
}

/// The longest of those that end alike first.
const APIS: &[Api] = &[
    api("/chat/completions", CHAT, At::AnyHost, "openai"),
    api("/completions", COMPLETION, At::AnyHostWithVersion, "openai"),
    api("/responses", CHAT, At::AnyHostWithVersion, "openai"),
    api("/embeddings", EMBEDDINGS, At::AnyHostWithVersion, "openai"),
    api("/v1/messages", CHAT, At::KnownHost, "anthropic"),
    api(":generateContent", CONTENT, At::AnyHost, "gcp.gemini"),
    api(":streamGenerateContent", CONTENT, At::AnyHost, "gcp.gemini"),
    api(":embedContent", EMBEDDINGS, At::AnyHost, "gcp.gemini"),
    api(":batchEmbedContents", EMBEDDINGS, At::AnyHost, "gcp.gemini"),
    api(":rawPredict", CHAT, At::KnownHostWithModel, "gcp.vertex_ai"),
    api(":streamRawPredict", CHAT, At::KnownHostWithModel, "gcp.vertex_ai"),
    api("/converse", CHAT, At::KnownHostWithModel, "aws.bedrock"),
    api("/converse-stream", CHAT, At::KnownHostWithModel, "aws.bedrock"),
    api("/invoke", CHAT, At::KnownHostWithModel, "aws.bedrock"),
    api(
        "/invoke-with-response-stream",
        CHAT,
        At::KnownHostWithModel,
        "aws.bedrock",
    ),
    api("/api/chat", CHAT, At::KnownHost, "ollama"),
    api("/api/generate", COMPLETION, At::KnownHost, "ollama"),
    api("/api/embed", EMBEDDINGS, At::KnownHost, "ollama"),
    api("/api/embeddings", EMBEDDINGS, At::KnownHost, "ollama"),
];

impl Endpoint {
    /// The API that a request goes to, if it is one of a model.
    pub(super) fn of(address: &Address<'_>, settings: &Settings) -> Option<Self> {
        let Address {
            host,
            port,
            is_anthropic,
            ..
        } = *address;
        if !address.method.eq_ignore_ascii_case("POST") {
            return None;
        }
        let path = address.path.trim_end_matches('/');
        let (api, base) = APIS.iter().find_map(|api| Some((api, path.strip_suffix(api.ends)?)))?;
        let model = model(base);
        let named = settings.bases.iter().rev().find(|base| base.holds(host, port, path));
        let named = named.map(|base| Arc::clone(&base.provider));
        let known = named.or_else(|| Some(provider::of(host, port)?.into()));
        let is_enough = known.is_some()
            || match api.at {
                At::AnyHost => true,
                At::AnyHostWithVersion => has_version(base),
                At::KnownHost => is_anthropic && api.provider == "anthropic",
                At::KnownHostWithModel => false,
            };
        let has_all = api.at != At::KnownHostWithModel || model.is_some();
        (is_enough && has_all).then(|| Self {
            operation: api.operation_of(model.as_deref()),
            provider: known.unwrap_or_else(|| api.provider.into()),
            model,
            streams: api.ends.contains("stream"),
            server: (host.to_owned(), port),
        })
    }
}

impl Api {
    /// Bedrock has one path for every model, and the names of those that embed say so.
    fn operation_of(&self, model: Option<&str>) -> &'static str {
        match model {
            Some(model) if self.ends == "/invoke" && model.contains("embed") => EMBEDDINGS,
            _ => self.operation,
        }
    }
}

/// The last segment is a version (`v1`, `v1beta`), or stands for one.
fn has_version(base: &str) -> bool {
    let last = base.rsplit('/').next().unwrap_or_default();
    let is_version = last
        .strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    is_version || last == "openai"
}

/// `/models/{model}:generateContent` of Google, `/deployments/{name}/chat/completions` of Azure, `/model/{id}/converse` of
/// Bedrock, whose ids have colons and slashes. `base` is the path without its end.
fn model(base: &str) -> Option<String> {
    let mut segments = base.split('/');
    segments
        .by_ref()
        .find(|segment| matches!(*segment, "models" | "deployments" | "model"))?;
    let name = segments.next().filter(|name| !name.is_empty())?;
    percent_decode(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::HttpCapture;

    fn asked(capture: &HttpCapture, url: &str, is_anthropic: bool) -> Option<String> {
        let url = url::Url::parse(url).unwrap();
        let address = Address {
            method: "POST",
            host: url.host_str().unwrap(),
            port: url.port_or_known_default(),
            path: url.path(),
            is_anthropic,
        };
        let endpoint = Endpoint::of(&address, &capture.settings)?;
        let model = endpoint.model.map(|model| format!(" {model}")).unwrap_or_default();
        let streams = if endpoint.streams { ", streamed" } else { "" };
        Some(format!("{} {}{model}{streams}", endpoint.provider, endpoint.operation))
    }

    #[test]
    fn an_api_is_known_by_its_path_and_its_provider_by_its_host() {
        for (url, known) in [
            ("https://api.openai.com/v1/chat/completions", "openai chat"),
            ("https://api.openai.com/v1/responses", "openai chat"),
            ("https://api.openai.com/v1/embeddings", "openai embeddings"),
            ("https://api.openai.com/v1/completions", "openai text_completion"),
            ("https://api.groq.com/openai/v1/chat/completions", "groq chat"),
            ("https://api.deepseek.com/chat/completions", "deepseek chat"),
            ("https://api.mistral.ai/v1/chat/completions", "mistral_ai chat"),
            ("https://api.x.ai/v1/chat/completions", "x_ai chat"),
            ("https://openrouter.ai/api/v1/chat/completions", "openrouter chat"),
            ("https://api.together.xyz/v1/chat/completions", "together chat"),
            (
                "https://mine.openai.azure.com/openai/deployments/gpt-4o-eu/chat/completions?api-version=2024-10-21",
                "azure.ai.openai chat gpt-4o-eu",
            ),
            ("https://api.anthropic.com/v1/messages", "anthropic chat"),
            (
                "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
                "gcp.gemini generate_content gemini-2.5-flash, streamed",
            ),
            (
                "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-pro:generateContent",
                "gcp.vertex_ai generate_content gemini-2.5-pro",
            ),
            (
                "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
                "gcp.gemini chat",
            ),
            (
                "https://mine.services.ai.azure.com/models/chat/completions",
                "azure.ai.inference chat",
            ),
            ("http://localhost:11434/api/chat", "ollama chat"),
            ("http://localhost:11434/v1/chat/completions", "ollama chat"),
            ("http://localhost:8000/v1/chat/completions", "openai chat"),
            ("http://proxy.example/llm/v1/responses/", "openai chat"),
        ] {
            assert_eq!(asked(&HttpCapture::new(), url, false).as_deref(), Some(known), "{url}");
        }
    }

    #[test]
    fn models_that_a_cloud_serves_stand_in_the_path() {
        for (url, known) in [
            (
                "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict",
                "gcp.vertex_ai chat claude-sonnet-4-5@20250929",
            ),
            (
                "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/anthropic/models/claude-haiku-4-5:streamRawPredict",
                "gcp.vertex_ai chat claude-haiku-4-5, streamed",
            ),
            (
                "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
                "aws.bedrock chat anthropic.claude-sonnet-4-5-20250929-v1:0",
            ),
            (
                "https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com/model/amazon.nova-pro-v1:0/converse-stream",
                "aws.bedrock chat amazon.nova-pro-v1:0, streamed",
            ),
            (
                "https://bedrock-runtime.cn-north-1.amazonaws.com.cn/model/arn%3Aaws%3Abedrock%3Ax%3A1%3Ainference-profile%2Feu.claude/invoke",
                "aws.bedrock chat arn:aws:bedrock:x:1:inference-profile/eu.claude",
            ),
            (
                "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-haiku-4-5/invoke-with-response-stream",
                "aws.bedrock chat anthropic.claude-haiku-4-5, streamed",
            ),
            (
                "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v2%3A0/invoke",
                "aws.bedrock embeddings amazon.titan-embed-text-v2:0",
            ),
            (
                "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1/chat/completions",
                "aws.bedrock chat",
            ),
        ] {
            assert_eq!(asked(&HttpCapture::new(), url, false).as_deref(), Some(known), "{url}");
        }
    }

    #[test]
    fn what_only_looks_like_the_api_of_a_model_is_left_alone() {
        for url in [
            "https://survey.example/api/responses",
            "https://sms.example/v1/messages",
            "https://app.example/api/chat",
            "https://api.openai.com/v1/models",
            "https://api.openai.com/v1/files",
            "https://api.anthropic.com/v1/messages/count_tokens",
            "https://api.openai.com/v1/responses/resp_1/cancel",
            "https://functions.example/model/train/invoke",
            "https://bedrock-runtime.us-east-1.amazonaws.com/async-invoke",
            "https://bedrock.us-east-1.amazonaws.com/model/x/converse",
            "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/7:rawPredict",
        ] {
            assert_eq!(asked(&HttpCapture::new(), url, false), None, "{url}");
        }
        let capture = HttpCapture::new();
        assert_eq!(
            asked(&capture, "https://proxy.example/v1/messages", true).as_deref(),
            Some("anthropic chat")
        );
        let get = Address {
            method: "GET",
            host: "api.openai.com",
            port: None,
            path: "/v1/chat/completions",
            is_anthropic: false,
        };
        assert_eq!(Endpoint::of(&get, &capture.settings), None);
    }

    #[test]
    fn a_base_that_was_named_wins_over_the_table() {
        let capture = HttpCapture::new()
            .with_base_url("http://gpu-1:9000", "ollama")
            .with_base_url("https://api.openai.com/v1", "mine");
        assert_eq!(
            asked(&capture, "http://gpu-1:9000/api/chat", false).as_deref(),
            Some("ollama chat")
        );
        assert_eq!(asked(&capture, "http://gpu-1:9001/api/chat", false), None);
        let chat = "https://api.openai.com/v1/chat/completions";
        assert_eq!(asked(&capture, chat, false).as_deref(), Some("mine chat"));
        let gateway = HttpCapture::new().with_base_url("https://gateway.example/aws", "aws.bedrock");
        let converse = "https://gateway.example/aws/model/amazon.nova-lite-v1%3A0/converse";
        assert_eq!(
            asked(&gateway, converse, false).as_deref(),
            Some("aws.bedrock chat amazon.nova-lite-v1:0")
        );
    }
}
