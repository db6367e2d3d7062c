//! Counts what a program's thread does: allocations, and instructions where valgrind is there. Fails above a ceiling.
//!
//! Counts are the same on a loaded machine and an idle one, which is why CI looks at them and not at times.

#![allow(clippy::print_stdout, reason = "a report")]

use std::{error::Error, fs, process::Command, str::FromStr};

use agentops_bench::{Listener, Program};

/// Compilers differ.
const TOLERANCE: f64 = 1.05;
/// Ours against `tracing-opentelemetry`, by instructions.
const RATIOS: [(Program, f64); 2] = [(Program::AgentSpan, 0.40), (Program::AgentSpanWithEvents, 0.55)];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, listener, program] = arguments.as_slice()
        && mode == "allocations"
    {
        println!("{}", allocations_here(listener.parse()?, program.parse()?)?);
        return Ok(());
    }

    let ceilings = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/ceilings.txt"))?;
    let ceilings = ceilings
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::parse)
        .collect::<Result<Vec<Ceiling>, _>>()?;
    if ceilings.is_empty() {
        return Err("there are no ceilings".into());
    }
    let valgrind = Command::new("valgrind").arg("--version").output().is_ok();
    if !valgrind {
        println!("valgrind is not here: instructions are not counted");
    }

    let mut over = Vec::new();
    for ceiling in &ceilings {
        let Ceiling { listener, program, .. } = *ceiling;
        let allocations = allocations(listener, program)?;
        let instructions = if valgrind {
            Some(instructions(listener, program)?)
        } else {
            None
        };
        println!("{}", row(listener, program, allocations, instructions));
        over.extend(ceiling.exceeded_by(allocations, instructions));
    }
    for (program, bound) in RATIOS {
        let theirs = allocations(Listener::OpenTelemetry, program)?;
        if !valgrind {
            println!("{}", row(Listener::OpenTelemetry, program, theirs, None));
            continue;
        }
        let (ours, instructions) = (
            instructions(Listener::Ours, program)?,
            instructions(Listener::OpenTelemetry, program)?,
        );
        println!("{}", row(Listener::OpenTelemetry, program, theirs, Some(instructions)));
        let ratio = ours / instructions;
        println!(
            "    {}: {ratio:.2} of its instructions, at most {bound:.2}",
            program.name()
        );
        if ratio > bound {
            over.push(format!("{}: {ratio:.2} of tracing-opentelemetry", program.name()));
        }
    }
    if over.is_empty() {
        Ok(())
    } else {
        Err(format!("above the ceiling: {}", over.join("; ")).into())
    }
}

fn row(listener: Listener, program: Program, allocations: f64, instructions: Option<f64>) -> String {
    let instructions = instructions.map_or_else(|| "-".to_owned(), |count| format!("{count:.0}"));
    format!(
        "    {:<24}{:<22}{allocations:>7.2} allocations {instructions:>8} instructions",
        listener.name(),
        program.name()
    )
}

/// A line of `ceilings.txt`.
struct Ceiling {
    listener: Listener,
    program: Program,
    allocations: f64,
    instructions: f64,
}

impl Ceiling {
    fn exceeded_by(&self, allocations: f64, instructions: Option<f64>) -> Vec<String> {
        let name = format!("{} {}", self.listener.name(), self.program.name());
        let mut over = Vec::new();
        if allocations > self.allocations {
            over.push(format!(
                "{name}: {allocations:.2} allocations, {} are allowed",
                self.allocations
            ));
        }
        if let Some(instructions) = instructions
            && instructions > self.instructions * TOLERANCE
        {
            over.push(format!(
                "{name}: {instructions:.0} instructions, {} are allowed",
                self.instructions
            ));
        }
        over
    }
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
