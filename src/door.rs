//! The second door: for programs whose spans come from OpenTelemetry.

use std::{sync::atomic::Ordering, time::Duration};

use opentelemetry_sdk::trace::SpanProcessor;

use crate::{
    error::ExportError,
    handle::AgentOps,
    hierarchy::Recorder,
    otel::{
        foreign::Foreign,
        processor::{Owner, SecondDoor},
    },
    semconv::agentops::field,
};

impl AgentOps {
    /// A span processor for a provider that the program has: for spans that come from `tracing-opentelemetry` (and are
    /// told more through its `OpenTelemetrySpanExt`) or from the API of OpenTelemetry itself.
    ///
    /// What arrives is what would arrive through [`layer`](Self::layer). Spans that are marked (`agentops.kind`) or that
    /// a known library makes are exported; others are not, and what is below them hangs on what is above them. Spans keep
    /// their ids. One without a recorded span above it belongs to the auto-session, and so do all below it, whatever
    /// their trace is at the host; a span whose parent is in another process goes on in that trace.
    ///
    /// A trace is held until its local root ends, for attributes that are set late decide what a span is: up to 30 s and
    /// 4,096 spans, then it leaves as far as it is known, counted as
    /// [`released_early`](crate::ExportStats::released_early). A flush lets everything go.
    ///
    /// **One door per handle**: where spans come in through the layer and through a processor of the same handle, each is
    /// sent twice, and one WARN says so. [`AgentOpsSpanExt`](crate::AgentOpsSpanExt) speaks to the layer only;
    /// [`Session`](crate::Session)s hold what is started inside their [`in_scope`](crate::Session::in_scope),
    /// [`instrument`](crate::Session::instrument) and [`run`](crate::Session::run).
    ///
    /// Shutting the provider down (or dropping it) shuts the handle down: end a [`ShutdownGuard`](crate::ShutdownGuard)
    /// first, if its end state matters.
    ///
    /// Differences that `tracing-opentelemetry` makes: it does not tell a panic, it writes unsigned integers as text
    /// (counts that the conventions define are read as numbers again), and the provider's sampler and limits come first.
    /// Attributes of links are not kept.
    ///
    /// ```
    /// use agentops::Export;
    /// use opentelemetry_sdk::trace::SdkTracerProvider;
    ///
    /// # fn main() -> Result<(), agentops::InitError> {
    /// let agentops = agentops::builder().with_export(Export::Off).build()?;
    /// let provider = SdkTracerProvider::builder()
    ///     // .with_batch_exporter(..): where the spans go already
    ///     .with_span_processor(agentops.span_processor())
    ///     .build();
    /// # drop(provider);
    /// # Ok(())
    /// # }
    /// ```
    pub fn span_processor(&self) -> impl SpanProcessor + use<> {
        SecondDoor::new(self.clone(), !self.config().instrument_llm_calls, true)
    }

    /// Someone has a span processor of this handle.
    pub(crate) fn has_second_door(&self) -> bool {
        self.recorder().counts.second_door.load(Ordering::Relaxed)
    }

    /// A session has a record of its own, for no layer of ours saw its span. Through the second door the span is seen,
    /// but it is no session: the record is.
    pub(crate) fn keeps_record_of(&self, session: &tracing::Span) {
        session.record(field::SESSION_HAS_RECORD, true);
        if !self.has_second_door() {
            self.warn_of_a_hidden_session(session.is_disabled());
        }
    }
}

impl Owner for AgentOps {
    fn recorder(&self) -> &Recorder {
        Self::recorder(self)
    }

    fn is_inert(&self) -> bool {
        self.pipeline().is_none()
    }

    fn hand_over(&self, foreign: Foreign) {
        self.queue().hand_over(foreign);
    }

    fn flush(&self, timeout: Duration) -> Result<(), ExportError> {
        self.force_flush(timeout)
    }

    fn shut_down(&self, timeout: Duration) -> Result<(), ExportError> {
        self.shutdown(timeout)
    }
}

#[cfg(feature = "tracing-opentelemetry")]
mod layer {
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_sdk::{
        Resource,
        trace::{Sampler, SdkTracerProvider},
    };
    use tracing::{Metadata, Subscriber};
    use tracing_subscriber::{
        Layer,
        filter::{FilterFn, LevelFilter},
        registry::LookupSpan,
    };

    use super::SecondDoor;
    use crate::{handle::AgentOps, semconv::agentops};

    impl AgentOps {
        /// The layer of `tracing-opentelemetry`, wired to this handle: for programs that live on its
        /// `OpenTelemetrySpanExt` and have no provider of their own.
        ///
        /// It takes the place of [`layer`](Self::layer); what is said of [`span_processor`](Self::span_processor) holds
        /// here, too, except that dropping the layer does not shut the handle down. Any span may be given attributes
        /// later, so it sees all of them (up to [`with_max_level`](crate::Builder::with_max_level)) and costs what
        /// `tracing-opentelemetry` costs; only those that concern AgentOps leave. The context of a span is active in
        /// OpenTelemetry while it is entered. Two layers of `tracing-opentelemetry` in one subscriber panic: a program
        /// that has one adds [`span_processor`](Self::span_processor) to its provider instead.
        ///
        /// ```
        /// use agentops::Export;
        /// use tracing_opentelemetry::OpenTelemetrySpanExt as _;
        /// use tracing_subscriber::prelude::*;
        ///
        /// # fn main() -> Result<(), agentops::InitError> {
        /// let agentops = agentops::builder().with_export(Export::Console).build()?;
        /// let subscriber = tracing_subscriber::registry().with(agentops.opentelemetry_layer());
        /// tracing::subscriber::with_default(subscriber, || {
        ///     let span = tracing::info_span!("lookup");
        ///     span.set_attribute("agentops.kind", "tool");
        /// });
        /// # Ok(())
        /// # }
        /// ```
        pub fn opentelemetry_layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
        where
            S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
        {
            /// More than we keep; the bounds are ours.
            const LIMIT: u32 = 4_096;
            let config = self.config();
            // Everything is given, so that no `OTEL_*` variable of the host's is read.
            let provider = SdkTracerProvider::builder()
                .with_sampler(Sampler::AlwaysOn)
                .with_max_attributes_per_span(LIMIT)
                .with_max_events_per_span(LIMIT)
                .with_max_links_per_span(LIMIT)
                .with_max_attributes_per_event(LIMIT)
                .with_max_attributes_per_link(LIMIT)
                .with_resource(Resource::builder_empty().build())
                .with_span_processor(SecondDoor::new(self.clone(), !config.instrument_llm_calls, false))
                .build();
            let (spans, events) = if config.destination.is_inert() {
                (LevelFilter::OFF, LevelFilter::OFF)
            } else {
                (config.max_level, config.event_level)
            };
            let sees = move |callsite: &Metadata<'_>| {
                if callsite.is_span() {
                    *callsite.level() <= spans
                } else {
                    // What `#[instrument(ret)]` tells has the level of its span.
                    let outcome = crate::attributes::classify::is_outcome_event(callsite);
                    callsite.target() != agentops::SCOPE
                        && *callsite.level() <= if outcome { events.max(spans) } else { events }
                }
            };
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer(agentops::SCOPE))
                .with_threads(false)
                .with_tracked_inactivity(false)
                .with_filter(FilterFn::new(sees).with_max_level_hint(spans.max(events)))
        }
    }
}
