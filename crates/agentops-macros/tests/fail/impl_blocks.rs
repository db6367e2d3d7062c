use agentops::{agent, operation, workflow};

struct Agent;

#[workflow]
impl Agent {
    #[operation]
    fn of_a_workflow(&self) {}
}

#[agent]
impl Agent {
    fn unmarked(&self) {}
}

#[agent(name = "x", version = 1)]
impl Agent {
    #[operation]
    fn with_a_version(&self) {}
}

#[agent]
impl Agent {
    #[operation = "x"]
    fn with_a_value(&self) {}
}

#[agent(name = format!("{} agent", self.0))]
impl Agent {
    #[operation]
    fn without_self() {}
}

trait Named {}

#[agent]
impl dyn Named {
    #[operation]
    fn without_a_name(&self) {}
}

fn main() {}
