//! Futures: async functions, functions that return futures, `async_trait`, cancellation.

use std::{future::Future, pin::Pin, time::Duration};

use agentops::{agent, operation, session, testing, testing::StatusCode, tool};
use async_trait::async_trait;
use futures::future::BoxFuture;
use tokio::task::yield_now;

use crate::harness::{arrived, named, text};

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(future)
}

#[tool]
async fn leaf(n: u8) -> u8 {
    yield_now().await;
    n
}

#[operation]
async fn awaited(n: &u8) -> Result<u8, String> {
    if *n == 0 {
        return Err("zero".to_owned());
    }
    let n = leaf(*n).await;
    Ok(n)
}

#[operation]
fn opaque(n: &u8) -> impl Future<Output = Result<u8, String>> + Send + use<'_> {
    let n = *n;
    async move { Ok(leaf(n).await) }
}

#[operation]
fn pinned(n: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    if n == 0 {
        return Box::pin(std::future::ready(0));
    }
    Box::pin(async move { leaf(n).await })
}

#[operation]
fn boxed(n: &u8) -> BoxFuture<'_, u8> {
    Box::pin(leaf(*n))
}

#[operation]
fn refused(n: u8) -> Result<impl Future<Output = u8>, String> {
    if n == 0 {
        return Err("refused".to_owned());
    }
    Ok(leaf(n))
}

