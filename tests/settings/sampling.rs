//! Which traces are kept.

use agentops::{AgentOps, Builder, EndState};

use super::harness::{Seen, as_is, seen, seen_plain, tool, variables};

const SESSIONS: usize = 400;

fn sessions(agentops: &AgentOps) {
    for _ in 0..SESSIONS {
        let session = agentops.session("s").start();
        session.in_scope(tool);
        session.end(EndState::Success);
    }
}

/// The number of sessions that were kept; every one is kept whole or left out whole, and all are counted.
fn kept(seen: &Seen) -> usize {
    assert_eq!(seen.spans.len() % 2, 0);
    for span in &seen.spans {
        let of_trace = seen.spans.iter().filter(|other| other.trace_id == span.trace_id);
        assert_eq!(of_trace.count(), 2, "half a session");
    }
    let recorded = usize::try_from(seen.stats.recorded).unwrap();
    let left_out = usize::try_from(seen.stats.sampled_out).unwrap();
    assert_eq!((recorded, recorded + left_out), (seen.spans.len(), 2 * SESSIONS));
    seen.spans.len() / 2
}

/// A half of 400, give or take eight standard deviations.
fn is_half(kept: usize) -> bool {
    (120..=280).contains(&kept)
}

#[test]
fn the_part_of_all_traces_that_was_asked_for_is_kept() {
    covers!("with_sample_ratio", "AGENTOPS_SAMPLE_RATIO");
    let with = |settings: &dyn Fn(Builder) -> Builder| kept(&seen(settings, sessions));
    assert_eq!(with(&as_is), SESSIONS);
    assert_eq!(with(&|builder| builder.with_sample_ratio(1.0)), SESSIONS);
    assert_eq!(with(&|builder| builder.with_sample_ratio(0.0)), 0);
    assert!(is_half(with(&|builder| builder.with_sample_ratio(0.5))));
    let none = [("AGENTOPS_SAMPLE_RATIO", "0")];
    let half = [("AGENTOPS_SAMPLE_RATIO", "0.5")];
    assert_eq!(with(&|builder| builder.with_env(variables(&none))), 0);
    assert!(is_half(with(&|builder| builder.with_env(variables(&half)))));
    assert_eq!(
        with(&|builder| builder.with_env(variables(&none)).with_sample_ratio(1.0)),
        SESSIONS
    );
}

#[test]
fn without_a_key_opentelemetrys_sampler_decides() {
    covers!("OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG");
    let under = |pairs: &[(&str, &str)]| kept(&seen_plain(|builder| builder.with_env(variables(pairs)), sessions));
    let sampler = |name| ("OTEL_TRACES_SAMPLER", name);
    let argument = |ratio| ("OTEL_TRACES_SAMPLER_ARG", ratio);
    assert_eq!(under(&[]), SESSIONS);
    assert_eq!(under(&[sampler("always_on"), argument("0")]), SESSIONS);
    assert_eq!(under(&[sampler("always_off"), argument("1")]), 0);
    assert_eq!(under(&[sampler("parentbased_traceidratio"), argument("0")]), 0);
    assert!(is_half(under(&[sampler("traceidratio"), argument("0.5")])));
    assert_eq!(
        under(&[sampler("always_off"), ("AGENTOPS_SAMPLE_RATIO", "1")]),
        SESSIONS
    );
}

#[test]
fn a_trace_that_is_left_out_is_kept_for_an_error_where_that_is_asked_for() {
    covers!("with_keep_errors");
    let one_of_each = |agentops: &AgentOps| {
        agentops.session("well").start().end(EndState::Success);
        agentops.session("ill").start().fail("no money");
    };
    let names = |settings: &dyn Fn(Builder) -> Builder| {
        let seen = seen(|builder| settings(builder.with_sample_ratio(0.0)), one_of_each);
        let names: Vec<String> = seen.names().into_iter().map(str::to_owned).collect();
        (names, seen.stats.sampled_out)
    };
    assert_eq!(names(&as_is), (vec![], 2));
    assert_eq!(names(&|builder| builder.with_keep_errors(false)), (vec![], 2));
    let kept = vec!["ill.session".to_owned()];
    assert_eq!(names(&|builder| builder.with_keep_errors(true)), (kept, 1));
}
