//! [`Gathering`]: what a model says, gathered piece by piece and told to its span once.

use std::{fmt, sync::Arc, time::Instant};

use serde::Serialize;
use serde_json::{Value, json};
use tracing::Span;

use super::{Recording, recorded::type_name};
use crate::{
    hierarchy::Charge,
    layer::source_chain,
    policy::limits::{MARK, REDACTION_MARGIN},
    record::{Excerpt, Exchange, Failure, Fields, Origin, Said, Say, ValueRef, floor_char_boundary},
    semconv::{agentops, gen_ai},
};

/// Calls of tools in one answer beyond this are not put together.
const MOST_CALLS: usize = 1024;

/// Bytes of raw answers that are kept of their beginning.
const MOST_RAW: usize = 1024 * 1024;

/// What a model says, of a span that is being recorded.
pub(crate) struct Gathering {
    recording: Recording,
    charge: Charge,
    takes_content: bool,
    /// Bytes of words that may be kept, and whether there were more.
    most: usize,
    is_full: bool,
    first: Option<Instant>,
    chunks: u64,
    text: Words,
    thoughts: Words,
    calls: Vec<(u64, ToolCall)>,
    finish_reason: Option<String>,
    request: Option<Excerpt>,
    response: Option<Excerpt>,
    failure: Option<Failure>,
}

/// What is gathered is content: it does not show.
impl fmt::Debug for Gathering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gathering")
            .field("chunks", &self.chunks)
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct ToolCall {
    id: Option<String>,
    name: String,
    arguments: Words,
}

/// Words that come in pieces.
#[derive(Default)]
struct Words {
    text: String,
    /// There were more than are kept.
    is_cut: bool,
}

impl Words {
    fn push(&mut self, piece: &Kept<'_>) {
        self.text.push_str(piece.text);
        self.is_cut |= piece.is_cut;
    }

    /// Nothing follows: where words are missing, half of a secret may stand at the end.
    fn end(&mut self) {
        if self.is_cut {
            let whole = self.text.len().saturating_sub(REDACTION_MARGIN);
            self.text.truncate(floor_char_boundary(&self.text, whole));
            self.text.push_str(MARK);
        }
    }
}

/// What there is room for of a piece.
struct Kept<'a> {
    text: &'a str,
    is_cut: bool,
}

impl Gathering {
    /// `None` where the span is not recorded.
    pub(crate) fn of(span: &Span) -> Option<Box<Self>> {
        let recording = Recording::of(span.clone())?;
        let recorder = recording.recorder();
        Some(Box::new(Self {
            charge: Charge::new(Arc::clone(recorder)),
            takes_content: recorder.captures_content,
            most: recorder.value_cap,
            is_full: false,
            first: None,
            chunks: 0,
            text: Words::default(),
            thoughts: Words::default(),
            calls: Vec::new(),
            finish_reason: None,
            request: None,
            response: None,
            failure: None,
            recording,
        }))
    }

    /// A piece of the answer came.
    pub(crate) fn chunk(&mut self) {
        self.arrived();
        self.chunks = self.chunks.saturating_add(1);
    }

    /// When the first piece came is all that is noted of time.
    fn arrived(&mut self) {
        if self.first.is_none() {
            self.first = Some(self.recording.recorder().clock.now());
        }
    }

    pub(crate) fn text(&mut self, piece: &str) {
        let piece = self.kept(piece);
        self.text.push(&piece);
    }

    pub(crate) fn reasoning(&mut self, piece: &str) {
        let piece = self.kept(piece);
        self.thoughts.push(&piece);
    }

    /// A call of a tool, or the next piece of the one with this number.
    pub(crate) fn tool_call(&mut self, number: u64, id: Option<&str>, name: Option<&str>, arguments: &str) {
        // Names are no content, but who takes none has no message to put them into.
        if !self.takes_content {
            return;
        }
        let arguments = self.kept(arguments);
        let (id, name) = (
            id.map(|id| self.kept(id).text.to_owned()),
            name.map(|name| self.kept(name).text.to_owned()),
        );
        let at = match self.calls.iter().position(|(have, _)| *have == number) {
            Some(at) => at,
            None if self.calls.len() < MOST_CALLS => {
                self.calls.push((number, ToolCall::default()));
                self.calls.len() - 1
            }
            None => return,
        };
        if let Some((_, call)) = self.calls.get_mut(at) {
            call.id = id.or(call.id.take());
            call.name = name.unwrap_or(std::mem::take(&mut call.name));
            call.arguments.push(&arguments);
        }
    }

