//! Measures times, as medians of runs that take turns, and prints the table of README.md.
//!
//! Every listener has a process of its own, and all of them do the same program one after the other, many times over: a
//! machine that is busy for a while is busy for all of them.

#![allow(clippy::print_stdout, reason = "a report")]

use std::{
    error::Error,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use agentops_bench::{Listener, Program};

const SUBJECT: &str = env!("CARGO_BIN_EXE_subject");
const ROUNDS: usize = 200;
const BUILDS: usize = 40;

fn main() -> Result<(), Box<dyn Error>> {
    let [ours, other, beside] = medians(
        Program::UnrelatedSpan,
        [Listener::Ours, Listener::Other, Listener::OursBesideOther],
    )?;
    let [_, theirs] = medians(Program::UnrelatedSpan, [Listener::Ours, Listener::OpenTelemetry])?;
    println!("| on the thread of the program | agentops | tracing-opentelemetry | ratio |");
    println!("| --- | ---: | ---: | ---: |");
    println!("| a span that concerns no agent | {ours:.1} ns | {theirs:.0} ns | |");
    println!(
        "| the same, beside a layer that wants every span ({other:.0} ns by itself) | {:+.0} ns | | |",
        beside - other
    );
    for (program, name) in [
        (Program::AgentSpan, "an agent's span with 6 strings"),
        (Program::AgentSpanWithEvents, "the same with 2 events inside"),
    ] {
        let [ours, theirs] = medians(program, [Listener::Ours, Listener::OpenTelemetry])?;
        println!("| {name} | {ours:.0} ns | {theirs:.0} ns | {:.2} |", ours / theirs);
    }
    let [durable, _] = medians(Program::AgentSpan, [Listener::OursDurable, Listener::Ours])?;
    println!("| an agent's span with 6 strings, and a durable spool | {durable:.0} ns | | |");
    println!("| `build()` | {:.2} ms | | |", build()? / 1e6);
    println!();
    let cores = std::thread::available_parallelism()?;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    println!("Medians of {ROUNDS} interleaved rounds on {cores} cores, load average {load}.");
    Ok(())
}

/// Nanoseconds of one turn of the program, a listener each.
fn medians<const N: usize>(program: Program, listeners: [Listener; N]) -> Result<[f64; N], Box<dyn Error>> {
    let mut subjects = Vec::new();
    for listener in listeners {
        subjects.push(Subject::start(listener, program)?);
    }
    for round in 0..ROUNDS {
        // Nobody always comes after the same one.
        for turn in 0..N {
            if let Some(subject) = subjects.get_mut((round + turn) % N) {
                subject.turn()?;
            }
        }
    }
    let mut medians = subjects.iter().map(|subject| median(&subject.times));
    Ok([0; N].map(|_| medians.next().unwrap_or_default() / f64::from(program.repeats())))
}

/// Nanoseconds of the first `build()` of a process.
fn build() -> Result<f64, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..BUILDS {
        let output = Command::new(SUBJECT).arg("build").output()?;
        times.push(String::from_utf8(output.stdout)?.trim().parse()?);
    }
    Ok(median(&times))
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// A listener's process.
struct Subject {
    program: Program,
    process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    times: Vec<f64>,
}

impl Subject {
    fn start(listener: Listener, program: Program) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(SUBJECT)
            .args([listener.name(), program.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let asks = process.stdin.take().ok_or("no way to ask")?;
        let answers = BufReader::new(process.stdout.take().ok_or("no way to answer")?);
        let mut subject = Self {
            program,
            process,
            asks,
            answers,
            times: Vec::new(),
        };
        // The first turn warms it up.
        subject.turn()?;
        subject.times.clear();
        Ok(subject)
    }

    fn turn(&mut self) -> Result<(), Box<dyn Error>> {
        writeln!(self.asks, "{}", self.program.repeats())?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        self.times.push(answer.trim().parse()?);
        Ok(())
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        // Whether it ended by itself is all the same.
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}
