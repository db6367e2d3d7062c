//! Sessions of one's own: concurrent ones, their tags and users, and how each ended. The auto-session is off.
//!
//! Run with `cargo run --example sessions`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use agentops::{EndState, Export};
use tracing::{info_span, instrument};

#[instrument(fields(agentops.kind = "agent", agentops.name = "accountant"), err)]
async fn settle(invoice: u32) -> Result<u32, String> {
    use tracing::Instrument as _;

    // A spawned task knows nothing of the span around it: `.instrument(..)` takes it along.
    let fetch = async move { invoice * 100 };
    let amount = tokio::spawn(fetch.instrument(info_span!("fetch_invoice", agentops.kind = "tool", invoice)))
        .await
        .map_err(|error| error.to_string())?;
    if amount > 200 {
        Err(format!("{amount} is above the limit"))
    } else {
        Ok(amount)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let guard = agentops::builder()
        .with_export(Export::Console)
        .with_auto_start_session(false)
        .with_tags(["billing"])
        .try_init()?;

    // Ok ends a session as Success, Err as Fail; both run at the same time without mixing.
    let small = guard
        .session("invoice-1")
        .with_tag("customer", "ada")
        .with_user_id("u-1")
        .start();
    let large = guard.session("invoice-3").with_tags(["large"]).start();
    let (small, large) = tokio::join!(small.run(async || settle(1).await), large.run(async || settle(3).await));
    println!("invoice 1: {small:?}, invoice 3: {large:?}");

    // By hand: work inside of it, facts about it, and an end.
    let session = guard.session("reminder").start();
    session.set_metadata("attempt", 2);
    session.instrument(settle(2)).await?;
    session.end(EndState::Success);

    // Nobody says how this one ended: it ends as Indeterminate.
    drop(guard.session("forgotten").start());
    Ok(())
}
