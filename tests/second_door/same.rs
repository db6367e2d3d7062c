//! One program, three doors, one result.

use std::{collections::BTreeMap, fmt};

use agentops::testing::{Span, Value, draw};
use tracing::{Span as Current, error, info, info_span, instrument};

use super::doors::{Door, SECOND, arrived, named};

#[derive(Debug)]
struct NoSuchCity;

impl fmt::Display for NoSuchCity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such city")
    }
}

impl std::error::Error for NoSuchCity {}

#[instrument(fields(agentops.kind = "tool", agentops.tag.team = "geo"), ret)]
fn population(city: &str, year: i64) -> i64 {
    let _query = info_span!("SELECT", db.system = "sqlite").entered();
    2_100_000
}

#[instrument(fields(agentops.kind = "tool", agentops.name = "mayor_of"), err)]
fn mayor(city: &str) -> Result<String, NoSuchCity> {
    Err(NoSuchCity)
}

#[instrument(name = "completion", fields(
    gen_ai.operation.name = "chat",
    gen_ai.provider.name = "openai",
    gen_ai.request.model = "gpt-4o",
    gen_ai.request.max_tokens = 512_u64,
    gen_ai.usage.input_tokens,
    gen_ai.usage.output_tokens,
    gen_ai.response.model,
))]
fn ask() {
    let span = Current::current();
    span.record("gen_ai.usage.input_tokens", 1_200_u64);
    span.record("gen_ai.usage.output_tokens", 34_usize);
    span.record("gen_ai.response.model", "gpt-4o-2024-08-06");
}

#[instrument(fields(agentops.kind = "agent", otel.name = "geographer"))]
fn agent(question: &str, strict: bool) {
    info!(attempt = 1, "thinking");
    let _step = info_span!("step").entered();
    let _inner = info_span!("http.request", url.full = "http://localhost/").entered();
    ask();
    assert_eq!(population("Paris", 2026), 2_100_000);
    assert!(mayor("Atlantis").is_err());
    // A library's agent is named by a field, not by its callsite.
    let _other = info_span!(
        "invoke_agent",
        gen_ai.operation.name = "invoke_agent",
        gen_ai.agent.name = "bob"
    )
    .entered();
    let _call = info_span!(
        "execute_tool",
        otel.name = "execute_tool add",
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = "add"
    )
    .entered();
}

#[instrument(fields(agentops.kind = "workflow"))]
fn report() {
    error!("the printer is out of paper");
}

fn program() {
    let _request = info_span!("POST /ask").entered();
    agent("How many live in Paris?", true);
    report();
}

/// Everything that was said of a span; its own times and ids apart.
fn told(span: &Span) -> String {
    let sorted = |attributes: &[(String, Value)]| -> BTreeMap<String, Value> { attributes.iter().cloned().collect() };
    let events: Vec<_> = span
        .events
        .iter()
        .map(|event| (event.name.clone(), sorted(&event.attributes)))
        .collect();
    format!(
        "{} {:?} {:?}\n{:#?}\n{events:#?}",
        span.name,
        span.otel_kind,
        span.status,
        sorted(&span.attributes)
    )
}

#[test]
fn a_program_looks_the_same_through_every_door() {
    let through_layer = arrived(Door::Layer, |_| program());
    assert_eq!(
        draw(&through_layer),
        "default.session\n  \
           geographer.agent\n    \
             chat gpt-4o\n    \
             population.tool\n    \
             mayor_of.tool !no such city\n    \
             bob.agent\n      \
               add.tool\n  \
           report.workflow !the printer is out of paper\n"
    );
    for door in SECOND {
        let spans = arrived(door, |_| program());
        assert_eq!(draw(&spans), draw(&through_layer), "{door:?}");
        for span in &spans {
            let same = named(&through_layer, &span.name);
            assert_eq!(told(span), told(same), "{door:?}");
        }
    }
}

#[test]
fn counts_that_tracing_opentelemetry_writes_as_text_are_integers() {
    for door in SECOND {
        let spans = arrived(door, |_| ask());
        let call = named(&spans, "chat gpt-4o");
        for (key, count) in [
            ("gen_ai.usage.prompt_tokens", 1_200),
            ("gen_ai.usage.completion_tokens", 34),
            ("gen_ai.usage.total_tokens", 1_234),
            ("gen_ai.request.max_tokens", 512),
        ] {
            assert_eq!(call.attribute(key), Some(&Value::from(count)), "{door:?} {key}");
        }
    }
}

#[test]
fn times_are_those_of_the_span() {
    for door in SECOND {
        let spans = arrived(door, |_| program());
        let [agent, tool] = ["geographer.agent", "population.tool"].map(|name| named(&spans, name));
        assert!(agent.start_unix_nanos < tool.start_unix_nanos, "{door:?}");
        assert!(tool.start_unix_nanos < tool.end_unix_nanos, "{door:?}");
        assert!(tool.end_unix_nanos < agent.end_unix_nanos, "{door:?}");
        let thought = agent.events_named("thinking").next().unwrap();
        assert!(
            agent.start_unix_nanos <= thought.unix_nanos && thought.unix_nanos < tool.start_unix_nanos,
            "{door:?}"
        );
    }
}

#[test]
fn a_known_librarys_span_is_recognised_by_its_callsite_through_every_door() {
    let program = || {
        let _agent = info_span!(target: "autoagents_core::agent", "autoagents.task").entered();
        let _unrelated = info_span!(target: "elsewhere", "autoagents.task").entered();
        drop(info_span!(target: "autoagents_core::tool", "autoagents.tool_call", tool_name = "add"));
    };
    let through_layer = arrived(Door::Layer, |_| program());
    assert_eq!(
        draw(&through_layer),
        "default.session\n  autoagents.task.agent\n    add.tool\n"
    );
    for door in SECOND {
        assert_eq!(draw(&arrived(door, |_| program())), draw(&through_layer), "{door:?}");
    }
}
