//! What went over the wire, read: requests and answers of models become fields of the span they belong to.
//!
//! Runs on the pipeline thread before anything else is made of a span. What the span says itself, in whatever spelling,
//! stands; of several exchanges the last one's words stand and the tokens of all are summed. From here on the fields are
//! mapped like any library's.

mod answer;
mod documents;
mod facts;
mod prefix;
mod request;
mod shapes;
#[cfg(test)]
mod tests;
pub(super) mod tokens;

use serde_json::Value;

use self::{
    answer::Answer,
    documents::Documents,
    facts::{Fact, Facts},
    tokens::Tokens,
};
use crate::{
    record::{Ending, Exchange, Failure, Origin, Say, SpanRecord},
    semconv::{
        agentops::{self, field},
        gen_ai,
    },
};

/// The status of a span whose program no longer waited.
const CANCELLED: &str = "cancelled";

/// Reads what went over the wire for a span that ended.
pub(crate) fn read(record: &mut SpanRecord) {
    let mut exchanges = record.take_exchanges();
    // What the program tells of a call is the call; that it was captured, too, makes it no second one.
    if exchanges.iter().any(|exchange| exchange.is_told) {
        exchanges.retain(|exchange| exchange.is_told);
    }
    let mut tokens = Tokens::default();
    let mut cost: Option<f64> = None;
    let mut last = None;
    for exchange in &exchanges {
        let documents = Documents::read(&exchange.response, exchange.coding.as_deref());
        let answer = Answer::read(&documents);
        tokens.add(&answer.tokens);
        cost = answer.cost.map(|usd| usd + cost.unwrap_or_default()).or(cost);
        last = Some((exchange, documents, answer));
    }
    let Some((exchange, documents, answer)) = last else {
        return;
    };
    let mut facts = Facts::default();
    place(exchange, exchanges.len(), &mut facts);
    let asked = Documents::read(&exchange.request, None);
    let asked = asked.list.first().and_then(Value::as_object);
    let asked_for_stream = asked.is_some_and(|asked| request::read(asked, &mut facts));
    let streams = asked_for_stream || exchange.streams || documents.streamed;
    // The body says it better than the address.
    if !facts.0.iter().any(|(key, _)| *key == gen_ai::REQUEST_MODEL) {
        facts.text(gen_ai::REQUEST_MODEL, exchange.model.clone());
    }
    tokens.say(&mut facts);
    if let Some(usd) = cost {
        facts.say(gen_ai::USAGE_TOTAL_COST, Fact::Number(usd));
    }
    request::say_stream(&mut facts, exchange.operation, streams);
    if streams && !exchange.is_told {
        let chunks = documents.list.len() + documents.late.len();
        times(exchange, chunks, &mut facts);
        if exchange.provider.as_deref() == Some("openai") {
            stream_of_openai(exchange, chunks, &answer, &mut facts);
        }
    }
    if is_partial(exchange, &documents, streams) && !answer.ended && !exchange.is_told {
        facts.say(agentops::RESPONSE_PARTIAL, Fact::Bool(true));
    }
    let failure = failure(record, exchange, &answer);
    answer.say(&mut facts);
    facts.tell(record);
    if let Some(failure) = failure {
        record.fail(failure);
    }
    if matches!(exchange.ending, Ending::Cancelled) {
        cancel(record);
    }
}

/// Where it went.
fn place(exchange: &Exchange, exchanges: usize, facts: &mut Facts) {
    facts.text(gen_ai::OPERATION_NAME, exchange.operation);
    facts.text(gen_ai::PROVIDER_NAME, exchange.provider.as_deref());
    if let Some((server, port)) = &exchange.server {
        facts.text(gen_ai::SERVER_ADDRESS, Some(server.as_str()));
        facts.count(gen_ai::SERVER_PORT, port.map(u64::from));
    }
    facts.count(agentops::HTTP_STATUS_CODE, exchange.status.map(u64::from));
    if exchanges > 1 {
        facts.count(agentops::HTTP_RESEND_COUNT, Some(exchanges as u64 - 1));
    }
}

/// When the answer came.
fn times(exchange: &Exchange, chunks: usize, facts: &mut Facts) {
    let seconds = [
        (gen_ai::TIME_TO_FIRST_CHUNK, exchange.first_chunk),
        (gen_ai::TIME_TO_GENERATE, exchange.generation),
    ];
    for (key, duration) in seconds {
        if let Some(duration) = duration {
            facts.say(key, Fact::Number(duration.as_secs_f64()));
        }
    }
    // Of a stream in a framing that nobody here reads (AWS') the pieces are not known.
    if chunks > 0 || exchange.response.is_empty() {
        facts.count(gen_ai::CHUNK_COUNT, Some(chunks as u64));
    }
}

/// Some of the answer is missing, unless it says that it is all.
fn is_partial(exchange: &Exchange, documents: &Documents, streams: bool) -> bool {
    let left_early = match &exchange.ending {
        Ending::Complete | Ending::Cancelled => false,
        Ending::Abandoned => true,
        Ending::Broken(_) => exchange.status.is_some(),
    };
    documents.streamed || left_early && (documents.cut || streams)
}

/// What AgentOps' Python SDK tells of `OpenAI`'s streams, under its names.
fn stream_of_openai(exchange: &Exchange, chunks: usize, answer: &Answer, facts: &mut Facts) {
    facts.count("llm.openai.stream.chunk_count", Some(chunks as u64));
    facts.count("llm.openai.stream.content_length", Some(answer.characters() as u64));
    if let (Some(first), Some(rest)) = (exchange.first_chunk, exchange.generation) {
        let seconds = first.saturating_add(rest).as_secs_f64();
        facts.say("llm.openai.stream.total_duration", Fact::Number(seconds));
    }
}

/// Why it failed, if it did.
fn failure(record: &SpanRecord, exchange: &Exchange, answer: &Answer) -> Option<Failure> {
    let status = exchange.status.filter(|status| *status >= 400);
    // A failed answer that is a message and nothing else says why it failed.
    let error = answer.error.as_ref().or_else(|| status.and(answer.excuse.as_ref()));
    let (type_name, message) = match (error, &exchange.ending, status) {
        (Some(error), _, status) => {
            let code = error.code.clone().or_else(|| Some(status?.to_string()));
            (code, error.message.clone())
        }
        (None, _, Some(status)) => (
            Some(status.to_string()),
            format!("the server answered with status {status}"),
        ),
        (None, Ending::Broken(reason), None) => (None, reason.clone()),
        _ => return None,
    };
    Some(Failure {
        at: record.last_active.unwrap_or(record.start.at),
        type_name: type_name.map(Into::into),
        message,
        chain: None,
    })
}

/// Nobody waited for the answer any more: no success, and no exception either.
fn cancel(record: &mut SpanRecord) {
    const CAP: usize = 64;
    if record.failure.is_none() && record.fields.get(field::OTEL_STATUS_CODE).is_none() {
        record.fields.set(agentops::CANCELLED, Say::Bool(true), CAP);
        for (key, text) in [
            (field::OTEL_STATUS_CODE, "ERROR"),
            (field::OTEL_STATUS_DESCRIPTION, CANCELLED),
        ] {
            record.fields.set(key, Say::Text(text, Origin::Str), CAP);
        }
    }
}