    /// A call of a tool with all its arguments.
    pub(crate) fn whole_tool_call<T: Serialize + ?Sized>(&mut self, id: Option<&str>, name: &str, arguments: &T) {
        if self.takes_content {
            let said = Said::serialize(arguments, self.most);
            let mut fields = Fields::default();
            fields.set("arguments", said.say(), self.most);
            let number = self.calls.len() as u64;
            let text = fields.get_text("arguments").unwrap_or_default();
            self.tool_call(number, id, Some(name), text);
            let is_cut = matches!(fields.get("arguments"), Some(ValueRef::Text { cut: true, .. }));
            if let Some((_, call)) = self.calls.iter_mut().find(|(have, _)| *have == number) {
                call.arguments.is_cut |= is_cut;
            }
        }
    }

    pub(crate) fn finish_reason(&mut self, reason: &str) {
        self.finish_reason = Some(reason.to_owned());
    }

    /// The provider's own request, read later.
    pub(crate) fn raw_request<T: Serialize + ?Sized>(&mut self, request: &T) {
        let mut kept = Excerpt::new(MOST_RAW);
        push_json(&mut kept, request);
        self.request = Some(kept);
        self.recharge();
    }

    /// The provider's own answer, or a piece of it, read later.
    pub(crate) fn raw_response<T: Serialize + ?Sized>(&mut self, response: &T) {
        let has_room = self.recording.recorder().has_room();
        let kept = self.response.get_or_insert_with(|| Excerpt::new(MOST_RAW));
        if !has_room {
            kept.close_head();
        }
        push_json(kept, response);
        self.recharge();
    }

    /// What went wrong. The first failure stands.
    pub(crate) fn failed<E: ?Sized>(
        &mut self,
        error: &dyn fmt::Display,
        cause: Option<&(dyn std::error::Error + 'static)>,
    ) {
        let recorder = self.recording.recorder();
        let cap = recorder.value_cap;
        let mut said = Fields::default();
        said.set_formatted("message", format_args!("{error}"), cap);
        let failure = Failure {
            at: recorder.clock.now(),
            type_name: type_name::<E>(),
            message: said.get_text("message").unwrap_or_default().to_owned(),
            chain: cause.and_then(|cause| source_chain(cause, cap)),
        };
        self.failure.get_or_insert(failure);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Tells the span all of it. `streamed` says whether the answer came in pieces, and whether it came to its end.
    pub(crate) fn tell(mut self: Box<Self>, streamed: Option<bool>) {
        let mut said = Fields::default();
        let cap = self.recording.recorder().value_cap;
        let now = self.recording.recorder().clock.now();
        let message = self
            .message(streamed == Some(false))
            .map(|message| json!([message]).to_string());
        if let Some(message) = &message {
            said.set(gen_ai::OUTPUT_MESSAGES, Say::Text(message, Origin::Json), usize::MAX);
        }
        if let Some(reason) = &self.finish_reason {
            said.set(gen_ai::RESPONSE_FINISH_REASONS, Say::Text(reason, Origin::Str), cap);
        }
        if let Some(ended) = streamed {
            said.set(gen_ai::CHUNK_COUNT, Say::U64(self.chunks), cap);
            if !ended {
                said.set(agentops::RESPONSE_PARTIAL, Say::Bool(true), cap);
            }
            if let Some(first) = self.first {
                let seconds = now.saturating_duration_since(first).as_secs_f64();
                said.set(gen_ai::TIME_TO_GENERATE, Say::F64(seconds), cap);
            }
        }
        let told = self.exchange();
        // From here on the bytes are the record's.
        self.charge.hold(0);
        let Self {
            recording,
            failure,
            first,
            ..
        } = *self;
        recording.change(|record| {
            if streamed.is_some()
                && let Some(first) = first
            {
                let seconds = first.saturating_duration_since(record.start.at).as_secs_f64();
                record.fields.set(gen_ai::TIME_TO_FIRST_CHUNK, Say::F64(seconds), cap);
            }
            record.fields.merge(&said);
            if let Some(told) = &told {
                record.add_exchange(Arc::clone(told));
            }
            if let Some(failure) = &failure {
                record.fail(failure.clone());
            }
        });
    }

    /// What there is still room for.
    fn kept<'a>(&mut self, piece: &'a str) -> Kept<'a> {
        self.arrived();
        if !self.takes_content {
            return Kept {
                text: "",
                is_cut: false,
            };
        }
        let words = self.words();
        let room = if !self.is_full && self.recording.recorder().has_room() {
            self.most.saturating_sub(words)
        } else {
            0
        };
        let text = piece.get(..floor_char_boundary(piece, room)).unwrap_or_default();
        let is_cut = text.len() < piece.len();
        self.is_full |= is_cut;
        self.charge.hold(words + text.len() + self.raw());
        Kept { text, is_cut }
    }

