//! Recording that is switched off and on while spans are open, and an end while threads go on making spans.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use agentops::testing::{Collector, draw};
use opentelemetry::{
    Context, KeyValue,
    trace::{TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_sdk::trace::SdkTracer;

use super::doors::{arrived_with, named, provider};
use crate::{
    guest::{DEADLINE, to},
    second_door::doors::SECOND,
};

fn begun(tracer: &SdkTracer, name: &'static str, kind: &'static str, parent: &Context) -> Context {
    let span = tracer
        .span_builder(name)
        .with_attributes([KeyValue::new("agentops.kind", kind)])
        .start_with_context(tracer, parent);
    parent.with_span(span)
}

#[test]
fn what_began_while_recording_was_on_is_recorded_and_what_began_while_it_was_off_is_not() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let provider = provider(&agentops);
    let tracer = provider.tracer("app");
    let agent = begun(&tracer, "agent", "agent", &Context::new());
    agentops.set_enabled(false);
    let hidden = begun(&tracer, "hidden", "task", &agent);
    begun(&tracer, "brief", "tool", &agent).span().end();
    agentops.set_enabled(true);
    let shown = begun(&tracer, "shown", "tool", &hidden);
    shown.span().end();
    hidden.span().end();
    agentops.set_enabled(false);
    agent.span().end();
    let began = Instant::now();
    // The root ended and is known to have: nothing waits for it until its time is over.
    let spans = collector.wait_for_spans(2, DEADLINE).unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(
        named(&spans, "shown.tool").parent_span_id,
        Some(named(&spans, "agent.agent").span_id.clone())
    );
    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(
        draw(&collector.spans()),
        "default.session\n  agent.agent\n    shown.tool\n"
    );
    let stats = agentops.stats();
    assert_eq!(
        (stats.recorded, stats.exported, stats.dropped.total()),
        (3, 3, 0),
        "{stats:?}"
    );
    assert_eq!(
        (stats.queued_spans, stats.queued_bytes, stats.released_early),
        (0, 0, 0),
        "{stats:?}"
    );
}

#[test]
fn spans_of_tracing_are_switched_at_their_beginning_as_the_layers_are() {
    for door in [super::doors::Door::Layer].into_iter().chain(SECOND) {
        let spans = arrived_with(
            |builder| builder,
            door,
            |agentops| {
                // `tracing-opentelemetry` starts a span where it is first entered.
                let on = tracing::info_span!("on", agentops.kind = "agent");
                on.in_scope(|| ());
                agentops.set_enabled(false);
                let off = tracing::info_span!(parent: &on, "off", agentops.kind = "task");
                off.in_scope(|| ());
                drop(on);
                agentops.set_enabled(true);
                drop(off);
            },
        );
        assert_eq!(draw(&spans), "default.session\n  on.agent\n", "{door:?}");
    }
}

#[test]
fn a_shutdown_is_over_in_time_though_threads_go_on_making_spans() {
    let collector = Collector::start();
    let agentops = to(&collector).with_max_queue_size(20_000).build().unwrap();
    let provider = provider(&agentops);
    let goes_on = AtomicBool::new(true);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let tracer = provider.tracer("busy");
                while goes_on.load(Ordering::Relaxed) {
                    begun(&tracer, "busy", "tool", &Context::new()).span().end();
                }
            });
        }
        while agentops.stats().queued_spans < 10_000 {
            thread::yield_now();
        }
        let began = Instant::now();
        let ended = agentops.shutdown(Duration::from_secs(1));
        let took = began.elapsed();
        goes_on.store(false, Ordering::Relaxed);
        // Not everything can be delivered in that time; what cannot is counted.
        assert!(ended.is_ok() || !ended.unwrap_err().is_closed());
        assert!(took < Duration::from_secs(15), "{took:?}");
    });
    let began = Instant::now();
    loop {
        let stats = agentops.stats();
        if stats.recorded == stats.exported + stats.dropped.total() && stats.queued_spans == 0 {
            break;
        }
        assert!(began.elapsed() < DEADLINE, "{stats:?}");
        thread::yield_now();
    }
    let tracer = provider.tracer("late");
    begun(&tracer, "late", "tool", &Context::new()).span().end();
    assert!(agentops.stats().dropped.after_shutdown > 0, "{:?}", agentops.stats());
}
