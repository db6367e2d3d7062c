//! Calls of a model: both dialects, whichever the library speaks.

use std::borrow::Cow;

use super::{
    View, alias,
    meaning::{Meaning, Read},
    messages::{Instructions, Messages},
    said::Said,
    value,
};
use crate::semconv::{
    gen_ai,
    wire::{AttributeSet, WireValue},
};

const USER: &str = "user";
const ASSISTANT: &str = "assistant";

/// Everything about a call of a model.
pub(super) fn put(attributes: &mut AttributeSet, view: &View<'_>) {
    let call = operation(view);
    let request_type = view.said.text(Meaning::RequestType);
    attributes.set(
        gen_ai::REQUEST_TYPE,
        request_type.as_deref().unwrap_or_else(|| request_type_of(&call)),
    );
    attributes.set(gen_ai::OPERATION_NAME, &*call);
    put_renamed(attributes, &view.said);
    put_messages(attributes, view);
}

/// The GenAI name of the call.
pub(super) fn operation<'a>(view: &View<'a>) -> Cow<'a, str> {
    if let Some(told) = view.said.text(Meaning::Operation) {
        return told;
    }
    let request_type = view.said.text(Meaning::RequestType);
    let library_kind = || {
        let keys = ["openinference.span.kind", "langfuse.observation.type"];
        let kind = view.said.rest.iter().find(|(key, _)| keys.contains(key))?;
        value::text(kind.1)
            .eq_ignore_ascii_case("embedding")
            .then_some("embedding")
    };
    Cow::Borrowed(match request_type.as_deref().or_else(library_kind) {
        Some("completion") => "text_completion",
        Some("embedding") => "embeddings",
        Some("rerank") => "rerank",
        _ => "chat",
    })
}

/// What AgentOps calls a call of this GenAI name.
fn request_type_of(call: &str) -> &'static str {
    match call {
        "text_completion" | "completion" => "completion",
        "embeddings" | "embedding" => "embedding",
        "rerank" => "rerank",
        _ => "chat",
    }
}

/// What only changes its name, and token counts.
fn put_renamed(attributes: &mut AttributeSet, said: &Said<'_>) {
    let usage = Usage::of(said);
    for row in alias::TABLE.iter().filter(|row| !row.emit.is_empty()) {
        let Some(told) = said.get(row.meaning) else { continue };
        let value = match (row.meaning, row.read) {
            (Meaning::InputTokens, _) => usage.input.map(WireValue::I64),
            (Meaning::TotalTokens, _) => None,
            (_, Read::Count) => value::count(told).map(WireValue::I64),
            (_, Read::Number) => value::number(told).map(WireValue::F64),
            (_, Read::Flag) => value::flag(told).map(WireValue::Bool),
            (_, Read::Usd) => value::usd(told).map(WireValue::F64),
            (_, Read::Text) => said.text(row.meaning).map(|text| WireValue::Str(text.into_owned())),
            (_, Read::LowerCase) => said
                .text(row.meaning)
                .map(|text| WireValue::Str(text.trim().to_lowercase())),
        };
        for name in row.emit {
            if let Some(value) = value.clone() {
                attributes.set(*name, value);
            }
        }
    }
    if let Some(total) = usage.total {
        attributes.set(gen_ai::USAGE_TOTAL_TOKENS, total);
    }
}

/// Token counts with every cached token inside the input.
struct Usage {
    input: Option<i64>,
    total: Option<i64>,
}

impl Usage {
    fn of(said: &Said<'_>) -> Self {
        let count = |meaning| said.get(meaning).and_then(value::count);
        let cached = count(Meaning::CacheRead)
            .unwrap_or(0)
            .saturating_add(count(Meaning::CacheCreation).unwrap_or(0));
        let input = count(Meaning::InputTokens).map(|input| {
            if cached > input || reports_exclusive_counts(said) {
                input.saturating_add(cached)
            } else {
                input
            }
        });
        let output = count(Meaning::OutputTokens);
        let total = match (input, output) {
            (None, None) => count(Meaning::TotalTokens),
            (input, output) => Some(input.unwrap_or(0).saturating_add(output.unwrap_or(0))),
        };
        Self { input, total }
    }
}

/// Anthropic and Bedrock count cached tokens beside the input, and a library that passes their numbers on keeps their
/// names for them. The GenAI names are defined as part of the input, and libraries that use them have added.
fn reports_exclusive_counts(said: &Said<'_>) -> bool {
    let provider = said
        .text(Meaning::Provider)
        .map(|provider| provider.trim().to_ascii_lowercase());
    let is_exclusive = provider.is_some_and(|provider| provider.contains("anthropic") || provider.contains("bedrock"));
    is_exclusive
        && [Meaning::CacheRead, Meaning::CacheCreation]
            .iter()
            .filter_map(|meaning| said.key(*meaning))
            .all(|key| {
                matches!(
                    key,
                    gen_ai::USAGE_CACHE_READ_INPUT_TOKENS | gen_ai::USAGE_CACHE_CREATION_INPUT_TOKENS
                )
            })
}

/// Messages in both dialects, and why the model stopped.
fn put_messages(attributes: &mut AttributeSet, view: &View<'_>) {
    use Meaning::{Completion, Input, InputMessages, Output, OutputMessages, Prompt, Return};
    let said = &view.said;
    let prompt = conversation(said, &[Input, InputMessages, Prompt], gen_ai::PROMPT, USER);
    let completion = conversation(
        said,
        &[Output, OutputMessages, Completion, Return],
        gen_ai::COMPLETION,
        ASSISTANT,
    );

    let told = said
        .get(Meaning::FinishReasons)
        .map(|reasons| finish_reasons(&value::text(reasons)));
    let reasons = told.unwrap_or_else(|| completion.finish_reasons());
    if let Some(first) = reasons.first() {
        attributes.set(gen_ai::RESPONSE_FINISH_REASON, first.as_str());
        attributes.set(gen_ai::RESPONSE_FINISH_REASONS, reasons.clone());
    }

    let system = said.get(Meaning::SystemInstructions).map(Instructions::read);
    let mut first_place = 0;
    if let Some(system) = &system {
        // Some libraries say it twice.
        if !prompt.begins_with_system(&system.text) {
            system.put_indexed(attributes);
            first_place = 1;
        }
    }
    prompt.put_indexed(attributes, gen_ai::PROMPT, first_place, &[]);
    completion.put_indexed(attributes, gen_ai::COMPLETION, 0, &reasons);
    if let Some(system) = system {
        system.put_json(attributes);
    }
    prompt.put_json(attributes, gen_ai::INPUT_MESSAGES);
    completion.put_json(attributes, gen_ai::OUTPUT_MESSAGES);
}

/// The messages that the program numbered itself, else the first source that was said.
fn conversation<'a>(said: &Said<'a>, sources: &[Meaning], prefix: &str, role: &'static str) -> Messages<'a> {
    Messages::read_indexed(&said.rest, prefix)
        .or_else(|| said.first(sources).map(|source| Messages::read(source, role)))
        .unwrap_or_default()
}

/// A JSON array of reasons, or one reason.
fn finish_reasons(text: &str) -> Vec<String> {
    match serde_json::from_str::<Vec<String>>(text) {
        Ok(reasons) => reasons,
        Err(_) if text.trim().is_empty() => Vec::new(),
        Err(_) => vec![text.trim().to_owned()],
    }
}
