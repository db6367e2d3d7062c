use agentops::{operation, tool};

#[tool(nmae = "search")]
fn misspelt() {}

#[tool("search")]
fn text_alone() {}

#[operation(ret, err)]
fn as_in_instrument() {}

#[operation(err)]
fn errors() {}

#[operation(kind = "tool")]
fn kind() {}

#[operation(target = "x")]
fn target() {}

#[operation(input = "x")]
fn input() {}

#[operation(tag = "x")]
fn tag() {}

#[operation(agentops.name = "x")]
fn field() {}

fn main() {}
