//! A program, a door, and what arrived.

use agentops::{
    AgentOps, Builder,
    testing::{Collector, Span, draw},
};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tracing::{Dispatch, dispatcher};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

use crate::guest::{DEADLINE, to};

/// How spans come in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Door {
    /// Our own layer.
    Layer,
    /// The layer of `tracing-opentelemetry` over the host's provider, which has our span processor.
    Processor,
    /// The layer of `tracing-opentelemetry` that the handle makes.
    OpenTelemetryLayer,
}

/// The doors for spans of OpenTelemetry.
pub(crate) const SECOND: [Door; 2] = [Door::Processor, Door::OpenTelemetryLayer];

/// A host's provider with our span processor. It reads no environment.
pub(crate) fn provider(agentops: &AgentOps) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOn)
        .with_span_processor(agentops.span_processor())
        .build()
}

/// What arrived of a program that makes spans with `tracing`.
pub(crate) fn arrived(door: Door, program: impl FnOnce(&AgentOps)) -> Vec<Span> {
    arrived_with(|builder| builder, door, program)
}

/// As [`arrived`], with settings.
pub(crate) fn arrived_with(
    settings: impl FnOnce(Builder) -> Builder,
    door: Door,
    program: impl FnOnce(&AgentOps),
) -> Vec<Span> {
    finished(settings, |agentops| {
        let subscriber: Dispatch = match door {
            Door::Layer => registry().with(agentops.layer()).into(),
            Door::Processor => {
                let tracer = provider(agentops).tracer("host");
                registry()
                    .with(tracing_opentelemetry::layer().with_tracer(tracer))
                    .into()
            }
            Door::OpenTelemetryLayer => registry().with(agentops.opentelemetry_layer()).into(),
        };
        dispatcher::with_default(&subscriber, || program(agentops));
    })
}

/// What arrived of a program that makes spans with the API of OpenTelemetry.
pub(crate) fn arrived_of_api(settings: impl FnOnce(Builder) -> Builder, program: impl FnOnce(&SdkTracer)) -> Vec<Span> {
    finished(settings, |agentops| {
        let provider = provider(agentops);
        program(&provider.tracer("my-library"));
        provider.shutdown().unwrap();
    })
}

fn finished(settings: impl FnOnce(Builder) -> Builder, program: impl FnOnce(&AgentOps)) -> Vec<Span> {
    let collector = Collector::start();
    let agentops = settings(to(&collector).with_env_data_opt_out(true)).build().unwrap();
    program(&agentops);
    match agentops.shutdown(DEADLINE) {
        Err(reason) if !reason.is_closed() => panic!("{reason}"),
        _ => {}
    }
    let stats = agentops.stats();
    assert_eq!(stats.recorded, stats.exported + stats.dropped.total(), "{stats:?}");
    assert_eq!((stats.queued_spans, stats.queued_bytes), (0, 0), "{stats:?}");
    assert_eq!(stats.dropped.total(), 0, "{stats:?}");
    collector.spans()
}

/// The one span of this name.
#[track_caller]
pub(crate) fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut found = spans.iter().filter(|span| span.name == name);
    match (found.next(), found.next()) {
        (Some(span), None) => span,
        (found, _) => panic!(
            "{} of {name} in\n{}",
            if found.is_some() { "two" } else { "none" },
            draw(spans)
        ),
    }
}
