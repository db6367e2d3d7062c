use agentops::{agent, session, tool};

#[agent(name = "x")]
struct Agent;

#[tool]
enum Tool {
    Hammer,
}

#[tool]
const fn constant() -> u8 {
    1
}

#[session]
const SESSION: u8 = 1;

trait Answers {
    #[tool]
    fn answer(&self) -> u8;
}

fn main() {}
