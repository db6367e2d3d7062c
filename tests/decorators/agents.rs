//! `#[agent]` on `impl` blocks, and `AgentScope`.

use agentops::{AgentOpsSpanExt as _, AgentScope, Content, agent, guardrail, operation, task, testing, tool};

use crate::{
    futures::block_on,
    harness::{arrived, arrived_with, named, text},
};

#[tool]
fn plain() {}

struct CustomerService {
    scope: AgentScope,
}

#[agent(name = "customer_service")]
impl CustomerService {
    const GREETING: &'static str = "hello";

    fn new() -> Self {
        Self {
            scope: AgentScope::new("customer_service"),
        }
    }

    #[operation]
    fn answer(&self, question: &str) -> String {
        self.check(question);
        plain();
        Self::look_up(question)
    }

    #[tool(name = "faq", cost = 0.001)]
    fn look_up(question: &str) -> String {
        format!("{} {question}", Self::GREETING)
    }

    #[agentops::guardrail(spec = "input")]
    fn check(&self, question: &str) -> bool {
        plain();
        !question.is_empty()
    }

    #[agent]
    async fn run(&self) -> String {
        self.answer("run")
    }

    #[agent(name = "planner")]
    fn plan(&self) {
        plain();
    }

    fn unmarked(&self) {
        plain();
    }
}

/// The agents of the spans of this name, in the order of their starts.
fn agents(spans: &[testing::Span], name: &str) -> Vec<Option<String>> {
    let mut found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    found.sort_by_key(|span| span.start_unix_nanos);
    found
        .iter()
        .map(|span| span.text("agent.name").map(ToOwned::to_owned))
        .collect()
}

fn some(name: &str) -> Option<String> {
    Some(name.to_owned())
}

#[test]
fn a_marked_method_and_what_it_calls_work_for_the_agent_of_the_block() {
    let spans = arrived(|_| {
        let agent = CustomerService::new();
        drop(agent.scope);
        let service = CustomerService {
            scope: AgentScope::new("unused"),
        };
        assert_eq!(service.answer("you"), "hello you");
        service.unmarked();
    });
    assert_eq!(agents(&spans, "answer.operation"), [some("customer_service")]);
    assert_eq!(agents(&spans, "faq.tool"), [some("customer_service")]);
    let service = "customer_service";
    assert_eq!(agents(&spans, "plain.tool"), [some(service), some(service), None]);
    assert_eq!(
        agents(&spans, "check.guardrail"),
        [None],
        "the dashboard would take it for an agent"
    );
    assert_eq!(
        named(&spans, "faq.tool").attribute("gen_ai.usage.total_cost"),
        Some(&0.001.into())
    );
}

#[test]
fn a_method_that_is_an_agent_is_the_one_of_the_block_unless_it_has_a_name() {
    let spans = arrived(|_| {
        let service = CustomerService {
            scope: AgentScope::new("unused"),
        };
        block_on(service.run());
        service.plan();
    });
    let tree = testing::draw(&spans);
    let run = "  customer_service.agent\n    answer.operation\n      check.guardrail\n        plain.tool\n      \
               plain.tool\n      faq.tool\n  planner.agent\n    plain.tool\n";
    assert!(tree.contains(run), "{tree}");
    assert_eq!(agents(&spans, "planner.agent"), [some("planner")]);
    assert_eq!(agents(&spans, "plain.tool")[2], some("planner"));
}

struct Inner;

#[agent]
impl Inner {
    #[task]
    fn work(&self) {
        plain();
    }
}

#[agent(name = "outer")]
fn outer() {
    Inner.work();
    plain();
}

struct Named<T> {
    name: String,
    _kind: T,
}

#[agent(name = self.name)]
impl<T> Named<T> {
    #[operation]
    fn work(&self) {
        plain();
    }
}

#[test]
fn a_methods_agent_goes_before_the_one_that_called_it_and_has_the_types_name_or_a_values() {
    let spans = arrived(|_| {
        outer();
        let named = Named {
            name: "by value".to_owned(),
            _kind: 1,
        };
        named.work();
    });
    assert_eq!(agents(&spans, "work.task"), [some("Inner")]);
    assert_eq!(
        agents(&spans, "plain.tool"),
        [some("Inner"), some("outer"), some("by value")]
    );
    assert_eq!(agents(&spans, "work.operation"), [some("by value")]);
}

#[test]
fn a_scope_is_an_agents_span_until_it_is_dropped() {
    let mut told = None;
    let spans = arrived(|_| {
        let service = CustomerService::new();
        service.scope.span().record_attribute("team", "blue");
        service.scope.in_scope(|| service.answer("you"));
        block_on(service.scope.instrument(async { plain() }));
        plain();
        let last = tracing::info_span!(parent: service.scope.span(), "last", agentops.kind = "operation");
        told = last.span_id();
        drop(last);
        drop(service);
    });
    assert_eq!(
        testing::draw(&spans),
        "default.session\n  customer_service.agent\n    answer.operation\n      check.guardrail\n        plain.tool\n      \
         plain.tool\n      faq.tool\n    plain.tool\n    last.operation\n  plain.tool\n"
    );
    let agent = named(&spans, "customer_service.agent");
    assert_eq!(text(agent, "agent.name"), "customer_service");
    assert_eq!(text(agent, "team"), "blue");
    let last = named(&spans, "last.operation");
    assert_eq!(told.as_deref(), Some(&*last.span_id));
    assert!(
        agent.end_unix_nanos >= last.end_unix_nanos,
        "it ends when it is dropped"
    );
}

#[guardrail(spec = "input", skip(text))]
fn private(text: &str) -> bool {
    text.is_empty()
}

#[test]
fn who_works_for_whom_is_no_content() {
    let spans = arrived_with(
        |builder| builder.with_content_capture(Content::None),
        |_| {
            Inner.work();
            private("x");
        },
    );
    assert_eq!(agents(&spans, "work.task"), [some("Inner")]);
    assert_eq!(
        named(&spans, "private.guardrail").attribute("agentops.guardrail.output"),
        None
    );
}
