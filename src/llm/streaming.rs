//! [`Streaming`]: an answer that arrives in pieces.

use serde::Serialize;
use tracing::Span;

use super::{Gathering, call};
use crate::{cause::cause_of, usage::Usage};

/// An answer that arrives in pieces; made by [`Call::stream`](super::Call::stream). It ends the call once: at its end, or
/// when it is dropped.
///
/// The call gets the time to the first piece and from there to the end (seconds), the number of pieces, and the words and
/// tool calls that the pieces made. Dropped before [`end`](Self::end), or after [`fail`](Self::fail), what came is kept
/// and `agentops.response.partial` is true; a drop alone is no error, for who has seen enough wants no more.
///
/// ```
/// use agentops::{Usage, llm::Call};
///
/// let mut streaming = Call::chat("mine", "my-model").with_messages("Hello?").stream();
/// for piece in ["Hel", "lo!"] {
///     streaming.text(piece);
/// }
/// streaming.usage(&Usage::new(3, 2));
/// streaming.finish_reason("stop");
/// streaming.end();
/// ```
#[must_use = "the call ends when this is dropped"]
#[derive(Debug)]
pub struct Streaming {
    span: Span,
    gathering: Option<Box<Gathering>>,
    /// Somebody else counts the pieces.
    is_counted: bool,
}

impl Streaming {
    pub(super) fn new(span: Span, gathering: Option<Box<Gathering>>) -> Self {
        Self {
            span,
            gathering,
            is_counted: false,
        }
    }

    /// The call's span.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// A piece of what the model says.
    pub fn text(&mut self, piece: impl AsRef<str>) {
        if let Some(gathering) = self.piece() {
            gathering.text(piece.as_ref());
        }
    }

    /// A piece of what the model thinks.
    pub fn reasoning(&mut self, piece: impl AsRef<str>) {
        if let Some(gathering) = self.piece() {
            gathering.reasoning(piece.as_ref());
        }
    }

    /// A piece of a call of a tool: the number of the call within the answer, its id and name where the piece has them, and
    /// the next piece of its arguments.
    pub fn tool_call(&mut self, number: u64, id: Option<&str>, name: Option<&str>, arguments: &str) {
        if let Some(gathering) = self.piece() {
            gathering.tool_call(number, id, name, arguments);
        }
    }

    /// A piece in the provider's own shape: a chunk of a chat completion, an event of Anthropic's or of `OpenAI`'s
    /// responses, a piece of Gemini's or a line of Ollama's. Words, tool calls, tokens and finish reasons are read out of
    /// all of them together, later and on another thread. 1 MiB is kept, and the last 64 KiB.
    pub fn chunk<T: Serialize + ?Sized>(&mut self, chunk: &T) {
        if let Some(gathering) = self.piece() {
            gathering.raw_response(chunk);
        }
    }

    /// The tokens of the call, as far as they are known; the last count stands.
    pub fn usage(&mut self, usage: &Usage) {
        call::record_usage(&self.span, usage);
    }

    /// Why the model stopped.
    pub fn finish_reason(&mut self, reason: impl AsRef<str>) {
        if let Some(gathering) = &mut self.gathering {
            gathering.finish_reason(reason.as_ref());
        }
    }

    /// The provider's id of the answer.
    pub fn response_id(&mut self, id: impl AsRef<str>) {
        self.span.record("gen_ai.response.id", id.as_ref());
    }

    /// The model that answers.
    pub fn response_model(&mut self, model: impl AsRef<str>) {
        self.span.record("gen_ai.response.model", model.as_ref());
    }

    /// What went wrong, with its type and causes. The first error stands; what came before it is kept.
    pub fn fail<E: std::error::Error + ?Sized>(&mut self, error: &E) {
        if let Some(gathering) = &mut self.gathering {
            gathering.failed::<E>(&error, cause_of(error));
        }
    }

    /// The answer is whole: ends the call.
    pub fn end(mut self) {
        self.finish(true);
    }

    /// Pieces are counted by whoever hands them in.
    pub(super) fn counted(mut self) -> Self {
        self.is_counted = true;
        self
    }

    /// A piece came, whatever is in it.
    pub(super) fn count(&mut self) {
        if let Some(gathering) = &mut self.gathering {
            gathering.chunk();
        }
    }

    /// Only the first end counts.
    pub(super) fn finish(&mut self, at_its_end: bool) {
        if let Some(gathering) = self.gathering.take() {
            let whole = at_its_end && !gathering.has_failed();
            gathering.tell(Some(whole));
        }
        self.span = Span::none();
    }

    fn piece(&mut self) -> Option<&mut Gathering> {
        let gathering = self.gathering.as_deref_mut()?;
        if !self.is_counted {
            gathering.chunk();
        }
        Some(gathering)
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        self.finish(false);
    }
}