#[operation]
fn unpinned() -> impl Future<Output = u8> + Unpin {
    std::future::ready(5)
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn a_span_lasts_as_long_as_the_future_and_tells_its_result() {
    let spans = arrived(|_| {
        block_on(async {
            assert_eq!(is_send(awaited(&1)).await, Ok(1));
            assert_eq!(is_send(opaque(&2)).await, Ok(2));
            assert_eq!(is_send(pinned(3)).await, 3);
            assert_eq!(is_send(boxed(&4)).await, 4);
            assert_eq!(refused(6).unwrap().await, 6);
            assert_eq!(unpinned().await, 5);
        });
    });
    assert_eq!(
        testing::draw(&spans),
        "default.session\n  awaited.operation\n    leaf.tool\n  opaque.operation\n    leaf.tool\n  pinned.operation\n    \
         leaf.tool\n  boxed.operation\n    leaf.tool\n  refused.operation\n    leaf.tool\n  unpinned.operation\n"
    );
    for (name, output) in [
        ("awaited", "1"),
        ("opaque", "2"),
        ("pinned", "3"),
        ("boxed", "4"),
        ("refused", "6"),
    ] {
        let span = named(&spans, &format!("{name}.operation"));
        assert_eq!(text(span, "agentops.operation.output"), output, "{name}");
        let expected = format!("{{\"args\":[],\"kwargs\":{{\"n\":{output}}}}}");
        assert_eq!(text(span, "agentops.operation.input"), expected, "{name}");
        let leaf = spans
            .iter()
            .find(|leaf| leaf.parent_span_id.as_ref() == Some(&span.span_id))
            .unwrap();
        assert!(leaf.end_unix_nanos <= span.end_unix_nanos, "{name}");
    }
}

#[test]
fn an_error_of_a_future_or_of_the_function_that_makes_it_is_the_spans() {
    let spans = arrived(|_| {
        block_on(async {
            assert!(awaited(&0).await.is_err());
            assert!(refused(0).is_err());
        });
    });
    assert_eq!(
        testing::draw(&spans),
        "default.session\n  awaited.operation !zero\n  refused.operation !refused\n"
    );
}

#[async_trait]
trait Assistant {
    async fn answer(&self, question: &str) -> Result<String, String>;
}

struct MarkedInside;

#[async_trait]
impl Assistant for MarkedInside {
    #[operation]
    async fn answer(&self, question: &str) -> Result<String, String> {
        leaf(1).await;
        Ok(format!("inside {question}"))
    }
}

struct AgentOutside;

#[agent(name = "outside")]
#[async_trait]
impl Assistant for AgentOutside {
    #[operation]
    async fn answer(&self, question: &str) -> Result<String, String> {
        leaf(2).await;
        Ok(format!("outside {question}"))
    }
}

struct AgentInside;

#[async_trait]
#[agent(name = "inside")]
impl Assistant for AgentInside {
    #[operation]
    async fn answer(&self, question: &str) -> Result<String, String> {
        Err(format!("no answer to {question}"))
    }
}

#[test]
fn async_trait_methods_are_observed_in_either_order_of_the_attributes() {
    let assistants: [Box<dyn Assistant>; 3] = [Box::new(MarkedInside), Box::new(AgentOutside), Box::new(AgentInside)];
    let spans = arrived(|_| {
        block_on(async {
            for assistant in &assistants {
                drop(assistant.answer("why").await);
            }
        });
    });
    assert_eq!(
        testing::draw(&spans),
        "default.session\n  answer.operation\n    leaf.tool\n  answer.operation\n    leaf.tool\n  \
         answer.operation !no answer to why\n"
    );
    let mut answers: Vec<_> = spans.iter().filter(|span| span.name == "answer.operation").collect();
    answers.sort_by_key(|span| span.start_unix_nanos);
    let said = |at: usize, key: &str| answers[at].text(key).map(ToOwned::to_owned);
    for at in 0..3 {
        let input = said(at, "agentops.operation.input").unwrap();
        assert_eq!(input, r#"{"args":[],"kwargs":{"question":"why"}}"#);
    }
    assert_eq!(said(0, "agentops.operation.output").unwrap(), "inside why");
    assert_eq!(said(1, "agentops.operation.output").unwrap(), "outside why");
    assert_eq!(
        [0, 1, 2].map(|at| said(at, "agent.name")),
        [None, Some("outside".to_owned()), Some("inside".to_owned())]
    );
}

#[tool]
async fn waits_for_ever() -> u8 {
    std::future::pending().await
}

#[operation]
fn waits_outside() -> impl Future<Output = u8> {
    std::future::pending()
}

#[session]
async fn session_of_waiting() -> Result<(), String> {
    waits_for_ever().await;
    Ok(())
}

#[test]
fn a_future_that_is_dropped_before_it_is_done_is_cancelled() {
    let spans = arrived(|_| {
        block_on(async {
            let waited = tokio::time::timeout(Duration::from_millis(1), waits_for_ever()).await;
            assert!(waited.is_err());
            drop(waits_outside());
            assert!(
                tokio::time::timeout(Duration::from_millis(1), session_of_waiting())
                    .await
                    .is_err()
            );
            assert_eq!(leaf(1).await, 1);
        });
    });
    for name in ["waits_outside.operation", "session_of_waiting.session"] {
        assert_eq!(
            named(&spans, name).attribute("agentops.cancelled"),
            Some(&true.into()),
            "{name}"
        );
    }
    let tools: Vec<_> = spans.iter().filter(|span| span.name == "waits_for_ever.tool").collect();
    assert_eq!(tools.len(), 2);
    for tool in tools {
        assert_eq!(tool.attribute("agentops.cancelled"), Some(&true.into()));
        assert_eq!(
            (tool.status.code, tool.status.message.as_str()),
            (StatusCode::Error, "cancelled")
        );
        assert_eq!(text(tool, "tool.status"), "failed");
        assert!(tool.events.is_empty(), "nothing was thrown");
    }
    assert_eq!(
        named(&spans, "session_of_waiting.session").status.code,
        StatusCode::Unset
    );
    let leaf = named(&spans, "leaf.tool");
    assert_eq!(
        (leaf.status.code, leaf.attribute("agentops.cancelled")),
        (StatusCode::Ok, None)
    );
}

#[test]
fn a_future_that_was_never_polled_made_no_span_if_its_function_is_async() {
    let spans = arrived(|_| {
        drop(leaf(1));
        block_on(leaf(2));
    });
    assert_eq!(testing::draw(&spans), "default.session\n  leaf.tool\n");
}

#[test]
fn a_task_that_is_aborted_is_cancelled_and_what_it_held_is_dropped_inside_the_span() {
    struct Tells;
    impl Drop for Tells {
        fn drop(&mut self) {
            tracing::info!("dropped");
        }
    }
    #[operation]
    async fn holds() {
        let _held = Tells;
        std::future::pending::<()>().await;
    }
    let spans = arrived(|_| {
        block_on(async {
            let mut future = Box::pin(holds());
            assert!(futures::poll!(future.as_mut()).is_pending());
            drop(future);
        });
    });
    let span = named(&spans, "holds.operation");
    assert_eq!(span.events[0].name, "dropped");
    assert_eq!(span.status.message, "cancelled");
}
