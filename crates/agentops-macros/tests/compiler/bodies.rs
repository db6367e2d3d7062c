//! Mistakes in a body are told where they are, as without an attribute.
use agentops::{operation, tool};

#[operation]
fn wrong_type() -> u8 {
    "text"
}

#[tool]
async fn wrong_type_later() -> u8 {
    "text"
}

#[operation]
fn no_result() {
    1
}

#[operation(name = nobody)]
fn unknown_name(somebody: &str) {}

fn main() {}
