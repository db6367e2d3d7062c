//! [`Program`]: what the host's thread does.

use std::{hint::black_box, str::FromStr};

use tracing::{info, info_span};

use crate::Call;

/// A piece of a program, done once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// A span that concerns no agent, as most of a program's.
    UnrelatedSpan,
    /// An agent's span with six strings, from creation to close.
    AgentSpan,
    /// The same with two events inside.
    AgentSpanWithEvents,
    /// A call of a function with an attribute of ours.
    Decorated(Call),
    /// A call of the same function with `#[instrument]`.
    Instrumented(Call),
    /// The JSON that the first of the two makes of what it takes and gives.
    Json(Call),
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::UnrelatedSpan,
        Self::AgentSpan,
        Self::AgentSpanWithEvents,
        Self::Decorated(Call::Scalars),
        Self::Decorated(Call::Result),
        Self::Decorated(Call::Async),
        Self::Instrumented(Call::Scalars),
        Self::Instrumented(Call::Result),
        Self::Instrumented(Call::Async),
        Self::Json(Call::Scalars),
        Self::Json(Call::Result),
        Self::Json(Call::Async),
    ];

    /// Its name in tables and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnrelatedSpan => "unrelated-span",
            Self::AgentSpan => "agent-span",
            Self::AgentSpanWithEvents => "agent-span-2-events",
            Self::Decorated(Call::Scalars) => "decorated-scalars",
            Self::Decorated(Call::Result) => "decorated-result",
            Self::Decorated(Call::Async) => "decorated-async",
            Self::Instrumented(Call::Scalars) => "instrumented-scalars",
            Self::Instrumented(Call::Result) => "instrumented-result",
            Self::Instrumented(Call::Async) => "instrumented-async",
            Self::Json(Call::Scalars) => "json-scalars",
            Self::Json(Call::Result) => "json-result",
            Self::Json(Call::Async) => "json-async",
        }
    }

    /// How often it is done between two readings of the clock: less than a batch of either pipeline, so that neither
    /// is woken by a full one meanwhile.
    pub const fn repeats(self) -> u32 {
        match self {
            Self::UnrelatedSpan => 20_000,
            _ => 256,
        }
    }

    /// Does it `times` times, while callgrind counts: it counts what happens inside this function.
    #[inline(never)]
    pub fn run_counted(self, times: u32) {
        self.run(times);
        // Without it there would be a jump, and no function to be inside of.
        black_box(());
    }

    /// Does it `times` times.
    #[inline(never)]
    pub fn run(self, times: u32) {
        match self {
            Self::UnrelatedSpan => (0..times).for_each(|_| unrelated_span()),
            Self::AgentSpan => (0..times).for_each(|_| agent_span(|| {})),
            Self::AgentSpanWithEvents => (0..times).for_each(|_| {
                agent_span(|| {
                    info!("looking for a forecast");
                    info!(forecasts = black_box(3_u64), "found some");
                });
            }),
            Self::Decorated(call) => call.decorated(times),
            Self::Instrumented(call) => call.instrumented(times),
            Self::Json(call) => call.json(times),
        }
    }
}

fn unrelated_span() {
    let span = info_span!("request", http.route = black_box("/health"), attempt = black_box(1_u64));
    let _entered = span.enter();
}

fn agent_span(inside: impl FnOnce()) {
    let span = info_span!(
        "invoke",
        agentops.kind = black_box("agent"),
        agentops.name = black_box("forecaster"),
        agentops.input = black_box("Will it rain in Paris tomorrow?"),
        agentops.output = black_box("No: sunny, 24 degrees, a light wind from the west."),
        customer.plan = black_box("team"),
        customer.region = black_box("eu-west-3"),
    );
    let _entered = span.enter();
    inside();
}

impl FromStr for Program {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|program| program.name() == name)
            .ok_or_else(|| format!("{name} is not a program"))
    }
}
