use agentops::operation;

#[operation(skip(passwort))]
fn misspelt(user: &str, password: &str) { _ = (user, password); }

#[operation(skip(user))]
fn none() {}

struct Type;

impl Type {
    #[operation(skip(self))]
    fn method(&self) {}
}

fn main() {}
