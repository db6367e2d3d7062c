//! Every kind, every argument, and functions of every shape.
#![deny(warnings)]

use agentops::{agent, chain, guardrail, operation, session, task, tool, workflow};

#[session(name = "nightly", tags("a", team = "blue"))]
fn run() -> Result<(), std::io::Error> {
    Ok(())
}

#[agent]
fn planner<'a, T: AsRef<str> + ?Sized, const N: usize>(plan: &'a T, _unused: [u8; N]) -> &'a str {
    plan.as_ref()
}

#[workflow(version = 2, level = "debug", fields(run.id = 7, late))]
fn report((a, b): (u8, u8), [first, ..]: [u8; 3]) -> u8 {
    a + b + first
}

#[task(skip(password), capture_output = false)]
fn sign_in(user: &str, password: &str) -> bool {
    user == password
}

#[operation(name = format!("{what} twice"), parent = None, follows_from = None::<agentops::__private::tracing::Id>,)]
unsafe fn twice(what: &str) -> String {
    what.repeat(2)
}

#[tool(cost = 0.01 * f64::from(n), skip_all)]
extern "C" fn search(mut n: u8) -> u8 {
    n += 1;
    n
}

#[guardrail(spec = "input", capture_input = false, crate = agentops)]
fn check(text: &str) -> bool {
    text.is_empty()
}

#[chain()]
fn links() -> impl Iterator<Item = u8> + Clone {
    0..3
}

#[operation]
fn never() -> ! {
    std::process::exit(0)
}

fn main() {
    let _ = run();
    planner("x", [0; 2]);
    report((1, 2), [3, 4, 5]);
    sign_in("a", "b");
    // SAFETY: there is nothing unsafe about it.
    let _ = unsafe { twice("x") };
    search(1);
    check("x");
    let _ = links().clone();
    never()
}
