//! An agent and a tool, no account: each session is printed as a tree when it ends.
//!
//! Run with `cargo run --example hello`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use agentops::Export;
use tracing::instrument;

#[instrument(fields(agentops.kind = "tool"), ret)]
fn population(city: &str) -> u32 {
    match city {
        "Paris" => 2_100_000,
        _ => 0,
    }
}

#[instrument(fields(agentops.kind = "agent", agentops.name = "geographer"), ret, err)]
fn answer(question: &str) -> Result<String, std::fmt::Error> {
    tracing::info!("looking it up");
    Ok(format!("about {} people", population("Paris")))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _guard = agentops::builder().with_export(Export::Console).try_init()?;

    let answer = answer("How many people live in Paris?")?;
    println!("{answer}");
    Ok(())
}
