//! [`Pending`]: how much is neither delivered nor dropped yet.

/// Spans and bytes that are still held.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    spans: usize,
    bytes: usize,
}

impl Pending {
    pub(crate) fn add(&mut self, spans: usize, bytes: usize) {
        self.spans = self.spans.saturating_add(spans);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    pub(crate) fn remove(&mut self, spans: usize, bytes: usize) {
        self.spans = self.spans.saturating_sub(spans);
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Holds nothing from now on; answers how many spans it was.
    pub(crate) fn clear(&mut self) -> usize {
        std::mem::take(self).spans
    }

    pub(crate) fn spans(&self) -> usize {
        self.spans
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}
