//! Too much at once.

use std::time::{Duration, Instant};

use agentops::Builder;
use tracing::info_span;

use super::case::{Case, DEADLINE, Drop, Run, demand, healthy};

/// A burst takes this machine's time, and the server is on it: a slow answer is not the fault that is looked for here.
const LONG: Duration = DEADLINE.saturating_mul(10);

fn patient(builder: Builder) -> Builder {
    builder.with_export_timeout(DEADLINE)
}

/// As fast as one thread makes them: about a second without optimizations.
fn burst(run: &Run) {
    let began = Instant::now();
    run.send(100_000);
    eprintln!("100,000 spans in {:?}", began.elapsed());
}

const TOO_MUCH: &[Case] = &[
    Case::new("a burst of 100,000 spans, room for them", healthy, |run| {
        burst(run);
        run.try_flush(LONG).unwrap();
    })
    .with(|builder| {
        patient(builder)
            .with_max_queue_size(200_000)
            .with_max_queue_bytes(1 << 30)
    }),
    Case::new("a burst of 100,000 spans, room as by default", healthy, |run| {
        burst(run);
        let most = run.agentops.stats().queued_spans;
        assert!(most <= 32_768, "{most} spans wait");
    })
    .with(patient)
    .ends_within(LONG)
    .costs(Drop::Some),
    Case::new("a burst of 20,000 spans, room for 2,000", healthy, |run| {
        run.send(20_000);
    })
    .with(|builder| patient(builder).with_max_queue_size(2_000))
    .ends_within(LONG)
    .costs(Drop::Some),
    Case::new("200 KB prompts, more than there is room for", healthy, |run| {
        run.send_prompts(300, &"prompt ".repeat(200_000 / 7));
        run.flush();
        let shed = run.agentops.stats().shed;
        assert!(shed.recording + shed.waiting > 0, "{shed:?}");
    })
    .with(|builder| patient(builder).with_max_queue_bytes(16 << 20)),
    Case::new("1,000 sessions opened and never closed", healthy, |run| {
        let sessions: Vec<_> = run.within(|| {
            (0..1_000)
                .map(|_| info_span!("session", agentops.kind = "session", t.serial = run.serial()))
                .collect()
        });
        run.agentops.shutdown(DEADLINE).unwrap();
        assert_eq!(run.agentops.stats().open_spans, 0);
        drop(sessions);
    })
    .with(patient),
];

#[test]
fn too_much_is_shortened_before_it_is_dropped_and_counted_either_way() {
    demand(TOO_MUCH);
}