    /// Bytes of words.
    fn words(&self) -> usize {
        let calls = self.calls.iter().map(|(_, call)| {
            let id = call.id.as_ref().map_or(0, String::len);
            id + call.name.len() + call.arguments.text.len()
        });
        self.text.text.len() + self.thoughts.text.len() + calls.sum::<usize>()
    }

    /// Bytes in the provider's own words.
    fn raw(&self) -> usize {
        let raw = [&self.request, &self.response];
        raw.into_iter().flatten().map(Excerpt::bytes).sum()
    }

    fn recharge(&mut self) {
        self.charge.hold(self.words() + self.raw());
    }

    /// One message in the shape of the conventions.
    fn message(&mut self, is_partial: bool) -> Option<Value> {
        let arguments = self.calls.iter_mut().map(|(_, call)| &mut call.arguments);
        for words in [&mut self.text, &mut self.thoughts].into_iter().chain(arguments) {
            words.end();
        }
        let mut parts = Vec::new();
        for (kind, text) in [("reasoning", &self.thoughts.text), ("text", &self.text.text)] {
            if !text.is_empty() {
                parts.push(json!({ "type": kind, "content": text }));
            }
        }
        for (_, call) in &self.calls {
            let arguments =
                serde_json::from_str(&call.arguments.text).unwrap_or_else(|_| Value::from(&*call.arguments.text));
            let mut part = json!({ "type": "tool_call", "name": call.name, "arguments": arguments });
            if let (Some(id), Value::Object(part)) = (&call.id, &mut part) {
                part.insert("id".to_owned(), id.as_str().into());
            }
            parts.push(part);
        }
        if parts.is_empty() {
            return None;
        }
        let mut message = json!({ "role": "assistant", "parts": parts });
        if let (Some(reason), Value::Object(message)) = (&self.finish_reason, &mut message)
            && !is_partial
        {
            message.insert("finish_reason".to_owned(), reason.as_str().into());
        }
        Some(message)
    }

    /// What was told in the provider's own words.
    fn exchange(&mut self) -> Option<Arc<Exchange>> {
        let (request, response) = (self.request.take(), self.response.take());
        (request.is_some() || response.is_some()).then(|| {
            Arc::new(Exchange {
                is_told: true,
                request: request.unwrap_or_default(),
                response: response.unwrap_or_default(),
                ..Exchange::default()
            })
        })
    }
}

/// Adds a value as a line of JSON.
fn push_json<T: Serialize + ?Sized>(kept: &mut Excerpt, value: &T) {
    /// Written as it is serialised: nothing is held twice.
    struct Writer<'a>(&'a mut Excerpt);

    impl std::io::Write for Writer<'_> {
        fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
            self.0.push(piece);
            Ok(piece.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    // The implementation is the host's code: its panic must not become ours to spread.
    let written = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        serde_json::to_writer(Writer(kept), value).is_ok()
    }));
    // What could not be written ends here all the same.
    drop(written);
    kept.push(b"\n");
}
