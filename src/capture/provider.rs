//! Who answers at an address.

/// Providers by the end of their hosts' names. The names are those of the GenAI conventions where these have one.
const HOSTS: &[(&str, &str)] = &[
    ("api.openai.com", "openai"),
    ("openai.azure.com", "azure.ai.openai"),
    ("cognitiveservices.azure.com", "azure.ai.openai"),
    ("services.ai.azure.com", "azure.ai.inference"),
    ("inference.ai.azure.com", "azure.ai.inference"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    ("api.groq.com", "groq"),
    ("api.mistral.ai", "mistral_ai"),
    ("codestral.mistral.ai", "mistral_ai"),
    ("api.deepseek.com", "deepseek"),
    ("api.x.ai", "x_ai"),
    ("openrouter.ai", "openrouter"),
    ("api.together.xyz", "together"),
    ("api.together.ai", "together"),
    ("api.fireworks.ai", "fireworks"),
    ("api.perplexity.ai", "perplexity"),
    ("api.cohere.com", "cohere"),
    ("api.cohere.ai", "cohere"),
    ("api.cerebras.ai", "cerebras"),
    ("api.sambanova.ai", "sambanova"),
    ("api.moonshot.ai", "moonshot_ai"),
    ("api.moonshot.cn", "moonshot_ai"),
    ("router.huggingface.co", "huggingface"),
    ("integrate.api.nvidia.com", "nvidia"),
    ("dashscope.aliyuncs.com", "alibaba_cloud"),
    ("ollama.com", "ollama"),
];

/// Where Ollama listens unless told otherwise.
const OLLAMA_PORT: u16 = 11_434;

/// The provider that is known to answer there.
pub(super) fn of(host: &str, port: Option<u16>) -> Option<&'static str> {
    let by_name = HOSTS.iter().find(|(name, _)| is_at_or_below(host, name));
    by_name
        .map(|(_, provider)| *provider)
        .or_else(|| (port == Some(OLLAMA_PORT)).then_some("ollama"))
        .or_else(|| of_a_region(&host.to_ascii_lowercase()))
}

/// Regional endpoints have their region in the name: before it with Vertex AI, behind it with Bedrock, whose host without
/// `-runtime` is for other things than calls.
fn of_a_region(host: &str) -> Option<&'static str> {
    if host.ends_with("-aiplatform.googleapis.com") {
        return Some("gcp.vertex_ai");
    }
    let runs_models = ["bedrock-runtime.", "bedrock-runtime-fips."]
        .iter()
        .any(|start| host.starts_with(start));
    let is_amazons = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"]
        .iter()
        .any(|end| host.ends_with(end));
    (runs_models && is_amazons).then_some("aws.bedrock")
}

/// `host` is `name`, or a name below it. Names of hosts have no case.
fn is_at_or_below(host: &str, name: &str) -> bool {
    let Some((above, end)) = host
        .len()
        .checked_sub(name.len())
        .and_then(|at| host.split_at_checked(at))
    else {
        return false;
    };
    end.eq_ignore_ascii_case(name) && (above.is_empty() || above.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_known_by_its_host_and_not_by_one_that_only_looks_like_it() {
        for (host, provider) in [
            ("api.openai.com", Some("openai")),
            ("eu.api.openai.com", Some("openai")),
            ("API.Anthropic.com", Some("anthropic")),
            ("myresource.openai.azure.com", Some("azure.ai.openai")),
            ("europe-west4-aiplatform.googleapis.com", Some("gcp.vertex_ai")),
            ("bedrock-runtime.eu-central-1.amazonaws.com", Some("aws.bedrock")),
            ("bedrock-runtime.us-east-1.api.aws", Some("aws.bedrock")),
            ("bedrock-runtime.example", None),
            ("s3.amazonaws.com", None),
            ("evilapi.openai.com.example", None),
            ("notapi.x.ai", None),
            ("x.ai", None),
            ("localhost", None),
            ("", None),
        ] {
            assert_eq!(of(host, None), provider, "{host}");
        }
        assert_eq!(of("localhost", Some(11_434)), Some("ollama"));
        assert_eq!(of("api.groq.com", Some(11_434)), Some("groq"));
    }
}
