//! Counts what a program's thread does: allocations, and instructions where valgrind is there. Fails above a ceiling.
//!
//! Counts are the same on a loaded machine and an idle one, which is why CI looks at them and not at times.

#![allow(clippy::print_stdout, reason = "a report")]

use std::{error::Error, fs, process::Command, str::FromStr};

use agentops_bench::{Call, Listener, Program};

/// Compilers differ.
const TOLERANCE: f64 = 1.05;
/// Who may have no decorated span, and what it may cost then, by instructions of the same function with `#[instrument]`.
const UNRECORDED: [Listener; 3] = [Listener::Nobody, Listener::OursUnwanting, Listener::OursOffBesideOther];
const UNRECORDED_AT_MOST: f64 = 1.1;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, listener, program] = arguments.as_slice()
        && mode == "allocations"
    {
        println!("{}", allocations_here(listener.parse()?, program.parse()?)?);
        return Ok(());
    }
    let valgrind = Command::new("valgrind").arg("--version").output().is_ok();
    if !valgrind {
        println!("    valgrind is not here: the gate of instructions is skipped");
    }
    let mut report = Report {
        valgrind,
        over: Vec::new(),
    };
    for ceiling in ceilings()? {
        report.compare(&ceiling)?;
    }
    for (program, at_most) in [(Program::AgentSpan, 0.55), (Program::AgentSpanWithEvents, 0.60)] {
        let (ours, theirs) = ((Listener::Ours, program), (Listener::OpenTelemetry, program));
        report.compare_with(ours, theirs, at_most)?;
    }
    for call in Call::ALL {
        let (ours, theirs) = (Program::Decorated(call), Program::Instrumented(call));
        for listener in UNRECORDED {
            report.compare_with((listener, ours), (listener, theirs), UNRECORDED_AT_MOST)?;
        }
        report.compare_with((Listener::Ours, ours), (Listener::Ours, theirs), recorded_at_most(call))?;
    }
    if report.over.is_empty() {
        Ok(())
    } else {
        Err(format!("above the ceiling: {}", report.over.join("; ")).into())
    }
}

/// What a decorated call that is recorded may cost. A struct as JSON is more than as `Debug`.
fn recorded_at_most(call: Call) -> f64 {
    match call {
        Call::Scalars | Call::Async => 1.0,
        Call::Result => 1.0,
    }
}

fn ceilings() -> Result<Vec<Ceiling>, Box<dyn Error>> {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/ceilings.txt"))?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let ceilings = lines.map(str::parse).collect::<Result<Vec<_>, _>>()?;
    if ceilings.is_empty() {
        return Err("there are no ceilings".into());
    }
    Ok(ceilings)
}

struct Report {
    valgrind: bool,
    over: Vec<String>,
}

impl Report {
    /// Counts, and says so.
    fn count(&self, listener: Listener, program: Program) -> Result<(f64, Option<f64>), Box<dyn Error>> {
        let allocations = allocations(listener, program)?;
        let instructions = self.valgrind.then(|| instructions(listener, program)).transpose()?;
        let shown = instructions.map_or_else(|| "-".to_owned(), |count| format!("{count:.0}"));
        let (listener, program) = (listener.name(), program.name());
        println!("    {listener:<26}{program:<22}{allocations:>7.2} allocations {shown:>8} instructions");
        Ok((allocations, instructions))
    }

    fn compare(&mut self, ceiling: &Ceiling) -> Result<(), Box<dyn Error>> {
        let (allocations, instructions) = self.count(ceiling.listener, ceiling.program)?;
        let name = format!("{} {}", ceiling.listener.name(), ceiling.program.name());
        if allocations > ceiling.allocations {
            let allowed = ceiling.allocations;
            self.over
                .push(format!("{name}: {allocations:.2} allocations, {allowed} are allowed"));
        }
        if let Some(instructions) = instructions
            && instructions > ceiling.instructions * TOLERANCE
        {
            let allowed = ceiling.instructions;
            self.over
                .push(format!("{name}: {instructions:.0} instructions, {allowed} are allowed"));
        }
        Ok(())
    }

    /// `ours` takes at most that part of the instructions of `theirs`.
    fn compare_with(
        &mut self,
        ours: (Listener, Program),
        theirs: (Listener, Program),
        at_most: f64,
    ) -> Result<(), Box<dyn Error>> {
        let (our_allocations, our_instructions) = self.count(ours.0, ours.1)?;
        let (their_allocations, their_instructions) = self.count(theirs.0, theirs.1)?;
        let name = format!("{} {}", ours.0.name(), ours.1.name());
        if our_allocations > their_allocations {
            self.over.push(format!(
                "{name}: {our_allocations:.2} allocations, {their_allocations:.2} are allowed"
            ));
        }
        if let (Some(ours), Some(theirs)) = (our_instructions, their_instructions) {
            let ratio = ours / theirs;
            println!("        {ratio:.2} of the instructions, at most {at_most:.2}");
            if ratio > at_most {
                self.over.push(format!(
                    "{name}: {ratio:.2} of the instructions, {at_most:.2} is allowed"
                ));
            }
        }
        Ok(())
    }
}

/// A line of `ceilings.txt`.
struct Ceiling {
    listener: Listener,
    program: Program,
    allocations: f64,
    instructions: f64,
}

impl FromStr for Ceiling {
    type Err = Box<dyn Error>;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [listener, program, allocations, instructions] = words.as_slice() else {
            return Err(format!("not a ceiling: {line}").into());
        };
        Ok(Self {
            listener: listener.parse()?,
            program: program.parse()?,
            allocations: allocations.parse()?,
            instructions: instructions.parse()?,
        })
    }
}

/// Allocations of one turn, counted by a process of its own: it has one subscriber.
fn allocations(listener: Listener, program: Program) -> Result<f64, Box<dyn Error>> {
    let output = Command::new(std::env::current_exe()?)
        .args(["allocations", listener.name(), program.name()])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

fn allocations_here(listener: Listener, program: Program) -> Result<f64, Box<dyn Error>> {
    let listening = listener.install()?;
    program.run(program.repeats());
    listening.settle()?;
    let counted = allocation_counter::measure(|| program.run(program.repeats()));
    Ok(counted.count_total as f64 / f64::from(program.repeats()))
}

/// Instructions of one turn, of the thread that does it alone.
fn instructions(listener: Listener, program: Program) -> Result<f64, Box<dyn Error>> {
    let file = std::env::temp_dir().join(format!("agentops-cost-{}", std::process::id()));
    let status = Command::new("valgrind")
        .args([
            "--quiet",
            "--tool=callgrind",
            "--toggle-collect=agentops_bench::program::Program::run",
        ])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .args([env!("CARGO_BIN_EXE_subject"), listener.name(), program.name()])
        .arg(program.repeats().to_string())
        .status()?;
    let profile = fs::read_to_string(&file);
    fs::remove_file(&file)?;
    if !status.success() {
        return Err(format!("valgrind: {status}").into());
    }
    let total = profile?
        .lines()
        .find_map(|line| line.strip_prefix("totals: ")?.trim().parse::<f64>().ok())
        .filter(|total| *total > 0.0)
        .ok_or("callgrind counted nothing: has the function that it looks for another name?")?;
    Ok(total / f64::from(program.repeats()))
}
