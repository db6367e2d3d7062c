//! `impl` blocks of every sort.
#![deny(warnings)]

use agentops::{AgentScope, agent, operation, tool};
use async_trait::async_trait;

struct Service<T> {
    name: String,
    scope: AgentScope,
    inner: T,
}

#[agent(name = self.name)]
impl<T: Clone> Service<T> {
    const GREETING: &'static str = "hello";

    #[operation]
    fn greet(&self, whom: &str) -> String {
        format!("{} {whom}", Self::GREETING)
    }

    #[agentops::tool(name = "inner", parent = self.scope.span())]
    fn inner(&mut self) -> &mut T {
        &mut self.inner
    }

    #[agent]
    async fn run(self: Box<Self>) -> T {
        self.inner
    }
}

#[async_trait]
trait Answers {
    async fn answer(&self, question: &str) -> String;
}

#[agent]
#[async_trait]
impl<T: Sync> Answers for Service<T> {
    #[operation]
    async fn answer(&self, question: &str) -> String {
        question.to_owned()
    }
}

struct Other;

#[async_trait]
#[agent(name = "other")]
impl Answers for Other {
    #[tool(cost = 1)]
    async fn answer(&self, question: &str) -> String {
        question.to_owned()
    }
}

const NAME: &str = "renamed";

use agentops as elsewhere;

struct Renamed;

#[elsewhere::agent(crate = elsewhere)]
impl Renamed {
    // The word alone is no path of the crate.
    #[elsewhere::tool(name = crate::NAME)]
    fn called(&self) {}

    #[elsewhere::tool(crate = agentops, name = crate::NAME)]
    fn told(&self) {}
}

fn main() {
    Renamed.called();
    Renamed.told();
    let mut service = Service { name: "x".to_owned(), scope: AgentScope::new("x"), inner: 1 };
    service.greet("you");
    *service.inner() += 1;
    drop(service.answer("what"));
    drop(Other.answer("what"));
    drop(Box::new(service).run());
}
