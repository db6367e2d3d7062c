//! One listener in a process of its own, doing what it is told.
//!
//! `subject <listener> <program>` does the program for every line on standard input, as often as the line says, and
//! answers with the nanoseconds it took. `subject <listener> <program> <times>` does it once, warmed up, for callgrind.
//! `subject build` answers with the nanoseconds of the first handle of a process.

use std::{
    error::Error,
    io::{BufRead as _, Write as _},
    time::Instant,
};

use agentops_bench::{Listener, Program, sending_handle};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut answers = std::io::stdout().lock();
    match arguments.as_slice() {
        ["build"] => {
            let started = Instant::now();
            let handle = sending_handle()?;
            writeln!(answers, "{}", started.elapsed().as_nanos())?;
            drop(handle);
        }
        [listener, program, times] => {
            let listening = listener.parse::<Listener>()?.install()?;
            let (program, times) = (program.parse::<Program>()?, times.parse()?);
            // What happens once in a process is not what a turn costs.
            program.run(times);
            listening.settle()?;
            program.run_counted(times);
        }
        [listener, program] => {
            let listening = listener.parse::<Listener>()?.install()?;
            let program: Program = program.parse()?;
            for line in std::io::stdin().lock().lines() {
                let times = line?.parse()?;
                let started = Instant::now();
                program.run(times);
                let took = started.elapsed().as_nanos();
                listening.settle()?;
                writeln!(answers, "{took}")?;
            }
        }
        _ => return Err("usage: subject build | <listener> <program> [<times>]".into()),
    }
    Ok(())
}
