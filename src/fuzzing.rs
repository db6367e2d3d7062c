//! What the fuzz targets in `fuzz/` feed. No part of the crate: it is compiled for them and for tests alone.

use std::sync::Arc;

use crate::{
    attributes,
    clock::Clock,
    config::{Content, Semconv},
    hierarchy::{Lineage, SpanId, Trace, TraceId, TraceRoot, session_callsite},
    kind::EntityKind,
    policy::{
        Policy,
        limits::Limits,
        pricing::Prices,
        redact::{CredentialRedactor, Guarded},
    },
    record::{Excerpt, Exchange, KindSource, Origin, Say, SpanRecord},
    semconv::gen_ai,
};

/// Bytes of a body of which more is fed.
const MOST: usize = 4096;

/// Reads a request to a model and its answer, whatever they are, and maps what comes of them. The first byte of the
/// answer says how it is compressed.
pub fn bodies(request: &[u8], response: &[u8]) {
    let (coding, response) = match response.split_first() {
        Some((b'g', rest)) => (Some("gzip".to_owned()), rest),
        Some((b'd', rest)) => (Some("deflate".to_owned()), rest),
        _ => (None, response),
    };
    let kept = |body: &[u8]| {
        let mut excerpt = Excerpt::new(MOST);
        excerpt.push(body);
        excerpt
    };
    let mut record = record();
    record.add_exchange(Arc::new(Exchange {
        request: kept(request),
        response: kept(response),
        coding,
        status: Some(200),
        ..Exchange::default()
    }));
    attributes::exchange::read(&mut record);
    map(&record);
}

/// Maps a call whose messages, instructions and tools are this text.
pub fn messages(text: &str) {
    let mut record = record();
    for key in [
        gen_ai::INPUT_MESSAGES,
        gen_ai::OUTPUT_MESSAGES,
        gen_ai::SYSTEM_INSTRUCTIONS,
        gen_ai::TOOL_DEFINITIONS,
        gen_ai::RESPONSE_FINISH_REASONS,
    ] {
        record.fields.set(key, Say::Text(text, Origin::Str), usize::MAX);
    }
    map(&record);
}

fn record() -> SpanRecord {
    let mut record = SpanRecord::new(session_callsite(), Clock::System.start());
    record.kind = Some((EntityKind::Llm, KindSource::GenAiOperation));
    record
}

fn map(record: &SpanRecord) {
    let lineage = Lineage {
        span_id: SpanId(2),
        parent: Some(SpanId(1)),
        parent_is_remote: false,
        trace: Arc::new(Trace::new(TraceId(7), SpanId(1), TraceRoot::Bare, true)),
        agent: None,
        links: Vec::new(),
    };
    let policy = Policy {
        content: Content::All,
        redactor: Arc::new(Guarded::new(Arc::new(CredentialRedactor))),
        limits: Limits::default(),
        semconv: Semconv::Both,
        prices: Prices::default(),
        tags: Vec::new(),
        dict_tags: Vec::new(),
        error_events_to_status: true,
        session_attributes: Arc::default(),
    };
    let span = attributes::map(record, &lineage, &policy);
    assert_eq!(span.kind, EntityKind::Llm);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts that once made trouble, or look as if they could. What a fuzz target finds is added here.
    const CORPUS: &[&str] = &[
        "",
        "\0",
        "[",
        "[]",
        "[{}]",
        "{\"role\":\"\"}",
        "[{\"role\":\"user\",\"content\":null,\"parts\":[]}]",
        "[{\"role\":7,\"parts\":[null,1,[],{\"type\":null},{\"type\":\"tool_call\",\"name\":{}}]}]",
        "[{\"type\":\"function_call_output\"},{\"type\":\"reasoning\",\"summary\":[{}]},{\"type\":\"tool_use\"}]",
        "{\"messages\":[{\"role\":\"tool\",\"tool_call_id\":7,\"content\":[[]]}],\"system\":{}}",
        "{\"contents\":[{\"parts\":[{\"inlineData\":{\"mimeType\":\"/\"}},{\"fileData\":7}]}]}",
        "{\"choices\":[{\"message\":{\"tool_calls\":[{\"function\":null}],\"function_call\":{}}}]}",
        "{\"candidates\":[{\"content\":{\"parts\":{}}}]}",
        "[{\"role\":\"user\",\"parts\":[{\"type\":\"blob\",\"content\":\"\u{1F31E}\"},{\"type\":\"uri\",\"uri\":\"data:\"}]}]",
        "[\"stop\",7]",
        "\"\\ud800\"",
    ];

    #[test]
    fn texts_that_could_make_trouble_make_none() {
        for text in CORPUS {
            messages(text);
            for first in ["", "g", "d"] {
                bodies(text.as_bytes(), format!("{first}{text}").as_bytes());
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn no_beginning_of_such_a_text_makes_it_panic(
            which in 0_usize..CORPUS.len(),
            cut in any::<prop::sample::Index>(),
            more in ".{0,20}",
        ) {
            let text = CORPUS[which];
            let end = crate::record::floor_char_boundary(text, cut.index(text.len() + 1));
            let text = format!("{}{more}", text.split_at(end).0);
            messages(&text);
            bodies(text.as_bytes(), text.as_bytes());
        }
    }
}
