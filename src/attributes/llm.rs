//! Calls of a model: both dialects, whichever the library speaks.

use std::borrow::Cow;

use super::{
    View, alias, classify, functions,
    meaning::{Meaning, Read},
    messages::{Instructions, Messages},
    moment,
    numbered::EMBEDDING_LENGTH,
    said::Said,
    usage::Usage,
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
    put_renamed(attributes, view);
    functions::put(attributes, view);
    put_messages(attributes, view);
}

/// The GenAI name of the call.
pub(super) fn operation<'a>(view: &View<'a>) -> Cow<'a, str> {
    if let Some(told) = view.said.text(Meaning::Operation) {
        return told;
    }
    if let Some(call) = classify::operation_of_library(&view.record.callsite) {
        return Cow::Borrowed(call);
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

/// What only changes its name, and what was counted.
fn put_renamed(attributes: &mut AttributeSet, view: &View<'_>) {
    let said = &view.said;
    let usage = Usage::of(said);
    for row in alias::TABLE.iter().filter(|row| !row.emit.is_empty()) {
        let told = || said.get(row.meaning);
        let value = match row.read {
            Read::Count if row.meaning == Meaning::Dimensions => told().and_then(value::count).map(WireValue::I64),
            Read::Count => usage.count(row.meaning).map(WireValue::I64),
            Read::Usd => usage.usd(row.meaning).map(WireValue::F64),
            Read::Number if row.meaning == Meaning::FirstChunk => first_chunk(view).map(WireValue::F64),
            Read::Number => told().and_then(value::number).map(WireValue::F64),
            Read::Flag => told().and_then(value::flag).map(WireValue::Bool),
            Read::Text => said.text(row.meaning).map(|text| WireValue::Str(text.into_owned())),
            Read::LowerCase => said
                .text(row.meaning)
                .map(|text| WireValue::Str(text.trim().to_lowercase())),
        };
        for name in row.emit {
            if let Some(value) = value.clone() {
                attributes.set(*name, value);
            }
        }
    }
}

/// Seconds until the first chunk came, however that was said: in seconds, in milliseconds, or as a moment.
fn first_chunk(view: &View<'_>) -> Option<f64> {
    let number = |meaning| view.said.get(meaning).and_then(value::number);
    let since_start = || {
        let at = moment::unix_nanos(value::text(view.said.get(Meaning::FirstChunkAt)?).trim_matches('"'))?;
        Some(at.checked_sub(view.record.start.unix_nanos)? as f64 / 1e9)
    };
    number(Meaning::FirstChunk)
        .or_else(|| Some(number(Meaning::FirstChunkMillis)? / 1e3))
        .or_else(since_start)
}

/// Messages in both dialects, and why the model stopped.
fn put_messages(attributes: &mut AttributeSet, view: &View<'_>) {
    use Meaning::{Completion, Input, InputMessages, Output, OutputMessages, Prompt, Return};
    let said = &view.said;
    let prompt = Side {
        numbered: gen_ai::PROMPT,
        json: InputMessages,
        best: &[Input, InputMessages],
        openinference: "llm.input_messages",
        rest: &[Prompt],
        role: USER,
    };
    let completion = Side {
        numbered: gen_ai::COMPLETION,
        json: OutputMessages,
        best: &[Output, OutputMessages],
        openinference: "llm.output_messages",
        rest: &[Completion, Return],
        role: ASSISTANT,
    };
    let (mut prompt, completion) = (prompt.read(said), completion.read(said));

    let told = said
        .get(Meaning::FinishReasons)
        .map(|reasons| finish_reasons(&value::text(reasons)));
    let reasons = told.unwrap_or_else(|| completion.finish_reasons());
    if let Some(first) = reasons.first() {
        attributes.set(gen_ai::RESPONSE_FINISH_REASON, first.as_str());
        attributes.set(gen_ai::RESPONSE_FINISH_REASONS, reasons.clone());
    }

    let system = said.get(Meaning::SystemInstructions).map(Instructions::read);
    let system = system.filter(|system| !system.text.is_empty());
    let mut first_place = 0;
    if let Some(system) = &system {
        // Some libraries say it twice.
        if prompt.begins_with_system(&system.text) {
            prompt.keep_system_out_of_json(&system.text);
        } else {
            system.put_indexed(attributes);
            first_place = 1;
        }
    }
    prompt.put_indexed(attributes, gen_ai::PROMPT, first_place, &[]);
    completion.put_indexed(attributes, gen_ai::COMPLETION, 0, &reasons);
    if completion.is_empty()
        && let Some(length) = said.get(Meaning::Dimensions).and_then(value::count)
    {
        attributes.set(format!("{}.0.{EMBEDDING_LENGTH}", gen_ai::COMPLETION), length);
    }
    if let Some(system) = system {
        system.put_json(attributes);
    }
    prompt.put_json(attributes, gen_ai::INPUT_MESSAGES);
    completion.put_json(attributes, gen_ai::OUTPUT_MESSAGES);
}

/// Where one side of a conversation may stand, best first, and who speaks in it where nothing says so.
struct Side {
    /// Below it, the program numbered its messages itself.
    numbered: &'static str,
    /// The conventions' own JSON, which may stand beside the numbers.
    json: Meaning,
    best: &'static [Meaning],
    openinference: &'static str,
    rest: &'static [Meaning],
    role: &'static str,
}

impl Side {
    fn read<'a>(&self, said: &Said<'a>) -> Messages<'a> {
        let first = |sources: &[Meaning]| said.first(sources).map(|source| Messages::read(source, self.role));
        let other = || {
            first(self.best)
                .or_else(|| Messages::read_openinference(&said.rest, self.openinference, self.role))
                .or_else(|| first(self.rest))
        };
        match Messages::read_indexed(&said.rest, self.numbered, self.role) {
            Some(numbered) => match first(&[self.json]) {
                Some(json) => numbered.beside(json),
                None => numbered,
            },
            None => other().unwrap_or_default(),
        }
    }
}

/// A JSON array of reasons, or one reason.
fn finish_reasons(text: &str) -> Vec<String> {
    match serde_json::from_str::<Vec<String>>(text) {
        Ok(reasons) => reasons,
        Err(_) if text.trim().is_empty() => Vec::new(),
        Err(_) => vec![text.trim().to_owned()],
    }
}
