//! Counts what a program's thread does: allocations, and instructions where valgrind is there. Fails above a ceiling.
//!
//! Counts are the same on a loaded machine and an idle one, which is why CI looks at them and not at times.

#![allow(clippy::print_stdout, reason = "a report")]

use std::{collections::HashMap, error::Error, fs, process::Command, str::FromStr};

use agentops_bench::{Call, Listener, Program};

/// Compilers differ.
const TOLERANCE: f64 = 1.05;
/// Ours, by the instructions of `tracing-opentelemetry`.
const BESIDE_OPENTELEMETRY: [(Program, f64); 2] = [(Program::AgentSpan, 0.40), (Program::AgentSpanWithEvents, 0.45)];
/// Who records no decorated span, and what it may cost then, by the instructions of the same function with
/// `#[instrument]`.
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
    // Other processors have other instructions.
    let valgrind = cfg!(target_arch = "x86_64") && Command::new("valgrind").arg("--version").output().is_ok();
    if !valgrind {
        println!("    valgrind is not here, or this is not x86_64: the gate of instructions is skipped");
    }
    let mut report = Report {
        valgrind,
        counted: HashMap::new(),
        over: Vec::new(),
    };
    for ceiling in ceilings()? {
        report.compare(&ceiling)?;
    }
    for (program, at_most) in BESIDE_OPENTELEMETRY {
        report.beside_opentelemetry(program, at_most)?;
    }
    for call in Call::ALL {
        for listener in UNRECORDED {
            report.unrecorded(listener, call)?;
        }
        report.recorded(call)?;
    }
    if report.over.is_empty() {
        Ok(())
    } else {
        Err(format!("above the ceiling: {}", report.over.join("; ")).into())
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
    counted: HashMap<(&'static str, &'static str), Count>,
    over: Vec<String>,
}

/// What one turn takes.
#[derive(Clone, Copy)]
struct Count {
    allocations: f64,
    /// 0 where nothing counts them.
    instructions: f64,
}

impl Report {
    /// Counts once, and says so.
    fn count(&mut self, listener: Listener, program: Program) -> Result<Count, Box<dyn Error>> {
        if let Some(count) = self.counted.get(&(listener.name(), program.name())) {
            return Ok(*count);
        }
        let count = Count {
            allocations: allocations(listener, program)?,
            instructions: if self.valgrind {
                instructions(listener, program)?
            } else {
                0.0
            },
        };
        let (allocations, instructions) = (count.allocations, count.instructions);
        let (listener, program) = (listener.name(), program.name());
        println!("    {listener:<26}{program:<22}{allocations:>6.2} allocations {instructions:>8.0} instructions");
        self.counted.insert((listener, program), count);
        Ok(count)
    }

    fn must(&mut self, holds: bool, said: String) {
        println!("        {said}");
        if !holds {
            self.over.push(said);
        }
    }

    /// A turn takes no more than its line says.
    fn compare(&mut self, ceiling: &Ceiling) -> Result<(), Box<dyn Error>> {
        let count = self.count(ceiling.listener, ceiling.program)?;
        let name = format!("{} {}", ceiling.listener.name(), ceiling.program.name());
        if count.allocations > ceiling.allocations {
            let allowed = ceiling.allocations;
            self.must(false, format!("{name}: {allowed} allocations are allowed"));
        }
        if count.instructions > ceiling.instructions * TOLERANCE {
            let allowed = ceiling.instructions;
            self.must(false, format!("{name}: {allowed} instructions are allowed"));
        }
        Ok(())
    }

    fn beside_opentelemetry(&mut self, program: Program, at_most: f64) -> Result<(), Box<dyn Error>> {
        let ours = self.count(Listener::Ours, program)?;
        let theirs = self.count(Listener::OpenTelemetry, program)?;
        if self.valgrind {
            let ratio = ours.instructions / theirs.instructions;
            let name = program.name();
            self.must(
                ratio <= at_most,
                format!("{name}: {ratio:.2} of tracing-opentelemetry's instructions, at most {at_most}"),
            );
        }
        Ok(())
    }

    /// A decorated call whose span nobody records costs what one with `#[instrument]` does.
    fn unrecorded(&mut self, listener: Listener, call: Call) -> Result<(), Box<dyn Error>> {
        let ours = self.count(listener, Program::Decorated(call))?;
        let theirs = self.count(listener, Program::Instrumented(call))?;
        let name = format!("{} {}", listener.name(), Program::Decorated(call).name());
        if self.valgrind {
            let ratio = ours.instructions / theirs.instructions;
            self.must(
                ratio <= UNRECORDED_AT_MOST,
                format!("{name}: {ratio:.2} of #[instrument]'s instructions, at most {UNRECORDED_AT_MOST}"),
            );
        }
        if ours.allocations > 0.0 {
            self.must(false, format!("{name}: it allocates"));
        }
        Ok(())
    }

    /// One that is recorded costs no more than with `#[instrument]`, and the JSON.
    fn recorded(&mut self, call: Call) -> Result<(), Box<dyn Error>> {
        let ours = self.count(Listener::Ours, Program::Decorated(call))?;
        let theirs = self.count(Listener::Ours, Program::Instrumented(call))?;
        let json = self.count(Listener::Ours, Program::Json(call))?;
        let name = Program::Decorated(call).name();
        if ours.allocations > theirs.allocations + json.allocations {
            self.must(
                false,
                format!("{name}: it allocates more than #[instrument] and the JSON"),
            );
        }
        if self.valgrind {
            let ratio = ours.instructions / (theirs.instructions + json.instructions);
            self.must(
                ratio <= TOLERANCE,
                format!("{name}: {ratio:.2} of #[instrument]'s instructions and the JSON's, at most {TOLERANCE}"),
            );
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
    let output = Command::new("valgrind")
        .args([
            "--quiet",
            "--tool=callgrind",
            "--toggle-collect=agentops_bench::program::Program::run_counted",
        ])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .args([env!("CARGO_BIN_EXE_subject"), listener.name(), program.name()])
        .arg(program.repeats().to_string())
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("valgrind: {}\n{said}", output.status).into());
    }
    let profile = fs::read_to_string(&file);
    fs::remove_file(&file)?;
    let total = profile?
        .lines()
        .find_map(|line| line.strip_prefix("totals: ")?.trim().parse::<f64>().ok())
        .filter(|total| *total > 0.0)
        .ok_or("callgrind counted nothing: has the function that it looks for another name?")?;
    Ok(total / f64::from(program.repeats()))
}
